//! `subscribe`

use std::time::Duration;

use bolt1::Seconds;
use bolt12::Offer;
use offerd_api::ErrorObject;
use offerd_api::subscription::SubscriptionMade;
use offerd_core::subscription::{Caps, SubscribeArguments};

use super::pay::drift;
use super::{Outcome, listsubscriptions};
use crate::rpc::call::Api;
use crate::rpc::error::to_object;
use crate::rpc::params::{Args, read_code};
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let offer: Offer = read_code(&args, "offer")?
        .parse()
        .map_err(|error: bolt12::Bolt12Error| ErrorObject::parameter("offer", error))?;
    let remind_before: Option<u64> = args.get("remind_before")?;
    let arguments = SubscribeArguments {
        offer,
        label: args.need("label")?,
        start: args.get("start")?,
        amount: args.get("amount_msat")?,
        quantity: args.get("quantity")?,
        payer_note: args.get("payer_note")?,
        caps: Caps {
            max_per_period: args.get("max_per_period_msat")?,
            max_total: args.get("max_total_msat")?,
            max_periods: args.get("max_periods")?,
            max_rate_drift_ppm: drift(&args)?,
        },
        remind_before: remind_before.map(Seconds),
    };
    let wait = Duration::from_secs(args.need("retry_for")?);
    let subscribed = api.driver.subscribe(arguments, wait).await.map_err(to_object)?;
    view::json(SubscriptionMade {
        created: subscribed.created,
        subscription: listsubscriptions::view_of(&subscribed.subscription),
    })
}
