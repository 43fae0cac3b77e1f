//! What we ask of a store.

use super::PortError;

/// Named byte strings for the Lightning node's own state (channel manager, monitors, wallet, graph). Two
/// levels of namespace, as the node needs them. A write is on disk when it returns.
pub trait KeyValueStore: Send + Sync {
    /// The value, `None` when there is none.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn read(&self, primary: &str, secondary: &str, key: &str)
    -> Result<Option<Vec<u8>>, PortError>;

    /// Writes or replaces it, durably.
    ///
    /// # Errors
    /// When it could not be made durable; the old value is then still there.
    fn write(
        &self,
        primary: &str,
        secondary: &str,
        key: &str,
        value: &[u8],
    ) -> Result<(), PortError>;

    /// Removes it; no error when it was not there.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn remove(&self, primary: &str, secondary: &str, key: &str) -> Result<(), PortError>;

    /// All keys of a namespace, in any order.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn list(&self, primary: &str, secondary: &str) -> Result<Vec<String>, PortError>;
}
