//! `approvepayout`

use offerd_core::PaymentHash;

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::error::to_object;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let (id, hash) = (args.need("offer_id")?, PaymentHash(args.need("payment_hash")?));
    let claim = api.driver.approve_payout(id, hash).await.map_err(to_object)?;
    view::json(view::claim(&claim))
}
