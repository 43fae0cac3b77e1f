//! An invoice that we made ourselves, as it is stored.

use bolt1::{Msat, Timestamp};
use bolt12::Invoice;

use crate::id::{InvoiceRow, PaymentHash};

/// An invoice that we made ourselves, and not as an answer to a request for an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnInvoice {
    /// Its number.
    pub row: InvoiceRow,
    /// The caller's name for it; unique among invoices that were not refused.
    pub label: String,
    /// What it is.
    pub content: OwnContent,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the other side refused it; its label is free then.
    pub refused_at: Option<Timestamp>,
}

/// What an invoice of ours is.
#[expect(clippy::large_enum_variant, reason = "taken apart at once, never kept in numbers")]
#[derive(Clone, PartialEq, Eq)]
pub enum OwnContent {
    /// Sent to whoever promised to pay.
    Redemption {
        /// The string that it redeems, as it was given (`lnr1…` or `lno1…`), to tell a repeated call.
        redeems: String,
        /// The invoice.
        invoice: Invoice,
    },
    /// Given by our caller to whoever is to pay it (BOLT 11).
    Bolt11(Bolt11Terms),
}

/// What a BOLT 11 invoice says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bolt11Terms {
    /// The string, `lnbc…` or the like.
    pub string: String,
    /// SHA-256 of its preimage.
    pub payment_hash: PaymentHash,
    /// What it asks; `None` where the payer chooses.
    pub amount: Option<Msat>,
    /// What is paid for.
    pub description: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl OwnInvoice {
    /// Its payment hash.
    pub fn payment_hash(&self) -> PaymentHash {
        match &self.content {
            OwnContent::Redemption { invoice, .. } => PaymentHash(invoice.payment_hash()),
            OwnContent::Bolt11(terms) => terms.payment_hash,
        }
    }

    /// What it asks; `None` where the payer chooses.
    pub fn amount(&self) -> Option<Msat> {
        match &self.content {
            OwnContent::Redemption { invoice, .. } => Some(invoice.amount()),
            OwnContent::Bolt11(terms) => terms.amount,
        }
    }

    /// The last second in which it may be paid.
    pub fn expires_at(&self) -> Timestamp {
        match &self.content {
            OwnContent::Redemption { invoice, .. } => invoice.expires_at(),
            OwnContent::Bolt11(terms) => terms.expires_at,
        }
    }

    /// The invoice, where it is one of BOLT 12.
    pub fn bolt12(&self) -> Option<&Invoice> {
        match &self.content {
            OwnContent::Redemption { invoice, .. } => Some(invoice),
            OwnContent::Bolt11(_) => None,
        }
    }

    /// What it says, where it is one of BOLT 11.
    pub fn bolt11(&self) -> Option<&Bolt11Terms> {
        match &self.content {
            OwnContent::Redemption { .. } => None,
            OwnContent::Bolt11(terms) => Some(terms),
        }
    }

    /// The string that it redeems.
    pub fn redeems(&self) -> Option<&str> {
        match &self.content {
            OwnContent::Redemption { redeems, .. } => Some(redeems),
            OwnContent::Bolt11(_) => None,
        }
    }

    /// Whether it may still be paid.
    pub fn is_open_at(&self, now: Timestamp) -> bool {
        self.refused_at.is_none() && now <= self.expires_at()
    }
}

impl std::fmt::Debug for OwnContent {
    /// Without the string that it redeems: whoever reads it may redeem it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Redemption { invoice, .. } => {
                f.debug_struct("Redemption").field("invoice", invoice).finish_non_exhaustive()
            }
            Self::Bolt11(terms) => f.debug_tuple("Bolt11").field(terms).finish(),
        }
    }
}
