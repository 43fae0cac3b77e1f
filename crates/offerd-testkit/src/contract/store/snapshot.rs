//! All that a store gives, for comparing.

use std::collections::BTreeMap;

use offerd_core::change::{ChangeKind, Subject, Subsystem};
use offerd_core::invoice_book::OwnInvoice;
use offerd_core::offer_book::OfferEntry;
use offerd_core::payment::OutgoingPayment;
use offerd_core::payout::Payout;
use offerd_core::port::{Indexed, Page, Store};
use offerd_core::receipt::{Receipt, Source};
use offerd_core::subscriber::{Subscriber, SubscriberChange};
use offerd_core::subscription::{Subscription, SubscriptionChange};
use offerd_core::{Batch, Effect, Event, OutboxEntry};

use crate::sample;

/// The whole contents of a store, but for values in namespaces that [`fill`] does not write.
#[derive(Debug, PartialEq, Eq)]
pub struct Snapshot {
    offers: Vec<Indexed<OfferEntry>>,
    payouts: Vec<Indexed<Payout>>,
    payments: Vec<Indexed<OutgoingPayment>>,
    own_invoices: Vec<Indexed<OwnInvoice>>,
    receipts: Vec<Indexed<Receipt>>,
    subscribers: Vec<Indexed<Subscriber>>,
    subscriptions: Vec<Indexed<Subscription>>,
    outbox: Vec<OutboxEntry>,
    /// The subjects of each order of changes.
    changes: Vec<Vec<Subject>>,
    named: BTreeMap<String, Vec<u8>>,
}

impl Snapshot {
    /// What `store` holds now.
    pub fn of(store: &dyn Store) -> Self {
        let keys = store.list("monitors", "").expect("list");
        let value = |key: &String| store.read("monitors", "", key).expect("read");
        Self {
            offers: store.offers(Page::ALL).expect("offers"),
            payouts: store.payouts(Page::ALL).expect("payouts"),
            payments: store.payments(Page::ALL).expect("payments"),
            own_invoices: store.own_invoices(Page::ALL).expect("invoices"),
            receipts: store.receipts(Page::ALL).expect("receipts"),
            subscribers: store.subscribers(Page::ALL).expect("series"),
            subscriptions: store.subscriptions(Page::ALL).expect("subscriptions"),
            outbox: store.outbox().expect("outbox"),
            changes: orders()
                .map(|(list, kind)| super::changes::order(store, list, kind))
                .collect(),
            named: keys.into_iter().filter_map(|key| Some((key.clone(), value(&key)?))).collect(),
        }
    }
}

/// Every order of changes.
fn orders() -> impl Iterator<Item = (Subsystem, ChangeKind)> {
    let lists = [
        Subsystem::Invoices,
        Subsystem::Offers,
        Subsystem::Payments,
        Subsystem::Payouts,
        Subsystem::Subscribers,
        Subsystem::Subscriptions,
    ];
    let kinds = [ChangeKind::Created, ChangeKind::Updated, ChangeKind::Paid];
    lists.into_iter().flat_map(move |list| kinds.into_iter().map(move |kind| (list, kind)))
}

/// Puts at least one of everything into an empty store, in every state.
pub fn fill(store: &dyn Store) {
    let payouts: Vec<_> = (1..=3).map(sample::payout).collect();
    let claims: Vec<_> =
        (1..=2).zip(&payouts).map(|(n, payout)| sample::claim(n, payout)).collect();
    let order = sample::order(3);
    let receipts = [
        sample::receipt(1, Source::Offer(offerd_core::OfferRow(1))),
        sample::receipt(2, Source::Invoice(offerd_core::InvoiceRow(1))),
    ];
    let mut events = vec![
        Event::OfferCreated(sample::offer_entry(1)),
        Event::OfferCreated(sample::single_use_offer_entry(2)),
        Event::OfferDisabled { row: offerd_core::OfferRow(2), at: sample::NOW },
        Event::InvoiceMade(sample::own_invoice(1)),
        Event::InvoiceMade(sample::own_invoice(2)),
        Event::InvoiceRefused { row: offerd_core::InvoiceRow(2), at: sample::NOW },
    ];
    events.extend(payouts.into_iter().map(Event::PayoutCreated));
    events.push(Event::PayoutDisabled { row: offerd_core::PayoutRow(3), at: sample::NOW });
    events.extend(claims.iter().cloned().map(Event::PaymentStarted));
    events.extend([
        Event::PaymentEnded { id: claims[0].id, end: sample::paid(1) },
        Event::PaymentEnded { id: claims[1].id, end: sample::failed() },
        Event::PaymentStarted(order.clone()),
        Event::PaymentPutOff {
            id: order.id,
            attempts: 1,
            failed: sample::failed_attempt(1),
            next_at: sample::NOW,
        },
        Event::ReceiptPaid {
            key: receipts[0].key,
            payment_id: receipts[0].payment_id,
            amount: receipts[0].amount,
            at: sample::NOW,
        },
    ]);
    let paid_at = events.len() - 1;
    let record = sample::subscriber(1);
    events.push(Event::SubscriberChanged { change: SubscriberChange::Started, record });
    let record = Box::new(sample::subscription(1));
    events.push(Event::SubscriptionChanged { change: SubscriptionChange::Created, record });
    events.splice(paid_at..paid_at, receipts.iter().cloned().map(Event::ReceiptClaiming));
    let effects = vec![Effect::Pay(order.id), Effect::Accept(receipts[0].payment_hash)];
    store.commit(&Batch { events, effects }).expect("a store takes all of this");
    store.write("monitors", "", "one", b"of the node").expect("a store takes named values");
}
