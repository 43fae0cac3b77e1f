//! A call and the end of the daemon: whichever door it came in by.

use std::time::Duration;

use offerd_api::{ErrorObject, code};
use serde_json::Value;
use serde_json::value::RawValue;

use super::socket::Calls;
use crate::shutdown::Shutdown;

/// How long requests may go on once the daemon ends.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

/// Carries out a call, which has a moment to come to its end when the daemon is to end.
pub(crate) async fn carry_out(
    calls: &dyn Calls,
    method: &str,
    params: Option<&RawValue>,
    shutdown: &Shutdown,
) -> Result<Value, ErrorObject> {
    let given_up = async {
        shutdown.requested().await;
        tokio::time::sleep(SHUTDOWN_GRACE).await;
    };
    tokio::select! {
        outcome = calls.call(method, params) => outcome,
        () = given_up => Err(ErrorObject::new(
            code::GENERAL,
            "the daemon is shutting down: what was begun is on record and goes on at the next start",
        )),
    }
}
