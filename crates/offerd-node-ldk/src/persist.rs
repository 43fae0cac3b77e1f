//! Our key-value store as the node sees it, and what happens when it cannot be written.
//!
//! When a write fails the node is told ([`Health`]) and must stop: no later write is tried, so that what is on
//! disk stays the state of one moment.

use std::fmt;
use std::sync::Arc;

use lightning::io;
use lightning::util::persist::KVStoreSync;
use offerd_core::port::{KeyValueStore, NamedChange, PortError};
use tokio::sync::watch;
use tracing::error;

/// Whether the node may go on.
#[derive(Debug)]
pub(crate) struct Health {
    failure: watch::Sender<Option<String>>,
}

impl Health {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { failure: watch::Sender::new(None) })
    }

    /// Says that the node must stop. Only the first reason is kept.
    pub(crate) fn fail(&self, reason: &str) {
        self.failure.send_if_modified(|failure| {
            let first = failure.is_none();
            if first {
                error!(reason, "the node stops");
                *failure = Some(reason.to_owned());
            }
            first
        });
    }

    pub(crate) fn is_good(&self) -> bool {
        self.failure.borrow().is_none()
    }

    /// Waits for a reason to stop; for ever when there is none.
    pub(crate) async fn failed(&self) -> String {
        let mut failure = self.failure.subscribe();
        let reason = failure.wait_for(Option::is_some).await.ok().and_then(|reason| reason.clone());
        match reason {
            Some(reason) => reason,
            // The sender lives in `self`, so this does not happen.
            None => std::future::pending().await,
        }
    }
}

/// The store as the node's parts see it.
pub(crate) struct Store {
    values: Arc<dyn KeyValueStore>,
    health: Arc<Health>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    pub(crate) fn new(values: Arc<dyn KeyValueStore>, health: Arc<Health>) -> Self {
        Self { values, health }
    }

    pub(crate) fn read(
        &self,
        space: (&str, &str),
        key: &str,
    ) -> Result<Option<Vec<u8>>, PortError> {
        self.values.read(space.0, space.1, key)
    }

    /// Writes; after a failure the node stops, and nothing is written any more.
    pub(crate) fn write(
        &self,
        space: (&str, &str),
        key: &str,
        value: &[u8],
    ) -> Result<(), PortError> {
        let what = || format!("{}/{}/{key}", space.0, space.1);
        self.guarded(what, || self.values.write(space.0, space.1, key, value))
    }

    /// The same for several changes, of which all are made or none; `what` they are, for the log.
    pub(crate) fn write_all(
        &self,
        what: &str,
        changes: &[NamedChange<'_>],
    ) -> Result<(), PortError> {
        self.guarded(|| what.to_owned(), || self.values.write_all(changes))
    }

    pub(crate) fn remove(&self, space: (&str, &str), key: &str) -> Result<(), PortError> {
        let what = || format!("{}/{}/{key}", space.0, space.1);
        self.guarded(what, || self.values.remove(space.0, space.1, key))
    }

    pub(crate) fn list(&self, space: (&str, &str)) -> Result<Vec<String>, PortError> {
        self.values.list(space.0, space.1)
    }

    fn guarded(
        &self,
        what: impl FnOnce() -> String,
        change: impl FnOnce() -> Result<(), PortError>,
    ) -> Result<(), PortError> {
        if !self.health.is_good() {
            return Err(PortError::unavailable("the node is stopping: nothing is written"));
        }
        change().inspect_err(|error| {
            self.health.fail(&format!("cannot write {}: {error}", what()));
        })
    }
}

pub(crate) fn io_error(error: PortError) -> io::Error {
    io::Error::new(io::ErrorKind::Other, error.to_string())
}

impl KVStoreSync for Store {
    fn read(&self, primary: &str, secondary: &str, key: &str) -> Result<Vec<u8>, io::Error> {
        Self::read(self, (primary, secondary), key)
            .map_err(io_error)?
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "not in the store"))
    }

    fn write(
        &self,
        primary: &str,
        secondary: &str,
        key: &str,
        value: Vec<u8>,
    ) -> Result<(), io::Error> {
        Self::write(self, (primary, secondary), key, &value).map_err(io_error)
    }

    fn remove(
        &self,
        primary: &str,
        secondary: &str,
        key: &str,
        _lazy: bool,
    ) -> Result<(), io::Error> {
        Self::remove(self, (primary, secondary), key).map_err(io_error)
    }

    fn list(&self, primary: &str, secondary: &str) -> Result<Vec<String>, io::Error> {
        Self::list(self, (primary, secondary)).map_err(io_error)
    }
}
