//! Table `subscriptions`: offers that we pay again and again.

use bolt1::Timestamp;
use bolt12::Offer;
use offerd_core::port::{Indexed, Page, PortError};
use offerd_core::subscription::{
    Caps, Subscription, SubscriptionChange, SubscriptionState, Trouble,
};
use offerd_core::{PaymentId, SubscriptionRow};
use rusqlite::{Connection, params};

use crate::convert::{opt_unix, seconds, unix};
use crate::record::{Record, Table};
use crate::statement::{self, change, execute};

const SUBSCRIPTIONS: Table = Table { name: "subscriptions", key: "row" };

/// Stores a subscription as it stands from now on: a new one where it was made, else one that is there and has not
/// gone further.
pub(crate) fn store(
    db: &Connection,
    what: SubscriptionChange,
    subscription: &Subscription,
) -> Result<(), PortError> {
    if what == SubscriptionChange::Created {
        insert(db, subscription)?;
    }
    update(db, subscription)
}

/// What never changes.
fn insert(db: &Connection, subscription: &Subscription) -> Result<(), PortError> {
    let caps = &subscription.caps;
    execute(
        db,
        "store a subscription",
        "INSERT INTO subscriptions (row, label, offer, payer_id, amount_msat, quantity, payer_note,
             max_per_period_msat, max_total_msat, max_periods, max_rate_drift_ppm, remind_before_seconds,
             created_at_unix, next_counter, paid_msat, reminded, troubles, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0, 0, 0, 0, 'active')",
        params![
            subscription.row.0,
            subscription.label,
            subscription.offer.bytes(),
            subscription.payer_id.serialize(),
            subscription.amount.map(bolt1::Msat::to_i64),
            subscription.quantity.map(|quantity| quantity.to_string()),
            subscription.payer_note,
            caps.max_per_period.map(bolt1::Msat::to_i64),
            caps.max_total.map(bolt1::Msat::to_i64),
            caps.max_periods,
            caps.max_rate_drift_ppm,
            seconds(subscription.remind_before)?,
            unix(subscription.created_at)?,
        ],
    )
    .map(drop)
}

/// How far it is.
fn update(db: &Connection, subscription: &Subscription) -> Result<(), PortError> {
    let state = StateColumns::of(&subscription.state)?;
    let trouble = subscription.trouble.as_ref();
    change(
        db,
        "change a subscription",
        "UPDATE subscriptions SET basetime_unix = ?3, next_counter = ?4, paid_msat = ?5, paid_at_unix = ?6,
             paying = ?7, reminded = ?8, troubles = ?9, trouble_at_unix = ?10, trouble = ?11, state = ?12,
             state_at_unix = ?13, paused_why = ?14, told = ?15, start = ?16
         WHERE row = ?1 AND label = ?2 AND next_counter <= ?4",
        params![
            subscription.row.0,
            subscription.label,
            opt_unix(subscription.basetime)?,
            subscription.next_counter,
            subscription.paid.to_i64(),
            opt_unix(subscription.paid_at)?,
            subscription.paying.map(|payment| payment.0),
            subscription.reminded,
            trouble.map_or(0, |trouble| trouble.count),
            opt_unix(trouble.map(|trouble| trouble.at))?,
            trouble.map(|trouble| &trouble.why),
            state.word,
            state.at,
            state.why,
            state.told,
            subscription.start,
        ],
    )
}

pub(crate) fn next_row(db: &Connection) -> Result<SubscriptionRow, PortError> {
    statement::next_row(db, SUBSCRIPTIONS).map(SubscriptionRow)
}

pub(crate) fn by_row(
    db: &Connection,
    row: SubscriptionRow,
) -> Result<Option<Subscription>, PortError> {
    let sql = "SELECT * FROM subscriptions WHERE row = ?1";
    statement::first(db, SUBSCRIPTIONS, sql, params![row.0], read)
}

pub(crate) fn by_label(db: &Connection, label: &str) -> Result<Option<Subscription>, PortError> {
    let sql = "SELECT * FROM subscriptions WHERE label = ?1";
    statement::first(db, SUBSCRIPTIONS, sql, params![label], read)
}

