//! A promise to pay, as it is stored.

use std::num::NonZeroU64;

use bolt1::{Msat, Timestamp};
use bolt12::{InvoiceRequest, InvreqId, Offer, OfferId, Recurrence};

use super::{Refund, Uses};
use crate::id::PayoutRow;
use crate::payment::OutgoingPayment;
use crate::rates::FiatAmount;

/// What a payout pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayoutAmount {
    /// Exactly this.
    Exact(Msat),
    /// What the redeemer's invoice asks, up to this.
    UpTo(Msat),
    /// This for each of the items that the redeemer's invoice counts.
    Each {
        /// For one.
        amount: Msat,
        /// For all of them at most.
        at_most: Msat,
    },
    /// What an amount of a currency comes to when it is redeemed.
    Fiat {
        /// That amount.
        price: FiatAmount,
        /// Most that it may come to, whatever the rate; fixed when the promise is made.
        at_most: Msat,
    },
}

impl PayoutAmount {
    /// The most it can cost, without fees.
    pub fn at_most(self) -> Msat {
        match self {
            Self::Exact(amount) | Self::UpTo(amount) => amount,
            Self::Each { at_most, .. } | Self::Fiat { at_most, .. } => at_most,
        }
    }

    /// Whether this is what an invoice over `quantity` items may ask, as far as that can be told without a rate.
    pub(super) fn allows(self, asked: Msat, quantity: Option<u64>) -> bool {
        match self {
            Self::Exact(promised) => asked == promised,
            Self::UpTo(most) => !asked.is_zero() && asked <= most,
            Self::Each { amount, at_most } => {
                let items = quantity.and_then(NonZeroU64::new);
                let promised = items.and_then(|items| amount.times(items));
                promised == Some(asked) && asked <= at_most
            }
            // Its most depends on the rate: whoever asks too much is told how much would do.
            Self::Fiat { .. } => !asked.is_zero(),
        }
    }

    /// The amount of a currency, where it is one.
    pub fn fiat(self) -> Option<FiatAmount> {
        match self {
            Self::Fiat { price, .. } => Some(price),
            Self::Exact(_) | Self::UpTo(_) | Self::Each { .. } => None,
        }
    }
}

/// Where a promise stands. Whether it is being paid just now is known from its claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromiseState {
    /// It may be claimed.
    Open,
    /// Its maker withdrew it; a claim made before goes on.
    Disabled,
    /// It was paid, as often as it is kept.
    Spent,
}

/// One promise of ours to pay whoever sends an invoice for it, once unless it says otherwise. Its strings are money: they are shown to
/// their maker and to nobody else, and never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Payout {
    /// Its number.
    pub row: PayoutRow,
    /// The 16 random bytes that make it unlike any other; `offer_metadata` of the one string and
    /// `invreq_metadata` of the other.
    pub nonce: [u8; 16],
    /// The maker's own name for it; unique.
    pub label: Option<String>,
    /// SHA-256 over the normalised arguments, to tell a repeated call from another one of the same label.
    pub arguments_key: [u8; 32],
    /// What it pays.
    pub amount: PayoutAmount,
    /// The `lno1…` string: an offer with `offer_send_invoice`. `None` when only an invoice request was made.
    pub offer: Option<Offer>,
    /// The `lnr1…` string, unsigned. `None` when it could not carry the promise.
    pub invoice_request: Option<InvoiceRequest>,
    /// The same, signed.
    pub invoice_request_signed: Option<InvoiceRequest>,
    /// The secret at the end of its paths; `None` when it has no paths.
    pub path_id: Option<Vec<u8>>,
    /// When it ends by itself.
    pub absolute_expiry: Option<Timestamp>,
    /// How often it is kept.
    pub uses: Uses,
    /// What it refunds, so that only its payer can redeem it.
    pub refund: Option<Refund>,
    /// Whether each redemption waits for its maker's word.
    pub approve: bool,
    /// Where it stands.
    pub state: PromiseState,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Payout {
    /// The offer_id of its `lno1…` string.
    pub fn offer_id(&self) -> Option<OfferId> {
        self.offer.as_ref().map(Offer::id)
    }

    /// Its periods, where it recurs.
    pub fn recurrence(&self) -> Option<&Recurrence> {
        self.offer.as_ref()?.recurrence()
    }

    /// The invreq_id of its `lnr1…` string, the same for both spellings.
    pub fn invreq_id(&self) -> Option<InvreqId> {
        self.invoice_request.as_ref().map(InvoiceRequest::invreq_id)
    }

    /// Whether it is spent once one more of `claims`, those that it has, arrives.
    pub fn is_spent_by_one_more(&self, claims: &[OutgoingPayment]) -> bool {
        let paid = claims.iter().filter(|claim| claim.is_paid()).count();
        self.uses.are_taken(paid.saturating_add(1))
    }

    /// Whether it has ended by itself.
    pub fn is_expired_at(&self, now: Timestamp) -> bool {
        self.absolute_expiry.is_some_and(|expiry| expiry < now)
    }
}

impl std::fmt::Debug for Payout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Payout")
            .field("row", &self.row)
            .field("amount", &self.amount)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
