//! Our own part in a series: which payment of it is asked for, under which key, and what is known of those before.

use bolt1::{PublicKey, Timestamp};
use bolt12::{Invoice, OfferId, Recurrence};

use crate::keys::{KeyPurpose, Keys, digest};
use crate::misuse::Misuse;

/// One payment of a series, as a caller asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesArguments {
    /// Payments of the series before this one.
    pub counter: u32,
    /// The period of the first payment: with an offer that has a base, and only there.
    pub start: Option<u32>,
    /// Whether the series ends instead.
    pub cancel: bool,
    /// `invreq_metadata` of the whole series: [`series_metadata`].
    pub metadata: [u8; 32],
    /// What is known of the payment before this one.
    pub past: Past,
}

/// What our records say of the payment before the one that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Past {
    /// There is none before it, or none on record at all: a database may have been lost. The issuer knows.
    Unknown,
    /// It was paid by this invoice.
    Paid(Box<Invoice>),
    /// It was not paid.
    Unpaid {
        /// The counter of the last one that was.
        last: u32,
    },
}

/// The bytes that the payer's key of a series is made from: they follow from our seed, the offer and the caller's name
/// for the series, so that they are never lost.
pub fn series_metadata(keys: &Keys, offer_id: &OfferId, label: &str) -> [u8; 32] {
    keys.derive(KeyPurpose::Series, &[&offer_id.0, label.as_bytes()])
}

/// Under which one payment of a series is made once, whatever else its requests say.
pub fn period_key(offer_id: &OfferId, payer_id: &PublicKey, counter: u32) -> [u8; 32] {
    let (payer_id, counter) = (payer_id.serialize(), counter.to_be_bytes());
    digest(&[b"payment of a series", &offer_id.0, &payer_id, &counter])
}

/// Under which what `invoice` asks is paid once: its request, or its payment of a series.
pub fn paid_once_key(invoice: &Invoice) -> [u8; 32] {
    match invoice.recurring_payment() {
        Some(payment) => {
            let payer_id = invoice.request_view().payer_id();
            period_key(&invoice.offer_id(), &payer_id, payment.counter)
        }
        None => invoice.request_key(),
    }
}

/// The payment of a series that may follow the one of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextPeriod {
    /// `invreq_recurrence_counter`.
    pub counter: u32,
    /// The first second of the period.
    pub start: Timestamp,
    /// Its last second.
    pub end: Timestamp,
    /// From when on it can be paid.
    pub paywindow_start: Timestamp,
    /// Until when: as Core Lightning says it, the end of the period, or the end of the pay window, which is the first
    /// second that is too late.
    pub paywindow_end: Timestamp,
}

/// What comes after the payment of `invoice`. `None` where that is of no series, or the last of one.
pub fn next_period(invoice: &Invoice) -> Option<NextPeriod> {
    let schedule = invoice.offer_view().recurrence()?;
    let (payment, basetime) = invoice.recurring_payment().zip(invoice.recurrence_basetime())?;
    let index = payment.index.checked_add(1)?;
    if schedule.limit.is_some_and(|limit| index > limit.get()) {
        return None;
    }
    let period = schedule.period_at(basetime, index)?;
    let window = schedule.window_at(basetime, index)?;
    let end = Timestamp(period.end.0.checked_sub(1)?);
    Some(NextPeriod {
        counter: payment.counter.checked_add(1)?,
        start: period.start,
        end,
        paywindow_start: window.opens,
        paywindow_end: if schedule.paywindow.is_some() { window.closes } else { end },
    })
}

/// Holds what a caller asks of a series against the schedule and what is known. Gives the start of period 0, where that
/// is known.
///
/// # Errors
/// [`Misuse`] names the parameter that does not fit.
pub(super) fn check_series(
    schedule: &Recurrence,
    asked: &SeriesArguments,
    now: Timestamp,
) -> Result<Option<Timestamp>, Misuse> {
    let refuse = |name, expected: String| Err(Misuse::parameter(name, expected));
    match (schedule.base, asked.start) {
        // req RCR-W3
        (Some(_), None) => {
            let expected = "is required: the periods of this offer are counted from a fixed time";
            return refuse("recurrence_start", expected.to_owned());
        }
        (None, Some(_)) => {
            let expected = "unnecessary: this offer is paid from the first payment on";
            return refuse("recurrence_start", expected.to_owned());
        }
        (Some(_), Some(_)) | (None, None) => {}
    }
    if asked.cancel && asked.counter == 0 {
        return refuse("recurrence_counter", "must be non-zero: nothing was paid yet".to_owned());
    }
    // req RCR-W2
    if let Past::Unpaid { last } = asked.past {
        let expected = format!("previous invoice has not been paid (last was {last})");
        return refuse("recurrence_counter", expected);
    }
    let previous = match &asked.past {
        Past::Paid(invoice) => Some(invoice),
        Past::Unknown | Past::Unpaid { .. } => None,
    };
    let start = previous.and_then(|invoice| invoice.recurring_payment()).map(|paid| paid.start);
    if let Some(start) = start.filter(|start| *start != asked.start) {
        return refuse("recurrence_start", format!("was {} before", start.unwrap_or(0)));
    }
    let base = schedule.base.map(|base| base.basetime);
    let basetime = base.or_else(|| previous.and_then(|invoice| invoice.recurrence_basetime()));
    let index = asked.start.unwrap_or(0).checked_add(asked.counter);
    let last = schedule.limit.map_or(u32::MAX, std::num::NonZeroU32::get);
    // req RCR-W4
    let Some(index) = index.filter(|index| *index <= last) else {
        return refuse("recurrence_counter", format!("the last period of this offer is {last}"));
    };
    let Some(from) = basetime else { return Ok(None) };
    let Some(window) = schedule.window_at(from, index) else {
        return refuse("recurrence_counter", "the period is beyond the year 9999".to_owned());
    };
    if asked.cancel {
        return Ok(basetime);
    }
    // req RCR-W5, RCR-W6, RCR-W7
    if now < window.opens {
        let opens = window.opens;
        return refuse(
            "recurrence_counter",
            format!("too early: can't be paid until time {opens}"),
        );
    }
    if now >= window.closes {
        let closed = window.closes;
        return refuse(
            "recurrence_counter",
            format!("too late: could be paid until time {closed}"),
        );
    }
    Ok(basetime)
}
