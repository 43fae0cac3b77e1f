//! `enableinvoicerequest`

use bolt12::InvreqId;
use offerd_api::{ErrorObject, code};
use offerd_core::Misuse;

use super::Outcome;
use crate::driver::CallError;
use crate::rpc::call::Api;
use crate::rpc::error::to_object;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let id = InvreqId(args.need("invreq_id")?);
    match api.driver.enable_payout(None, Some(&id)).await {
        Ok(payout) => view::json(view::payout_as_request(&payout)),
        Err(CallError::Misuse(Misuse::Unknown { .. })) => {
            Err(ErrorObject::new(code::GENERAL, "Unknown invoice_request"))
        }
        Err(error) => Err(to_object(error)),
    }
}
