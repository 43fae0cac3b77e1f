//! Table `payments`: payments of ours.

use bolt1::{CltvDelta, Msat, Timestamp};
use bolt12::{Invoice, OfferId};
use offerd_core::payment::{
    Bolt11Payable, OutgoingPayment, Payable, PaymentEnd, PaymentState, Purpose,
};
use offerd_core::port::{Indexed, Page, PortError};
use offerd_core::{PaymentHash, PaymentId, PayoutRow};
use rusqlite::{Connection, Params, params};

use crate::convert::{bound, opt_unix, seconds, unix};
use crate::priced::{self, PricedColumns};
use crate::record::{Record, Table};
use crate::statement::{self, change, execute};
use crate::{attempts, payouts};

const PAYMENTS: Table = Table { name: "payments", key: "created_index" };

pub(crate) fn insert(db: &Connection, payment: &OutgoingPayment) -> Result<(), PortError> {
    let purpose = PurposeColumns::of(&payment.purpose);
    let bolt11 = payment.invoice.bolt11();
    let priced = PricedColumns::of(payment.priced.as_ref())?;
    execute(
        db,
        "store a payment",
        "INSERT INTO payments (id, purpose, label, offer_id, payout, reply_path, request_key, invoice,
             amount_msat, max_fee_msat, max_delay_blocks, retry_for_seconds, created_at_unix, bolt11,
             payment_hash, payee, description, expires_at_unix, state, trusts_payee, price, rate,
             rate_as_of_unix, rate_sources, worth, attempts)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
             ?21, ?22, ?23, ?24, ?25, 0)",
        params![
            payment.id.0,
            purpose.purpose,
            purpose.label,
            purpose.offer_id,
            purpose.payout,
            purpose.reply_path,
            payment.request_key,
            payment.invoice.bolt12().map(Invoice::bytes),
            payment.amount.to_i64(),
            payment.max_fee.to_i64(),
            payment.max_delay.0,
            seconds(payment.retry_for)?,
            unix(payment.created_at)?,
            bolt11.map(|invoice| &invoice.string),
            payment.payment_hash().0,
            bolt11.map(|invoice| invoice.payee.serialize()),
            bolt11.and_then(|invoice| invoice.description.as_ref()),
            opt_unix(bolt11.map(|invoice| invoice.expires_at))?,
            if payment.is_awaiting() { "awaiting" } else { "pending" },
            purpose.trusts_payee,
            priced.price,
            priced.rate,
            priced.rate_as_of_unix,
            priced.rate_sources,
            payment.worth.map(|worth| worth.to_string()),
        ],
    )?;
    match &payment.state {
        PaymentState::Awaiting | PaymentState::Pending { attempts: 0, next_at: None } => Ok(()),
        PaymentState::Pending { attempts, next_at } => {
            set_attempts(db, payment.id, *attempts, *next_at)
        }
        PaymentState::Ended(end) => self::end(db, payment.id, end),
    }
}

/// Lets a claim that waited be paid. It counts from now on.
pub(crate) fn approve(db: &Connection, id: PaymentId, at: Timestamp) -> Result<(), PortError> {
    change(
        db,
        "approve a claim",
        "UPDATE payments SET state = 'pending', created_at_unix = ?2
         WHERE id = ?1 AND state = 'awaiting'",
        params![id.0, unix(at)?],
    )
}

pub(crate) fn put_off(
    db: &Connection,
    id: PaymentId,
    attempts: u32,
    next_at: Timestamp,
) -> Result<(), PortError> {
    set_attempts(db, id, attempts, Some(next_at))
}

fn set_attempts(
    db: &Connection,
    id: PaymentId,
    attempts: u32,
    next_at: Option<Timestamp>,
) -> Result<(), PortError> {
    change(
        db,
        "put a payment off",
        "UPDATE payments SET attempts = ?2, next_at_unix = ?3 WHERE id = ?1 AND state = 'pending'",
        params![id.0, attempts, opt_unix(next_at)?],
    )
}

