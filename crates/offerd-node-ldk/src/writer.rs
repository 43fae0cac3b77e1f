//! Writing what the channels are: their manager and their monitors, in one transaction.
//!
//! The crate checks the one against the others at each start. A monitor that knows more than the manager means
//! for it that the manager is outdated, and it closes the channel by force; so there must be no moment at which a
//! killed process leaves such a pair. A manager that knows more is fine: it holds the updates on their way to
//! monitors and makes them again. Therefore
//!
//! * all changed monitors go to disk together with a manager that was encoded after them,
//! * and only then the crate hears that their updates are done, and lets out what rests on them.
//!
//! With the manager goes to disk what was noted of events that it does not hold any more (`books`).
//!
//! Two hands write: a task of ours, as soon as a monitor has changed, and the background processing, which goes
//! through the store interface with bytes of a moment ago. Each write encodes the manager anew, one write after
//! the other, so that an older state cannot land on top of a newer one.

use std::fmt;
use std::sync::{Arc, Mutex};

use lightning::io;
use lightning::util::persist::{
    CHANNEL_MANAGER_PERSISTENCE_KEY, CHANNEL_MANAGER_PERSISTENCE_PRIMARY_NAMESPACE,
    CHANNEL_MANAGER_PERSISTENCE_SECONDARY_NAMESPACE, KVStoreSync,
};
use lightning::util::ser::Writeable;
use offerd_core::port::{NamedChange, PortError};
use tracing::debug;

use crate::books::{AT_END, Books, FORWARDS};
use crate::locks::lock;
use crate::monitors::{ARCHIVED_MONITORS, MONITORS, MonitorQueue, Waiting};
use crate::persist::{Store, io_error};
use crate::types::{Channels, Monitor};

const MANAGER: (&str, &str) = (
    CHANNEL_MANAGER_PERSISTENCE_PRIMARY_NAMESPACE,
    CHANNEL_MANAGER_PERSISTENCE_SECONDARY_NAMESPACE,
);

/// The store, with the places of manager and monitors in it under guard.
pub(crate) struct StateWriter {
    pub(crate) store: Arc<Store>,
    pub(crate) channels: Arc<Channels>,
    pub(crate) monitor: Arc<Monitor>,
    pub(crate) queue: Arc<MonitorQueue>,
    pub(crate) books: Arc<Books>,
    pub(crate) writing: Mutex<()>,
}

impl fmt::Debug for StateWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateWriter").finish_non_exhaustive()
    }
}

/// A value to write, or, without bytes, to remove.
struct Change {
    space: (&'static str, &'static str),
    key: String,
    value: Option<Vec<u8>>,
}

impl StateWriter {
    /// The manager that was kept, if any.
    pub(crate) fn read_manager(store: &Store) -> Result<Option<Vec<u8>>, PortError> {
        store.read(MANAGER, CHANNEL_MANAGER_PERSISTENCE_KEY)
    }

    /// Writes manager and monitors if there is a monitor to be written. Blocks while events are being handed over
    /// that the manager must not be written in the midst of.
    pub(crate) fn write_waiting(&self) -> Result<(), PortError> {
        let _none_in_between = self.books.forwards.settled();
        let _one_at_a_time = lock(&self.writing);
        let waiting = self.queue.take();
        if waiting.is_empty() { Ok(()) } else { self.write_both(&waiting) }
    }

    /// The same, and counts in updates that are being made at this moment. For what may rest on them already:
    /// monitors hand out transactions a moment before they ask to be written.
    pub(crate) fn write_all_made(&self) -> Result<(), PortError> {
        // The crate answers this only between updates, not during one.
        let _ = self.monitor.list_pending_monitor_updates();
        self.write_waiting()
    }

    /// Writes the manager as it is when whatever is changing it now has ended, and the monitors that wait. Only for
    /// the background processing, between events.
    fn write_manager(&self) -> Result<(), PortError> {
        self.books.forwards.events_dropped();
        let _one_at_a_time = lock(&self.writing);
        self.write_both(&self.queue.take())
    }

