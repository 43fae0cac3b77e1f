//! `stop`

use serde_json::json;

use super::Outcome;
use crate::rpc::call::Api;

/// The reply goes out first: connections end when their running calls are answered.
pub(super) fn call(api: &Api) -> Outcome {
    tracing::info!("asked to stop");
    api.shutdown.request();
    Ok(json!("Shutdown complete"))
}
