//! Table `events`: the log of what happened, and how each event changes the other tables.

use bolt1::{Msat, Timestamp};
use offerd_core::Event;
use offerd_core::invoice_book::OwnInvoice;
use offerd_core::offer_book::OfferEntry;
use offerd_core::payment::{OutgoingPayment, PaymentEnd, Purpose};
use offerd_core::payout::{Payout, PayoutAmount};
use offerd_core::port::PortError;
use offerd_core::receipt::{Receipt, ReceiptKey, Source};
use offerd_core::subscriber::{Subscriber, SubscriberChange, SubscriberState};
use offerd_core::subscription::{Subscription, SubscriptionChange, SubscriptionState};
use rusqlite::{Connection, params};
use serde_json::{Value, json};

use crate::convert::opt_unix;
use crate::statement::execute;
use crate::{
    attempts, changes, invoices, offers, payments, payouts, receipts, subscribers, subscriptions,
};

/// Appends the event to the log and changes the rows that it is about.
pub(crate) fn record(db: &Connection, event: &Event) -> Result<(), PortError> {
    append(db, &LogLine::of(event))?;
    let redeems = match event.earlier_payment() {
        Some(id) => payments::payout_of(db, id)?,
        None => None,
    };
    event.changes(redeems).iter().try_for_each(|change| changes::append(db, change))?;
    apply(db, event)
}

fn apply(db: &Connection, event: &Event) -> Result<(), PortError> {
    match event {
        Event::OfferCreated(entry) => offers::insert(db, entry),
        Event::OfferEncoded { row, encoding } => offers::insert_encoding(db, *row, encoding),
        Event::OfferDisabled { row, at: _ } => offers::disable(db, *row),
        Event::OfferEnabled { row, at: _ } => offers::enable(db, *row),
        Event::PayoutCreated(payout) => payouts::insert(db, payout),
        Event::PayoutDisabled { row, at: _ } => payouts::disable(db, *row),
        Event::PayoutEnabled { row, at: _ } => payouts::enable(db, *row),
        Event::PaymentStarted(payment) => payments::insert(db, payment),
        Event::PaymentApproved { id, at } => payments::approve(db, *id, *at),
        Event::PaymentPutOff { id, attempts, failed, next_at } => {
            payments::put_off(db, *id, *attempts, *next_at)?;
            attempts::insert(db, *id, failed)
        }
        Event::PaymentAttemptFailed { id, failed } => attempts::insert(db, *id, failed),
        Event::PaymentEnded { id, end } => payments::end(db, *id, end),
        Event::InvoiceMade(invoice) => invoices::insert(db, invoice),
        Event::InvoiceRefused { row, at } => invoices::refuse(db, *row, *at),
        Event::ReceiptClaiming(receipt) => receipts::insert(db, receipt),
        Event::ReceiptPaid { key, payment_id, amount, at } => {
            receipts::mark_paid(db, key, payment_id, *amount, *at)
        }
        Event::ReceiptLost { key, payment_id, at } => receipts::mark_lost(db, key, payment_id, *at),
        Event::SubscriberChanged { change, record } => subscribers::store(db, *change, record),
        Event::SubscriptionChanged { change, record } => subscriptions::store(db, *change, record),
    }
}

fn append(db: &Connection, line: &LogLine) -> Result<(), PortError> {
    execute(
        db,
        "append to the log of events",
        "INSERT INTO events (kind, subject, at_unix, body) VALUES (?1, ?2, ?3, ?4)",
        params![line.kind, line.subject, opt_unix(line.at)?, line.body.to_string()],
    )
    .map(drop)
}

/// One line of the log. It names rows, amounts and states; never a string that pays out, a preimage or a path
/// secret, so that the log can be shown.
struct LogLine {
    kind: &'static str,
    /// The row it is about: `offer/1`, `payout/1`, `payment/<id>`, `invoice/1`, `receipt/offer/1/<mac>`.
    subject: String,
    /// When it happened, where the event says so.
    at: Option<Timestamp>,
    body: Value,
}

impl LogLine {
    fn new(kind: &'static str, subject: String, at: Option<Timestamp>, body: Value) -> Self {
        Self { kind, subject, at, body }
    }

