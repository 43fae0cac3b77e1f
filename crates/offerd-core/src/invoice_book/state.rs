//! An invoice that we sent to whoever promised to pay, as it is stored.

use bolt1::Timestamp;
use bolt12::Invoice;

use crate::id::{InvoiceRow, PaymentHash};

/// An invoice of ours that we sent to whoever promised to pay.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnInvoice {
    /// Its number.
    pub row: InvoiceRow,
    /// The caller's name for it; unique among invoices that were not refused.
    pub label: String,
    /// The string that it redeems, as it was given (`lnr1…` or `lno1…`), to tell a repeated call.
    pub redeems: String,
    /// The invoice.
    pub invoice: Invoice,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the other side refused it; its label is free then.
    pub refused_at: Option<Timestamp>,
}

impl OwnInvoice {
    /// Its payment hash.
    pub fn payment_hash(&self) -> PaymentHash {
        PaymentHash(self.invoice.payment_hash())
    }

    /// Whether it may still be paid.
    pub fn is_open_at(&self, now: Timestamp) -> bool {
        self.refused_at.is_none() && !self.invoice.is_expired_at(now)
    }
}

impl std::fmt::Debug for OwnInvoice {
    /// Without the string that it redeems: whoever reads it may redeem it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OwnInvoice")
            .field("row", &self.row)
            .field("label", &self.label)
            .field("invoice", &self.invoice)
            .field("refused_at", &self.refused_at)
            .finish_non_exhaustive()
    }
}
