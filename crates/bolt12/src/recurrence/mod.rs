//! Recurrence: offers that are paid again and again, once in each period.
//!
//! From the proposal to BOLT 12 (lightning/bolts #1240), in both of its spellings ([`Numbering`]). An offer's schedule
//! is a [`Recurrence`]; what a request asks of it is a [`RecurringRequest`]; [`Period`] and [`Window`] say when. Which
//! periods were paid, whether a series was cancelled, and what to do about it do not live here.
//!
//! # Deviations
//!
//! Where the proposal is silent or at odds with itself:
//!
//! * `offer_recurrence_limit` is the last period that can be paid, and not the number of payments.
//! * Both `offer_recurrence_compulsory` and `offer_recurrence_optional`, and fields of both numberings, are refused.
//! * `proportional_amount` is on where it is 1; any other value reads as off.
//! * Windows include their first second and not their last. Without a pay window the first period can be paid at any
//!   time until its end; with one, but without a base, for at least a minute.
//! * Where recurrence is optional, a request without any of its fields is for one payment and begins no series: wallets
//!   that do not know recurrence make such requests.
//! * In the invoice for any period of an offer with a base, `invoice_recurrence_basetime` must be that base.

mod calendar;
mod fields;
mod numbering;
mod request;
mod schedule;

use core::num::NonZeroU32;

use bolt1::{Seconds, Timestamp};

pub use numbering::Numbering;
pub(crate) use numbering::Numbers;
pub use request::RecurringRequest;
pub(crate) use request::RequestRecurrence;
pub use schedule::{Period, Window};

/// The unit of a period, `time_unit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeUnit {
    /// 0: seconds.
    Seconds,
    /// 1: days of 24 hours.
    Days,
    /// 2: months of the Gregorian calendar, in UTC.
    Months,
}

/// The schedule of a recurring offer.
///
/// | type | name | shape | meaning |
/// |---|---|---|---|
/// | 24 | `offer_recurrence_compulsory` | `byte` `time_unit`, `tu32` `period` | only for payers who can go on |
/// | 25 | `offer_recurrence_optional` | the same | also for others |
/// | 26 | `offer_recurrence_base` | `byte` `proportional_amount`, `tu64` `basetime` | when period 0 starts |
/// | 27 | `offer_recurrence_paywindow` | `u32` `seconds_before`, `tu32` `seconds_after` | when to pay |
/// | 29 | `offer_recurrence_limit` | `tu32` `max_period_index` | the last period |
///
/// Each has a second number, see [`Numbering`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Recurrence {
    /// What periods are counted in.
    pub unit: TimeUnit,
    /// How many units a period has.
    pub period: NonZeroU32,
    /// Whether a payer must understand recurrence to take up the offer.
    pub compulsory: bool,
    /// The fixed start of period 0; without it the first payment starts a payer's own. Needs `compulsory`.
    pub base: Option<RecurrenceBase>,
    /// When a period can be paid, unless in it and in the one before.
    pub paywindow: Option<Paywindow>,
    /// The index of the last period that can be paid; 1 allows two.
    pub limit: Option<NonZeroU32>,
    /// How the fields are numbered, in whatever answers the offer as well.
    pub numbering: Numbering,
}

/// `offer_recurrence_base`: periods that are the same for all payers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RecurrenceBase {
    /// The start of period 0.
    pub basetime: Timestamp,
    /// Whether who comes late pays for the rest of the period alone.
    pub proportional: bool,
}

/// `offer_recurrence_paywindow`: when a period can be paid, around its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Paywindow {
    /// So long before the period's start.
    pub seconds_before: u32,
    /// So long after the period's start.
    pub seconds_after: u32,
}

impl Recurrence {
    /// One payment in every `period` units, compulsory, without end, in the numbering of today's nodes.
    pub const fn every(period: NonZeroU32, unit: TimeUnit) -> Self {
        Self {
            unit,
            period,
            compulsory: true,
            base: None,
            paywindow: None,
            limit: None,
            numbering: Numbering::Experimental,
        }
    }

    /// Whether a payer who comes late in a period pays for the rest of it alone.
    pub fn is_proportional(&self) -> bool {
        self.base.is_some_and(|base| base.proportional)
    }
}

impl Paywindow {
    /// `seconds_before`.
    pub(crate) fn before(self) -> Seconds {
        Seconds(u64::from(self.seconds_before))
    }

    /// `seconds_after`.
    pub(crate) fn after(self) -> Seconds {
        Seconds(u64::from(self.seconds_after))
    }
}