    fn of(event: &Event) -> Self {
        match event {
            Event::OfferCreated(entry) => Self::offer_created(entry),
            Event::OfferEncoded { row, encoding } => Self::new(
                "offer_encoded",
                format!("offer/{}", row.0),
                Some(encoding.created_at),
                json!({ "offer_id": encoding.offer_id().to_string() }),
            ),
            Event::OfferDisabled { row, at } => {
                Self::new("offer_disabled", format!("offer/{}", row.0), Some(*at), json!({}))
            }
            Event::OfferEnabled { row, at } => {
                Self::new("offer_enabled", format!("offer/{}", row.0), Some(*at), json!({}))
            }
            Event::PayoutCreated(payout) => Self::payout_created(payout),
            Event::PayoutDisabled { row, at } => {
                Self::new("payout_disabled", format!("payout/{}", row.0), Some(*at), json!({}))
            }
            Event::PayoutEnabled { row, at } => {
                Self::new("payout_enabled", format!("payout/{}", row.0), Some(*at), json!({}))
            }
            Event::PaymentStarted(payment) => Self::payment_started(payment),
            Event::PaymentApproved { id, at } => {
                Self::new("payment_approved", format!("payment/{id}"), Some(*at), json!({}))
            }
            Event::PaymentPutOff { id, attempts, failed, next_at } => Self::new(
                "payment_put_off",
                format!("payment/{id}"),
                Some(failed.at),
                json!({
                    "attempts": attempts,
                    "reason": failed.failure.text,
                    "next_at_unix": next_at.0,
                }),
            ),
            Event::PaymentAttemptFailed { id, failed } => Self::new(
                "payment_attempt_failed",
                format!("payment/{id}"),
                Some(failed.at),
                json!({ "reason": failed.failure.text }),
            ),
            Event::PaymentEnded { id, end } => Self::payment_ended(format!("payment/{id}"), end),
            Event::InvoiceMade(invoice) => Self::invoice_made(invoice),
            Event::InvoiceRefused { row, at } => {
                Self::new("invoice_refused", format!("invoice/{}", row.0), Some(*at), json!({}))
            }
            Event::ReceiptClaiming(receipt) => Self::receipt_claiming(receipt),
            Event::ReceiptLost { key, payment_id: _, at } => {
                Self::new("receipt_lost", receipt_subject(key), Some(*at), json!({}))
            }
            Event::ReceiptPaid { key, payment_id: _, amount, at } => Self::new(
                "receipt_paid",
                receipt_subject(key),
                Some(*at),
                json!({ "amount_msat": amount.as_u64() }),
            ),
            Event::SubscriberChanged { change, record } => Self::subscriber(*change, record),
            Event::SubscriptionChanged { change, record } => Self::subscription(*change, record),
        }
    }

    /// `subscription.started`, `subscription.paid` and so on, of a series that pays us.
    fn subscriber(change: SubscriberChange, series: &Subscriber) -> Self {
        let (kind, at) = match (change, series.state) {
            (SubscriberChange::Started, _) => ("subscription.started", Some(series.paid_at)),
            (SubscriberChange::Paid, _) => ("subscription.paid", Some(series.paid_at)),
            (SubscriberChange::Overdue, state) => ("subscription.overdue", ended_at(state)),
            (SubscriberChange::Cancelled, state) => ("subscription.cancelled", ended_at(state)),
            (SubscriberChange::Ended, state) => ("subscription.ended", ended_at(state)),
        };
        Self::new(
            kind,
            format!("subscriber/{}", series.row.0),
            at,
            json!({
                "offer": series.offer.0,
                "payer_id": series.payer_id.to_string(),
                "next_counter": series.next_counter,
                "paid_until_unix": series.paid_until.0,
                "received_msat": series.received.as_u64(),
            }),
        )
    }

    /// `subscription.created`, `subscription.reminder` and so on, of a subscription of ours.
    fn subscription(change: SubscriptionChange, subscription: &Subscription) -> Self {
        let (mut at, mut why) = (None, None);
        match &subscription.state {
            SubscriptionState::Active => {}
            SubscriptionState::Paused { at: since, why: reason } => {
                (at, why) = (Some(*since), Some(reason));
            }
            SubscriptionState::Cancelled { at: since, told: _ }
            | SubscriptionState::Ended { at: since } => at = Some(*since),
        }
        let trouble = subscription.trouble.as_ref();
        let (at, why) = match change {
            SubscriptionChange::Created => (Some(subscription.created_at), None),
            SubscriptionChange::Paid => (subscription.paid_at, None),
            SubscriptionChange::Failed => {
                (trouble.map(|trouble| trouble.at), trouble.map(|trouble| &trouble.why))
            }
            SubscriptionChange::Paused
            | SubscriptionChange::Cancelled
            | SubscriptionChange::Ended => (at, why),
            SubscriptionChange::CaughtUp
            | SubscriptionChange::Reminded
            | SubscriptionChange::Begun
            | SubscriptionChange::Resumed
            | SubscriptionChange::Told => (None, None),
        };
        let times = subscription.next_times();
        Self::new(
            change.kind(),
            format!("subscription/{}", subscription.row.0),
            at,
            json!({
                "label": subscription.label,
                "offer_id": subscription.offer.id().to_string(),
                "next_counter": subscription.next_counter,
                "next_payment_unix": times.map(|times| times.pay_at.0),
                "paid_msat": subscription.paid.as_u64(),
                "payment": subscription.paying.map(|payment| payment.to_string()),
                "reason": why,
            }),
        )
    }

