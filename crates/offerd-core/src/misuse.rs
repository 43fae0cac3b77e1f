//! What our own caller did wrong, or asked for in vain.

use bolt1::Msat;

use crate::id::PaymentHash;

/// A call that cannot be carried out. Nothing was changed. The RPC layer gives each its code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misuse {
    /// A parameter is missing, superfluous or out of range.
    #[error("{parameter}: {expected}")]
    Parameter {
        /// Its name.
        parameter: &'static str,
        /// What was expected.
        expected: String,
    },
    /// A parameter asks for what is not there yet.
    #[error("{parameter}: not supported yet: {what}")]
    NotYet {
        /// Its name.
        parameter: &'static str,
        /// What is not there.
        what: &'static str,
    },
    /// An offer or payout of this label exists.
    #[error("label already used")]
    LabelTaken {
        /// Its offer_id, 32 bytes.
        offer_id: [u8; 32],
        /// Whether it was made with the same arguments.
        same_arguments: bool,
    },
    /// An invoice of this label exists.
    #[error("an invoice with this label exists already")]
    InvoiceLabelTaken,
    /// An invoice of this preimage exists.
    #[error("preimage: an invoice with this preimage exists already")]
    InvoicePreimageTaken,
    /// A payment of this label exists for something else.
    #[error("a payment with this label exists already, for another string or amount")]
    PaymentLabelTaken,
    /// The same offer exists but is disabled.
    #[error("already exists, but isn't active")]
    ExistsInactive,
    /// No such record.
    #[error("unknown {what}")]
    Unknown {
        /// Of which kind.
        what: &'static str,
    },
    /// It is disabled already.
    #[error("offer is not active")]
    AlreadyDisabled,
    /// It is active already.
    #[error("offer already active")]
    AlreadyEnabled,
    /// It could be used once only, and was.
    #[error("cannot activate an used single use offer")]
    UsedSingleUse,
    /// The code has expired.
    #[error("offer expired")]
    OfferExpired,
    /// The invoice has expired.
    #[error("invoice expired")]
    InvoiceExpired,
    /// The string is not what this method takes.
    #[error("{0}")]
    WrongString(String),
    /// The invoice that came back is not what was asked for.
    #[error("incorrect {field} in the invoice: {why}")]
    WrongInvoice {
        /// The spec's name of the field.
        field: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// What came back is neither an invoice nor a refusal that can be read.
    #[error("the answer cannot be used: {0}")]
    BadReply(String),
    /// It costs more than the caller allows.
    #[error("the invoice asks {asked}, more than the {allowed} that were allowed")]
    TooExpensive {
        /// What is asked.
        asked: Msat,
        /// What was allowed.
        allowed: Msat,
    },
    /// This request has been paid already.
    #[error("already paid")]
    AlreadyPaid,
    /// Another invoice of the same request is being paid.
    #[error("another invoice of the same request is being paid")]
    BeingPaid,
    /// Another invoice of the same request is being paid, and this one does not say that it stands in its place.
    #[error(
        "trust_payee: the payment of another invoice of this request ({payment_hash}) is pending, and this invoice \
         {why}: it is not paid before that one has failed"
    )]
    NoEvidence {
        /// The hash of the payment that is pending.
        payment_hash: PaymentHash,
        /// What the invoice lacks.
        why: &'static str,
    },
    /// A redemption that waits for approval can no longer be paid.
    #[error("this redemption cannot be paid: {why}")]
    CannotApprove {
        /// Why.
        why: String,
    },
    /// The payee is ourselves.
    #[error("this would pay ourselves")]
    PaysOurselves,
}

impl Misuse {
    /// A parameter that is not as expected.
    pub fn parameter(parameter: &'static str, expected: impl Into<String>) -> Self {
        Self::Parameter { parameter, expected: expected.into() }
    }
}
