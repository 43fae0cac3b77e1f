//! Table `payouts`: promises of ours to pay.

use bolt1::{Msat, Timestamp};
use bolt12::{InvoiceRequest, InvreqId, Offer, OfferId};
use offerd_core::payout::{Payout, PayoutAmount, PromiseState, Refund, Uses};
use offerd_core::port::{Indexed, OpenPayouts, Page, PortError};
use offerd_core::{PaymentHash, PayoutRow, Way};
use rusqlite::{Connection, Params, params};

use crate::convert::{opt_unix, unix};
use crate::priced;
use crate::record::{Record, Table};
use crate::statement::{self, change, execute};

const PAYOUTS: Table = Table { name: "payouts", key: "row" };

pub(crate) fn insert(db: &Connection, payout: &Payout) -> Result<(), PortError> {
    let (amount_kind, amount, at_most) = amount_columns(payout.amount);
    execute(
        db,
        "store a payout",
        "INSERT INTO payouts (row, nonce, label, arguments_key, amount_kind, amount_msat, offer_id, offer,
             invreq_id, invoice_request, invoice_request_signed, path_id, absolute_expiry_unix, state,
             created_at_unix, max_uses, max_total_msat, refund_for, refund_payer_id, refund_at_most_msat,
             approve, amount_at_most_msat, price)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
             ?21, ?22, ?23)",
        params![
            payout.row.0,
            payout.nonce,
            payout.label,
            payout.arguments_key,
            amount_kind,
            amount.to_i64(),
            payout.offer_id().map(|id| id.0),
            payout.offer.as_ref().map(Offer::bytes),
            payout.invreq_id().map(|id| id.0),
            payout.invoice_request.as_ref().map(InvoiceRequest::bytes),
            payout.invoice_request_signed.as_ref().map(InvoiceRequest::bytes),
            payout.path_id,
            opt_unix(payout.absolute_expiry)?,
            state_word(payout.state),
            unix(payout.created_at)?,
            payout.uses.most,
            payout.uses.total.map(Msat::to_i64),
            payout.refund.map(|refund| refund.payment_hash.0),
            payout.refund.map(|refund| refund.payer_id.serialize()),
            payout.refund.and_then(|refund| refund.at_most).map(Msat::to_i64),
            payout.approve,
            at_most.map(Msat::to_i64),
            payout.amount.fiat().map(|price| price.to_string()),
        ],
    )
    .map(drop)
}

pub(crate) fn disable(db: &Connection, row: PayoutRow) -> Result<(), PortError> {
    change(
        db,
        "disable a payout",
        "UPDATE payouts SET state = 'disabled' WHERE row = ?1 AND state = 'open'",
        params![row.0],
    )
}

pub(crate) fn enable(db: &Connection, row: PayoutRow) -> Result<(), PortError> {
    change(
        db,
        "enable a payout",
        "UPDATE payouts SET state = 'open' WHERE row = ?1 AND state = 'disabled'",
        params![row.0],
    )
}

/// Spends the payout whose claim the payment `payment_id` is, if it is one, once it was paid as often as it is kept.
pub(crate) fn spend_claimed_by(db: &Connection, payment_id: [u8; 32]) -> Result<(), PortError> {
    execute(
        db,
        "spend a payout",
        "UPDATE payouts SET state = 'spent'
         WHERE row = (SELECT payout FROM payments WHERE id = ?1)
             AND max_uses <= (SELECT count(*) FROM payments WHERE payout = payouts.row AND state = 'paid')",
        params![payment_id],
    )
    .map(drop)
}

pub(crate) fn next_row(db: &Connection) -> Result<PayoutRow, PortError> {
    statement::next_row(db, PAYOUTS).map(PayoutRow)
}

pub(crate) fn by_row(db: &Connection, row: PayoutRow) -> Result<Option<Payout>, PortError> {
    find(db, "SELECT * FROM payouts WHERE row = ?1", params![row.0])
}

pub(crate) fn by_nonce(db: &Connection, nonce: &[u8; 16]) -> Result<Option<Payout>, PortError> {
    find(db, "SELECT * FROM payouts WHERE nonce = ?1", params![nonce])
}

/// By which way it is reached; the rest of it is not read.
pub(crate) fn way(db: &Connection, nonce: &[u8; 16]) -> Result<Option<Way>, PortError> {
    statement::first(
        db,
        PAYOUTS,
        "SELECT path_id FROM payouts WHERE nonce = ?1",
        params![nonce],
        |record| record.get("path_id").map(Way::new),
    )
}

pub(crate) fn by_offer_id(db: &Connection, id: &OfferId) -> Result<Option<Payout>, PortError> {
    find(db, "SELECT * FROM payouts WHERE offer_id = ?1", params![id.0])
}

pub(crate) fn by_invreq_id(db: &Connection, id: &InvreqId) -> Result<Option<Payout>, PortError> {
    find(db, "SELECT * FROM payouts WHERE invreq_id = ?1", params![id.0])
}

