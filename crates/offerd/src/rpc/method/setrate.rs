//! `setrate`

use bolt12::Currency;
use offerd_api::ErrorObject;
use offerd_api::rates::RateSet;
use offerd_core::rates::{Decimal, PerBitcoin};

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::error::to_object;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) fn call(api: &Api, args: &Args) -> Outcome {
    let currency: Currency = args.need("currency")?;
    let price = args.get::<Decimal>("rate")?.map(PerBitcoin::from_price).transpose();
    let price = price.map_err(|error| ErrorObject::parameter("rate", format!("it {error}")))?;
    api.driver.set_rate(currency, price).map_err(to_object)?;
    let rate = price.map(|price| price.to_string());
    view::json(RateSet { currency: currency.to_string(), rate })
}
