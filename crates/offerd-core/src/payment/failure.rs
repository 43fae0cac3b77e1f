//! Why payments fail, in a form that callers can act on.

use std::fmt;

use bolt1::Timestamp;

/// Attempts of one payment whose failure is written down; of more there is only the end.
pub const MOST_FAILED_ATTEMPTS: usize = 100;

/// What sort of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureKind {
    /// The payee does not want the payment: trying again will not help.
    RefusedByPayee,
    /// No way to the payee within delay and capacity.
    NoRoute,
    /// There are ways, but they cost more than was allowed.
    TooExpensive,
    /// The invoice can no longer be paid.
    InvoiceExpired,
    /// We gave it up.
    Abandoned,
    /// The maker of the payout did not approve of the redemption.
    Denied,
    /// A redemption that waited for approval, when another one was paid.
    TakenByAnother,
    /// A redemption that waited for approval, when the payout was withdrawn or expired.
    Withdrawn,
    /// Anything else.
    Other,
}

impl FailureKind {
    /// Its name, for records and figures: `no_route`.
    pub fn word(self) -> &'static str {
        match self {
            Self::RefusedByPayee => "refused_by_payee",
            Self::NoRoute => "no_route",
            Self::TooExpensive => "too_expensive",
            Self::InvoiceExpired => "invoice_expired",
            Self::Abandoned => "abandoned",
            Self::Denied => "denied",
            Self::TakenByAnother => "taken_by_another",
            Self::Withdrawn => "withdrawn",
            Self::Other => "other",
        }
    }
}

/// Why a payment, or one attempt at it, came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What sort of failure.
    pub kind: FailureKind,
    /// The same in words, for our caller and the log.
    pub text: String,
}

impl Failure {
    /// A failure of this sort, in these words.
    pub fn new(kind: FailureKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// One attempt at a payment that came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedAttempt {
    /// When we learnt it.
    pub at: Timestamp,
    /// Why.
    pub failure: Failure,
}
