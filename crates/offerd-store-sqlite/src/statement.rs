//! Running a statement.

use offerd_core::port::{Indexed, Page, PortError};
use rusqlite::{Connection, Params, params};

use crate::convert::bound;
use crate::error::Doing;
use crate::record::{Record, Table};

/// Runs a statement for what it changes; gives the number of rows that it did.
pub(crate) fn execute(
    db: &Connection,
    what: &str,
    sql: &str,
    params: impl Params,
) -> Result<usize, PortError> {
    db.prepare_cached(sql).and_then(|mut statement| statement.execute(params)).doing(what)
}

/// Runs an update that must find its row.
///
/// # Errors
/// `Conflict` when no row is there in the state that the update leaves.
pub(crate) fn change(
    db: &Connection,
    what: &str,
    sql: &str,
    params: impl Params,
) -> Result<(), PortError> {
    match execute(db, what, sql, params)? {
        0 => Err(PortError::conflict(format!("cannot {what}: nothing there in the right state"))),
        _ => Ok(()),
    }
}

/// All rows that a query of `table` gives.
pub(crate) fn all<T>(
    db: &Connection,
    table: Table,
    sql: &str,
    params: impl Params,
    read: impl Fn(&Record<'_>) -> Result<T, PortError>,
) -> Result<Vec<T>, PortError> {
    let what = format!("read table {}", table.name);
    let mut statement = db.prepare_cached(sql).doing(&what)?;
    let mut rows = statement.query(params).doing(&what)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().doing(&what)? {
        found.push(read(&Record::new(table, row))?);
    }
    Ok(found)
}

/// The first row that a query of `table` gives.
pub(crate) fn first<T>(
    db: &Connection,
    table: Table,
    sql: &str,
    params: impl Params,
    read: impl Fn(&Record<'_>) -> Result<T, PortError>,
) -> Result<Option<T>, PortError> {
    let what = format!("read table {}", table.name);
    let mut statement = db.prepare_cached(sql).doing(&what)?;
    let mut rows = statement.query(params).doing(&what)?;
    match rows.next().doing(&what)? {
        Some(row) => read(&Record::new(table, row)).map(Some),
        None => Ok(None),
    }
}

/// One page of `table`, in the order of its key.
pub(crate) fn page<T>(
    db: &Connection,
    table: Table,
    page: Page,
    read: impl Fn(&Record<'_>) -> Result<T, PortError>,
) -> Result<Vec<Indexed<T>>, PortError> {
    let Table { name, key } = table;
    let sql = format!("SELECT * FROM {name} WHERE {key} >= ?1 ORDER BY {key} LIMIT ?2");
    all(db, table, &sql, params![bound(page.start), bound(page.limit)], |record| {
        Ok(Indexed { created_index: record.index()?, row: read(record)? })
    })
}

/// The number that the next row of `table` gets, from 1.
pub(crate) fn next_row(db: &Connection, table: Table) -> Result<u32, PortError> {
    let Table { name, key } = table;
    let sql = format!("SELECT coalesce(max({key}), 0) + 1 FROM {name}");
    let what = format!("number a row of table {name}");
    let next: i64 = db
        .prepare_cached(&sql)
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
        .doing(&what)?;
    u32::try_from(next).map_err(|_| PortError::rejected(format!("table {name} is full")))
}
