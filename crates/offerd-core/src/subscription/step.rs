//! What is to be done about a subscription, and what happens to it.

use bolt1::{Msat, Timestamp};

use super::{Setback, Subscription, SubscriptionChange, SubscriptionState, Trouble};
use crate::event::{Batch, Event};
use crate::id::PaymentId;
use crate::misuse::Misuse;
use crate::payment::{OutgoingPayment, PaymentEnd, PaymentState};

/// Where only the issuer knows when the next payment is due, it is asked as often, and until it should have come due.
const MOST_TRIES: u32 = 12;

/// What is to be done about a subscription now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Commit this and look again.
    Commit(Batch),
    /// Ask for an invoice of its next payment, judge it, and begin the payment.
    Pay,
    /// Tell the issuer that the series ends.
    Tell,
    /// Nothing, until then; `None`: until something happens.
    Rest(Option<Timestamp>),
}

/// What is to be done about a subscription at `now`. `payments` is every payment on record for its next one, whoever
/// began it: what has arrived, or may have, is never paid again.
pub fn look(subscription: &Subscription, payments: &[OutgoingPayment], now: Timestamp) -> Next {
    if let Some(paid) = payments.iter().find(|payment| payment.is_paid()) {
        return Next::Commit(on_paid(subscription, paid, now));
    }
    if payments.iter().any(OutgoingPayment::is_pending) {
        return Next::Rest(None);
    }
    if subscription.paying.is_some() {
        let failed = payments.iter().rev().find_map(reason_of_failure);
        let why = failed.unwrap_or_else(|| "the payment failed".to_owned());
        return Next::Commit(on_setback(subscription, &Setback::passing(why), now));
    }
    match subscription.state {
        SubscriptionState::Active => look_at_active(subscription, now),
        SubscriptionState::Cancelled { told: false, .. } => look_at_untold(subscription, now),
        SubscriptionState::Cancelled { told: true, .. }
        | SubscriptionState::Paused { .. }
        | SubscriptionState::Ended { .. } => Next::Rest(None),
    }
}

fn look_at_active(subscription: &Subscription, now: Timestamp) -> Next {
    if is_over(subscription) {
        return Next::Commit(on_ended(subscription, now));
    }
    if subscription.is_unsure() {
        return look_at_unsure(subscription, now);
    }
    let times = subscription.next_times();
    let Some(times) = times else { return Next::Commit(on_ended(subscription, now)) };
    if !subscription.reminded {
        if now < times.remind_at {
            return Next::Rest(Some(times.remind_at));
        }
        let reminded = Subscription { reminded: true, ..subscription.clone() };
        return Next::Commit(changed(SubscriptionChange::Reminded, reminded));
    }
    if now < times.pay_at {
        return Next::Rest(Some(times.pay_at));
    }
    // req RCR-W5, RCR-W6
    if now >= times.closes {
        let closed = times.closes;
        let why = match &subscription.trouble {
            Some(trouble) => format!("it could not be paid until {closed}: {}", trouble.why),
            None => format!("it could be paid until {closed}, and this node was not there"),
        };
        return Next::Commit(on_pause(subscription, &why, now));
    }
    match subscription.retry_at(times.closes, now) {
        later if now < later => Next::Rest(Some(later)),
        _ => Next::Pay,
    }
}

/// Only the issuer knows when the next payment is due: it is asked, a few times in each period.
fn look_at_unsure(subscription: &Subscription, now: Timestamp) -> Next {
    let tried = subscription.trouble.as_ref().map_or(now, |trouble| trouble.at);
    let length = subscription.length().unwrap_or_default();
    // A payment comes due within two periods, and the clocks may be apart.
    let in_vain = subscription.created_at.plus(length).plus(length).plus(length) <= now;
    if let Some(trouble) = subscription.trouble.as_ref().filter(|_| in_vain)
        && trouble.count >= MOST_TRIES
    {
        let why = format!("it is not known when the next payment is due: {}", trouble.why);
        return Next::Commit(on_pause(subscription, &why, now));
    }
    match subscription.retry_at(tried.plus(length), now) {
        later if now < later => Next::Rest(Some(later)),
        _ => Next::Pay,
    }
}

/// The issuer is told as long as it waits for the next payment.
fn look_at_untold(subscription: &Subscription, now: Timestamp) -> Next {
    let closes = match (&subscription.state, subscription.length()) {
        (SubscriptionState::Cancelled { at, .. }, Some(length)) if subscription.is_unsure() => {
            Some(at.plus(length))
        }
        _ => subscription.next_times().map(|times| times.closes),
    };
    let waits = |closes: &Timestamp| now < *closes && subscription.next_counter > 0;
    let Some(closes) = closes.filter(waits) else {
        return Next::Commit(on_told(subscription));
    };
    match subscription.retry_at(closes, now) {
        later if now < later => Next::Rest(Some(later)),
        _ => Next::Tell,
    }
}

/// Whether its owner or the offer allows no further payment.
fn is_over(subscription: &Subscription) -> bool {
    is_used_up(subscription) || subscription.next_index().is_none()
}

/// Whether its owner allows no further payment.
fn is_used_up(subscription: &Subscription) -> bool {
    let caps = &subscription.caps;
    caps.max_periods.is_some_and(|most| subscription.next_counter >= most)
        || caps.max_total.is_some_and(|most| subscription.paid >= most)
}

