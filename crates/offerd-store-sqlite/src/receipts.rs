//! Table `receipts`: payments to us that were accepted.

use bolt1::{Msat, Timestamp};
use bolt12::Invoice;
use offerd_core::port::{Indexed, Page, PortError};
use offerd_core::receipt::{Receipt, ReceiptKey, ReceiptState, Source};
use offerd_core::subscriber::Turn;
use offerd_core::{InvoiceRow, OfferRow, PaymentHash, Preimage};
use rusqlite::{Connection, Params, params};

use crate::convert::unix;
use crate::offers;
use crate::priced::{self, PricedColumns};
use crate::record::{Record, Table};
use crate::statement::{self, change, execute};

const RECEIPTS: Table = Table { name: "receipts", key: "created_index" };

pub(crate) fn insert(db: &Connection, receipt: &Receipt) -> Result<(), PortError> {
    let (offer, own_invoice) = source_columns(receipt.key.source);
    let (state, ended_at) = match receipt.state {
        ReceiptState::Claiming => ("claiming", None),
        ReceiptState::Paid { at } => ("paid", Some(unix(at)?)),
        ReceiptState::Lost { at } => ("lost", Some(unix(at)?)),
    };
    let priced = PricedColumns::of(receipt.priced.as_ref())?;
    execute(
        db,
        "store a receipt",
        "INSERT INTO receipts (offer, own_invoice, request_mac, payment_id, payment_hash, preimage,
             asked_msat, amount_msat, payer_id, quantity, payer_note, invoice_created_at_unix, invoice,
             arrived_at_unix, state, ended_at_unix, price, rate, rate_as_of_unix, rate_sources, worth,
             recurrence_counter, recurrence_start)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
             ?21, ?22, ?23)",
        params![
            offer,
            own_invoice,
            receipt.key.request_mac,
            receipt.payment_id,
            receipt.payment_hash.0,
            receipt.preimage.0,
            receipt.asked.to_i64(),
            receipt.amount.to_i64(),
            receipt.payer_id.map(|point| point.serialize()),
            receipt.quantity.map(|quantity| quantity.to_string()),
            receipt.payer_note,
            unix(receipt.invoice_created_at)?,
            receipt.invoice.as_ref().map(Invoice::bytes),
            unix(receipt.arrived_at)?,
            state,
            ended_at,
            priced.price,
            priced.rate,
            priced.rate_as_of_unix,
            priced.rate_sources,
            receipt.worth.map(|worth| worth.to_string()),
            receipt.turn.map(|turn| turn.counter),
            receipt.turn.and_then(|turn| turn.start),
        ],
    )
    .map(drop)
}

/// Notes that the money is ours, even where it was thought to be lost. An offer that it was paid for is used from then
/// on.
pub(crate) fn mark_paid(
    db: &Connection,
    key: &ReceiptKey,
    payment_id: &[u8; 32],
    amount: Msat,
    at: Timestamp,
) -> Result<(), PortError> {
    let (offer, own_invoice) = source_columns(key.source);
    change(
        db,
        "mark a receipt as paid",
        "UPDATE receipts SET state = 'paid', amount_msat = ?5, ended_at_unix = ?6
         WHERE offer IS ?1 AND own_invoice IS ?2 AND request_mac = ?3 AND payment_id = ?4
             AND state <> 'paid'",
        params![offer, own_invoice, key.request_mac, payment_id, amount.to_i64(), unix(at)?],
    )?;
    match key.source {
        Source::Offer(row) => offers::mark_used(db, row),
        Source::Invoice(_) => Ok(()),
    }
}

/// Notes that the money went back.
pub(crate) fn mark_lost(
    db: &Connection,
    key: &ReceiptKey,
    payment_id: &[u8; 32],
    at: Timestamp,
) -> Result<(), PortError> {
    let (offer, own_invoice) = source_columns(key.source);
    change(
        db,
        "mark a receipt as lost",
        "UPDATE receipts SET state = 'lost', ended_at_unix = ?5
         WHERE offer IS ?1 AND own_invoice IS ?2 AND request_mac = ?3 AND payment_id = ?4
             AND state = 'claiming'",
        params![offer, own_invoice, key.request_mac, payment_id, unix(at)?],
    )
}

/// The one of this key that was not lost; the older one, should there be two.
pub(crate) fn by_key(db: &Connection, key: &ReceiptKey) -> Result<Option<Receipt>, PortError> {
    let (offer, own_invoice) = source_columns(key.source);
    find(
        db,
        "SELECT * FROM receipts
         WHERE offer IS ?1 AND own_invoice IS ?2 AND request_mac = ?3 AND state <> 'lost'
         ORDER BY created_index LIMIT 1",
        params![offer, own_invoice, key.request_mac],
    )
}

