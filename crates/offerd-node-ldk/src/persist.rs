//! The node's state in our key-value store, and what happens when it cannot be written.
//!
//! Channel monitors are written whole at each update: one value, one write, nothing to be put together again.
//! An update counts as done only when its write is on disk. When a write fails the node is told ([`Health`]) and
//! must stop: no later write is tried, so that what is on disk stays the state of one moment, and the crate
//! refuses to go on as soon as a monitor is concerned.

use std::fmt;
use std::sync::Arc;

use bitcoin::BlockHash;
use lightning::chain::ChannelMonitorUpdateStatus;
use lightning::chain::chainmonitor::Persist;
use lightning::chain::channelmonitor::{ChannelMonitor, ChannelMonitorUpdate};
use lightning::io;
use lightning::sign::InMemorySigner;
use lightning::util::persist::{
    ARCHIVED_CHANNEL_MONITOR_PERSISTENCE_PRIMARY_NAMESPACE,
    ARCHIVED_CHANNEL_MONITOR_PERSISTENCE_SECONDARY_NAMESPACE,
    CHANNEL_MONITOR_PERSISTENCE_PRIMARY_NAMESPACE, CHANNEL_MONITOR_PERSISTENCE_SECONDARY_NAMESPACE,
    KVStoreSync, MonitorName, read_channel_monitors,
};
use lightning::util::ser::Writeable;
use offerd_core::port::{KeyValueStore, PortError};
use tokio::sync::{Notify, watch};
use tracing::error;

use crate::error::NodeError;
use crate::types::Keyring;

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
        self.guarded(space, key, || self.values.write(space.0, space.1, key, value))
    }

    pub(crate) fn remove(&self, space: (&str, &str), key: &str) -> Result<(), PortError> {
        self.guarded(space, key, || self.values.remove(space.0, space.1, key))
    }

    pub(crate) fn list(&self, space: (&str, &str)) -> Result<Vec<String>, PortError> {
        self.values.list(space.0, space.1)
    }

    fn guarded(
        &self,
        space: (&str, &str),
        key: &str,
        change: impl FnOnce() -> Result<(), PortError>,
    ) -> Result<(), PortError> {
        if !self.health.is_good() {
            return Err(PortError::unavailable("the node is stopping: nothing is written"));
        }
        change().inspect_err(|error| {
            self.health.fail(&format!("cannot write {}/{}/{key}: {error}", space.0, space.1));
        })
    }
}

fn io_error(error: PortError) -> io::Error {
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

const MONITORS: (&str, &str) = (
    CHANNEL_MONITOR_PERSISTENCE_PRIMARY_NAMESPACE,
    CHANNEL_MONITOR_PERSISTENCE_SECONDARY_NAMESPACE,
);
const ARCHIVED_MONITORS: (&str, &str) = (
    ARCHIVED_CHANNEL_MONITOR_PERSISTENCE_PRIMARY_NAMESPACE,
    ARCHIVED_CHANNEL_MONITOR_PERSISTENCE_SECONDARY_NAMESPACE,
);

/// Keeps the channel monitors.
#[derive(Debug)]
pub(crate) struct MonitorStore {
    pub(crate) store: Arc<Store>,
    /// Told of each monitor written: the channel manager on disk is older than it now.
    pub(crate) written: Arc<Notify>,
}

impl MonitorStore {
    fn keep(
        &self,
        name: MonitorName,
        monitor: &ChannelMonitor<InMemorySigner>,
    ) -> ChannelMonitorUpdateStatus {
        match self.store.write(MONITORS, &name.to_string(), &monitor.encode()) {
            Ok(()) => {
                self.written.notify_one();
                ChannelMonitorUpdateStatus::Completed
            }
            // The crate panics at this, in the task that it runs in, and at whatever touches its state later.
            // That is meant: nothing may leave us that rests on what was not written. `InProgress`, which would
            // be kinder, is not allowed beside `Completed`.
            Err(_) => ChannelMonitorUpdateStatus::UnrecoverableError,
        }
    }
}

impl Persist<InMemorySigner> for MonitorStore {
    fn persist_new_channel(
        &self,
        name: MonitorName,
        monitor: &ChannelMonitor<InMemorySigner>,
    ) -> ChannelMonitorUpdateStatus {
        self.keep(name, monitor)
    }

    fn update_persisted_channel(
        &self,
        name: MonitorName,
        _update: Option<&ChannelMonitorUpdate>,
        monitor: &ChannelMonitor<InMemorySigner>,
    ) -> ChannelMonitorUpdateStatus {
        self.keep(name, monitor)
    }

    fn archive_persisted_channel(&self, name: MonitorName) {
        let key = name.to_string();
        if let Ok(Some(monitor)) = self.store.read(MONITORS, &key)
            && self.store.write(ARCHIVED_MONITORS, &key, &monitor).is_ok()
        {
            // When it stays, it is archived again another time.
            let _ = self.store.remove(MONITORS, &key);
        }
    }
}

/// All monitors, each with the block up to which it knows the chain.
pub(crate) fn load_monitors(
    store: &Arc<Store>,
    keyring: &Arc<Keyring>,
) -> Result<Vec<(BlockHash, ChannelMonitor<InMemorySigner>)>, NodeError> {
    read_channel_monitors(Arc::clone(store), Arc::clone(keyring), Arc::clone(keyring))
        .map_err(|error| NodeError::Corrupt { what: "a channel monitor", why: error.to_string() })
}
