//! Results of `listwebhooks` and `retrywebhook`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The result of `listwebhooks`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WebhookList {
    /// The receivers, in the order of the configuration.
    pub webhooks: Vec<WebhookView>,
}

/// How one receiver of events does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WebhookView {
    /// Where it is, without user, password and query.
    pub url: String,
    /// Every event up to this id was taken or has failed.
    pub through_id: u64,
    /// How many ids wait to be sent again, by `retrywebhook`.
    pub retrying: u64,
    /// How often sending the next event has failed so far.
    pub attempts: u32,
    /// When it is sent again, Unix seconds; absent while nothing has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<u64>,
    /// Since when the receiver takes nothing at all, Unix seconds; absent while it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away_since: Option<u64>,
    /// Why sending failed last; absent when it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// Events that are not sent any more, unless by `retrywebhook`.
    pub failed: Vec<FailedEvents>,
}

/// Events next to each other that a receiver has not taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailedEvents {
    /// The first of them.
    pub first_id: u64,
    /// The last of them.
    pub last_id: u64,
    /// Why.
    pub why: String,
}

/// The result of `retrywebhook`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WebhookRetried {
    /// How many ids are sent again, each counted for each receiver.
    pub retrying: u64,
}