pub(crate) fn by_payment(
    db: &Connection,
    payment_hash: PaymentHash,
    payment_id: &[u8; 32],
) -> Result<Option<Receipt>, PortError> {
    find(
        db,
        "SELECT * FROM receipts WHERE payment_hash = ?1 AND payment_id = ?2",
        params![payment_hash.0, payment_id],
    )
}

pub(crate) fn of_source(db: &Connection, source: Source) -> Result<Vec<Receipt>, PortError> {
    let (offer, own_invoice) = source_columns(source);
    statement::all(
        db,
        RECEIPTS,
        "SELECT * FROM receipts WHERE offer IS ?1 AND own_invoice IS ?2 ORDER BY created_index",
        params![offer, own_invoice],
        read,
    )
}

pub(crate) fn of_hash(
    db: &Connection,
    payment_hash: PaymentHash,
) -> Result<Vec<Receipt>, PortError> {
    let sql = "SELECT * FROM receipts WHERE payment_hash = ?1 ORDER BY created_index";
    statement::all(db, RECEIPTS, sql, params![payment_hash.0], read)
}

pub(crate) fn claiming(db: &Connection) -> Result<Vec<Receipt>, PortError> {
    let sql = "SELECT * FROM receipts WHERE state = 'claiming' ORDER BY created_index";
    statement::all(db, RECEIPTS, sql, [], read)
}

pub(crate) fn page(db: &Connection, page: Page) -> Result<Vec<Indexed<Receipt>>, PortError> {
    statement::page(db, RECEIPTS, page, read)
}

fn find(db: &Connection, sql: &str, params: impl Params) -> Result<Option<Receipt>, PortError> {
    statement::first(db, RECEIPTS, sql, params, read)
}

fn read(record: &Record<'_>) -> Result<Receipt, PortError> {
    Ok(Receipt {
        key: ReceiptKey { source: read_source(record)?, request_mac: record.array("request_mac")? },
        payment_id: record.array("payment_id")?,
        payment_hash: PaymentHash(record.array("payment_hash")?),
        preimage: Preimage(record.array("preimage")?),
        asked: record.msat("asked_msat")?,
        amount: record.msat("amount_msat")?,
        payer_id: record.opt_point("payer_id")?,
        turn: read_turn(record)?,
        quantity: read_quantity(record)?,
        payer_note: record.get("payer_note")?,
        invoice_created_at: record.unix("invoice_created_at_unix")?,
        invoice: record.opt_message("invoice", Invoice::decode)?,
        priced: priced::read(record)?,
        worth: priced::opt_fiat(record, "worth")?,
        arrived_at: record.unix("arrived_at_unix")?,
        state: read_state(record)?,
    })
}

/// Columns `offer` and `own_invoice`, one of which is set.
fn source_columns(source: Source) -> (Option<u32>, Option<u32>) {
    match source {
        Source::Offer(row) => (Some(row.0), None),
        Source::Invoice(row) => (None, Some(row.0)),
    }
}

fn read_source(record: &Record<'_>) -> Result<Source, PortError> {
    match (record.opt_integer("offer")?, record.opt_integer("own_invoice")?) {
        (Some(row), None) => Ok(Source::Offer(OfferRow(row))),
        (None, Some(row)) => Ok(Source::Invoice(InvoiceRow(row))),
        _ => Err(record.corrupt("offer", "exactly one of offer and own_invoice must be set")),
    }
}

fn read_turn(record: &Record<'_>) -> Result<Option<Turn>, PortError> {
    let start = record.opt_integer("recurrence_start")?;
    let counter = record.opt_integer("recurrence_counter")?;
    Ok(counter.map(|counter| Turn { counter, start }))
}

fn read_quantity(record: &Record<'_>) -> Result<Option<u64>, PortError> {
    let text: Option<String> = record.get("quantity")?;
    text.map(|text| text.parse().map_err(|_| record.corrupt("quantity", "not a number")))
        .transpose()
}

fn read_state(record: &Record<'_>) -> Result<ReceiptState, PortError> {
    match record.word("state")?.as_str() {
        "claiming" => Ok(ReceiptState::Claiming),
        "paid" => Ok(ReceiptState::Paid { at: record.unix("ended_at_unix")? }),
        "lost" => Ok(ReceiptState::Lost { at: record.unix("ended_at_unix")? }),
        _ => Err(record.corrupt("state", "unknown word")),
    }
}
