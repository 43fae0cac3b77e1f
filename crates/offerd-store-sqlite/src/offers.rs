//! Table `offers` with `offer_encodings`: the offer book.

use bolt1::PublicKey;
use bolt12::{Offer, OfferId};
use offerd_core::offer_book::{OfferEncoding, OfferEntry};
use offerd_core::port::{Fronts, Indexed, Page, PortError};
use offerd_core::{OfferRow, Way};
use rusqlite::{Connection, params};

use crate::convert::unix;
use crate::record::{Record, Table};
use crate::statement::{self, change, execute};

const OFFERS: Table = Table { name: "offers", key: "row" };
const ENCODINGS: Table = Table { name: "offer_encodings", key: "id" };

pub(crate) fn insert(db: &Connection, entry: &OfferEntry) -> Result<(), PortError> {
    execute(
        db,
        "store an offer",
        "INSERT INTO offers (row, arguments_key, label, external_id, tags, return_url, single_use, active,
             used, created_at_unix, fronts)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            entry.row.0,
            entry.arguments_key,
            entry.label,
            entry.external_id,
            serde_json::json!(entry.tags).to_string(),
            entry.return_url,
            entry.single_use,
            entry.active,
            entry.used,
            unix(entry.created_at)?,
            fronts_bytes(&entry.fronts),
        ],
    )?;
    entry.encodings.iter().try_for_each(|encoding| insert_encoding(db, entry.row, encoding))
}

pub(crate) fn insert_encoding(
    db: &Connection,
    row: OfferRow,
    encoding: &OfferEncoding,
) -> Result<(), PortError> {
    execute(
        db,
        "store an encoding of an offer",
        "INSERT INTO offer_encodings (offer, offer_id, bytes, path_id, created_at_unix)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            row.0,
            encoding.offer_id().0,
            encoding.offer.bytes(),
            encoding.path_id,
            unix(encoding.created_at)?,
        ],
    )
    .map(drop)
}

pub(crate) fn disable(db: &Connection, row: OfferRow) -> Result<(), PortError> {
    change(
        db,
        "disable an offer",
        "UPDATE offers SET active = 0 WHERE row = ?1 AND active = 1",
        params![row.0],
    )
}

pub(crate) fn enable(db: &Connection, row: OfferRow) -> Result<(), PortError> {
    change(
        db,
        "enable an offer",
        "UPDATE offers SET active = 1 WHERE row = ?1 AND active = 0 AND NOT (single_use AND used)",
        params![row.0],
    )
}

/// Notes that a payment of the offer was accepted, for the first time or again.
pub(crate) fn mark_used(db: &Connection, row: OfferRow) -> Result<(), PortError> {
    change(db, "mark an offer as used", "UPDATE offers SET used = 1 WHERE row = ?1", params![row.0])
}

pub(crate) fn next_row(db: &Connection) -> Result<OfferRow, PortError> {
    statement::next_row(db, OFFERS).map(OfferRow)
}

pub(crate) fn by_row(db: &Connection, row: OfferRow) -> Result<Option<OfferEntry>, PortError> {
    statement::first(db, OFFERS, "SELECT * FROM offers WHERE row = ?1", params![row.0], |record| {
        read(db, record)
    })
}

pub(crate) fn by_id(db: &Connection, id: &OfferId) -> Result<Option<OfferEntry>, PortError> {
    statement::first(
        db,
        OFFERS,
        "SELECT * FROM offers WHERE row = (SELECT offer FROM offer_encodings WHERE offer_id = ?1)",
        params![id.0],
        |record| read(db, record),
    )
}

/// By which way a string is reached; the rest of it is not read.
pub(crate) fn way(db: &Connection, id: &OfferId) -> Result<Option<Way>, PortError> {
    statement::first(
        db,
        ENCODINGS,
        "SELECT path_id FROM offer_encodings WHERE offer_id = ?1",
        params![id.0],
        |record| record.get("path_id").map(Way::new),
    )
}

pub(crate) fn by_arguments(
    db: &Connection,
    key: &[u8; 32],
) -> Result<Option<OfferEntry>, PortError> {
    statement::first(
        db,
        OFFERS,
        "SELECT * FROM offers WHERE arguments_key = ?1",
        params![key],
        |record| read(db, record),
    )
}

pub(crate) fn single_use_by_label(
    db: &Connection,
    label: &str,
) -> Result<Option<OfferEntry>, PortError> {
    statement::first(
        db,
        OFFERS,
        "SELECT * FROM offers WHERE label = ?1 AND single_use = 1",
        params![label],
        |record| read(db, record),
    )
}

pub(crate) fn page(db: &Connection, page: Page) -> Result<Vec<Indexed<OfferEntry>>, PortError> {
    statement::page(db, OFFERS, page, |record| read(db, record))
}

fn read(db: &Connection, record: &Record<'_>) -> Result<OfferEntry, PortError> {
    let row: u32 = record.integer("row")?;
    let encodings = statement::all(
        db,
        ENCODINGS,
        "SELECT * FROM offer_encodings WHERE offer = ?1 ORDER BY id",
        params![row],
        read_encoding,
    )?;
    if encodings.is_empty() {
        return Err(record.corrupt("row", "no encoding of this offer in table offer_encodings"));
    }
    Ok(OfferEntry {
        row: OfferRow(row),
        arguments_key: record.opt_array("arguments_key")?,
        label: record.get("label")?,
        external_id: record.get("external_id")?,
        tags: serde_json::from_str(&record.get::<String>("tags")?)
            .map_err(|error| record.corrupt("tags", error.to_string()).because(error))?,
        return_url: record.get("return_url")?,
        single_use: record.get("single_use")?,
        active: record.get("active")?,
        used: record.get("used")?,
        created_at: record.unix("created_at_unix")?,
        fronts: read_fronts(record)?,
        encodings,
    })
}

/// Node ids, one after the other; none at all where no nodes were asked for.
fn fronts_bytes(fronts: &Fronts) -> Option<Vec<u8>> {
    match fronts {
        Fronts::Usual => None,
        Fronts::Only(nodes) => Some(nodes.iter().flat_map(PublicKey::serialize).collect()),
    }
}

fn read_fronts(record: &Record<'_>) -> Result<Fronts, PortError> {
    let Some(bytes) = record.get::<Option<Vec<u8>>>("fronts")? else { return Ok(Fronts::Usual) };
    let node = |bytes: &[u8]| bolt1::decode_point(bytes).ok();
    let nodes: Option<Vec<PublicKey>> = bytes.chunks(33).map(node).collect();
    nodes.map(Fronts::Only).ok_or_else(|| record.corrupt("fronts", "not node ids of 33 bytes"))
}

fn read_encoding(record: &Record<'_>) -> Result<OfferEncoding, PortError> {
    let offer = record.message("bytes", Offer::decode)?;
    if offer.id() != OfferId(record.array("offer_id")?) {
        return Err(record.corrupt("offer_id", "not that of the offer in column bytes"));
    }
    Ok(OfferEncoding {
        offer,
        path_id: record.get("path_id")?,
        created_at: record.unix("created_at_unix")?,
    })
}
