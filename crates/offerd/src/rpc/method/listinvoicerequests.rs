//! `listinvoicerequests`

use bolt12::InvreqId;
use offerd_api::payout::InvoiceRequestList;
use offerd_core::port::{Indexed, Page};

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::error::fault_object;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) fn call(api: &Api, args: &Args) -> Outcome {
    let store = api.driver.store();
    let payouts = match args.get("invreq_id")? {
        Some(id) => {
            let found = store.payout_by_invreq_id(&InvreqId(id)).map_err(|e| fault_object(&e))?;
            found.into_iter().collect()
        }
        None => {
            let all = store.payouts(Page::ALL).map_err(|e| fault_object(&e))?;
            all.into_iter().map(|Indexed { row, .. }| row).collect::<Vec<_>>()
        }
    };
    let active_only: bool = args.need("active_only")?;
    let views = payouts.iter().filter_map(view::payout_as_request);
    let invoicerequests = views.filter(|view| view.active || !active_only).collect();
    view::json(InvoiceRequestList { invoicerequests })
}
