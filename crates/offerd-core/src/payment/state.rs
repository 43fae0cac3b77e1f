//! A payment of ours, as it is stored.

use bolt1::{CltvDelta, Msat, Seconds, Timestamp};
use bolt12::OfferId;

use super::{Failure, Payable};
use crate::id::{PaymentHash, PaymentId, PayoutRow};
use crate::rates::{FiatAmount, Priced};

/// What a payment is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// We were told to pay.
    Order {
        /// The caller's name for it; the same label is the same payment.
        label: Option<String>,
        /// The offer whose invoice it is, when it was fetched in the same call.
        offer_id: Option<OfferId>,
        /// Whether it was begun although another one of its request was pending, on the payee's signed word that it
        /// takes one of them.
        trusts_payee: bool,
    },
    /// A claim on a payout.
    Claim {
        /// Which.
        payout: PayoutRow,
        /// Where to tell the redeemer if it fails for good: an encoded blinded path.
        reply_path: Option<Vec<u8>>,
    },
}

/// Where a payment stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentState {
    /// A claim that waits for approval; nothing was decided or sent.
    Awaiting,
    /// Decided, perhaps sent, outcome unknown. `next_at` is set when the last attempt came to nothing and
    /// another one is due then.
    Pending {
        /// Attempts that came to nothing.
        attempts: u32,
        /// When the next attempt is due.
        next_at: Option<Timestamp>,
    },
    /// It ended.
    Ended(PaymentEnd),
}

/// How a payment ended.
#[derive(Clone, PartialEq, Eq)]
pub enum PaymentEnd {
    /// It arrived.
    Paid {
        /// The proof, 32 bytes.
        preimage: [u8; 32],
        /// What routing cost, when the node knows.
        fee: Option<Msat>,
        /// In how many parts it went, at least one, when the node knows.
        parts: Option<u32>,
        /// When we learnt it.
        at: Timestamp,
    },
    /// It failed, with nothing in flight.
    Failed {
        /// Why.
        reason: Failure,
        /// When we learnt it.
        at: Timestamp,
    },
}

impl std::fmt::Debug for PaymentEnd {
    /// Without the preimage: whoever has it has the proof of payment.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Paid { preimage: _, fee, parts, at } => f
                .debug_struct("Paid")
                .field("fee", fee)
                .field("parts", parts)
                .field("at", at)
                .finish_non_exhaustive(),
            Self::Failed { reason, at } => {
                f.debug_struct("Failed").field("reason", reason).field("at", at).finish()
            }
        }
    }
}

/// One payment of ours. The row is written before anything is sent and its id never changes, so that it can be
/// sent at most once whatever happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingPayment {
    /// Our random name of it.
    pub id: PaymentId,
    /// What it is for.
    pub purpose: Purpose,
    /// SHA-256 of the request's non-signature records: one request is paid once.
    pub request_key: [u8; 32],
    /// The invoice as it was received.
    pub invoice: Payable,
    /// What the payee gets; the invoice's amount.
    pub amount: Msat,
    /// What it costs in a currency, where the offer or payout says so, and our own rate of then.
    pub priced: Option<Priced>,
    /// What the payee gets was worth this when the payment was decided, in the currency of the price or of our
    /// accounts, where a rate was known.
    pub worth: Option<FiatAmount>,
    /// Most that routing may cost.
    pub max_fee: Msat,
    /// Most blocks it may be locked for.
    pub max_delay: CltvDelta,
    /// How long the node tries other paths.
    pub retry_for: Seconds,
    /// When it was decided.
    pub created_at: Timestamp,
    /// Where it stands.
    pub state: PaymentState,
}

impl OutgoingPayment {
    /// The hash the payee chose.
    pub fn payment_hash(&self) -> PaymentHash {
        self.invoice.payment_hash()
    }

    /// Whether its outcome is not known yet.
    pub fn is_pending(&self) -> bool {
        matches!(self.state, PaymentState::Pending { .. })
    }

    /// Whether it waits for approval.
    pub fn is_awaiting(&self) -> bool {
        matches!(self.state, PaymentState::Awaiting)
    }

    /// Whether it has arrived or may arrive: decided, and not known to have failed.
    pub fn is_live(&self) -> bool {
        self.is_pending() || self.is_paid()
    }

    /// Whether it arrived.
    pub fn is_paid(&self) -> bool {
        matches!(self.state, PaymentState::Ended(PaymentEnd::Paid { .. }))
    }

    /// The payout it is a claim on.
    pub fn payout(&self) -> Option<PayoutRow> {
        match self.purpose {
            Purpose::Claim { payout, .. } => Some(payout),
            Purpose::Order { .. } => None,
        }
    }
}
