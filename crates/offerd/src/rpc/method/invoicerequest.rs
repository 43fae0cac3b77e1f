//! `invoicerequest`

use bolt1::Msat;
use offerd_api::ErrorObject;
use offerd_core::amount::AmountSpec;
use offerd_core::payout::PayoutArguments;

use super::Outcome;
use super::offerout::{most, told};
use crate::driver::Warning;
use crate::rpc::call::Api;
use crate::rpc::error::to_object;
use crate::rpc::outlook::Outlook;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let made = api.driver.create_payout(read(&args)?).await.map_err(to_object)?;
    let mut shown = view::payout_as_request(&made.payout).unwrap_or_default();
    shown.created = Some(true);
    shown.warning_unreachable = told(&made.warnings, Warning::Unreachable);
    let outlook = Outlook::of(&api.node.channels().await?);
    shown.warning_no_outbound = outlook.outbound(most(made.payout.amount));
    view::json(shown)
}

fn read(args: &Args) -> Result<PayoutArguments, ErrorObject> {
    if !args.need::<bool>("single_use")? {
        let expected = "`false` needs max_uses or max_total_msat, which are not supported yet";
        return Err(ErrorObject::parameter("single_use", expected));
    }
    Ok(PayoutArguments {
        amount: AmountSpec::Msat(args.need::<Msat>("amount")?),
        description: args.need("description")?,
        issuer: args.get("issuer")?,
        label: args.get("label")?,
        absolute_expiry: args.get("absolute_expiry")?.map(bolt1::Timestamp),
        max_amount: None,
        with_offer: false,
    })
}
