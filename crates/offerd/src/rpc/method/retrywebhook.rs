//! `retrywebhook`

use offerd_api::webhook::WebhookRetried;

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::error::fault_object;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) fn call(api: &Api, args: &Args) -> Outcome {
    let retrying = api.webhooks.retry(args.get("id")?).map_err(|error| fault_object(&error))?;
    view::json(WebhookRetried { retrying })
}
