//! `listpayouts`

use bolt12::{InvreqId, OfferId};
use offerd_api::ErrorObject;
use offerd_api::payout::PayoutList;
use offerd_core::change::{ChangeKind, Subject};
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
    let start: u64 = args.need("start")?;
    let by_update = args.get::<String>("index")?.as_deref() == Some("updated");
    let mut payouts = Vec::new();
    for row in find(api, &args)? {
        let (created_index, updated_index) = places(api, &row)?;
        let index = if by_update { updated_index } else { Some(created_index) };
        if let Some(index) = index.filter(|index| *index >= start) {
            let claims =
                api.driver.store().claims(row.row).map_err(|error| fault_object(&error))?;
            let view = view::payout(&row, (created_index, updated_index), &claims, now);
            payouts.push((index, view));
        }
    }
    payouts.sort_by_key(|(index, _)| *index);
    payouts.truncate(limit(&args)?);
    let outlook = Outlook::of(&api.node.channels().await?);
    let open_payouts_msat = open_payouts(api)?;
    view::json(PayoutList {
        payouts: payouts.into_iter().map(|(_, view)| view).collect(),
        open_payouts_msat,
        spendable_msat: outlook.spendable,
        warning_no_outbound: outlook.outbound(open_payouts_msat),
    })
}

/// The places of a payout in the orders of making and of changes.
pub(super) fn places(api: &Api, payout: &Payout) -> Result<(u64, Option<u64>), ErrorObject> {
    let store = api.driver.store();
    let updated = store.place_of(&Subject::Payout(payout.row), ChangeKind::Updated);
    Ok((u64::from(payout.row.0), updated.map_err(|error| fault_object(&error))?))
}

/// What all promises together that can be redeemed now may pay, in msat.
fn open_payouts(api: &Api) -> Result<u64, ErrorObject> {
    let now = api.driver.now();
    let payouts = api.driver.store().payouts(Page::ALL).map_err(|error| fault_object(&error))?;
    let open = payouts.iter().map(|payout| &payout.row);
    let open = open.filter(|row| row.state == PromiseState::Open && !row.is_expired_at(now));
    Ok(open.map(|row| most(row.amount)).fold(0, u64::saturating_add))
}

fn find(api: &Api, args: &Args) -> Result<Vec<Payout>, ErrorObject> {
    let payouts = api.driver.store().payouts(Page::ALL).map_err(|error| fault_object(&error))?;
    let mut payouts: Vec<Payout> = payouts.into_iter().map(|Indexed { row, .. }| row).collect();
    let offer_id = args.get("offer_id")?.map(OfferId);
    let invreq_id = args.get("invreq_id")?.map(InvreqId);
    let label: Option<String> = args.get("label")?;
    let state: Option<String> = args.get("state")?;
    payouts.retain(|row| {
        (offer_id.is_none() || row.offer_id() == offer_id)
            && (invreq_id.is_none() || row.invreq_id() == invreq_id)
            && (label.is_none() || row.label == label)
            && state.as_ref().is_none_or(|state| view::state_name(row.state) == state)
    });
    Ok(payouts)
}
