//! The channel manager in the store.
//!
//! It is written by two hands: by the background processing, which goes through the store interface with bytes
//! that it has encoded a moment ago, and by a task of ours, which does so at once. So that an older state cannot
//! land on top of a newer one, each write encodes the manager anew, one write after the other.

use std::fmt;
use std::sync::{Arc, Mutex};

use lightning::io;
use lightning::util::persist::{
    CHANNEL_MANAGER_PERSISTENCE_KEY, CHANNEL_MANAGER_PERSISTENCE_PRIMARY_NAMESPACE,
    CHANNEL_MANAGER_PERSISTENCE_SECONDARY_NAMESPACE, KVStoreSync,
};
use lightning::util::ser::Writeable;
use offerd_core::port::PortError;

use crate::locks::lock;
use crate::persist::Store;
use crate::types::Channels;

const SPACE: (&str, &str) = (
    CHANNEL_MANAGER_PERSISTENCE_PRIMARY_NAMESPACE,
    CHANNEL_MANAGER_PERSISTENCE_SECONDARY_NAMESPACE,
);

/// The store, with the manager's place in it under guard.
pub(crate) struct ManagerStore {
    store: Arc<Store>,
    channels: Arc<Channels>,
    writing: Mutex<()>,
}

impl fmt::Debug for ManagerStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManagerStore").finish_non_exhaustive()
    }
}

impl ManagerStore {
    pub(crate) fn new(store: Arc<Store>, channels: Arc<Channels>) -> Arc<Self> {
        Arc::new(Self { store, channels, writing: Mutex::new(()) })
    }

    /// What was kept, if anything.
    pub(crate) fn read(store: &Store) -> Result<Option<Vec<u8>>, PortError> {
        store.read(SPACE, CHANNEL_MANAGER_PERSISTENCE_KEY)
    }

    /// Writes the manager as it is when whatever is changing it now has ended.
    pub(crate) fn write_now(&self) -> Result<(), PortError> {
        let _one_at_a_time = lock(&self.writing);
        self.store.write(SPACE, CHANNEL_MANAGER_PERSISTENCE_KEY, &self.channels.encode())
    }
}

impl KVStoreSync for ManagerStore {
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
        if (primary, secondary) == SPACE && key == CHANNEL_MANAGER_PERSISTENCE_KEY {
            return self
                .write_now()
                .map_err(|error| io::Error::new(io::ErrorKind::Other, error.to_string()));
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
