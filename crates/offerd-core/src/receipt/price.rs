//! What a payment is worth when it arrives, and whether that does for its price.

use std::num::NonZeroU64;

use bolt12::recurrence::Period;

use super::{Arrived, SentBack};
use crate::offer_book::OfferEntry;
use crate::rates::{FiatAmount, Priced, Rate, Rounding};
use crate::subscriber::Turn;

/// What of the record of a payment is about currencies, and the payer's note, which travels beside it.
pub(super) struct Judged {
    pub(super) priced: Option<Priced>,
    pub(super) worth: Option<FiatAmount>,
    pub(super) payer_note: Option<String>,
}

/// Looks at the price again. Where no rate is known any more, the rate that the invoice was made by stands: its life is
/// short.
///
/// # Errors
/// [`SentBack::PriceMoved`].
pub(super) fn judge(
    arrived: &Arrived<'_>,
    turn: Option<Turn>,
    memo: Option<String>,
) -> Result<Judged, SentBack> {
    let amount = arrived.payment.amount;
    let worth = arrived.rate.as_ref().and_then(|rate| rate.worth(amount));
    let Some(each) = arrived.offer.and_then(OfferEntry::fiat_price) else {
        return Ok(Judged { priced: None, worth, payer_note: memo });
    };
    let memo = memo.unwrap_or_default();
    let (rate_then, note) = Priced::from_memo(&memo);
    let quantity = arrived.payment.quantity.map_or(Some(NonZeroU64::MIN), NonZeroU64::new);
    let price = quantity.and_then(|quantity| each.times(quantity));
    if let (Some(price), Some(rate)) = (price, &arrived.rate)
        && has_moved(price, rate, arrived, turn)
    {
        return Err(SentBack::PriceMoved);
    }
    let of_then = price.map(|price| Priced { price, rate: rate_then });
    Ok(Judged {
        priced: arrived.priced.clone().or(of_then),
        worth,
        payer_note: (!note.is_empty()).then(|| note.to_owned()),
    })
}

/// Whether the price comes to more now than what is paid, by more than is tolerated. What cannot be converted any more
/// has moved.
fn has_moved(price: FiatAmount, rate: &Rate, arrived: &Arrived<'_>, turn: Option<Turn>) -> bool {
    if rate.currency != price.currency() {
        return false;
    }
    let created_at = arrived.sealed.created_at;
    let share = |whole| match proportional_period(arrived, turn) {
        Some(period) => period.share_left(whole, created_at),
        None => whole,
    };
    let least = |due: bolt1::Msat| due.minus(due.ppm(arrived.price_tolerance_ppm));
    let least = rate.price.to_msat(price, Rounding::Up).map(share).and_then(least);
    least.is_none_or(|least| arrived.payment.amount < least)
}

/// The period that is paid, where whoever comes late in it pays for the rest alone.
fn proportional_period(arrived: &Arrived<'_>, turn: Option<Turn>) -> Option<Period> {
    let schedule = arrived.offer.and_then(OfferEntry::recurrence)?;
    let base = schedule.base.filter(|base| base.proportional)?;
    schedule.period_at(base.basetime, turn?.index()?)
}
