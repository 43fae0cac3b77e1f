//! A payment to us, as it is stored.

use bolt1::{Msat, PublicKey, Timestamp};
use bolt12::Invoice;

use crate::id::{InvoiceRow, OfferRow, PaymentHash, Preimage};
use crate::rates::{FiatAmount, Priced};
use crate::subscriber::Turn;

/// What was paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// An offer of ours.
    Offer(OfferRow),
    /// An invoice that we made for somebody's promise.
    Invoice(InvoiceRow),
}

/// Names one request: at most one payment is accepted for it, however many invoices were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReceiptKey {
    /// What was paid for.
    pub source: Source,
    /// The first 10 bytes of a MAC over the request key, under a secret of ours.
    pub request_mac: [u8; 10],
}

/// Where a receipt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptState {
    /// Accepted; the preimage may or may not be out.
    Claiming,
    /// Ours since then.
    Paid {
        /// When the node said so.
        at: Timestamp,
    },
    /// It went back before its preimage was released: the request may be paid again.
    Lost {
        /// When the node was sure of it.
        at: Timestamp,
    },
}

/// A payment that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Which request it pays.
    pub key: ReceiptKey,
    /// The node's id of this very payment.
    pub payment_id: [u8; 32],
    /// Its hash.
    pub payment_hash: PaymentHash,
    /// What it is taken with. Secret until it is ours.
    pub preimage: Preimage,
    /// What the invoice asked.
    pub asked: Msat,
    /// What arrived.
    pub amount: Msat,
    /// `invreq_payer_id`; `None` for an invoice of BOLT 11, whose payer is not known.
    pub payer_id: Option<PublicKey>,
    /// Which payment of a series it is, where its offer is recurring.
    pub turn: Option<Turn>,
    /// `invreq_quantity`.
    pub quantity: Option<u64>,
    /// The first bytes of `invreq_payer_note`. Peer text.
    pub payer_note: Option<String>,
    /// When the invoice was made.
    pub invoice_created_at: Timestamp,
    /// The invoice, while it was still in the window when the payment came.
    pub invoice: Option<Invoice>,
    /// What it costs in a currency, where the offer says so, and the rate by which the invoice was made.
    pub priced: Option<Priced>,
    /// What arrived was worth this when it arrived, in the currency of the price or of our accounts, where a rate was
    /// known.
    pub worth: Option<FiatAmount>,
    /// When the payment came.
    pub arrived_at: Timestamp,
    /// Where it stands.
    pub state: ReceiptState,
}

impl Receipt {
    /// Whether its payment is ours or may become it, so that no other is taken for the request.
    pub fn is_live(&self) -> bool {
        match self.state {
            ReceiptState::Claiming | ReceiptState::Paid { .. } => true,
            ReceiptState::Lost { .. } => false,
        }
    }

    /// Whether it is of this very payment.
    pub fn is_of(&self, payment_hash: PaymentHash, payment_id: &[u8; 32]) -> bool {
        self.payment_hash == payment_hash && self.payment_id == *payment_id
    }
}
