//! `listpayouts`

use bolt12::{InvreqId, OfferId};
use offerd_api::ErrorObject;
use offerd_api::payout::PayoutList;
use offerd_core::payout::{Payout, PromiseState};
use offerd_core::port::{Indexed, Page};

use super::offerout::most;
use super::{Outcome, limit};
use crate::rpc::call::Api;
use crate::rpc::error::fault_object;
use crate::rpc::outlook::Outlook;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let now = api.driver.now();
    let mut payouts = Vec::new();
    for Indexed { created_index, row } in find(api, &args)? {
        let claims = api.driver.store().claims(row.row).map_err(|error| fault_object(&error))?;
        payouts.push(view::payout(&row, created_index, &claims, now));
    }
    let outlook = Outlook::of(&api.node.channels().await?);
    let open_payouts_msat = open_payouts(api)?;
    view::json(PayoutList {
        payouts,
        open_payouts_msat,
        spendable_msat: outlook.spendable,
        warning_no_outbound: outlook.outbound(open_payouts_msat),
    })
}

/// What all promises together that can be redeemed now may pay, in msat.
fn open_payouts(api: &Api) -> Result<u64, ErrorObject> {
    let now = api.driver.now();
    let payouts = api.driver.store().payouts(Page::ALL).map_err(|error| fault_object(&error))?;
    let open = payouts.iter().map(|payout| &payout.row);
    let open = open.filter(|row| row.state == PromiseState::Open && !row.is_expired_at(now));
    Ok(open.map(|row| most(row.amount)).fold(0, u64::saturating_add))
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
