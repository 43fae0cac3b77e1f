//! `listoffers`

use bolt12::OfferId;
use offerd_api::ErrorObject;
use offerd_api::offer::{OfferList, OfferView};
use offerd_core::port::{Indexed, Page};

use super::{Outcome, limit};
use crate::rpc::call::Api;
use crate::rpc::error::fault_object;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) fn call(api: &Api, args: &Args) -> Outcome {
    let mut offers = match args.get("offer_id")? {
        Some(id) => one(api, &OfferId(id))?,
        None => all(api, args.need("start")?)?,
    };
    let active_only: bool = args.need("active_only")?;
    let label: Option<String> = args.get("label")?;
    let direction: Option<String> = args.get("direction")?;
    let tag: Option<String> = args.get("tag")?;
    let external_id: Option<String> = args.get("external_id")?;
    offers.retain(|offer| {
        (offer.active || !active_only)
            && (label.is_none() || offer.label == label)
            && direction.as_ref().is_none_or(|direction| offer.direction == *direction)
            && tag.as_ref().is_none_or(|tag| offer.tags.contains(tag))
            && (external_id.is_none() || offer.external_id == external_id)
    });
    offers.truncate(limit(args)?);
    view::json(OfferList { offers })
}

fn one(api: &Api, id: &OfferId) -> Result<Vec<OfferView>, ErrorObject> {
    let store = api.driver.store();
    if let Some(entry) = store.offer_by_id(id).map_err(|error| fault_object(&error))? {
        return Ok(vec![view::offer(&entry, Some(id), Some(u64::from(entry.row.0)))]);
    }
    let payout = store.payout_by_offer_id(id).map_err(|error| fault_object(&error))?;
    let view = |payout: &_| view::payout_as_offer(payout, None);
    Ok(payout.as_ref().and_then(view).into_iter().collect())
}

/// Offers first, then payouts, each oldest first.
fn all(api: &Api, start: u64) -> Result<Vec<OfferView>, ErrorObject> {
    let store = api.driver.store();
    let page = Page { start, ..Page::ALL };
    let offers = store.offers(page).map_err(|error| fault_object(&error))?;
    let payouts = store.payouts(page).map_err(|error| fault_object(&error))?;
    let offers = offers
        .iter()
        .map(|Indexed { created_index, row }| view::offer(row, None, Some(*created_index)));
    let payouts = payouts.iter().filter_map(|Indexed { created_index, row }| {
        view::payout_as_offer(row, Some(*created_index))
    });
    Ok(offers.chain(payouts).collect())
}
