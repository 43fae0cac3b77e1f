//! Table `kv`: the Lightning node's own state.

use offerd_core::port::{KeyValueStore, NamedChange, PortError};
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use crate::error::Doing;
use crate::statement::execute;
use crate::store::SqliteStore;

impl KeyValueStore for SqliteStore {
    fn read(
        &self,
        primary: &str,
        secondary: &str,
        key: &str,
    ) -> Result<Option<Vec<u8>>, PortError> {
        self.db()
            .prepare_cached(
                "SELECT value FROM kv WHERE primary_ns = ?1 AND secondary_ns = ?2 AND key = ?3",
            )
            .and_then(|mut statement| {
                statement.query_row(params![primary, secondary, key], |row| row.get(0)).optional()
            })
            .doing("read a named value")
    }

    fn write(
        &self,
        primary: &str,
        secondary: &str,
        key: &str,
        value: &[u8],
    ) -> Result<(), PortError> {
        make(&self.db(), &NamedChange { primary, secondary, key, value: Some(value) })
    }

    fn write_all(&self, changes: &[NamedChange<'_>]) -> Result<(), PortError> {
        let mut db = self.db();
        let tx = db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .doing("begin a transaction")?;
        changes.iter().try_for_each(|change| make(&tx, change))?;
        tx.commit().doing("commit a transaction")
    }

    fn remove(&self, primary: &str, secondary: &str, key: &str) -> Result<(), PortError> {
        make(&self.db(), &NamedChange { primary, secondary, key, value: None })
    }

    fn list(&self, primary: &str, secondary: &str) -> Result<Vec<String>, PortError> {
        self.db()
            .prepare_cached(
                "SELECT key FROM kv WHERE primary_ns = ?1 AND secondary_ns = ?2 ORDER BY key",
            )
            .and_then(|mut statement| {
                statement.query_map(params![primary, secondary], |row| row.get(0))?.collect()
            })
            .doing("list named values")
    }
}

fn make(db: &Connection, change: &NamedChange<'_>) -> Result<(), PortError> {
    let NamedChange { primary, secondary, key, value } = *change;
    let made = match value {
        Some(value) => execute(
            db,
            "write a named value",
            "INSERT INTO kv (primary_ns, secondary_ns, key, value) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (primary_ns, secondary_ns, key) DO UPDATE SET value = excluded.value",
            params![primary, secondary, key, value],
        ),
        None => execute(
            db,
            "remove a named value",
            "DELETE FROM kv WHERE primary_ns = ?1 AND secondary_ns = ?2 AND key = ?3",
            params![primary, secondary, key],
        ),
    };
    made.map(drop)
}
