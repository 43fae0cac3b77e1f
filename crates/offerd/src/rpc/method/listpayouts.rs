//! `listpayouts`

use bolt12::{InvreqId, OfferId};
use offerd_api::ErrorObject;
use offerd_api::payout::PayoutList;
use offerd_core::payout::Payout;
use offerd_core::port::{Indexed, Page};

use super::{Outcome, limit};
use crate::rpc::call::Api;
use crate::rpc::error::fault_object;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) fn call(api: &Api, args: &Args) -> Outcome {
    let now = api.driver.now();
    let mut payouts = Vec::new();
    for Indexed { created_index, row } in find(api, args)? {
        let claims = api.driver.store().claims(row.row).map_err(|error| fault_object(&error))?;
        payouts.push(view::payout(&row, created_index, &claims, now));
    }
    view::json(PayoutList { payouts })
}

fn find(api: &Api, args: &Args) -> Result<Vec<Indexed<Payout>>, ErrorObject> {
    let page = Page { start: args.need("start")?, ..Page::ALL };
    let mut payouts = api.driver.store().payouts(page).map_err(|error| fault_object(&error))?;
    let offer_id = args.get("offer_id")?.map(OfferId);
    let invreq_id = args.get("invreq_id")?.map(InvreqId);
    let label: Option<String> = args.get("label")?;
    let state: Option<String> = args.get("state")?;
    payouts.retain(|Indexed { row, .. }| {
        (offer_id.is_none() || row.offer_id() == offer_id)
            && (invreq_id.is_none() || row.invreq_id() == invreq_id)
            && (label.is_none() || row.label == label)
            && state.as_ref().is_none_or(|state| view::state_name(row.state) == state)
    });
    payouts.truncate(limit(args)?);
    Ok(payouts)
}
