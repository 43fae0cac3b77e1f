//! `fetchinvoice`

use std::time::Duration;

use bolt1::Msat;
use bolt12::Offer;
use offerd_api::ErrorObject;
use offerd_api::offer::{FetchedInvoice, InvoiceChanges};
use offerd_core::fetch::{FetchArguments, Limits};

use super::Outcome;
use super::pay::drift;
use crate::rpc::call::Api;
use crate::rpc::error::to_object;
use crate::rpc::params::{Args, read_code};
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let offer: Offer = read_code(&args, "offer")?
        .parse()
        .map_err(|error: bolt12::Bolt12Error| ErrorObject::parameter("offer", error))?;
    let arguments = FetchArguments {
        amount: args.get("amount_msat")?,
        quantity: args.get("quantity")?,
        payer_note: args.get("payer_note")?,
        payer_metadata: args.get("payer_metadata")?,
        bip_353_name: None,
    };
    let within = Duration::from_secs(args.need("timeout")?);
    let limits =
        Limits { max_amount: args.get("max_amount_msat")?, max_rate_drift_ppm: drift(&args)? };
    let allowance = api.driver.allowance(&offer, &arguments, limits).await.map_err(to_object)?;
    let outcome = api.driver.fetch_invoice(&offer, &arguments, within).await.map_err(to_object)?;
    let fetched = outcome.fetched;
    if limits != Limits::default() {
        let checked = allowance.check(fetched.invoice.amount());
        checked.map_err(|error| to_object(error.into()))?;
    }
    let created_at = fetched.invoice.created_at();
    view::json(FetchedInvoice {
        invoice: fetched.invoice.to_string(),
        priced: allowance.priced.as_ref().map(|priced| view::priced(priced, created_at)),
        changes: InvoiceChanges { amount_msat: fetched.changed_amount.map(Msat::as_u64) },
    })
}
