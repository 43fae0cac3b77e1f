//! Why a call of ours did not end as its caller hoped.

use bolt1::Timestamp;
use bolt12::InvoiceError;
use offerd_core::Misuse;
use offerd_core::payment::Failure;
use offerd_core::port::PortError;

/// What a call was about when it tried something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Asking for an invoice.
    Ask,
    /// Sending an invoice of ours.
    Send,
    /// Paying.
    Pay,
}

/// One try, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When it was made, or, of a payment, when it was known to have failed.
    pub at: Timestamp,
    /// What it was for.
    pub step: Step,
    /// Where it went, in words.
    pub to: String,
    /// What became of it.
    pub outcome: String,
}

/// How a call can end otherwise.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The call itself was wrong, or in vain.
    #[error("{0}")]
    Misuse(#[from] Misuse),
    /// The other side could not be reached at all.
    #[error("could not route or connect to the issuer: nothing was sent")]
    Unreachable {
        /// What was tried.
        attempts: Vec<Attempt>,
    },
    /// No answer came in time.
    #[error("timeout waiting for a response: the code is mistyped, or the other side is offline")]
    NoAnswer {
        /// What was tried.
        attempts: Vec<Attempt>,
    },
    /// An invoice was sent, but no payment and no refusal came in time. It may still be paid.
    #[error("timeout waiting for the payment: the invoice may still be paid until it expires")]
    NotPaidYet {
        /// The invoice, as a string.
        invoice: String,
    },
    /// What was waited for has not happened.
    #[error("timeout: the payout is still open")]
    StillOpen,
    /// The other side refused.
    #[error("the other side refused: {}", .0.error)]
    Refused(InvoiceError),
    /// A payment of ours has failed for good.
    #[error("payment failed: {reason}")]
    PaymentFailed {
        /// Why.
        reason: Failure,
        /// What was tried, fetching the invoice included, in the order of time.
        attempts: Vec<Attempt>,
    },
    /// No more calls may wait.
    #[error("too many calls are waiting already: try again later")]
    TooManyWaiting,
    /// A part of ours did not do what it should.
    #[error("{0}")]
    Fault(#[from] PortError),
}
