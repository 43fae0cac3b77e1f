//! `waitinvoice`

use offerd_api::{ErrorObject, code};

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::error::to_object;
use crate::rpc::params::Args;
use crate::rpc::{invoices, view};

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let label: String = args.need("label")?;
    let found = api.driver.wait_for_invoice(&label).await.map_err(to_object)?;
    let Some(listed) = found else {
        return Err(ErrorObject::new(code::GENERAL, "Label not found"));
    };
    let shown = view::json(invoices::view(api, &listed, api.driver.now())?)?;
    if listed.is_paid() {
        return Ok(shown);
    }
    let message = "invoice expired before it was paid";
    Err(ErrorObject::new(code::INVOICE_EXPIRED_DURING_WAIT, message).with_data(shown))
}