    fn offer_created(entry: &OfferEntry) -> Self {
        let offer_ids: Vec<_> =
            entry.encodings.iter().map(|encoding| encoding.offer_id().to_string()).collect();
        Self::new(
            "offer_created",
            format!("offer/{}", entry.row.0),
            Some(entry.created_at),
            json!({ "offer_ids": offer_ids, "label": entry.label, "single_use": entry.single_use }),
        )
    }

    fn payout_created(payout: &Payout) -> Self {
        let (kind, amount) = match payout.amount {
            PayoutAmount::Exact(amount) => ("amount_msat", amount),
            PayoutAmount::UpTo(amount) => ("max_amount_msat", amount),
            PayoutAmount::Each { at_most, .. } | PayoutAmount::Fiat { at_most, .. } => {
                ("max_amount_msat", at_most)
            }
        };
        Self::new(
            "payout_created",
            format!("payout/{}", payout.row.0),
            Some(payout.created_at),
            json!({
                "offer_id": payout.offer_id().map(|id| id.to_string()),
                "invreq_id": payout.invreq_id().map(|id| id.to_string()),
                "label": payout.label,
                "price": payout.amount.fiat().map(|price| price.to_string()),
                "refund_for": payout.refund.map(|refund| refund.payment_hash.to_string()),
                kind: amount.as_u64(),
            }),
        )
    }

    fn payment_started(payment: &OutgoingPayment) -> Self {
        let (payout, label) = match &payment.purpose {
            Purpose::Order { label, .. } => (None, label.as_deref()),
            Purpose::Claim { payout, reply_path: _ } => (Some(payout.0), None),
        };
        Self::new(
            "payment_started",
            format!("payment/{}", payment.id),
            Some(payment.created_at),
            json!({
                "payout": payout,
                "awaits_approval": payment.is_awaiting(),
                "label": label,
                "payment_hash": payment.payment_hash().to_string(),
                "amount_msat": payment.amount.as_u64(),
                "max_fee_msat": payment.max_fee.as_u64(),
                "price": payment.priced.as_ref().map(|priced| priced.price.to_string()),
            }),
        )
    }

    fn payment_ended(subject: String, end: &PaymentEnd) -> Self {
        match end {
            PaymentEnd::Paid { preimage: _, fee, parts, at } => Self::new(
                "payment_paid",
                subject,
                Some(*at),
                json!({ "fee_msat": fee.map(Msat::as_u64), "parts": parts }),
            ),
            PaymentEnd::Failed { reason, at } => {
                Self::new("payment_failed", subject, Some(*at), json!({ "reason": reason.text }))
            }
        }
    }

    fn invoice_made(invoice: &OwnInvoice) -> Self {
        Self::new(
            "invoice_made",
            format!("invoice/{}", invoice.row.0),
            Some(invoice.created_at),
            json!({
                "label": invoice.label,
                "payment_hash": invoice.payment_hash().to_string(),
                "amount_msat": invoice.amount().map(Msat::as_u64),
            }),
        )
    }

    fn receipt_claiming(receipt: &Receipt) -> Self {
        Self::new(
            "receipt_claiming",
            receipt_subject(&receipt.key),
            Some(receipt.arrived_at),
            json!({
                "payment_hash": receipt.payment_hash.to_string(),
                "price": receipt.priced.as_ref().map(|priced| priced.price.to_string()),
                "amount_msat": receipt.amount.as_u64(),
            }),
        )
    }
}

fn ended_at(state: SubscriberState) -> Option<Timestamp> {
    match state {
        SubscriberState::Active => None,
        SubscriberState::Overdue { at }
        | SubscriberState::Cancelled { at }
        | SubscriberState::Ended { at } => Some(at),
    }
}

fn receipt_subject(key: &ReceiptKey) -> String {
    let source = match key.source {
        Source::Offer(row) => format!("offer/{}", row.0),
        Source::Invoice(row) => format!("invoice/{}", row.0),
    };
    let mac: String = key.request_mac.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("receipt/{source}/{mac}")
}
