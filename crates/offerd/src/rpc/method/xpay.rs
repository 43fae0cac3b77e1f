//! `xpay`

use offerd_api::payment::XpayResult;

use super::Outcome;
use super::pay::{End, failed_attempts, read_common};
use crate::rpc::call::Api;
use crate::rpc::error::to_object;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let mut call = read_common(&args, "invstring")?;
    call.max_fee = args.get("maxfee")?;
    let outcome = api.driver.pay(call).await.map_err(to_object)?;
    let attempts = outcome.attempts.iter().map(view::attempt).collect();
    let payment = outcome.payment;
    let end = End::of(&payment);
    view::json(XpayResult {
        successful_parts: end.arrived_parts,
        payment_preimage: end.preimage,
        failed_parts: failed_attempts(api, &payment)?,
        amount_msat: payment.amount.as_u64(),
        amount_sent_msat: end.sent_msat,
        payment_hash: payment.payment_hash().to_string(),
        status: end.status.to_owned(),
        attempts,
        priced: view::priced_payment(&payment),
    })
}
