//! Whether a request of a series may be answered now.

use bolt1::Timestamp;
use bolt12::recurrence::Period;
use bolt12::{Recurrence, RecurringRequest};

use super::{Subscriber, Turn};
use crate::refusal::Refusal;

/// A request of a series that may be answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Granted {
    /// Which payment it is.
    pub(crate) turn: Turn,
    /// When period 0 starts; `None` where that is when the invoice is made.
    pub(crate) basetime: Option<Timestamp>,
    /// The period to be paid.
    pub(crate) period: Period,
    /// The first second in which it is too late.
    pub(crate) closes: Timestamp,
}

/// Holds a request against the schedule of its offer and what is on record of the series: in order, in time, and not
/// after it was cancelled.
///
/// # Errors
/// [`Refusal`] with the field to blame.
pub(crate) fn judge(
    schedule: &Recurrence,
    request: RecurringRequest,
    series: Option<&Subscriber>,
    now: Timestamp,
) -> Result<Granted, Refusal> {
    let numbering = schedule.numbering;
    let field = numbering.counter_field();
    let next = series.map_or(0, |series| series.next_counter);
    if let Some(series) = series {
        // req RCR-R9
        if series.is_cancelled() {
            return Err(Refusal::SeriesCancelled { field: numbering.cancel_field() });
        }
        // req RCR-R7
        if request.counter < next {
            return Err(Refusal::PeriodPaid { field, next });
        }
        // req RCR-W3
        if request.start != series.start {
            let (field, start) = (numbering.start_field(), series.start.unwrap_or(0));
            return Err(Refusal::StartDiffers { field, start });
        }
    }
    // req RCR-R9
    if request.counter > next {
        return Err(Refusal::PreviousUnpaid { field, next });
    }
    let basetime = match schedule.base {
        Some(base) => Some(base.basetime),
        None => series.map(|series| series.basetime),
    };
    let from = basetime.unwrap_or(now);
    let spans =
        schedule.period_at(from, request.index).zip(schedule.window_at(from, request.index));
    let (period, window) = spans.ok_or(Refusal::FieldInvalid { field })?;
    // req RCR-R10
    if now < window.opens && basetime.is_some() {
        return Err(Refusal::TooEarly { field, opens: window.opens });
    }
    if now >= window.closes {
        return Err(Refusal::TooLate { field, closed: window.closes });
    }
    Ok(Granted { turn: request.into(), basetime, period, closes: window.closes })
}
