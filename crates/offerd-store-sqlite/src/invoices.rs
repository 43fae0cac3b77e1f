//! Table `own_invoices`: invoices that we made for somebody's promise to pay.

use bolt1::Timestamp;
use bolt12::Invoice;
use offerd_core::InvoiceRow;
use offerd_core::invoice_book::OwnInvoice;
use offerd_core::port::{Indexed, Page, PortError};
use rusqlite::{Connection, params};

use crate::convert::{opt_unix, unix};
use crate::record::{Record, Table};
use crate::statement::{self, change, execute};

const INVOICES: Table = Table { name: "own_invoices", key: "row" };

pub(crate) fn insert(db: &Connection, invoice: &OwnInvoice) -> Result<(), PortError> {
    execute(
        db,
        "store an invoice",
        "INSERT INTO own_invoices (row, label, redeems, invoice, created_at_unix, refused_at_unix)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            invoice.row.0,
            invoice.label,
            invoice.redeems,
            invoice.invoice.bytes(),
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
        redeems: record.get("redeems")?,
        invoice: record.message("invoice", Invoice::decode)?,
        created_at: record.unix("created_at_unix")?,
        refused_at: record.opt_unix("refused_at_unix")?,
    })
}
