//! A subscription of ours, as it is stored.

use bolt1::{Msat, PublicKey, Seconds, Timestamp};
use bolt12::Offer;

use crate::fetch::period_key;
use crate::id::{PaymentId, SubscriptionRow};

/// Where a subscription stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubscriptionState {
    /// Each period is paid when its time has come.
    Active,
    /// Nothing is paid until somebody says so.
    Paused {
        /// Since then.
        at: Timestamp,
        /// Why; what came from the issuer in it is peer text, escaped.
        why: String,
    },
    /// Its owner has ended it.
    Cancelled {
        /// When.
        at: Timestamp,
        /// Whether the issuer was told, or need not be.
        told: bool,
    },
    /// There is nothing more to be paid.
    Ended {
        /// When.
        at: Timestamp,
    },
}

/// What its owner allows, for the whole series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    /// Most that one payment may be, routing fees not counted.
    pub max_per_period: Option<Msat>,
    /// Most that all of them together may be, routing fees not counted.
    pub max_total: Option<Msat>,
    /// Most payments.
    pub max_periods: Option<u32>,
    /// Where the price is in a currency: by so many millionths an invoice may ask more than it comes to by our own
    /// rate.
    pub max_rate_drift_ppm: Option<u32>,
}

/// Why the next payment was not made so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Tries that came to nothing.
    pub count: u32,
    /// When the last one did.
    pub at: Timestamp,
    /// What it came to; what came from the issuer in it is peer text, escaped.
    pub why: String,
}

/// An offer that we pay once in every period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its number.
    pub row: SubscriptionRow,
    /// Its owner's name for it, never used twice: the payer's key follows from it.
    pub label: String,
    /// What is paid for.
    pub offer: Offer,
    /// `invreq_payer_id`, the same in the whole series.
    pub payer_id: PublicKey,
    /// `invreq_recurrence_start`: the period of the first payment, where the offer has a base.
    pub start: Option<u32>,
    /// What each payment is, where the offer leaves it open or a tip is meant.
    pub amount: Option<Msat>,
    /// How many of what the offer counts.
    pub quantity: Option<u64>,
    /// A word to the issuer, in each request.
    pub payer_note: Option<String>,
    /// What is allowed.
    pub caps: Caps,
    /// So long before each payment its owner is reminded.
    pub remind_before: Seconds,
    /// When it was made.
    pub created_at: Timestamp,
    /// When period 0 started: as the offer's base says, or the first invoice that was paid. `None` before that, and
    /// where it is not known how far the series is.
    pub basetime: Option<Timestamp>,
    /// Payments that arrived, by our records or by what the issuer says: the counter of the next.
    pub next_counter: u32,
    /// The sum of them, routing fees not counted. One of which only the issuer knows counts what one came to when we
    /// heard of it.
    pub paid: Msat,
    /// When the last of them was known to have arrived.
    pub paid_at: Option<Timestamp>,
    /// The next payment, once it was begun and as long as its outcome is not known.
    pub paying: Option<PaymentId>,
    /// Whether its owner was reminded of the next payment.
    pub reminded: bool,
    /// Why the next payment, or the word to the issuer that there is none, has come to nothing so far.
    pub trouble: Option<Trouble>,
    /// Where it stands.
    pub state: SubscriptionState,
}

/// What has happened to a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionChange {
    /// It was made.
    Created,
    /// Its issuer knows of payments that are not on record: it goes on with the next one.
    CaughtUp,
    /// Its next payment comes soon.
    Reminded,
    /// A payment was begun.
    Begun,
    /// A payment has arrived.
    Paid,
    /// A payment, or the word to the issuer, came to nothing; it is tried again.
    Failed,
    /// It pays no more until somebody says so.
    Paused,
    /// It pays again.
    Resumed,
    /// Its owner has ended it.
    Cancelled,
    /// The issuer was told so, or can no longer be.
    Told,
    /// It has come to its end.
    Ended,
}

impl SubscriptionChange {
    /// Its name in the log of events.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Created => "subscription.created",
            Self::CaughtUp => "subscription.caught_up",
            Self::Reminded => "subscription.reminder",
            Self::Begun => "subscription.paying",
            Self::Paid => "subscription.paid",
            Self::Failed => "subscription.failed",
            Self::Paused => "subscription.paused",
            Self::Resumed => "subscription.resumed",
            Self::Cancelled => "subscription.cancelled",
            Self::Told => "subscription.told",
            Self::Ended => "subscription.ended",
        }
    }
}

impl Subscription {
    /// Whether anything may still happen to it by itself.
    pub fn is_live(&self) -> bool {
        self.paying.is_some()
            || match self.state {
                SubscriptionState::Active => true,
                SubscriptionState::Cancelled { told, .. } => !told,
                SubscriptionState::Paused { .. } | SubscriptionState::Ended { .. } => false,
            }
    }

    /// Under which its next payment is made once: [`period_key`].
    pub fn next_payment_key(&self) -> [u8; 32] {
        period_key(&self.offer.id(), &self.payer_id, self.next_counter)
    }

    /// Whether it pays when the time has come.
    pub fn is_active(&self) -> bool {
        self.state == SubscriptionState::Active
    }
}
