//! Channel monitors: what waits to be written, and reading them back.
//!
//! The crate asks here for each change of a monitor to be kept. It is always told that this takes a while; until
//! it hears that it is done, nothing leaves the node that rests on the change. [`StateWriter`] does the writing.
//!
//! A monitor is written whole: one value, nothing to be put together again.
//!
//! [`StateWriter`]: crate::writer::StateWriter

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bitcoin::BlockHash;
use lightning::chain::ChannelMonitorUpdateStatus;
use lightning::chain::chainmonitor::Persist;
use lightning::chain::channelmonitor::{ChannelMonitor, ChannelMonitorUpdate};
use lightning::ln::types::ChannelId;
use lightning::sign::InMemorySigner;
use lightning::util::persist::{
    ARCHIVED_CHANNEL_MONITOR_PERSISTENCE_PRIMARY_NAMESPACE,
    ARCHIVED_CHANNEL_MONITOR_PERSISTENCE_SECONDARY_NAMESPACE,
    CHANNEL_MONITOR_PERSISTENCE_PRIMARY_NAMESPACE, CHANNEL_MONITOR_PERSISTENCE_SECONDARY_NAMESPACE,
    MonitorName, read_channel_monitors,
};
use tokio::sync::{Notify, watch};

use crate::chain::ChainView;
use crate::channel_keys::ChannelKeys;
use crate::error::NodeError;
use crate::locks::lock;
use crate::persist::Store;
use crate::tasks::stopped;
use crate::types::Monitor;

/// Where monitors are.
pub(crate) const MONITORS: (&str, &str) = (
    CHANNEL_MONITOR_PERSISTENCE_PRIMARY_NAMESPACE,
    CHANNEL_MONITOR_PERSISTENCE_SECONDARY_NAMESPACE,
);
/// Where those of channels are of which nothing is left on chain.
pub(crate) const ARCHIVED_MONITORS: (&str, &str) = (
    ARCHIVED_CHANNEL_MONITOR_PERSISTENCE_PRIMARY_NAMESPACE,
    ARCHIVED_CHANNEL_MONITOR_PERSISTENCE_SECONDARY_NAMESPACE,
);

/// Blocks from one look for monitors that are not needed any more to the next.
const BLOCKS_BETWEEN_LOOKS: u32 = 6;

/// Monitors that wait to be written.
#[derive(Debug, Default)]
pub(crate) struct MonitorQueue {
    waiting: Mutex<Waiting>,
    filled: Notify,
}

/// What is to be done with one write.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    /// Channels whose monitors have changed, each with the updates that the crate waits for.
    pub(crate) changed: BTreeMap<ChannelId, Vec<u64>>,
    /// Monitors that are not needed any more.
    pub(crate) resolved: Vec<MonitorName>,
}

impl Waiting {
    pub(crate) fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.resolved.is_empty()
    }
}

impl MonitorQueue {
    /// Takes all that waits.
    pub(crate) fn take(&self) -> Waiting {
        std::mem::take(&mut lock(&self.waiting))
    }

    /// Returns when something may wait.
    pub(crate) async fn filled(&self) {
        self.filled.notified().await;
    }

    fn push(&self, channel: ChannelId, update: Option<u64>) -> ChannelMonitorUpdateStatus {
        lock(&self.waiting).changed.entry(channel).or_default().extend(update);
        self.filled.notify_one();
        ChannelMonitorUpdateStatus::InProgress
    }
}

impl Persist<InMemorySigner> for MonitorQueue {
    fn persist_new_channel(
        &self,
        _name: MonitorName,
        monitor: &ChannelMonitor<InMemorySigner>,
    ) -> ChannelMonitorUpdateStatus {
        self.push(monitor.channel_id(), Some(monitor.get_latest_update_id()))
    }

    /// Without an update the monitor has seen a block, and the crate does not wait for it.
    fn update_persisted_channel(
        &self,
        _name: MonitorName,
        update: Option<&ChannelMonitorUpdate>,
        monitor: &ChannelMonitor<InMemorySigner>,
    ) -> ChannelMonitorUpdateStatus {
        self.push(monitor.channel_id(), update.map(|update| update.update_id))
    }

    fn archive_persisted_channel(&self, name: MonitorName) {
        lock(&self.waiting).resolved.push(name);
        self.filled.notify_one();
    }
}

/// Puts away, now and with every few blocks, the monitors of channels of which nothing has been left on chain for four
/// weeks.
pub(crate) async fn put_away_settled(
    monitor: Arc<Monitor>,
    view: Arc<ChainView>,
    mut stop: watch::Receiver<bool>,
) {
    let mut blocks = view.subscribe();
    loop {
        monitor.archive_fully_resolved_channel_monitors();
        let due = view.height().saturating_add(BLOCKS_BETWEEN_LOOKS);
        tokio::select! {
            () = stopped(&mut stop) => return,
            seen = blocks.wait_for(|best| best.height >= due) => if seen.is_err() { return },
        }
    }
}

/// All monitors, each with the block up to which it knows the chain.
pub(crate) fn load_monitors(
    store: &Arc<Store>,
    keys: &Arc<ChannelKeys>,
) -> Result<Vec<(BlockHash, ChannelMonitor<InMemorySigner>)>, NodeError> {
    read_channel_monitors(Arc::clone(store), Arc::clone(&keys.keyring), Arc::clone(keys))
        .map_err(|error| NodeError::Corrupt { what: "a channel monitor", why: error.to_string() })
}
