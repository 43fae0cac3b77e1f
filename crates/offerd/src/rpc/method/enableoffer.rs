//! `enableoffer`

use bolt12::OfferId;
use offerd_api::{ErrorObject, code};
use offerd_core::Misuse;

use super::Outcome;
use crate::driver::CallError;
use crate::rpc::call::Api;
use crate::rpc::error::to_object;
use crate::rpc::params::Args;
use crate::rpc::view;

/// Answers an offer again, or opens the payout whose `lno1…` has this id again.
pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let id = OfferId(args.need("offer_id")?);
    match api.driver.enable_offer(&id).await {
        Ok(entry) => view::json(view::offer(&entry, Some(&id), None)),
        Err(CallError::Misuse(Misuse::Unknown { .. })) => enable_payout(api, &id).await,
        Err(error) => Err(to_object(error)),
    }
}

async fn enable_payout(api: &Api, id: &OfferId) -> Outcome {
    match api.driver.enable_payout(Some(id), None).await {
        Ok(payout) => view::json(view::payout_as_offer(&payout, None)),
        Err(CallError::Misuse(Misuse::Unknown { .. })) => {
            Err(ErrorObject::new(code::GENERAL, "Unknown offer"))
        }
        Err(error) => Err(to_object(error)),
    }
}
