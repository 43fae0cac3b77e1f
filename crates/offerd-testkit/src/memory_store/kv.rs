//! Named byte strings.

use offerd_core::port::{KeyValueStore, NamedChange, PortError};

use super::MemoryStore;

impl KeyValueStore for MemoryStore {
    fn read(
        &self,
        primary: &str,
        secondary: &str,
        key: &str,
    ) -> Result<Option<Vec<u8>>, PortError> {
        Ok(self.state().named.get(&name(primary, secondary, key)).cloned())
    }

    fn write(
        &self,
        primary: &str,
        secondary: &str,
        key: &str,
        value: &[u8],
    ) -> Result<(), PortError> {
        self.state().named.insert(name(primary, secondary, key), value.to_vec());
        Ok(())
    }

    fn write_all(&self, changes: &[NamedChange<'_>]) -> Result<(), PortError> {
        let mut state = self.state();
        for change in changes {
            let name = name(change.primary, change.secondary, change.key);
            match change.value {
                Some(value) => state.named.insert(name, value.to_vec()),
                None => state.named.remove(&name),
            };
        }
        Ok(())
    }

    fn remove(&self, primary: &str, secondary: &str, key: &str) -> Result<(), PortError> {
        self.state().named.remove(&name(primary, secondary, key));
        Ok(())
    }

    fn list(&self, primary: &str, secondary: &str) -> Result<Vec<String>, PortError> {
        let state = self.state();
        let keys = state.named.keys().filter(|[one, two, _]| one == primary && two == secondary);
        Ok(keys.map(|[_, _, key]| key.clone()).collect())
    }
}

fn name(primary: &str, secondary: &str, key: &str) -> [String; 3] {
    [primary, secondary, key].map(str::to_owned)
}
