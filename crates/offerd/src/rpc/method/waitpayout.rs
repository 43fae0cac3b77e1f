//! `waitpayout`

use std::time::Duration;

use offerd_core::PaymentHash;

use super::Outcome;
use super::listpayouts::places;
use crate::rpc::call::Api;
use crate::rpc::error::{fault_object, to_object};
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let hash = args.get("payment_hash")?.map(PaymentHash);
    let timeout: Option<u64> = args.get("timeout")?;
    let within = timeout.map_or(Duration::MAX, Duration::from_secs);
    let waited = api.driver.wait_payout(args.need("offer_id")?, hash, within).await;
    let payout = waited.map_err(to_object)?;
    let claims = api.driver.store().claims(payout.row).map_err(|error| fault_object(&error))?;
    let places = places(api, &payout)?;
    view::json(view::payout(&payout, places, &claims, api.driver.now()))
}
