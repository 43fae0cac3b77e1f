//! A store in memory that can be told to fail.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use offerd_core::port::{KeyValueStore, NamedChange, PortError};

type Key = (String, String, String);

/// Keeps values as long as the test runs.
#[derive(Default)]
pub(crate) struct MemoryStore {
    values: Mutex<BTreeMap<Key, Vec<u8>>>,
    /// While set, nothing can be written.
    pub(crate) full: AtomicBool,
    /// While set, nothing can be written into this primary namespace.
    pub(crate) full_for: Mutex<Option<&'static str>>,
    /// Writes that are still taken, minus one; zero: no limit.
    limit: AtomicU64,
}

impl MemoryStore {
    /// A store that holds these values.
    pub(crate) fn of(values: BTreeMap<Key, Vec<u8>>) -> Self {
        Self { values: Mutex::new(values), ..Self::default() }
    }

    pub(crate) fn values(&self) -> BTreeMap<Key, Vec<u8>> {
        self.values.lock().unwrap().clone()
    }

    /// Takes so many more writes and refuses all that come after them: what a process that died there leaves.
    pub(crate) fn die_after(&self, writes: u64) {
        self.limit.store(writes + 1, Ordering::SeqCst);
    }

    /// Takes every write again.
    pub(crate) fn live(&self) {
        self.limit.store(0, Ordering::SeqCst);
    }

    /// Whether the next write fails, or one has failed.
    pub(crate) fn at_the_end(&self) -> bool {
        self.limit.load(Ordering::SeqCst) == 1
    }

    fn writable(&self, primaries: &[&str]) -> Result<(), PortError> {
        let full_for = *self.full_for.lock().unwrap();
        let refused = primaries.iter().any(|primary| full_for == Some(*primary));
        if self.full.load(Ordering::SeqCst) || refused {
            return Err(PortError::unavailable("disk full"));
        }
        let spend = |limit: u64| (limit > 1).then(|| limit - 1);
        match self.limit.fetch_update(Ordering::SeqCst, Ordering::SeqCst, spend) {
            Err(1) => Err(PortError::unavailable("the process has died")),
            _ => Ok(()),
        }
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
        self.writable(&[primary])?;
        self.values.lock().unwrap().insert(key(primary, secondary, name), value.to_vec());
        Ok(())
    }

    fn write_all(&self, changes: &[NamedChange<'_>]) -> Result<(), PortError> {
        let primaries: Vec<_> = changes.iter().map(|change| change.primary).collect();
        self.writable(&primaries)?;
        let mut values = self.values.lock().unwrap();
        for change in changes {
            let name = key(change.primary, change.secondary, change.key);
            match change.value {
                Some(value) => values.insert(name, value.to_vec()),
                None => values.remove(&name),
            };
        }
        Ok(())
    }

    fn remove(&self, primary: &str, secondary: &str, name: &str) -> Result<(), PortError> {
        self.writable(&[primary])?;
        self.values.lock().unwrap().remove(&key(primary, secondary, name));
        Ok(())
    }

    fn list(&self, primary: &str, secondary: &str) -> Result<Vec<String>, PortError> {
        let values = self.values.lock().unwrap();
        let inside = values.keys().filter(|key| key.0 == primary && key.1 == secondary);
        Ok(inside.map(|key| key.2.clone()).collect())
    }
}