    fn write_both(&self, waiting: &Waiting) -> Result<(), PortError> {
        let mut changes = self.encoded_monitors(waiting);
        changes.extend(self.put_away(waiting)?);
        // After the monitors: none of those just encoded may know more.
        changes.push(Change {
            space: MANAGER,
            key: CHANNEL_MANAGER_PERSISTENCE_KEY.to_owned(),
            value: Some(self.channels.encode()),
        });
        // After the manager: of a channel that it does not hold any more the books tell what was in it.
        self.look_at_changed(waiting);
        changes.extend(self.books.ends.to_write()?.into_iter().map(Change::to(AT_END)));
        let forwards = self.books.forwards.to_write()?;
        let count = forwards.len();
        changes.extend(forwards.into_iter().map(Change::to(FORWARDS)));
        let changes: Vec<_> = changes.iter().map(Change::named).collect();
        self.store.write_all("the channels", &changes)?;
        self.books.forwards.written(count);
        self.acknowledge(waiting);
        Ok(())
    }

    fn encoded_monitors(&self, waiting: &Waiting) -> Vec<Change> {
        let channels = waiting.changed.keys();
        // One that is missing has been put away since.
        let monitors = channels.filter_map(|channel| self.monitor.get_monitor(*channel).ok());
        let written = monitors.map(|monitor| Change {
            space: MONITORS,
            key: monitor.persistence_key().to_string(),
            value: Some(monitor.encode()),
        });
        written.collect()
    }

    fn look_at_changed(&self, waiting: &Waiting) {
        for channel in waiting.changed.keys() {
            let Ok(monitor) = self.monitor.get_monitor(*channel) else { continue };
            let peer = monitor.get_counterparty_node_id();
            drop(monitor);
            self.books.on_written(*channel, &peer, &self.channels);
        }
    }

    /// What moves the monitors that are not needed any more out of the way.
    fn put_away(&self, waiting: &Waiting) -> Result<Vec<Change>, PortError> {
        let mut changes = Vec::new();
        for name in &waiting.resolved {
            let key = name.to_string();
            let Some(monitor) = self.store.read(MONITORS, &key)? else { continue };
            let value = Some(monitor);
            changes.push(Change { space: ARCHIVED_MONITORS, key: key.clone(), value });
            changes.push(Change { space: MONITORS, key, value: None });
        }
        Ok(changes)
    }

    fn acknowledge(&self, waiting: &Waiting) {
        for (channel, updates) in &waiting.changed {
            for update in updates {
                if let Err(error) = self.monitor.channel_monitor_updated(*channel, *update) {
                    debug!(%channel, update, ?error, "the monitor is not needed any more");
                }
            }
        }
    }
}

impl Change {
    /// A value that is to be put into `space`, under its key.
    fn to(space: (&'static str, &'static str)) -> impl Fn((String, Vec<u8>)) -> Self {
        move |(key, value)| Self { space, key, value: Some(value) }
    }

    fn named(&self) -> NamedChange<'_> {
        let ((primary, secondary), key) = (self.space, self.key.as_str());
        NamedChange { primary, secondary, key, value: self.value.as_deref() }
    }
}

impl KVStoreSync for StateWriter {
    fn read(&self, primary: &str, secondary: &str, key: &str) -> Result<Vec<u8>, io::Error> {
        KVStoreSync::read(&*self.store, primary, secondary, key)
    }

    fn write(
        &self,
        primary: &str,
        secondary: &str,
        key: &str,
        value: Vec<u8>,
    ) -> Result<(), io::Error> {
        if (primary, secondary) == MANAGER && key == CHANNEL_MANAGER_PERSISTENCE_KEY {
            return self.write_manager().map_err(io_error);
        }
        KVStoreSync::write(&*self.store, primary, secondary, key, value)
    }

    fn remove(
        &self,
        primary: &str,
        secondary: &str,
        key: &str,
        lazy: bool,
    ) -> Result<(), io::Error> {
        KVStoreSync::remove(&*self.store, primary, secondary, key, lazy)
    }

    fn list(&self, primary: &str, secondary: &str) -> Result<Vec<String>, io::Error> {
        KVStoreSync::list(&*self.store, primary, secondary)
    }
}
