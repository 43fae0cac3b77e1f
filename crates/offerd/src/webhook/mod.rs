//! Events out: the log handed to receivers of the operator's, each at its own pace, at least once and in order.
//!
//! * `sign`: the signature, by which a receiver knows us.
//! * `post`: one event, sent.
//! * `keep`: how far each receiver has got.
//!
//! What is next and when it is tried again, [`offerd_core::webhook`] decides.

mod keep;
mod post;
mod sign;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bitcoin::hashes::{Hash as _, sha256};
use offerd_api::webhook::{FailedEvents, WebhookView};
use offerd_core::port::{LogEntry, PortError};
use offerd_core::webhook::{Delivery, Outcome, Span};
use reqwest::Url;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::driver::{CallError, Clock, Driver};
use crate::shutdown::Shutdown;
use post::Poster;
pub use sign::{Secret, SecretError};

/// How long a receiver rests after a failure of ours.
const REST: Duration = Duration::from_secs(5);
/// The longest time without a look at the clock, which may be set meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// Why webhooks could not be begun with.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The secret.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// What is on record.
    #[error("webhooks: {0}")]
    Store(#[from] PortError),
    /// The means to send.
    #[error("webhooks: {0}")]
    Client(#[from] reqwest::Error),
}

/// All receivers. None by default.
#[derive(Clone, Default)]
pub struct Webhooks(Vec<Arc<Receiver>>);

impl std::fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|receiver| shown(&receiver.url))).finish()
    }
}

impl Webhooks {
    /// Receivers at these addresses. One that is new gets what happens from now on; one that was there before goes on
    /// where it was.
    ///
    /// # Errors
    /// [`WebhookError`].
    pub fn new(
        urls: &[Url],
        secret: Secret,
        driver: &Arc<Driver>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, WebhookError> {
        let poster = Poster::new(secret)?;
        let receiver = |url: &Url| {
            let key = sha256::Hash::hash(url.as_str().as_bytes()).to_string();
            let delivery = match keep::load(driver.store(), &key)? {
                Some(delivery) => delivery,
                None => {
                    let delivery = Delivery::beginning_after(driver.last_logged()?);
                    keep::keep(driver.store(), &key, &delivery)?;
                    delivery
                }
            };
            Ok(Arc::new(Receiver {
                url: url.clone(),
                key,
                driver: Arc::clone(driver),
                clock: Arc::clone(&clock),
                poster: poster.clone(),
                delivery: Mutex::new(delivery),
                wanted: Notify::new(),
            }))
        };
        Ok(Self(urls.iter().map(receiver).collect::<Result<_, WebhookError>>()?))
    }

    /// Hands out what happens until the daemon ends.
    pub async fn run(self, shutdown: Shutdown) {
        let mut receivers = JoinSet::new();
        for receiver in self.0 {
            let shutdown = shutdown.clone();
            receivers.spawn(async move {
                tokio::select! {
                    () = receiver.run() => {}
                    () = shutdown.requested() => {}
                }
            });
        }
        while receivers.join_next().await.is_some() {}
    }

    /// How each of them does.
    pub fn list(&self) -> Vec<WebhookView> {
        self.0.iter().map(|receiver| receiver.view()).collect()
    }

    /// Sends again what was put aside: the event of this id, or all of them. Says how many that are, each counted for
    /// each receiver.
    ///
    /// # Errors
    /// When it could not be made durable.
    pub fn retry(&self, id: Option<u64>) -> Result<u64, PortError> {
        let mut count: u64 = 0;
        for receiver in &self.0 {
            let mut wanted = 0;
            receiver.change(|delivery| wanted = delivery.want_again(id))?;
            receiver.wanted.notify_one();
            count = count.saturating_add(wanted);
        }
        Ok(count)
    }
}

/// One of them.
struct Receiver {
    url: Url,
    key: String,
    driver: Arc<Driver>,
    clock: Arc<dyn Clock>,
    poster: Poster,
    delivery: Mutex<Delivery>,
    /// Woken when something is wanted again.
    wanted: Notify,
}

impl Receiver {
    async fn run(&self) {
        loop {
            if let Err(error) = self.next().await {
                tracing::error!(%error, webhook = %shown(&self.url), "the log cannot be handed on; trying again");
                tokio::time::sleep(REST).await;
            }
        }
    }

