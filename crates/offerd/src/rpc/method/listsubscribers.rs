//! `listsubscribers`

use bolt12::OfferId;
use offerd_api::ErrorObject;
use offerd_api::subscription::{SubscriberList, SubscriberView};
use offerd_core::port::{Indexed, Page};
use offerd_core::subscriber::{Subscriber, SubscriberState};

use super::{Outcome, limit};
use crate::rpc::call::Api;
use crate::rpc::error::fault_object;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) fn call(api: &Api, args: &Args) -> Outcome {
    let fault = |error| fault_object(&error);
    let store = api.driver.store();
    let wanted: Option<[u8; 32]> = args.get("offer_id")?;
    let offer = wanted.map(|id| store.offer_by_id(&OfferId(id)).map_err(fault)).transpose()?;
    let state: Option<String> = args.get("status")?;
    let (start, most) = (args.need("start")?, limit(args)?);
    let mut subscribers = Vec::new();
    for Indexed { created_index, row } in
        store.subscribers(Page { start, limit: u64::MAX }).map_err(fault)?
    {
        if subscribers.len() >= most {
            break;
        }
        let of_offer = match &offer {
            None => true,
            Some(entry) => entry.as_ref().is_some_and(|entry| entry.row == row.offer),
        };
        let view = view_of(api, &row, created_index)?;
        if of_offer && state.as_ref().is_none_or(|state| *state == view.status) {
            subscribers.push(view);
        }
    }
    view::json(SubscriberList { subscribers })
}

/// The word for where a series stands.
pub(super) fn status(state: SubscriberState) -> &'static str {
    match state {
        SubscriberState::Active => "active",
        SubscriberState::Overdue { .. } => "overdue",
        SubscriberState::Cancelled { .. } => "cancelled",
        SubscriberState::Ended { .. } => "ended",
    }
}

/// A series as callers see it.
fn view_of(
    api: &Api,
    series: &Subscriber,
    created_index: u64,
) -> Result<SubscriberView, ErrorObject> {
    let entry = api.driver.offer(series.offer).map_err(|error| fault_object(&error))?;
    let offer_id = entry.map(|entry| entry.newest().offer_id().to_string()).unwrap_or_default();
    let ended_at = match series.state {
        SubscriberState::Active => None,
        SubscriberState::Overdue { at }
        | SubscriberState::Cancelled { at }
        | SubscriberState::Ended { at } => Some(at.0),
    };
    Ok(SubscriberView {
        created_index,
        offer_id,
        invreq_payer_id: series.payer_id.to_string(),
        status: status(series.state).to_owned(),
        periods_paid: u64::from(series.next_counter),
        next_counter: u64::from(series.next_counter),
        recurrence_start: series.start.map(u64::from),
        basetime: series.basetime.0,
        amount_received_msat: series.received.as_u64(),
        started_at: series.started_at.0,
        last_paid_at: series.paid_at.0,
        paid_until: series.paid_until.0,
        ended_at,
    })
}
