//! Table `events`, read: the log as others may see it.

use bolt1::Timestamp;
use offerd_core::port::{LogEntry, PortError};
use rusqlite::{Connection, params};

use crate::convert::bound;
use crate::error::Doing;
use crate::record::{Record, Table};
use crate::statement;

const EVENTS: Table = Table { name: "events", key: "seq" };

pub(crate) fn after(db: &Connection, after: u64, most: usize) -> Result<Vec<LogEntry>, PortError> {
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    let sql = "SELECT * FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2";
    statement::all(db, EVENTS, sql, params![bound(after), bound(most)], read)
}

pub(crate) fn last(db: &Connection) -> Result<u64, PortError> {
    let what = "read table events";
    let sql = "SELECT coalesce(max(seq), 0) FROM events";
    let mut statement = db.prepare_cached(sql).doing(what)?;
    let last: i64 = statement.query_row([], |row| row.get(0)).doing(what)?;
    u64::try_from(last).map_err(|_| PortError::corrupt("a place in the log below zero"))
}

fn read(record: &Record<'_>) -> Result<LogEntry, PortError> {
    let at: Option<i64> = record.get("at_unix")?;
    let at = at.map(|at| u64::try_from(at).map(Timestamp)).transpose();
    let id: i64 = record.get("seq")?;
    Ok(LogEntry {
        id: u64::try_from(id).map_err(|_| record.corrupt("seq", "below zero"))?,
        kind: record.get("kind")?,
        subject: record.get("subject")?,
        at: at.map_err(|_| record.corrupt("at_unix", "below zero"))?,
        body: record.get("body")?,
    })
}
