//! One event sent to one address, within bounds.

use std::time::Duration;

use bolt1::Timestamp;
use offerd_core::port::LogEntry;
use offerd_core::webhook::Outcome;
use offerd_rates_http::{cause, client};
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};

use super::Secret;
use crate::event_json;

/// From the first byte to the head of the answer.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Sends events, signed.
#[derive(Clone, Debug)]
pub(super) struct Poster {
    client: Client,
    secret: Secret,
}

impl Poster {
    pub(super) fn new(secret: Secret) -> Result<Self, reqwest::Error> {
        // Elsewhere may be anywhere: the operator has named an address, and no other gets our events.
        let client = client(TIMEOUT).redirect(Policy::none()).build()?;
        Ok(Self { client, secret })
    }

    /// Sends a line of the log. What the receiver says beyond its status is not read.
    pub(super) async fn send(&self, to: &Url, line: &LogEntry, now: Timestamp) -> Outcome {
        let (id, body) = (line.id.to_string(), event_json::of(line).to_string());
        let signature = self.secret.signature(&id, now, body.as_bytes());
        let request = self
            .client
            .post(to.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", now.0.to_string())
            .header("webhook-signature", signature)
            .body(body);
        match request.send().await {
            Ok(answer) => judge(answer.status()),
            Err(error) if error.is_timeout() => {
                Outcome::Away(format!("no answer within {} seconds", TIMEOUT.as_secs()))
            }
            Err(error) => Outcome::Away(cause(error)),
        }
    }
}

/// Whether it was this event that was not wanted, or whether no event would have been.
fn judge(status: StatusCode) -> Outcome {
    let said = || format!("it answered {}", status.as_u16());
    match status {
        status if status.is_success() => Outcome::Taken,
        StatusCode::BAD_REQUEST
        | StatusCode::CONFLICT
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::UNSUPPORTED_MEDIA_TYPE
        | StatusCode::UNPROCESSABLE_ENTITY => Outcome::Refused(said()),
        status if status.is_redirection() => {
            Outcome::Away(format!("{}: redirections are not followed", said()))
        }
        _ => Outcome::Away(said()),
    }
}
