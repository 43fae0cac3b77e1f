//! `stop`

use offerd_api::control::Farewell;

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::view;

/// The reply goes out first: connections end when their running calls are answered.
pub(super) fn call(api: &Api) -> Outcome {
    tracing::info!("asked to stop");
    api.shutdown.request();
    view::json(Farewell::default())
}
