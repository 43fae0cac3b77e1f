//! `waitanyinvoice` and `waitoffer`

use std::time::Duration;

use bolt12::OfferId;
use offerd_api::{ErrorObject, code};
use offerd_core::OfferRow;

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::error::{fault_object, to_object};
use crate::rpc::params::Args;
use crate::rpc::{invoices, view};

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    wait(api, &args, None).await
}

pub(super) async fn call_for_offer(api: &Api, args: Args) -> Outcome {
    let id = OfferId(args.need("offer_id")?);
    let row = api.driver.offer_row(&id).map_err(|error| fault_object(&error))?;
    let row = row.ok_or_else(|| ErrorObject::new(code::GENERAL, "Unknown offer"))?;
    wait(api, &args, Some(row)).await
}

async fn wait(api: &Api, args: &Args, offer: Option<OfferRow>) -> Outcome {
    let (after, timeout): (u64, Option<u64>) = (args.need("lastpay_index")?, args.get("timeout")?);
    let within = timeout.map(Duration::from_secs);
    let found = api.driver.wait_for_receipt(after, offer, within).await.map_err(to_object)?;
    let Some(listed) = found else {
        let message = "timed out: nothing was paid";
        return Err(ErrorObject::new(code::INVOICE_WAIT_TIMED_OUT, message));
    };
    view::json(invoices::view(api, &listed, api.driver.now())?)
}
