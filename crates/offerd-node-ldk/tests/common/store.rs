//! A store in memory that can be told to fail.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use offerd_core::port::{KeyValueStore, PortError};

type Key = (String, String, String);

/// Keeps values as long as the test runs.
#[derive(Default)]
pub(crate) struct MemoryStore {
    values: Mutex<BTreeMap<Key, Vec<u8>>>,
    /// While set, nothing can be written.
    pub(crate) full: AtomicBool,
}

impl MemoryStore {
    /// A store that holds these values.
    pub(crate) fn of(values: BTreeMap<Key, Vec<u8>>) -> Self {
        Self { values: Mutex::new(values), ..Self::default() }
    }

    pub(crate) fn values(&self) -> BTreeMap<Key, Vec<u8>> {
        self.values.lock().unwrap().clone()
    }

    fn writable(&self) -> Result<(), PortError> {
        if self.full.load(Ordering::SeqCst) {
            return Err(PortError::unavailable("disk full"));
        }
        Ok(())
    }
}

fn key(primary: &str, secondary: &str, key: &str) -> Key {
    (primary.to_owned(), secondary.to_owned(), key.to_owned())
}

impl KeyValueStore for MemoryStore {
    fn read(
        &self,
        primary: &str,
        secondary: &str,
        name: &str,
    ) -> Result<Option<Vec<u8>>, PortError> {
        Ok(self.values.lock().unwrap().get(&key(primary, secondary, name)).cloned())
    }

    fn write(
        &self,
        primary: &str,
        secondary: &str,
        name: &str,
        value: &[u8],
    ) -> Result<(), PortError> {
        self.writable()?;
        self.values.lock().unwrap().insert(key(primary, secondary, name), value.to_vec());
        Ok(())
    }

    fn remove(&self, primary: &str, secondary: &str, name: &str) -> Result<(), PortError> {
        self.writable()?;
        self.values.lock().unwrap().remove(&key(primary, secondary, name));
        Ok(())
    }

    fn list(&self, primary: &str, secondary: &str) -> Result<Vec<String>, PortError> {
        let values = self.values.lock().unwrap();
        let inside = values.keys().filter(|key| key.0 == primary && key.1 == secondary);
        Ok(inside.map(|key| key.2.clone()).collect())
    }
}
