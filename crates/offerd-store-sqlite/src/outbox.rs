//! Table `outbox`: what committed decisions still owe.

use offerd_core::port::PortError;
use offerd_core::{Effect, OutboxEntry, PaymentHash, PaymentId};
use rusqlite::{Connection, params};

use crate::record::{Record, Table};
use crate::statement::{self, execute};

const OUTBOX: Table = Table { name: "outbox", key: "id" };

pub(crate) fn push(db: &Connection, effect: &Effect) -> Result<(), PortError> {
    let (word, subject) = match effect {
        Effect::Pay(id) => ("pay", id.0),
        Effect::Accept(payment_hash) => ("accept", payment_hash.0),
        Effect::TellRedeemer(id) => ("tell_redeemer", id.0),
    };
    execute(
        db,
        "store what is to be done",
        "INSERT INTO outbox (effect, subject) VALUES (?1, ?2)",
        params![word, subject],
    )
    .map(drop)
}

pub(crate) fn all(db: &Connection) -> Result<Vec<OutboxEntry>, PortError> {
    statement::all(db, OUTBOX, "SELECT * FROM outbox ORDER BY id", [], read)
}

pub(crate) fn done(db: &Connection, id: i64) -> Result<(), PortError> {
    execute(db, "note what was done", "DELETE FROM outbox WHERE id = ?1", params![id]).map(drop)
}

fn read(record: &Record<'_>) -> Result<OutboxEntry, PortError> {
    let subject = record.array("subject")?;
    let effect = match record.word("effect")?.as_str() {
        "pay" => Effect::Pay(PaymentId(subject)),
        "accept" => Effect::Accept(PaymentHash(subject)),
        "tell_redeemer" => Effect::TellRedeemer(PaymentId(subject)),
        _ => return Err(record.corrupt("effect", "unknown word")),
    };
    Ok(OutboxEntry { id: record.get("id")?, effect })
}
