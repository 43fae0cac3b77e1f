//! Bringing a file to the newest schema.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use offerd_core::port::PortError;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::error::Doing;

/// The steps, oldest first; step `n` leads to version `n`, from 1. Only ever appended to.
const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/0001_initial.sql"),
    include_str!("../../migrations/0002_recurrence.sql"),
    include_str!("../../migrations/0003_subscriptions.sql"),
    include_str!("../../migrations/0004_parts.sql"),
    include_str!("../../migrations/0005_fronts.sql"),
    include_str!("../../migrations/0006_open_payouts.sql"),
];

/// Takes the steps that `db` has not seen, all of them or none, and the file's lock with them.
///
/// # Errors
/// `Rejected` when the file is from a newer version, an unreleased one or another program, `Unavailable` when another process has
/// it open.
pub(crate) fn migrate(db: &mut Connection) -> Result<(), PortError> {
    let what = "bring the store's schema up to date";
    let tx = db.transaction_with_behavior(TransactionBehavior::Exclusive).doing(what)?;
    for step in steps_from(version(&tx)?)? {
        tx.execute_batch(step).doing(what)?;
    }
    refuse_unexpected(&tx, newest()?, MIGRATIONS.len())?;
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
    let to_come = steps_from(version)?.len();
    let seen = MIGRATIONS.get(..MIGRATIONS.len().saturating_sub(to_come)).unwrap_or_default();
    refuse_unexpected(&tx, &made_by(seen)?, seen.len())?;
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

/// What defines each table, index and trigger, by name.
type Definitions = BTreeMap<String, String>;

/// What all steps make: found out once, and not at every start of a process that has many.
fn newest() -> Result<&'static Definitions, PortError> {
    static NEWEST: OnceLock<Definitions> = OnceLock::new();
    if let Some(known) = NEWEST.get() {
        return Ok(known);
    }
    let made = made_by(MIGRATIONS)?;
    Ok(NEWEST.get_or_init(|| made))
}

/// What these steps make.
fn made_by(steps: &[&str]) -> Result<Definitions, PortError> {
    let what = "make the schema to compare with";
    let fresh = Connection::open_in_memory().doing(what)?;
    for step in steps {
        fresh.execute_batch(step).doing(what)?;
    }
    definitions(&fresh)
}

/// A file must have what the steps make, to the letter: before the first release its step was still being changed, and
/// a file from then has the same version with other tables.
fn refuse_unexpected(
    db: &Connection,
    expected: &Definitions,
    version: usize,
) -> Result<(), PortError> {
    let found = definitions(db)?;
    let mut names = expected.keys().chain(found.keys());
    let Some(name) = names.find(|name| expected.get(*name) != found.get(*name)) else {
        return Ok(());
    };
    Err(PortError::rejected(format!(
        "the store was written by an unreleased offerd: its schema has the number {version}, but `{name}` is not \
         what this program makes; use the program that wrote it, or a new data directory"
    )))
}

/// The definitions in a database.
fn definitions(db: &Connection) -> Result<Definitions, PortError> {
    let what = "read the store's schema";
    let sql =
        "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'";
    let mut statement = db.prepare(sql).doing(what)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).doing(what)?;
    rows.collect::<Result<_, _>>().doing(what)
}