fn reason_of_failure(payment: &OutgoingPayment) -> Option<String> {
    match &payment.state {
        PaymentState::Ended(PaymentEnd::Failed { reason, .. }) => Some(reason.to_string()),
        PaymentState::Ended(PaymentEnd::Paid { .. })
        | PaymentState::Pending { .. }
        | PaymentState::Awaiting => None,
    }
}

/// The next payment was begun: to be committed with it.
pub fn on_begun(subscription: &Subscription, payment: PaymentId) -> Batch {
    let paying = Subscription { paying: Some(payment), ..subscription.clone() };
    changed(SubscriptionChange::Begun, paying)
}

/// The next payment has arrived. What it leads to besides is committed with it.
fn on_paid(subscription: &Subscription, payment: &OutgoingPayment, now: Timestamp) -> Batch {
    let basetime = payment.invoice.bolt12().and_then(|invoice| {
        let first = (subscription.next_counter == 0).then(|| invoice.created_at());
        invoice.recurrence_basetime().or(first)
    });
    let paid = Subscription {
        basetime: subscription.basetime.or(basetime),
        next_counter: subscription.next_counter.saturating_add(1),
        paid: subscription.paid.plus(payment.amount).unwrap_or(Msat::MAX),
        paid_at: Some(now),
        paying: None,
        reminded: false,
        trouble: None,
        ..subscription.clone()
    };
    let no_more = is_over(&paid) || (!paid.is_unsure() && paid.next_times().is_none());
    let over = paid.is_active() && no_more;
    let ended = if over { on_ended(&paid, now) } else { Batch::default() };
    changed(SubscriptionChange::Paid, paid).with(ended)
}

/// The next payment, or the word to the issuer, came to nothing, with nothing in flight.
pub fn on_setback(subscription: &Subscription, setback: &Setback, now: Timestamp) -> Batch {
    let before = subscription.trouble.as_ref().map_or(0, |trouble| trouble.count);
    let trouble = Trouble { count: before.saturating_add(1), at: now, why: setback.why.clone() };
    let failed = Subscription { paying: None, trouble: Some(trouble), ..subscription.clone() };
    let paused = if setback.lasting && failed.is_active() {
        on_pause(&failed, &setback.why, now)
    } else {
        Batch::default()
    };
    changed(SubscriptionChange::Failed, failed).with(paused)
}

/// It pays no more until somebody says so. Nothing where it does not pay anyway.
pub fn on_pause(subscription: &Subscription, why: &str, now: Timestamp) -> Batch {
    if !subscription.is_active() {
        return Batch::default();
    }
    let state = SubscriptionState::Paused { at: now, why: why.to_owned() };
    changed(SubscriptionChange::Paused, Subscription { state, ..subscription.clone() })
}

/// It pays again. Nothing where it does anyway.
///
/// # Errors
/// [`Misuse`] where it has been ended, or the time for its next payment is over: the issuer would not take it.
pub fn on_resume(subscription: &Subscription, now: Timestamp) -> Result<Batch, Misuse> {
    let refuse = |why: String| Err(Misuse::parameter("label", why));
    match subscription.state {
        SubscriptionState::Active => return Ok(Batch::default()),
        SubscriptionState::Paused { .. } => {}
        SubscriptionState::Cancelled { .. } => return refuse("was cancelled".to_owned()),
        SubscriptionState::Ended { .. } => return refuse("has come to its end".to_owned()),
    }
    let closes = subscription.next_times().map(|times| times.closes);
    if let Some(closed) = closes.filter(|closes| now >= *closes && subscription.paying.is_none()) {
        return refuse(format!(
            "its next period could be paid until {closed}: subscribe again, under another label"
        ));
    }
    let (state, trouble) = (SubscriptionState::Active, None);
    let resumed = Subscription { state, trouble, ..subscription.clone() };
    Ok(changed(SubscriptionChange::Resumed, resumed))
}

/// Its owner ends it: nothing more is begun. Asked twice it is ended once.
///
/// # Errors
/// [`Misuse`] where it has come to its end already.
pub fn on_cancel(subscription: &Subscription, now: Timestamp) -> Result<Batch, Misuse> {
    match subscription.state {
        SubscriptionState::Active | SubscriptionState::Paused { .. } => {
            // req RCR-R8
            let told = subscription.next_counter == 0 && subscription.paying.is_none();
            let state = SubscriptionState::Cancelled { at: now, told };
            let ended = Subscription { state, trouble: None, ..subscription.clone() };
            Ok(changed(SubscriptionChange::Cancelled, ended))
        }
        SubscriptionState::Cancelled { .. } => Ok(Batch::default()),
        SubscriptionState::Ended { .. } => {
            Err(Misuse::parameter("label", "has come to its end already"))
        }
    }
}

/// The issuer was told that it was cancelled, or can no longer be.
pub fn on_told(subscription: &Subscription) -> Batch {
    let SubscriptionState::Cancelled { at, told: false } = subscription.state else {
        return Batch::default();
    };
    let state = SubscriptionState::Cancelled { at, told: true };
    changed(SubscriptionChange::Told, Subscription { state, trouble: None, ..subscription.clone() })
}

/// There is nothing more to be paid.
pub fn on_ended(subscription: &Subscription, now: Timestamp) -> Batch {
    let state = SubscriptionState::Ended { at: now };
    changed(SubscriptionChange::Ended, Subscription { state, ..subscription.clone() })
}

pub(super) fn changed(change: SubscriptionChange, record: Subscription) -> Batch {
    Batch::of(Event::SubscriptionChanged { change, record: Box::new(record) })
}
