//! `listwebhooks`

use offerd_api::webhook::WebhookList;

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::view;

pub(super) fn call(api: &Api) -> Outcome {
    view::json(WebhookList { webhooks: api.webhooks.list() })
}
