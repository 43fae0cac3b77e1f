//! `invoicerequest`

use bolt1::Msat;
use offerd_api::ErrorObject;
use offerd_core::amount::AmountSpec;
use offerd_core::payout::{PayoutArguments, Uses};

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
    Ok(PayoutArguments {
        amount: AmountSpec::Msat(args.need::<Msat>("amount")?),
        description: args.need("description")?,
        issuer: args.get("issuer")?,
        label: args.get("label")?,
        absolute_expiry: args.get("absolute_expiry")?.map(bolt1::Timestamp),
        max_amount: None,
        quantity_max: None,
        uses: uses(args)?,
        refund_for: None,
        approve: args.need("approve")?,
        recurrence: None,
        with_offer: false,
    })
}

/// One redemption, or as many as the bounds allow.
fn uses(args: &Args) -> Result<Uses, ErrorObject> {
    let most: Option<u64> = args.get("max_uses")?;
    let total: Option<Msat> = args.get("max_total_msat")?;
    if args.need("single_use")? {
        let superfluous = most.map(|_| "max_uses").or(total.map(|_| "max_total_msat"));
        return match superfluous {
            Some(parameter) => {
                Err(ErrorObject::parameter(parameter, "unnecessary: goes with single_use false"))
            }
            None => Ok(Uses::ONCE),
        };
    }
    if most.is_none() && total.is_none() {
        let expected = "`false` needs max_uses or max_total_msat";
        return Err(ErrorObject::parameter("single_use", expected));
    }
    let too_many = |_| ErrorObject::parameter("max_uses", "should be below 2^32");
    Ok(Uses { most: most.map(u32::try_from).transpose().map_err(too_many)?, total })
}
