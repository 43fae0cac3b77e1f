//! `currencyconvert`

use offerd_api::ErrorObject;
use offerd_api::rates::Converted;
use offerd_core::rates::Decimal;

use super::Outcome;
use super::currencyrate::rate;
use crate::rpc::call::Api;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let amount: Decimal = args.need("amount")?;
    let rate = rate(api, args.need("currency")?).await?;
    let msat = rate.price.units_to_msat(amount).ok_or_else(|| {
        ErrorObject::parameter("amount", "comes to more than all bitcoin there will ever be")
    })?;
    view::json(Converted { msat: msat.as_u64() })
}
