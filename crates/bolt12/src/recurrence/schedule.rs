//! When periods start and end, when they can be paid, and what is left of one.
//!
//! Every period is reckoned from the start of period 0, never from the one before it, so that nothing drifts: a series
//! that starts on 31 January is due on 28 February and on 31 March.

use bolt1::{Msat, Seconds, Timestamp};

use super::calendar::{self, DAY};
use super::{Recurrence, TimeUnit};

/// How long the first period can be paid at least where it starts with the first invoice.
const SHORTEST_FIRST_WINDOW: Seconds = Seconds(60);

/// One period: `start` is in it, `end`, where the next one starts, is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    /// Its first second.
    pub start: Timestamp,
    /// The first second after it.
    pub end: Timestamp,
}

/// When a period can be paid: from `opens` until before `closes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Its first second.
    pub opens: Timestamp,
    /// The first second after it.
    pub closes: Timestamp,
}

impl Recurrence {
    /// The start of the period `index`, where period 0 starts at `basetime`. `None` beyond the year 9999.
    pub fn period_start(&self, basetime: Timestamp, index: u32) -> Option<Timestamp> {
        // req RCI-P1
        let units = u64::from(self.period.get()).checked_mul(u64::from(index))?;
        let start = match self.unit {
            TimeUnit::Seconds => basetime.0.checked_add(units)?,
            TimeUnit::Days => basetime.0.checked_add(units.checked_mul(DAY)?)?,
            TimeUnit::Months => calendar::months_later(basetime.0, units)?,
        };
        (start < calendar::END).then_some(Timestamp(start))
    }

    /// The period `index`, where period 0 starts at `basetime`. `None` where it does not end before the year 10 000.
    pub fn period_at(&self, basetime: Timestamp, index: u32) -> Option<Period> {
        let start = self.period_start(basetime, index)?;
        let end = self.period_start(basetime, index.checked_add(1)?)?;
        Some(Period { start, end })
    }

    /// The index of the period that runs at `now`. `None` before period 0, or where the last index has passed.
    pub fn index_at(&self, basetime: Timestamp, now: Timestamp) -> Option<u32> {
        let (mut low, mut high) = (0, u32::MAX);
        if now < basetime {
            return None;
        }
        while low < high {
            let middle = low.midpoint(high);
            let next = middle.checked_add(1)?;
            match self.period_start(basetime, next) {
                Some(start) if start <= now => low = next,
                Some(_) | None => high = middle,
            }
        }
        self.period_at(basetime, low).filter(|period| now < period.end).map(|_| low)
    }

    /// When the period `index` can be paid, where period 0 starts at `basetime`: in the pay window; or, without one,
    /// from the start of the period before it to its own end. `None` as for [`Recurrence::period_at`].
    pub fn window_at(&self, basetime: Timestamp, index: u32) -> Option<Window> {
        let Period { start, end } = self.period_at(basetime, index)?;
        let Some(paywindow) = self.paywindow else {
            // req RCR-W7, RCR-R10
            let opens = match index.checked_sub(1) {
                Some(previous) => self.period_start(basetime, previous)?,
                None => Timestamp(0),
            };
            return Some(Window { opens, closes: end });
        };
        // req RCR-W6, RCR-R10
        let starts_with_invoice = index == 0 && self.base.is_none();
        let after = match paywindow.after() {
            short if starts_with_invoice => short.max(SHORTEST_FIRST_WINDOW),
            after => after,
        };
        Some(Window { opens: start.minus(paywindow.before()), closes: start.plus(after) })
    }
}

impl Period {
    /// The part of `amount` that is due at `now` for what is left of the period: all of it before the period has
    /// begun, rounded down to whole msat, but never nothing: 1 msat even when the period is over.
    pub fn share_left(&self, amount: Msat, now: Timestamp) -> Msat {
        let length = u128::from(self.end.since(self.start).0);
        // req RCR-R3
        let left = u128::from(self.end.since(now.max(self.start)).0);
        let product = u128::from(amount.as_u64()).saturating_mul(left);
        let share = product.checked_div(length).and_then(|share| u64::try_from(share).ok());
        let least = amount.as_u64().min(1);
        share.and_then(|share| Msat::new(share.max(least))).unwrap_or(amount)
    }
}

impl Window {
    /// Whether `now` is in it.
    pub fn contains(&self, now: Timestamp) -> bool {
        // req RCR-W5, RCR-W6
        (self.opens..self.closes).contains(&now)
    }

    /// How long it is still open; zero when it has closed.
    pub const fn left(&self, now: Timestamp) -> Seconds {
        // req RCI-W2
        self.closes.since(now)
    }
}