    /// Waits for the next line and for its time, and sends it. Also returns when there may be another one before it.
    async fn next(&self) -> Result<(), CallError> {
        let Some(line) = self.line().await? else { return Ok(()) };
        let not_before = self.delivery().not_before;
        if let Some(due) = not_before {
            let wait = Duration::from_secs(due.since(self.clock.now()).0);
            if !wait.is_zero() {
                tokio::select! {
                    () = tokio::time::sleep(wait.min(LONGEST_SLEEP)) => {}
                    () = self.wanted.notified() => {}
                }
                return Ok(());
            }
        }
        let outcome = self.poster.send(&self.url, &line, self.clock.now()).await;
        match &outcome {
            Outcome::Taken => {
                tracing::debug!(event = line.id, webhook = %shown(&self.url), "handed over");
            }
            Outcome::Refused(why) | Outcome::Away(why) => {
                tracing::warn!(event = line.id, webhook = %shown(&self.url), %why, "not handed over");
            }
        }
        let (logged, now) = (self.driver.last_logged()?, self.clock.now());
        Ok(self.change(|delivery| delivery.sent(line.id, outcome, logged, now))?)
    }

    /// The next line, as soon as there is one.
    async fn line(&self) -> Result<Option<LogEntry>, CallError> {
        let (after, last) = self.delivery().looks();
        let Some(last) = last else {
            let lines = tokio::select! {
                lines = self.driver.wait_for_log(after) => lines?,
                () = self.wanted.notified() => return Ok(None),
            };
            return Ok(lines.into_iter().next());
        };
        let line = self.driver.store().log_after(after, 1)?.into_iter().next();
        let line = line.filter(|line| line.id <= last);
        if line.is_none() {
            self.change(Delivery::found_none_again)?;
        }
        Ok(line)
    }

    fn delivery(&self) -> MutexGuard<'_, Delivery> {
        self.delivery.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// On disk first. When that fails, nothing has changed, and the same is sent again.
    fn change(&self, how: impl FnOnce(&mut Delivery)) -> Result<(), PortError> {
        let mut delivery = self.delivery();
        let mut changed = delivery.clone();
        how(&mut changed);
        keep::keep(self.driver.store(), &self.key, &changed)?;
        *delivery = changed;
        Ok(())
    }

    fn view(&self) -> WebhookView {
        let delivery = self.delivery();
        let failed = delivery.aside.iter().map(|aside| FailedEvents {
            first_id: aside.span.first,
            last_id: aside.span.last,
            why: aside.why.clone(),
        });
        WebhookView {
            url: shown(&self.url),
            through_id: delivery.through,
            retrying: delivery.again.iter().map(Span::places).fold(0, u64::saturating_add),
            attempts: delivery.failures,
            next_attempt_at: delivery.not_before.map(|at| at.0),
            away_since: delivery.away_since.map(|at| at.0),
            last_error: delivery.last_error.clone(),
            failed: failed.collect(),
        }
    }
}

/// An address without what may be a secret in it.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // An address that cannot have them has none.
    let _ = url.set_password(None).and_then(|()| url.set_username(""));
    if url.query().is_some() {
        url.set_query(Some("…"));
    }
    url.set_fragment(None);
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_secrets() {
        let url = "https://user:word@shop.example.com/events?token=geheim#x".parse().unwrap();
        let shown = shown(&url);
        assert!(shown.starts_with("https://shop.example.com/events?"), "{shown}");
        assert!(["user", "word", "token", "geheim"].iter().all(|secret| !shown.contains(secret)));
    }
}
