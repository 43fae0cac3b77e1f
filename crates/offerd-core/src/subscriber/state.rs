//! A series, as it is stored by whom it pays.

use bolt1::{Msat, PublicKey, Timestamp};

use super::Turn;
use crate::id::{OfferRow, SubscriberRow};

/// Where a series stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriberState {
    /// Paid so far; the next payment may come, or its time has not.
    Active,
    /// The time for the next payment has passed without it: no more is taken.
    Overdue {
        /// Since then.
        at: Timestamp,
    },
    /// The payer has ended it.
    Cancelled {
        /// When we were told.
        at: Timestamp,
    },
    /// The last period that the offer allows is over.
    Ended {
        /// When.
        at: Timestamp,
    },
}

/// Somebody who has paid a recurring offer of ours at least once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscriber {
    /// Its number.
    pub row: SubscriberRow,
    /// What is paid for.
    pub offer: OfferRow,
    /// `invreq_payer_id`, the same in the whole series.
    pub payer_id: PublicKey,
    /// `invreq_recurrence_start`, the same in the whole series.
    pub start: Option<u32>,
    /// When period 0 started.
    pub basetime: Timestamp,
    /// Payments that were made: the counter of the next.
    pub next_counter: u32,
    /// The sum of them.
    pub received: Msat,
    /// When the first was ours.
    pub started_at: Timestamp,
    /// When the last was ours.
    pub paid_at: Timestamp,
    /// The end of the last period that was paid.
    pub paid_until: Timestamp,
    /// Where it stands.
    pub state: SubscriberState,
    /// When the next thing happens by itself: the next payment is overdue, or the series is over.
    pub due_at: Option<Timestamp>,
}

/// What has happened to a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriberChange {
    /// Its first payment is ours.
    Started,
    /// Another one is.
    Paid,
    /// The next has not come in time.
    Overdue,
    /// The payer has ended it.
    Cancelled,
    /// It has come to its end.
    Ended,
}

impl SubscriberChange {
    /// The word for it: `started`, `paid`, `overdue`, `cancelled` or `ended`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Paid => "paid",
            Self::Overdue => "overdue",
            Self::Cancelled => "cancelled",
            Self::Ended => "ended",
        }
    }
}

impl Subscriber {
    /// The payment that would come next.
    pub fn next_turn(&self) -> Turn {
        Turn { counter: self.next_counter, start: self.start }
    }

    /// Whether the payer has ended it.
    pub fn is_cancelled(&self) -> bool {
        matches!(self.state, SubscriberState::Cancelled { .. })
    }
}
