//! Bringing a file to the newest schema.

use offerd_core::port::PortError;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::error::Doing;

/// The steps, oldest first; step `n` leads to version `n`, from 1. Only ever appended to.
const MIGRATIONS: &[&str] = &[include_str!("../../migrations/0001_initial.sql")];

/// Takes the steps that `db` has not seen, all of them or none, and the file's lock with them.
///
/// # Errors
/// `Rejected` when the file is from a newer version or another program, `Unavailable` when another process has
/// it open.
pub(crate) fn migrate(db: &mut Connection) -> Result<(), PortError> {
    let what = "bring the store's schema up to date";
    let tx = db.transaction_with_behavior(TransactionBehavior::Exclusive).doing(what)?;
    for step in steps_from(version(&tx)?)? {
        tx.execute_batch(step).doing(what)?;
    }
    tx.pragma_update(None, "user_version", i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX))
        .doing(what)?;
    tx.commit().doing(what)
}

/// Whether `db` has a schema that this program knows; `false` when it has none yet.
///
/// # Errors
/// As [`migrate`].
pub(crate) fn is_known(db: &mut Connection) -> Result<bool, PortError> {
    let what = "read the store's schema";
    let tx = db.transaction_with_behavior(TransactionBehavior::Exclusive).doing(what)?;
    let version = version(&tx)?;
    steps_from(version)?;
    tx.rollback().doing(what)?;
    Ok(version > 0)
}

/// The steps that lead on from a version.
fn steps_from(version: usize) -> Result<&'static [&'static str], PortError> {
    MIGRATIONS.get(version..).ok_or_else(|| {
        PortError::rejected(format!(
            "the store was written by a newer offerd: its schema has version {version}, \
             this program knows {}; install a newer one",
            MIGRATIONS.len()
        ))
    })
}

/// The version of a store; 0 when nothing is in it.
fn version(tx: &Transaction<'_>) -> Result<usize, PortError> {
    let what = "read the store's schema";
    let version: i64 = tx.pragma_query_value(None, "user_version", |row| row.get(0)).doing(what)?;
    let version = usize::try_from(version).unwrap_or(usize::MAX);
    refuse_foreign(tx, version)?;
    Ok(version)
}

/// A file without a version but with tables is not ours.
fn refuse_foreign(tx: &Transaction<'_>, version: usize) -> Result<(), PortError> {
    let tables: i64 = tx
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .doing("read the store's schema")?;
    if version == 0 && tables > 0 {
        return Err(PortError::rejected("the file is a database of another program"));
    }
    Ok(())
}
