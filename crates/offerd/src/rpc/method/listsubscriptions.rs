//! `listsubscriptions`

use bolt1::Msat;
use offerd_api::subscription::{SubscriptionList, SubscriptionView};
use offerd_core::port::{Indexed, Page};
use offerd_core::subscription::{Subscription, SubscriptionState};

use super::{Outcome, limit};
use crate::rpc::call::Api;
use crate::rpc::error::fault_object;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) fn call(api: &Api, args: &Args) -> Outcome {
    let store = api.driver.store();
    let label: Option<String> = args.get("label")?;
    let wanted: Option<String> = args.get("status")?;
    let (start, most) = (args.need("start")?, limit(args)?);
    let all = store.subscriptions(Page { start, limit: u64::MAX });
    let all = all.map_err(|error| fault_object(&error))?;
    let is_wanted = |known: &Subscription| {
        label.as_ref().is_none_or(|label| *label == known.label)
            && wanted.as_ref().is_none_or(|wanted| wanted == status(&known.state))
    };
    let found = all.iter().filter(|Indexed { row, .. }| is_wanted(row)).take(most);
    let subscriptions = found.map(|Indexed { row, .. }| view_of(row)).collect();
    view::json(SubscriptionList { subscriptions })
}

/// The word for where a subscription stands.
pub(super) fn status(state: &SubscriptionState) -> &'static str {
    match state {
        SubscriptionState::Active => "active",
        SubscriptionState::Paused { .. } => "paused",
        SubscriptionState::Cancelled { .. } => "cancelled",
        SubscriptionState::Ended { .. } => "ended",
    }
}

/// A subscription as callers see it.
pub(super) fn view_of(known: &Subscription) -> SubscriptionView {
    let (mut since, mut paused_why, mut issuer_told) = (None, None, None);
    let (mut pays, mut waits) = (false, false);
    match &known.state {
        SubscriptionState::Active => (pays, waits) = (true, true),
        SubscriptionState::Paused { at, why } => {
            (since, paused_why, waits) = (Some(at.0), Some(why.clone()), true);
        }
        SubscriptionState::Cancelled { at, told } => {
            (since, issuer_told) = (Some(at.0), Some(*told))
        }
        SubscriptionState::Ended { at } => since = Some(at.0),
    }
    let times = known.next_times();
    let trouble = known.trouble.as_ref();
    let caps = &known.caps;
    SubscriptionView {
        created_index: u64::from(known.row.0),
        label: known.label.clone(),
        offer_id: known.offer.id().to_string(),
        bolt12: known.offer.to_string(),
        description: view::text(known.offer.description()),
        invreq_payer_id: known.payer_id.to_string(),
        status: status(&known.state).to_owned(),
        status_since: since,
        paused_why,
        issuer_told,
        periods_paid: u64::from(known.next_counter),
        amount_paid_msat: known.paid.as_u64(),
        last_paid_at: known.paid_at.map(|at| at.0),
        paying: known.paying.is_some(),
        next_counter: u64::from(known.next_counter),
        next_payment_at: times.filter(|_| pays).map(|times| times.pay_at.0),
        next_payment_until: times.filter(|_| waits).map(|times| times.closes.0),
        failed_tries: trouble.map_or(0, |trouble| u64::from(trouble.count)),
        last_failure: trouble.map(|trouble| trouble.why.clone()),
        recurrence_start: known.start.map(u64::from),
        basetime: known.basetime.map(|at| at.0),
        amount_msat: known.amount.map(Msat::as_u64),
        quantity: known.quantity,
        payer_note: known.payer_note.clone(),
        max_per_period_msat: caps.max_per_period.map(Msat::as_u64),
        max_total_msat: caps.max_total.map(Msat::as_u64),
        max_periods: caps.max_periods.map(u64::from),
        max_rate_drift_ppm: caps.max_rate_drift_ppm.map(u64::from),
        remind_before: known.remind_before.0,
        created_at: known.created_at.0,
    }
}
