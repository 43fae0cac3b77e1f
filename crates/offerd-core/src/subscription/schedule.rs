//! When the next payment of a subscription is made.

use bolt1::{Seconds, Timestamp};
use bolt12::recurrence::Period;

use super::Subscription;

/// Between two tries at most.
const LONGEST_REST: u64 = 3_600;
/// Doublings after which the time between two tries grows no more.
const MOST_DOUBLINGS: u32 = 12;
/// A payment is begun at least so long before it is too late, or half of the time that there is.
const AT_LEAST_LEFT: u64 = 3_600;

/// When the next payment can be made, and will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeriodTimes {
    /// The period that it is for.
    pub index: u32,
    /// When that runs.
    pub period: Period,
    /// From then on it may be paid.
    pub opens: Timestamp,
    /// From then on it is too late.
    pub closes: Timestamp,
    /// When it is paid.
    pub pay_at: Timestamp,
    /// When its owner is reminded of it.
    pub remind_at: Timestamp,
}

impl Subscription {
    /// The times of the next payment. `None` where the offer allows no more, time has an end,
    /// or it is not known when period 0 started.
    pub fn next_times(&self) -> Option<PeriodTimes> {
        let schedule = self.offer.recurrence()?;
        let index = self.next_index()?;
        if self.is_unsure() {
            return None;
        }
        let base = schedule.base.map(|base| base.basetime);
        // Before the first payment nobody knows when period 0 starts: as soon as we can.
        let basetime = base.or(self.basetime).unwrap_or(self.created_at);
        let period = schedule.period_at(basetime, index)?;
        let window = schedule.window_at(basetime, index)?;
        let (opens, closes) = (window.opens, window.closes);
        let first = base.is_none() && self.next_counter == 0;
        let pay_at = if first {
            self.created_at
        } else {
            // req RCR-W6, RCR-W7, RCI-R6
            let margin = AT_LEAST_LEFT.min(closes.since(opens).0 / 2);
            period.start.min(closes.minus(Seconds(margin))).max(opens)
        };
        let remind_at = pay_at.minus(self.remind_before);
        Some(PeriodTimes { index, period, opens, closes, pay_at, remind_at })
    }

    /// The period of the next payment. `None` where the offer allows no more.
    pub(super) fn next_index(&self) -> Option<u32> {
        let schedule = self.offer.recurrence()?;
        let index = self.start.unwrap_or(0).checked_add(self.next_counter)?;
        // req RCR-W4, RCI-R6
        schedule.limit.is_none_or(|limit| index <= limit.get()).then_some(index)
    }

    /// When what came to nothing is tried again: later and later, but more often as the time runs out. At once where
    /// the clock was set back since.
    pub(super) fn retry_at(&self, closes: Timestamp, now: Timestamp) -> Timestamp {
        let Some(trouble) = self.trouble.as_ref().filter(|trouble| trouble.at <= now) else {
            return now;
        };
        let doubled = 1_u64.checked_shl(trouble.count.min(MOST_DOUBLINGS)).unwrap_or(LONGEST_REST);
        let a_quarter = closes.since(trouble.at).0 / 4;
        trouble.at.plus(Seconds(doubled.min(LONGEST_REST).min(a_quarter).max(1)))
    }
}
