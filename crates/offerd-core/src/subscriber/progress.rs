//! What happens to a series.

use bolt1::{Msat, Timestamp};
use bolt12::{Recurrence, RecurringRequest};

use super::{Subscriber, SubscriberChange, SubscriberState, Turn};
use crate::event::{Batch, Event};
use crate::id::SubscriberRow;
use crate::receipt::{Receipt, Source};
use crate::refusal::Refusal;

/// What follows when a payment of a recurring offer has become ours: `amount` of it. `known` is what is on record of
/// its series, `row` the number of a new one. Nothing where it belongs to no series.
pub fn on_paid(
    receipt: &Receipt,
    amount: Msat,
    schedule: &Recurrence,
    known: Option<&Subscriber>,
    row: SubscriberRow,
    now: Timestamp,
) -> Batch {
    let (Source::Offer(offer), Some(turn), Some(payer_id)) =
        (receipt.key.source, receipt.turn, receipt.payer_id)
    else {
        return Batch::default();
    };
    let base = schedule.base.map(|base| base.basetime);
    let fresh = || Subscriber {
        row,
        offer,
        payer_id,
        start: turn.start,
        basetime: base.unwrap_or(receipt.invoice_created_at),
        next_counter: 0,
        received: Msat::ZERO,
        started_at: now,
        paid_at: now,
        paid_until: now,
        state: SubscriberState::Active,
        due_at: None,
    };
    let mut series = known.cloned().unwrap_or_else(fresh);
    let change = if known.is_none() { SubscriberChange::Started } else { SubscriberChange::Paid };
    let end_of = |turn: Turn| schedule.period_at(series.basetime, turn.index()?);
    let paid_until = end_of(turn).map_or(series.paid_until, |period| period.end);
    series.next_counter = series.next_counter.max(turn.counter.saturating_add(1));
    series.received = series.received.plus(amount).unwrap_or(Msat::MAX);
    series.paid_at = now;
    series.paid_until = series.paid_until.max(paid_until);
    match series.state {
        SubscriberState::Active | SubscriberState::Overdue { .. } => {
            series.state = SubscriberState::Active;
            series.due_at = Some(due_at(&series, schedule));
        }
        SubscriberState::Cancelled { .. } | SubscriberState::Ended { .. } => {}
    }
    changed(change, series)
}

/// What follows when a series is due.
pub fn on_due(series: &Subscriber, schedule: &Recurrence, now: Timestamp) -> Batch {
    if series.due_at.is_none_or(|due| now < due) || series.state != SubscriberState::Active {
        return Batch::default();
    }
    let (change, state) = match next_closes(series, schedule) {
        Some(_) => (SubscriberChange::Overdue, SubscriberState::Overdue { at: now }),
        None => (SubscriberChange::Ended, SubscriberState::Ended { at: now }),
    };
    changed(change, Subscriber { state, due_at: None, ..series.clone() })
}

/// What follows when the payer ends a series. Nothing when it has ended; asked twice it is ended once.
///
/// # Errors
/// [`Refusal`] where there is no such series, or the counter is beyond it: nothing is changed.
pub fn on_cancel(
    series: Option<&Subscriber>,
    schedule: &Recurrence,
    request: RecurringRequest,
    now: Timestamp,
) -> Result<Batch, Refusal> {
    let field = schedule.numbering.counter_field();
    let series = series.ok_or(Refusal::PreviousUnpaid { field, next: 0 })?;
    if request.counter > series.next_counter {
        return Err(Refusal::PreviousUnpaid { field, next: series.next_counter });
    }
    if request.start != series.start {
        let (field, start) = (schedule.numbering.start_field(), series.start.unwrap_or(0));
        return Err(Refusal::StartDiffers { field, start });
    }
    match series.state {
        SubscriberState::Active | SubscriberState::Overdue { .. } => {
            let state = SubscriberState::Cancelled { at: now };
            let cancelled = Subscriber { state, due_at: None, ..series.clone() };
            Ok(changed(SubscriberChange::Cancelled, cancelled))
        }
        SubscriberState::Cancelled { .. } | SubscriberState::Ended { .. } => Ok(Batch::default()),
    }
}

/// When it is too late for the next payment. `None` where the schedule has none.
fn next_closes(series: &Subscriber, schedule: &Recurrence) -> Option<Timestamp> {
    let index = series.next_turn().index()?;
    if schedule.limit.is_some_and(|limit| index > limit.get()) {
        return None;
    }
    schedule.window_at(series.basetime, index).map(|window| window.closes)
}

fn due_at(series: &Subscriber, schedule: &Recurrence) -> Timestamp {
    next_closes(series, schedule).unwrap_or(series.paid_until)
}

fn changed(change: SubscriberChange, record: Subscriber) -> Batch {
    Batch::of(Event::SubscriberChanged { change, record })
}