pub(crate) fn by_label(db: &Connection, label: &str) -> Result<Option<Payout>, PortError> {
    find(db, "SELECT * FROM payouts WHERE label = ?1", params![label])
}

pub(crate) fn refunds_of(
    db: &Connection,
    payment_hash: PaymentHash,
) -> Result<Vec<Payout>, PortError> {
    let sql = "SELECT * FROM payouts WHERE refund_for = ?1 ORDER BY row";
    statement::all(db, PAYOUTS, sql, params![payment_hash.0], read)
}

/// What can be redeemed at this time, summed up from the index alone.
pub(crate) fn open(db: &Connection, now: Timestamp) -> Result<OpenPayouts, PortError> {
    let sql = "SELECT coalesce(amount_at_most_msat, amount_msat) AS at_most_msat FROM payouts INDEXED BY open_payouts
               WHERE state = 'open' AND (absolute_expiry_unix IS NULL OR absolute_expiry_unix >= ?1)";
    let read = |record: &Record<'_>| record.msat("at_most_msat");
    let amounts = statement::all(db, PAYOUTS, sql, params![unix(now)?], read)?;
    Ok(OpenPayouts::of(amounts))
}

pub(crate) fn page(db: &Connection, page: Page) -> Result<Vec<Indexed<Payout>>, PortError> {
    statement::page(db, PAYOUTS, page, read)
}

fn find(db: &Connection, sql: &str, params: impl Params) -> Result<Option<Payout>, PortError> {
    statement::first(db, PAYOUTS, sql, params, read)
}

fn read(record: &Record<'_>) -> Result<Payout, PortError> {
    let payout = Payout {
        row: PayoutRow(record.integer("row")?),
        nonce: record.array("nonce")?,
        label: record.get("label")?,
        arguments_key: record.array("arguments_key")?,
        amount: read_amount(record)?,
        offer: record.opt_message("offer", Offer::decode)?,
        invoice_request: record.opt_message("invoice_request", InvoiceRequest::decode)?,
        invoice_request_signed: record
            .opt_message("invoice_request_signed", InvoiceRequest::decode)?,
        path_id: record.get("path_id")?,
        absolute_expiry: record.opt_unix("absolute_expiry_unix")?,
        uses: Uses {
            most: record.opt_integer("max_uses")?,
            total: record.opt_msat("max_total_msat")?,
        },
        refund: read_refund(record)?,
        approve: record.get("approve")?,
        state: read_state(record)?,
        created_at: record.unix("created_at_unix")?,
    };
    if payout.offer_id() != record.opt_array("offer_id")?.map(OfferId) {
        return Err(record.corrupt("offer_id", "not that of the offer in column offer"));
    }
    if payout.invreq_id() != record.opt_array("invreq_id")?.map(InvreqId) {
        return Err(record.corrupt("invreq_id", "not that of column invoice_request"));
    }
    Ok(payout)
}

fn read_refund(record: &Record<'_>) -> Result<Option<Refund>, PortError> {
    let Some(payment_hash) = record.opt_array("refund_for")? else { return Ok(None) };
    Ok(Some(Refund {
        payment_hash: PaymentHash(payment_hash),
        payer_id: record.point("refund_payer_id")?,
        at_most: record.opt_msat("refund_at_most_msat")?,
    }))
}

fn amount_columns(amount: PayoutAmount) -> (&'static str, Msat, Option<Msat>) {
    match amount {
        PayoutAmount::Exact(amount) => ("exact", amount, None),
        PayoutAmount::UpTo(amount) => ("up_to", amount, None),
        PayoutAmount::Each { amount, at_most } => ("each", amount, Some(at_most)),
        PayoutAmount::Fiat { price: _, at_most } => ("fiat", at_most, None),
    }
}

fn read_amount(record: &Record<'_>) -> Result<PayoutAmount, PortError> {
    let amount = record.msat("amount_msat")?;
    match record.word("amount_kind")?.as_str() {
        "exact" => Ok(PayoutAmount::Exact(amount)),
        "up_to" => Ok(PayoutAmount::UpTo(amount)),
        "each" => {
            let at_most = record.msat("amount_at_most_msat")?;
            Ok(PayoutAmount::Each { amount, at_most })
        }
        "fiat" => {
            let price = priced::opt_fiat(record, "price")?;
            let price = price.ok_or_else(|| record.corrupt("price", "must be set"))?;
            Ok(PayoutAmount::Fiat { price, at_most: amount })
        }
        _ => Err(record.corrupt("amount_kind", "unknown word")),
    }
}

fn state_word(state: PromiseState) -> &'static str {
    match state {
        PromiseState::Open => "open",
        PromiseState::Disabled => "disabled",
        PromiseState::Spent => "spent",
    }
}

fn read_state(record: &Record<'_>) -> Result<PromiseState, PortError> {
    match record.word("state")?.as_str() {
        "open" => Ok(PromiseState::Open),
        "disabled" => Ok(PromiseState::Disabled),
        "spent" => Ok(PromiseState::Spent),
        _ => Err(record.corrupt("state", "unknown word")),
    }
}
