//! `cancelrecurringinvoice`

use bolt12::Offer;
use offerd_api::ErrorObject;
use offerd_api::subscription::SeriesCancelled;

use super::Outcome;
use crate::driver::SeriesCall;
use crate::rpc::call::Api;
use crate::rpc::error::to_object;
use crate::rpc::params::{Args, read_code};
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let offer: Offer = read_code(&args, "offer")?
        .parse()
        .map_err(|error: bolt12::Bolt12Error| ErrorObject::parameter("offer", error))?;
    let call = SeriesCall {
        label: args.need("recurrence_label")?,
        counter: args.need("recurrence_counter")?,
        start: args.get("recurrence_start")?,
        cancel: true,
    };
    let note = args.get("payer_note")?;
    let sent = api.driver.cancel_recurring(&offer, &call, note).await.map_err(to_object)?;
    view::json(SeriesCancelled { bolt12: sent.to_string() })
}
