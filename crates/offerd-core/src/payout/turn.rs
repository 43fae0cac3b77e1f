//! Promises that recur: each period is kept once, to the same redeemer.

use bolt1::Timestamp;
use bolt12::recurrence::Window;
use bolt12::{Invoice, Recurrence, RecurrenceBase, field};

use super::{PayoutArguments, Uses};
use crate::misuse::Misuse;
use crate::payment::OutgoingPayment;
use crate::refusal::Refusal;

/// What a promise that recurs comes to: its periods are counted from `now` where its maker names no time, and it is
/// kept once in each of them.
///
/// # Errors
/// [`Misuse`] names the parameter that does not fit.
pub(super) fn with_periods(
    arguments: &PayoutArguments,
    now: Timestamp,
) -> Result<PayoutArguments, Misuse> {
    let Some(recurrence) = arguments.recurrence else { return Ok(arguments.clone()) };
    let refuse = |name, expected: &str| Err(Misuse::parameter(name, expected));
    if arguments.refund_for.is_some() {
        return refuse("refund_for", "does not go with recurrence: a refund is made once");
    }
    let Some(last) = recurrence.limit else {
        return refuse("recurrence_limit", "is required: a promise to pay has an end");
    };
    let base = recurrence.base.unwrap_or(RecurrenceBase { basetime: now, proportional: false });
    let uses = Uses { most: last.get().checked_add(1), total: None };
    let recurrence = Some(Recurrence { base: Some(base), compulsory: true, ..recurrence });
    Ok(PayoutArguments { recurrence, uses, ..arguments.clone() })
}

/// When a period of a payout can be redeemed: in its pay window or, without one, as long as it runs. `None` beyond the
/// year 9999, or without a base.
pub fn redeem_window(schedule: &Recurrence, period: u32) -> Option<Window> {
    let basetime = schedule.base?.basetime;
    match schedule.paywindow {
        Some(_) => schedule.window_at(basetime, period),
        None => {
            let period = schedule.period_at(basetime, period)?;
            Some(Window { opens: period.start, closes: period.end })
        }
    }
}

/// Whether an invoice is for a period that can be redeemed now and was not, by whoever has redeemed those before. A
/// promise that does not recur has no periods.
///
/// # Errors
/// [`Refusal`] with the field to blame.
pub(super) fn in_turn(
    schedule: Option<&Recurrence>,
    invoice: &Invoice,
    claims: &[OutgoingPayment],
    now: Timestamp,
) -> Result<(), Refusal> {
    let Some(schedule) = schedule else { return Ok(()) };
    let blamed = schedule.numbering.counter_field();
    let invalid = Refusal::FieldInvalid { field: blamed };
    let period = invoice.recurring_payment().ok_or(invalid.clone())?.index;
    let live = || claims.iter().filter(|claim| claim.is_live());
    if let Some(first) = live().next()
        && first.invoice.node_id() != invoice.node_id()
    {
        return Err(Refusal::FieldDiffers { field: field::INVOICE_NODE_ID });
    }
    let of_period = |claim: &&OutgoingPayment| {
        let paid = claim.invoice.bolt12().and_then(Invoice::recurring_payment);
        paid.is_some_and(|paid| paid.index == period)
    };
    match live().find(of_period) {
        Some(claim) if claim.is_paid() => return Err(Refusal::AlreadyRedeemed),
        Some(_) => return Err(Refusal::BeingRedeemed),
        None => {}
    }
    let window = redeem_window(schedule, period).ok_or(invalid)?;
    if now < window.opens {
        return Err(Refusal::TooEarly { field: blamed, opens: window.opens });
    }
    if now >= window.closes {
        return Err(Refusal::TooLate { field: blamed, closed: window.closes });
    }
    Ok(())
}
