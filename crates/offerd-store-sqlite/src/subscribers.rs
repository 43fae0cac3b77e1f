//! Table `subscribers`: series that pay offers of ours.

use bolt1::PublicKey;
use offerd_core::port::{Indexed, Page, PortError};
use offerd_core::subscriber::{Subscriber, SubscriberChange, SubscriberState};
use offerd_core::{OfferRow, SubscriberRow};
use rusqlite::{Connection, params};

use crate::convert::{bound, opt_unix, unix};
use crate::record::{Record, Table};
use crate::statement::{self, change, execute};

const SUBSCRIBERS: Table = Table { name: "subscribers", key: "row" };

/// Stores a series as it stands from now on: a new one where it has started, else one that is there and has not gone
/// further.
pub(crate) fn store(
    db: &Connection,
    what: SubscriberChange,
    series: &Subscriber,
) -> Result<(), PortError> {
    match what {
        SubscriberChange::Started => insert(db, series),
        SubscriberChange::Paid
        | SubscriberChange::Overdue
        | SubscriberChange::Cancelled
        | SubscriberChange::Ended => update(db, series),
    }
}

fn insert(db: &Connection, series: &Subscriber) -> Result<(), PortError> {
    let (state, ended_at) = state_columns(series.state);
    execute(
        db,
        "store a series",
        "INSERT INTO subscribers (row, offer, payer_id, start, basetime_unix, next_counter, received_msat,
             started_at_unix, paid_at_unix, paid_until_unix, state, ended_at_unix, due_at_unix)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        params![
            series.row.0,
            series.offer.0,
            series.payer_id.serialize(),
            series.start,
            unix(series.basetime)?,
            series.next_counter,
            series.received.to_i64(),
            unix(series.started_at)?,
            unix(series.paid_at)?,
            unix(series.paid_until)?,
            state,
            opt_unix(ended_at)?,
            opt_unix(series.due_at)?,
        ],
    )
    .map(drop)
}

fn update(db: &Connection, series: &Subscriber) -> Result<(), PortError> {
    let (state, ended_at) = state_columns(series.state);
    change(
        db,
        "change a series",
        "UPDATE subscribers SET next_counter = ?4, received_msat = ?5, paid_at_unix = ?6, paid_until_unix = ?7,
             state = ?8, ended_at_unix = ?9, due_at_unix = ?10
         WHERE row = ?1 AND offer = ?2 AND payer_id = ?3 AND next_counter <= ?4",
        params![
            series.row.0,
            series.offer.0,
            series.payer_id.serialize(),
            series.next_counter,
            series.received.to_i64(),
            unix(series.paid_at)?,
            unix(series.paid_until)?,
            state,
            opt_unix(ended_at)?,
            opt_unix(series.due_at)?,
        ],
    )
}

pub(crate) fn next_row(db: &Connection) -> Result<SubscriberRow, PortError> {
    statement::next_row(db, SUBSCRIBERS).map(SubscriberRow)
}

pub(crate) fn by_row(db: &Connection, row: SubscriberRow) -> Result<Option<Subscriber>, PortError> {
    let sql = "SELECT * FROM subscribers WHERE row = ?1";
    statement::first(db, SUBSCRIBERS, sql, params![row.0], read)
}

pub(crate) fn of_payer(
    db: &Connection,
    offer: OfferRow,
    payer_id: &PublicKey,
) -> Result<Option<Subscriber>, PortError> {
    let sql = "SELECT * FROM subscribers WHERE offer = ?1 AND payer_id = ?2";
    statement::first(db, SUBSCRIBERS, sql, params![offer.0, payer_id.serialize()], read)
}

pub(crate) fn by_due(db: &Connection, most: u64) -> Result<Vec<Subscriber>, PortError> {
    let sql = "SELECT * FROM subscribers WHERE due_at_unix IS NOT NULL ORDER BY due_at_unix, row LIMIT ?1";
    statement::all(db, SUBSCRIBERS, sql, params![bound(most)], read)
}

pub(crate) fn page(db: &Connection, page: Page) -> Result<Vec<Indexed<Subscriber>>, PortError> {
    statement::page(db, SUBSCRIBERS, page, read)
}

fn read(record: &Record<'_>) -> Result<Subscriber, PortError> {
    Ok(Subscriber {
        row: SubscriberRow(record.integer("row")?),
        offer: OfferRow(record.integer("offer")?),
        payer_id: record.point("payer_id")?,
        start: record.opt_integer("start")?,
        basetime: record.unix("basetime_unix")?,
        next_counter: record.integer("next_counter")?,
        received: record.msat("received_msat")?,
        started_at: record.unix("started_at_unix")?,
        paid_at: record.unix("paid_at_unix")?,
        paid_until: record.unix("paid_until_unix")?,
        state: read_state(record)?,
        due_at: record.opt_unix("due_at_unix")?,
    })
}

fn state_columns(state: SubscriberState) -> (&'static str, Option<bolt1::Timestamp>) {
    match state {
        SubscriberState::Active => ("active", None),
        SubscriberState::Overdue { at } => ("overdue", Some(at)),
        SubscriberState::Cancelled { at } => ("cancelled", Some(at)),
        SubscriberState::Ended { at } => ("ended", Some(at)),
    }
}

fn read_state(record: &Record<'_>) -> Result<SubscriberState, PortError> {
    let at = || record.unix("ended_at_unix");
    match record.word("state")?.as_str() {
        "active" => Ok(SubscriberState::Active),
        "overdue" => Ok(SubscriberState::Overdue { at: at()? }),
        "cancelled" => Ok(SubscriberState::Cancelled { at: at()? }),
        "ended" => Ok(SubscriberState::Ended { at: at()? }),
        _ => Err(record.corrupt("state", "unknown word")),
    }
}