/// Ends a payment. A payout whose claim arrived is spent with it. A proof is recorded even where the payment was
/// thought to have failed, and then stands beside whatever was begun in its place.
pub(crate) fn end(db: &Connection, id: PaymentId, end: &PaymentEnd) -> Result<(), PortError> {
    match end {
        PaymentEnd::Paid { preimage, fee, parts, at } => {
            change(
                db,
                "end a payment",
                "UPDATE payments SET state = 'paid', next_at_unix = NULL, failure = NULL, reason = NULL,
                     preimage = ?2, fee_msat = ?3, ended_at_unix = ?4, parts = ?5
                 WHERE id = ?1 AND state <> 'paid'",
                params![id.0, preimage, fee.map(Msat::to_i64), unix(*at)?, parts],
            )?;
            payouts::spend_claimed_by(db, id.0)
        }
        PaymentEnd::Failed { reason, at } => change(
            db,
            "end a payment",
            "UPDATE payments SET state = 'failed', next_at_unix = NULL, failure = ?2, reason = ?3,
                 ended_at_unix = ?4
             WHERE id = ?1 AND state IN ('awaiting', 'pending')",
            params![id.0, reason.kind.word(), reason.text, unix(*at)?],
        ),
    }
}

/// The payout that a payment redeems.
pub(crate) fn payout_of(db: &Connection, id: PaymentId) -> Result<Option<PayoutRow>, PortError> {
    Ok(by_id(db, id)?.and_then(|payment| payment.payout()))
}

pub(crate) fn by_id(db: &Connection, id: PaymentId) -> Result<Option<OutgoingPayment>, PortError> {
    find(db, "SELECT * FROM payments WHERE id = ?1", params![id.0])
}

/// The newest of this label that arrived, else that may arrive, else of all.
pub(crate) fn by_label(db: &Connection, label: &str) -> Result<Option<OutgoingPayment>, PortError> {
    find(
        db,
        "SELECT * FROM payments WHERE label = ?1
         ORDER BY state = 'paid' DESC, state = 'pending' DESC, created_index DESC LIMIT 1",
        params![label],
    )
}

pub(crate) fn by_request(
    db: &Connection,
    request_key: &[u8; 32],
) -> Result<Vec<OutgoingPayment>, PortError> {
    list(
        db,
        "SELECT * FROM payments WHERE request_key = ?1 ORDER BY created_index",
        params![request_key],
    )
}

pub(crate) fn claims(
    db: &Connection,
    payout: PayoutRow,
) -> Result<Vec<OutgoingPayment>, PortError> {
    list(db, "SELECT * FROM payments WHERE payout = ?1 ORDER BY created_index", params![payout.0])
}

pub(crate) fn of_hash(
    db: &Connection,
    payment_hash: PaymentHash,
) -> Result<Vec<OutgoingPayment>, PortError> {
    let sql = "SELECT * FROM payments WHERE payment_hash = ?1 ORDER BY created_index";
    list(db, sql, params![payment_hash.0])
}

pub(crate) fn awaiting(db: &Connection) -> Result<Vec<OutgoingPayment>, PortError> {
    list(db, "SELECT * FROM payments WHERE state = 'awaiting' ORDER BY created_index", [])
}

pub(crate) fn pending(db: &Connection) -> Result<Vec<OutgoingPayment>, PortError> {
    list(db, "SELECT * FROM payments WHERE state = 'pending' ORDER BY created_index", [])
}

/// What the claims decided since then may cost, those that failed left out. More than all bitcoin counts as all.
pub(crate) fn claimed_since(db: &Connection, since: Timestamp) -> Result<Msat, PortError> {
    let costs = statement::all(
        db,
        PAYMENTS,
        "SELECT created_index, amount_msat, max_fee_msat FROM payments
         WHERE purpose = 'claim' AND state IN ('pending', 'paid') AND created_at_unix >= ?1",
        params![bound(since.0)],
        |record| Ok([record.msat("amount_msat")?, record.msat("max_fee_msat")?]),
    )?;
    let sum = costs.into_iter().flatten().try_fold(Msat::ZERO, Msat::plus);
    Ok(sum.unwrap_or(Msat::MAX))
}

pub(crate) fn page(
    db: &Connection,
    page: Page,
) -> Result<Vec<Indexed<OutgoingPayment>>, PortError> {
    statement::page(db, PAYMENTS, page, read)
}

