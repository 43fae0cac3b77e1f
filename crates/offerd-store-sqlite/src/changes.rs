//! Table `changes`: the order in which records were made, changed and paid.

use offerd_core::change::{Change, ChangeKind, Subject, Subsystem};
use offerd_core::port::PortError;
use rusqlite::{Connection, OptionalExtension, params};

use crate::convert::bound;
use crate::error::Doing;
use crate::record::{Record, Table};
use crate::statement::{self, execute};

const CHANGES: Table = Table { name: "changes", key: "place" };

/// Gives the change the next place in its order.
pub(crate) fn append(db: &Connection, change: &Change) -> Result<(), PortError> {
    let (subsystem, kind) = (change.subject.subsystem().word(), change.kind.word());
    execute(
        db,
        "number a change",
        "INSERT INTO changes (subsystem, kind, place, subject)
         VALUES (?1, ?2, 1 + coalesce((SELECT max(place) FROM changes WHERE subsystem = ?1 AND kind = ?2), 0), ?3)",
        params![subsystem, kind, change.subject.to_string()],
    )
    .map(drop)
}

pub(crate) fn last_place(
    db: &Connection,
    subsystem: Subsystem,
    kind: ChangeKind,
) -> Result<u64, PortError> {
    let sql = "SELECT coalesce(max(place), 0) FROM changes WHERE subsystem = ?1 AND kind = ?2";
    let place = number(db, sql, params![subsystem.word(), kind.word()])?;
    Ok(place.unwrap_or(0))
}

pub(crate) fn subject_at(
    db: &Connection,
    subsystem: Subsystem,
    kind: ChangeKind,
    place: u64,
) -> Result<Option<Subject>, PortError> {
    statement::first(
        db,
        CHANGES,
        "SELECT * FROM changes WHERE subsystem = ?1 AND kind = ?2 AND place = ?3",
        params![subsystem.word(), kind.word(), bound(place)],
        read,
    )
}

pub(crate) fn place_of(
    db: &Connection,
    subject: &Subject,
    kind: ChangeKind,
) -> Result<Option<u64>, PortError> {
    let sql = "SELECT max(place) FROM changes WHERE subject = ?1 AND kind = ?2";
    number(db, sql, params![subject.to_string(), kind.word()])
}

fn number(
    db: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<Option<u64>, PortError> {
    let what = "read table changes";
    let mut statement = db.prepare_cached(sql).doing(what)?;
    let found: Option<Option<i64>> =
        statement.query_row(params, |row| row.get(0)).optional().doing(what)?;
    found
        .flatten()
        .map(|place| u64::try_from(place).map_err(|_| PortError::corrupt("a place below zero")))
        .transpose()
}

fn read(record: &Record<'_>) -> Result<Subject, PortError> {
    let text: String = record.get("subject")?;
    text.parse().map_err(|_| record.corrupt("subject", "not the name of a record"))
}
