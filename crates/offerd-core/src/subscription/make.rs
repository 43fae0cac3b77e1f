//! Making a subscription.

use bolt1::{Msat, Seconds, Timestamp};
use bolt12::{Offer, Price, Recurrence};

use super::{Caps, Subscription, SubscriptionState};
use crate::fetch::{check_amount, check_quantity, series_metadata};
use crate::id::SubscriptionRow;
use crate::keys::Keys;
use crate::misuse::Misuse;
use crate::policy::Policy;

/// What its owner wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscribeArguments {
    /// What is paid for.
    pub offer: Offer,
    /// A name for it that was not used before.
    pub label: String,
    /// The period of the first payment, where the offer has a base; otherwise the first that can still be paid.
    pub start: Option<u32>,
    /// What each payment is; required where the offer has no price.
    pub amount: Option<Msat>,
    /// How many; required where the offer has `offer_quantity_max`.
    pub quantity: Option<u64>,
    /// A word to the issuer, in each request.
    pub payer_note: Option<String>,
    /// What is allowed.
    pub caps: Caps,
    /// So long before each payment its owner is reminded; as the policy says otherwise.
    pub remind_before: Option<Seconds>,
}

impl SubscribeArguments {
    /// Whether a subscription is what these would have made, at whatever time.
    pub fn are_of(&self, known: &Subscription) -> bool {
        // What was left out then may be another default now.
        let start = self.start.is_none() || self.start == known.start;
        let reminder = self.remind_before.is_none_or(|before| before == known.remind_before);
        start
            && reminder
            && self.label == known.label
            && self.offer == known.offer
            && self.amount == known.amount
            && self.quantity == known.quantity
            && self.payer_note == known.payer_note
            && self.caps == known.caps
    }
}

/// The record of a new subscription, number `row`: to be committed before anything is paid.
///
/// # Errors
/// [`Misuse`] names what does not fit.
pub fn subscribe(
    arguments: SubscribeArguments,
    row: SubscriptionRow,
    keys: &Keys,
    policy: &Policy,
    now: Timestamp,
) -> Result<Subscription, Misuse> {
    let offer = &arguments.offer;
    let schedule = check_offer(offer, keys, policy, now)?;
    check_quantity(offer.quantity_max(), arguments.quantity)?;
    check_amount(offer, arguments.amount, arguments.quantity)?;
    check_caps(offer, &arguments)?;
    let start = first_period(schedule, arguments.start, now)?;
    let payer = keys.payer(&series_metadata(keys, &offer.id(), &arguments.label));
    let subscription = Subscription {
        row,
        label: arguments.label,
        payer_id: payer.public_key(),
        start,
        amount: arguments.amount,
        quantity: arguments.quantity,
        payer_note: arguments.payer_note,
        caps: arguments.caps,
        remind_before: arguments.remind_before.unwrap_or(policy.subscription_reminder),
        created_at: now,
        basetime: schedule.base.map(|base| base.basetime),
        next_counter: 0,
        paid: Msat::ZERO,
        paid_at: None,
        paying: None,
        reminded: false,
        trouble: None,
        state: SubscriptionState::Active,
        offer: arguments.offer,
    };
    let Some(times) = subscription.next_times() else {
        return Err(Misuse::parameter("offer", "its periods are beyond the year 9999"));
    };
    // Whoever subscribes now need not be told that he pays now.
    Ok(Subscription { reminded: times.pay_at <= now, ..subscription })
}

fn check_offer<'a>(
    offer: &'a Offer,
    keys: &Keys,
    policy: &Policy,
    now: Timestamp,
) -> Result<&'a Recurrence, Misuse> {
    let refuse = |expected: &str| Err(Misuse::parameter("offer", expected));
    if offer.is_send_invoice() {
        return refuse("this offer pays: redeem it with sendinvoice");
    }
    let Some(schedule) = offer.recurrence() else {
        return refuse("does not recur: pay it with pay");
    };
    // req OR-03
    if !offer.supports_chain(policy.chain) {
        return refuse("is for another chain");
    }
    // req RCO-R5
    if offer.is_expired_at(now) {
        return Err(Misuse::OfferExpired);
    }
    if offer.issuer_id() == Some(keys.node_id()) {
        return Err(Misuse::PaysOurselves);
    }
    Ok(schedule)
}

/// Whether what is allowed can be kept at all.
fn check_caps(offer: &Offer, arguments: &SubscribeArguments) -> Result<(), Misuse> {
    let refuse = |name, expected: String| Err(Misuse::parameter(name, expected));
    let caps = &arguments.caps;
    if caps.max_periods == Some(0) {
        return refuse("max_periods", "must be non-zero".to_owned());
    }
    let quantity = arguments.quantity.and_then(std::num::NonZeroU64::new);
    let each = match (offer.price(), arguments.amount) {
        (Price::PayerDecides | Price::Msat(_), Some(amount)) => Some(amount),
        (Price::Msat(each), None) => each.times(quantity.unwrap_or(std::num::NonZeroU64::MIN)),
        (Price::PayerDecides, None) | (Price::Fiat { .. }, _) => None,
    };
    let fiat = matches!(offer.price(), Price::Fiat { .. });
    if caps.max_rate_drift_ppm.is_some() && !fiat {
        let expected = "goes with an offer that is priced in a currency";
        return refuse("max_rate_drift_ppm", expected.to_owned());
    }
    let given = [("max_per_period_msat", caps.max_per_period), ("max_total_msat", caps.max_total)];
    for (name, most) in given {
        if most == Some(Msat::ZERO) {
            return refuse(name, "must be non-zero".to_owned());
        }
        // Of a proportional offer the first payment may be less, and no other.
        if let Some((each, most)) = each.zip(most).filter(|(each, most)| each > most) {
            return refuse(name, format!("is {most}, and one payment is {each}"));
        }
    }
    Ok(())
}

/// The period that is paid first: none where the first payment begins the series.
fn first_period(
    schedule: &Recurrence,
    asked: Option<u32>,
    now: Timestamp,
) -> Result<Option<u32>, Misuse> {
    let refuse = |expected: String| Err(Misuse::parameter("start", expected));
    let last = schedule.limit.map_or(u32::MAX, std::num::NonZeroU32::get);
    let Some(base) = schedule.base else {
        return match asked {
            // req RCR-W3
            Some(_) => {
                refuse("unnecessary: this offer is paid from the first payment on".to_owned())
            }
            None => Ok(None),
        };
    };
    let closes = |index| schedule.window_at(base.basetime, index).map(|window| window.closes);
    let running = schedule.index_at(base.basetime, now).unwrap_or(0);
    let next = [Some(running), running.checked_add(1)].into_iter().flatten();
    let index = match asked {
        Some(index) => Some(index),
        None => next.into_iter().find(|index| closes(*index).is_some_and(|closes| now < closes)),
    };
    // req RCR-W4
    let Some(index) = index.filter(|index| *index <= last) else {
        return refuse(format!("the last period of this offer is {last}"));
    };
    match closes(index) {
        // req RCR-W5
        Some(closed) if now >= closed => {
            refuse(format!("period {index} could be paid until {closed}"))
        }
        Some(_) => Ok(Some(index)),
        None => refuse(format!("period {index} is beyond the year 9999")),
    }
}