fn find(
    db: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<Option<OutgoingPayment>, PortError> {
    statement::first(db, PAYMENTS, sql, params, read)
}

fn list(
    db: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<Vec<OutgoingPayment>, PortError> {
    statement::all(db, PAYMENTS, sql, params, read)
}

fn read(record: &Record<'_>) -> Result<OutgoingPayment, PortError> {
    let payment = OutgoingPayment {
        id: PaymentId(record.array("id")?),
        purpose: read_purpose(record)?,
        request_key: record.array("request_key")?,
        invoice: read_invoice(record)?,
        amount: record.msat("amount_msat")?,
        priced: priced::read(record)?,
        worth: priced::opt_fiat(record, "worth")?,
        max_fee: record.msat("max_fee_msat")?,
        max_delay: CltvDelta(record.integer("max_delay_blocks")?),
        retry_for: record.seconds("retry_for_seconds")?,
        created_at: record.unix("created_at_unix")?,
        state: read_state(record)?,
    };
    if payment.payment_hash().0 != record.array("payment_hash")? {
        return Err(record.corrupt("payment_hash", "not that of the invoice"));
    }
    Ok(payment)
}

fn read_invoice(record: &Record<'_>) -> Result<Payable, PortError> {
    let Some(string) = record.get("bolt11")? else {
        return record.message("invoice", Invoice::decode).map(Payable::Bolt12);
    };
    Ok(Payable::Bolt11(Bolt11Payable {
        string,
        payment_hash: PaymentHash(record.array("payment_hash")?),
        payee: record.point("payee")?,
        description: record.get("description")?,
        expires_at: record.unix("expires_at_unix")?,
    }))
}

fn read_purpose(record: &Record<'_>) -> Result<Purpose, PortError> {
    match record.word("purpose")?.as_str() {
        "order" => Ok(Purpose::Order {
            label: record.get("label")?,
            offer_id: record.opt_array("offer_id")?.map(OfferId),
            trusts_payee: record.get("trusts_payee")?,
        }),
        "claim" => Ok(Purpose::Claim {
            payout: PayoutRow(record.integer("payout")?),
            reply_path: record.get("reply_path")?,
        }),
        _ => Err(record.corrupt("purpose", "unknown word")),
    }
}

fn read_state(record: &Record<'_>) -> Result<PaymentState, PortError> {
    match record.word("state")?.as_str() {
        "awaiting" => Ok(PaymentState::Awaiting),
        "pending" => Ok(PaymentState::Pending {
            attempts: record.integer("attempts")?,
            next_at: record.opt_unix("next_at_unix")?,
        }),
        "paid" => Ok(PaymentState::Ended(PaymentEnd::Paid {
            preimage: record.array("preimage")?,
            fee: record.opt_msat("fee_msat")?,
            parts: record.get("parts")?,
            at: record.unix("ended_at_unix")?,
        })),
        "failed" => Ok(PaymentState::Ended(PaymentEnd::Failed {
            reason: attempts::read_failure(record)?,
            at: record.unix("ended_at_unix")?,
        })),
        _ => Err(record.corrupt("state", "unknown word")),
    }
}

/// The columns that say what a payment is for.
struct PurposeColumns<'a> {
    purpose: &'static str,
    label: Option<&'a str>,
    offer_id: Option<[u8; 32]>,
    payout: Option<u32>,
    reply_path: Option<&'a [u8]>,
    trusts_payee: bool,
}

impl<'a> PurposeColumns<'a> {
    fn of(purpose: &'a Purpose) -> Self {
        match purpose {
            Purpose::Order { label, offer_id, trusts_payee } => Self {
                purpose: "order",
                label: label.as_deref(),
                offer_id: offer_id.map(|id| id.0),
                payout: None,
                reply_path: None,
                trusts_payee: *trusts_payee,
            },
            Purpose::Claim { payout, reply_path } => Self {
                purpose: "claim",
                label: None,
                offer_id: None,
                payout: Some(payout.0),
                reply_path: reply_path.as_deref(),
                trusts_payee: false,
            },
        }
    }
}
