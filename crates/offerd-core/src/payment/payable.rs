//! What we pay.

use bolt1::{PublicKey, Timestamp};
use bolt12::Invoice;

use crate::id::PaymentHash;
use crate::keys::digest;
use crate::port::Bolt11Facts;

/// An invoice of somebody else, as it was received.
#[expect(clippy::large_enum_variant, reason = "taken apart at once, never kept in numbers")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payable {
    /// One of BOLT 12.
    Bolt12(Invoice),
    /// One of BOLT 11.
    Bolt11(Bolt11Payable),
}

/// An invoice of BOLT 11, and what of it must be known without reading it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bolt11Payable {
    /// The string.
    pub string: String,
    /// The hash that the payee chose.
    pub payment_hash: PaymentHash,
    /// The node that has signed it.
    pub payee: PublicKey,
    /// What is paid for, where it says so. Peer text.
    pub description: Option<String>,
    /// The last second in which it may be paid.
    pub expires_at: Timestamp,
}

impl From<Invoice> for Payable {
    fn from(invoice: Invoice) -> Self {
        Self::Bolt12(invoice)
    }
}

impl From<Bolt11Facts> for Bolt11Payable {
    fn from(facts: Bolt11Facts) -> Self {
        Self {
            string: facts.string,
            payment_hash: PaymentHash(facts.payment_hash),
            payee: facts.payee,
            description: facts.description,
            expires_at: facts.expires_at,
        }
    }
}

impl Bolt11Facts {
    /// The key under which such an invoice is paid once.
    pub fn request_key(&self) -> [u8; 32] {
        digest(&[b"bolt11 invoice", &self.payment_hash, &self.payee.serialize()])
    }
}

impl Payable {
    /// The hash that the payee chose.
    pub fn payment_hash(&self) -> PaymentHash {
        match self {
            Self::Bolt12(invoice) => PaymentHash(invoice.payment_hash()),
            Self::Bolt11(invoice) => invoice.payment_hash,
        }
    }

    /// The key that has signed it.
    pub fn node_id(&self) -> PublicKey {
        match self {
            Self::Bolt12(invoice) => invoice.node_id(),
            Self::Bolt11(invoice) => invoice.payee,
        }
    }

    /// The last second in which it may be paid.
    pub fn expires_at(&self) -> Timestamp {
        match self {
            Self::Bolt12(invoice) => invoice.expires_at(),
            Self::Bolt11(invoice) => invoice.expires_at,
        }
    }

    /// Whether it can no longer be paid.
    pub fn is_expired_at(&self, now: Timestamp) -> bool {
        match self {
            Self::Bolt12(invoice) => invoice.is_expired_at(now),
            Self::Bolt11(invoice) => now > invoice.expires_at,
        }
    }

    /// What is paid for. Peer text.
    pub fn description(&self) -> Option<&str> {
        match self {
            Self::Bolt12(invoice) => invoice.offer_view().description().map(|text| text.as_str()),
            Self::Bolt11(invoice) => invoice.description.as_deref(),
        }
    }

    /// It, where it is one of BOLT 12.
    pub fn bolt12(&self) -> Option<&Invoice> {
        match self {
            Self::Bolt12(invoice) => Some(invoice),
            Self::Bolt11(_) => None,
        }
    }

    /// It, where it is one of BOLT 11.
    pub fn bolt11(&self) -> Option<&Bolt11Payable> {
        match self {
            Self::Bolt12(_) => None,
            Self::Bolt11(invoice) => Some(invoice),
        }
    }
}
