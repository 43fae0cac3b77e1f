//! Table `own_invoices`: invoices that we made ourselves.

use bolt1::{Msat, Timestamp};
use bolt12::Invoice;
use offerd_core::invoice_book::{Bolt11Terms, OwnContent, OwnInvoice};
use offerd_core::port::{Indexed, Page, PortError};
use offerd_core::{InvoiceRow, PaymentHash};
use rusqlite::{Connection, params};

use crate::convert::{opt_unix, unix};
use crate::record::{Record, Table};
use crate::statement::{self, change, execute};

const INVOICES: Table = Table { name: "own_invoices", key: "row" };

pub(crate) fn insert(db: &Connection, invoice: &OwnInvoice) -> Result<(), PortError> {
    let bolt11 = invoice.bolt11();
    let expires_at = bolt11.map(|terms| terms.expires_at);
    execute(
        db,
        "store an invoice",
        "INSERT INTO own_invoices (row, label, redeems, invoice, bolt11, payment_hash, amount_msat,
             description, expires_at_unix, created_at_unix, refused_at_unix)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            invoice.row.0,
            invoice.label,
            invoice.redeems(),
            invoice.bolt12().map(Invoice::bytes),
            bolt11.map(|terms| &terms.string),
            bolt11.map(|terms| terms.payment_hash.0),
            bolt11.and_then(|terms| terms.amount).map(Msat::to_i64),
            bolt11.map(|terms| &terms.description),
            opt_unix(expires_at)?,
            unix(invoice.created_at)?,
            opt_unix(invoice.refused_at)?,
        ],
    )
    .map(drop)
}

pub(crate) fn refuse(db: &Connection, row: InvoiceRow, at: Timestamp) -> Result<(), PortError> {
    change(
        db,
        "mark an invoice as refused",
        "UPDATE own_invoices SET refused_at_unix = ?2 WHERE row = ?1 AND refused_at_unix IS NULL",
        params![row.0, unix(at)?],
    )
}

pub(crate) fn next_row(db: &Connection) -> Result<InvoiceRow, PortError> {
    statement::next_row(db, INVOICES).map(InvoiceRow)
}

pub(crate) fn by_row(db: &Connection, row: InvoiceRow) -> Result<Option<OwnInvoice>, PortError> {
    statement::first(
        db,
        INVOICES,
        "SELECT * FROM own_invoices WHERE row = ?1",
        params![row.0],
        read,
    )
}

/// The one of BOLT 11 with this payment hash.
pub(crate) fn bolt11_by_hash(
    db: &Connection,
    payment_hash: PaymentHash,
) -> Result<Option<OwnInvoice>, PortError> {
    statement::first(
        db,
        INVOICES,
        "SELECT * FROM own_invoices WHERE payment_hash = ?1",
        params![payment_hash.0],
        read,
    )
}

/// The one of this label that was not refused.
pub(crate) fn by_label(db: &Connection, label: &str) -> Result<Option<OwnInvoice>, PortError> {
    statement::first(
        db,
        INVOICES,
        "SELECT * FROM own_invoices WHERE label = ?1 AND refused_at_unix IS NULL",
        params![label],
        read,
    )
}

pub(crate) fn page(db: &Connection, page: Page) -> Result<Vec<Indexed<OwnInvoice>>, PortError> {
    statement::page(db, INVOICES, page, read)
}

fn read(record: &Record<'_>) -> Result<OwnInvoice, PortError> {
    Ok(OwnInvoice {
        row: InvoiceRow(record.integer("row")?),
        label: record.get("label")?,
        content: read_content(record)?,
        created_at: record.unix("created_at_unix")?,
        refused_at: record.opt_unix("refused_at_unix")?,
    })
}

fn read_content(record: &Record<'_>) -> Result<OwnContent, PortError> {
    let Some(string) = record.get("bolt11")? else {
        return Ok(OwnContent::Redemption {
            redeems: record.get("redeems")?,
            invoice: record.message("invoice", Invoice::decode)?,
        });
    };
    Ok(OwnContent::Bolt11(Bolt11Terms {
        string,
        payment_hash: PaymentHash(record.array("payment_hash")?),
        amount: record.opt_msat("amount_msat")?,
        description: record.get("description")?,
        expires_at: record.unix("expires_at_unix")?,
    }))
}