pub(crate) fn by_payment(
    db: &Connection,
    id: PaymentId,
) -> Result<Option<Subscription>, PortError> {
    let sql = "SELECT * FROM subscriptions WHERE paying = ?1";
    statement::first(db, SUBSCRIPTIONS, sql, params![id.0], read)
}

pub(crate) fn live(db: &Connection) -> Result<Vec<Subscription>, PortError> {
    let sql = "SELECT * FROM subscriptions WHERE state = 'active' OR paying IS NOT NULL OR told = 0 ORDER BY row";
    statement::all(db, SUBSCRIPTIONS, sql, [], read)
}

pub(crate) fn page(db: &Connection, page: Page) -> Result<Vec<Indexed<Subscription>>, PortError> {
    statement::page(db, SUBSCRIPTIONS, page, read)
}

fn read(record: &Record<'_>) -> Result<Subscription, PortError> {
    let quantity: Option<String> = record.get("quantity")?;
    let quantity = quantity.map(|digits| digits.parse()).transpose();
    Ok(Subscription {
        row: SubscriptionRow(record.integer("row")?),
        label: record.get("label")?,
        offer: record.message("offer", Offer::decode)?,
        payer_id: record.point("payer_id")?,
        start: record.opt_integer("start")?,
        amount: record.opt_msat("amount_msat")?,
        quantity: quantity.map_err(|_| record.corrupt("quantity", "not a number"))?,
        payer_note: record.get("payer_note")?,
        caps: Caps {
            max_per_period: record.opt_msat("max_per_period_msat")?,
            max_total: record.opt_msat("max_total_msat")?,
            max_periods: record.opt_integer("max_periods")?,
            max_rate_drift_ppm: record.opt_integer("max_rate_drift_ppm")?,
        },
        remind_before: record.seconds("remind_before_seconds")?,
        created_at: record.unix("created_at_unix")?,
        basetime: record.opt_unix("basetime_unix")?,
        next_counter: record.integer("next_counter")?,
        paid: record.msat("paid_msat")?,
        paid_at: record.opt_unix("paid_at_unix")?,
        paying: record.opt_array("paying")?.map(PaymentId),
        reminded: record.get("reminded")?,
        trouble: read_trouble(record)?,
        state: read_state(record)?,
    })
}

fn read_trouble(record: &Record<'_>) -> Result<Option<Trouble>, PortError> {
    let Some(at) = record.opt_unix("trouble_at_unix")? else { return Ok(None) };
    Ok(Some(Trouble { count: record.integer("troubles")?, at, why: record.get("trouble")? }))
}

/// A state, as columns hold it.
struct StateColumns<'a> {
    word: &'static str,
    at: Option<i64>,
    why: Option<&'a str>,
    told: Option<bool>,
}

impl<'a> StateColumns<'a> {
    fn of(state: &'a SubscriptionState) -> Result<Self, PortError> {
        let columns = |word, at: Timestamp| -> Result<Self, PortError> {
            Ok(Self { word, at: Some(unix(at)?), why: None, told: None })
        };
        Ok(match state {
            SubscriptionState::Active => Self { word: "active", at: None, why: None, told: None },
            SubscriptionState::Paused { at, why } => {
                Self { why: Some(why), ..columns("paused", *at)? }
            }
            SubscriptionState::Cancelled { at, told } => {
                Self { told: Some(*told), ..columns("cancelled", *at)? }
            }
            SubscriptionState::Ended { at } => columns("ended", *at)?,
        })
    }
}

fn read_state(record: &Record<'_>) -> Result<SubscriptionState, PortError> {
    let at = || record.unix("state_at_unix");
    match record.word("state")?.as_str() {
        "active" => Ok(SubscriptionState::Active),
        "paused" => Ok(SubscriptionState::Paused { at: at()?, why: record.get("paused_why")? }),
        "cancelled" => Ok(SubscriptionState::Cancelled { at: at()?, told: record.get("told")? }),
        "ended" => Ok(SubscriptionState::Ended { at: at()? }),
        _ => Err(record.corrupt("state", "unknown word")),
    }
}
