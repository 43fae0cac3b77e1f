//! The messages by name.

use core::fmt;

/// A message of BOLT 12, as errors name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// An offer.
    Offer,
    /// An invoice request.
    InvoiceRequest,
    /// An invoice.
    Invoice,
    /// The answer of who will not send, or not pay, an invoice.
    InvoiceError,
    /// A payer proof.
    PayerProof,
}

impl Form {
    /// The specification's name of its TLV stream.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Offer => "offer",
            Self::InvoiceRequest => "invoice_request",
            Self::Invoice => "invoice",
            Self::InvoiceError => "invoice_error",
            Self::PayerProof => "payer_proof",
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
