//! `fetchinvoice`

use std::time::Duration;

use bolt1::Msat;
use bolt12::Offer;
use offerd_api::ErrorObject;
use offerd_api::offer::{FetchedInvoice, InvoiceChanges, NextPeriodView};
use offerd_core::fetch::{FetchArguments, Limits, SeriesArguments, next_period};

use super::Outcome;
use super::pay::drift;
use crate::driver::SeriesCall;
use crate::rpc::call::Api;
use crate::rpc::error::to_object;
use crate::rpc::params::{Args, read_code};
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let offer: Offer = read_code(&args, "offer")?
        .parse()
        .map_err(|error: bolt12::Bolt12Error| ErrorObject::parameter("offer", error))?;
    let series = read_series(api, &args, &offer)?;
    let arguments = FetchArguments {
        amount: args.get("amount_msat")?,
        quantity: args.get("quantity")?,
        payer_note: args.get("payer_note")?,
        payer_metadata: args.get("payer_metadata")?,
        bip_353_name: None,
        series,
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
    let next = next_period(&fetched.invoice).map(|next| NextPeriodView {
        counter: u64::from(next.counter),
        starttime: next.start.0,
        endtime: next.end.0,
        paywindow_start: next.paywindow_start.0,
        paywindow_end: next.paywindow_end.0,
    });
    let created_at = fetched.invoice.created_at();
    view::json(FetchedInvoice {
        invoice: fetched.invoice.to_string(),
        priced: allowance.priced.as_ref().map(|priced| view::priced(priced, created_at)),
        next_period: next,
        changes: InvoiceChanges { amount_msat: fetched.changed_amount.map(Msat::as_u64) },
    })
}

/// Which payment of a series is meant, where one is.
fn read_series(
    api: &Api,
    args: &Args,
    offer: &Offer,
) -> Result<Option<SeriesArguments>, ErrorObject> {
    let counter: Option<u32> = args.get("recurrence_counter")?;
    let label: Option<String> = args.get("recurrence_label")?;
    let start: Option<u32> = args.get("recurrence_start")?;
    let needs = |name| Err(ErrorObject::parameter(name, "is required with a recurring offer"));
    if offer.recurrence().is_none() {
        let given = [
            ("recurrence_counter", counter.is_some()),
            ("recurrence_start", start.is_some()),
            ("recurrence_label", label.is_some()),
        ];
        return match given.into_iter().find(|(_, given)| *given) {
            Some((name, _)) => {
                Err(ErrorObject::parameter(name, "unnecessary: the offer does not recur"))
            }
            None => Ok(None),
        };
    }
    let Some(counter) = counter else { return needs("recurrence_counter") };
    let Some(label) = label else { return needs("recurrence_label") };
    let call = SeriesCall { label, counter, start, cancel: false };
    api.driver.series(offer, &call).map(Some).map_err(to_object)
}
