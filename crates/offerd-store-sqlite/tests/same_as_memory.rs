//! Whatever happens, in whatever order: the store on disk and the one in memory accept the same events and then
//! hold the same.

use bolt1::{Msat, Seconds, Timestamp};
use offerd_core::offer_book::OfferEntry;
use offerd_core::payment::{OutgoingPayment, Purpose};
use offerd_core::payout::{Payout, Uses};
use offerd_core::port::{PortErrorKind, Store};
use offerd_core::receipt::{Receipt, Source};
use offerd_core::subscription::{Subscription, SubscriptionChange, SubscriptionState, Trouble};
use offerd_core::{Batch, Effect, Event, InvoiceRow, OfferRow, PayoutRow};
use offerd_store_sqlite::SqliteStore;
use offerd_testkit::contract::store::Snapshot;
use offerd_testkit::{MemoryStore, sample};
use proptest::option;
use proptest::prelude::*;

/// Numbers are few, so that events meet each other's rows, labels and keys.
const NUMBERS: std::ops::RangeInclusive<u32> = 1..=3;

/// Where others would collide too often for anything to be accepted.
const MANY: std::ops::RangeInclusive<u32> = 1..=6;

/// All but the first one.
const CHANGES: [SubscriptionChange; 5] = [
    SubscriptionChange::CaughtUp,
    SubscriptionChange::Begun,
    SubscriptionChange::Paid,
    SubscriptionChange::Failed,
    SubscriptionChange::Paused,
];

fn at() -> impl Strategy<Value = Timestamp> {
    (0u64..100).prop_map(|seconds| sample::NOW.plus(Seconds(seconds)))
}

fn label() -> impl Strategy<Value = Option<String>> {
    option::of(NUMBERS.prop_map(|number| format!("label {number}")))
}

fn offer_event() -> impl Strategy<Value = Event> {
    let created = (NUMBERS, NUMBERS, MANY, label(), any::<bool>()).prop_map(
        |(row, key, string, label, once)| {
            let entry =
                if once { sample::single_use_offer_entry(key) } else { sample::offer_entry(key) };
            let encodings = vec![sample::offer_encoding(sample::offer(string))];
            Event::OfferCreated(OfferEntry { row: OfferRow(row), label, encodings, ..entry })
        },
    );
    let encoded = (NUMBERS, MANY).prop_map(|(row, number)| Event::OfferEncoded {
        row: OfferRow(row),
        encoding: sample::offer_encoding(sample::offer(number)),
    });
    let disabled =
        (NUMBERS, at()).prop_map(|(row, at)| Event::OfferDisabled { row: OfferRow(row), at });
    prop_oneof![2 => created, 1 => encoded, 1 => disabled]
}

fn payout_event() -> impl Strategy<Value = Event> {
    let created = (NUMBERS, MANY, [MANY, MANY], label(), any::<[bool; 2]>()).prop_map(
        |(row, nonce, [offer, request], label, [has_offer, has_request])| {
            Event::PayoutCreated(Payout {
                row: PayoutRow(row),
                label,
                offer: has_offer.then(|| sample::payout_offer(offer)),
                invoice_request: has_request.then(|| sample::payout_request(request)),
                invoice_request_signed: None,
                uses: Uses { most: Some(1 + nonce % 2), total: None },
                ..sample::payout(nonce)
            })
        },
    );
    let disabled =
        (NUMBERS, at()).prop_map(|(row, at)| Event::PayoutDisabled { row: PayoutRow(row), at });
    prop_oneof![2 => created, 1 => disabled]
}

fn payment_event() -> impl Strategy<Value = Event> {
    let order = (NUMBERS, NUMBERS, label()).prop_map(|(id, request, label)| {
        let purpose = Purpose::Order { label, offer_id: None, trusts_payee: false };
        Event::PaymentStarted(OutgoingPayment {
            id: sample::order(id).id,
            purpose,
            ..sample::order(request)
        })
    });
    let claim = (NUMBERS, NUMBERS, any::<bool>()).prop_map(|(id, payout, waits)| {
        let payout = sample::payout(payout);
        Event::PaymentStarted(match waits {
            true => sample::candidate(id + 1, &payout),
            false => sample::claim(id + 1, &payout),
        })
    });
    let approved = (1u32..=4, at())
        .prop_map(|(id, at)| Event::PaymentApproved { id: sample::order(id).id, at });
    let put_off = (1u32..=4, any::<u32>(), at()).prop_map(|(id, attempts, next_at)| {
        let failed = sample::failed_attempt(id);
        Event::PaymentPutOff { id: sample::order(id).id, attempts, failed, next_at }
    });
    let ended = (1u32..=4, any::<bool>()).prop_map(|(id, arrived)| Event::PaymentEnded {
        id: sample::order(id).id,
        end: if arrived { sample::paid(id) } else { sample::failed() },
    });
    prop_oneof![1 => order, 2 => claim, 1 => approved, 1 => put_off, 2 => ended]
}

fn invoice_event() -> impl Strategy<Value = Event> {
    let made = (NUMBERS, NUMBERS).prop_map(|(row, label)| {
        let mut invoice = sample::own_invoice(row);
        invoice.label = sample::own_invoice(label).label;
        Event::InvoiceMade(invoice)
    });
    let refused =
        (NUMBERS, at()).prop_map(|(row, at)| Event::InvoiceRefused { row: InvoiceRow(row), at });
    prop_oneof![2 => made, 1 => refused]
}

fn receipt_event() -> impl Strategy<Value = Event> {
    let source = || {
        (NUMBERS, any::<bool>()).prop_map(|(row, offer)| match offer {
            true => Source::Offer(OfferRow(row)),
            false => Source::Invoice(InvoiceRow(row)),
        })
    };
    let claiming = (source(), NUMBERS, NUMBERS).prop_map(|(source, key, payment)| {
        let key = sample::receipt(key, source).key;
        Event::ReceiptClaiming(Receipt { key, ..sample::receipt(payment, source) })
    });
    let ended = (source(), NUMBERS, NUMBERS, at(), any::<bool>());
    let ended = ended.prop_map(|(source, key, payment, at, arrived)| {
        let key = sample::receipt(key, source).key;
        let Receipt { payment_id, amount, .. } = sample::receipt(payment, source);
        match arrived {
            true => Event::ReceiptPaid { key, payment_id, amount, at },
            false => Event::ReceiptLost { key, payment_id, at },
        }
    });
    prop_oneof![1 => claiming, 1 => ended]
}

fn subscription_event() -> impl Strategy<Value = Event> {
    let made = (NUMBERS, NUMBERS).prop_map(|(row, label)| {
        let label = format!("subscription {label}");
        let record = Subscription { label, ..sample::subscription(row) };
        (SubscriptionChange::Created, record)
    });
    let progress = (0u32..4, option::of(0u32..3), option::of(NUMBERS), option::of(at()), at());
    let state = prop_oneof![
        2 => Just(SubscriptionState::Active),
        1 => at().prop_map(|at| SubscriptionState::Paused { at, why: "asked to".into() }),
        1 => (at(), any::<bool>()).prop_map(|(at, told)| SubscriptionState::Cancelled { at, told }),
        1 => at().prop_map(|at| SubscriptionState::Ended { at }),
    ];
    let changes = prop::sample::select(CHANGES.as_slice());
    let changed = (changes, NUMBERS, NUMBERS, progress, state).prop_map(
        |(change, row, label, (next_counter, start, paying, trouble, at), state)| {
            let trouble = trouble.map(|at| Trouble { count: 1, at, why: "nobody is there".into() });
            let record = Subscription {
                label: format!("subscription {label}"),
                start,
                next_counter,
                basetime: (next_counter > 1).then_some(at),
                paid: Msat::new(21_000 * u64::from(next_counter)).expect("little"),
                paid_at: (next_counter > 0).then_some(at),
                paying: paying.map(|number| sample::order(number).id),
                reminded: next_counter == 2,
                trouble,
                state,
                ..sample::subscription(row)
            };
            (change, record)
        },
    );
    prop_oneof![1 => made, 2 => changed].prop_map(|(change, record)| Event::SubscriptionChanged {
        change,
        record: Box::new(record),
    })
}

fn batch() -> impl Strategy<Value = Batch> {
    let event = prop_oneof![
        offer_event(),
        payout_event(),
        payment_event(),
        invoice_event(),
        receipt_event(),
        subscription_event()
    ];
    // Mostly alone: of many events one is likely refused, and all with it.
    let events = prop_oneof![3 => prop::collection::vec(event.clone(), 1), 1 => prop::collection::vec(event, 2..4)];
    let effect = NUMBERS.prop_map(|number| Effect::Pay(sample::order(number).id));
    (events, prop::collection::vec(effect, 0..2))
        .prop_map(|(events, effects)| Batch { events, effects })
}

fn commit(store: &dyn Store, batch: &Batch) -> Result<(), PortErrorKind> {
    store.commit(batch).map_err(|error| error.kind)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn both_stores_take_and_refuse_the_same(batches in prop::collection::vec(batch(), 1..60)) {
        let (disk, memory) = (SqliteStore::open_in_memory().expect("open"), MemoryStore::new());
        for batch in &batches {
            prop_assert_eq!(commit(&disk, batch), commit(&memory, batch), "{:?}", batch);
        }
        prop_assert_eq!(Snapshot::of(&disk), Snapshot::of(&memory));
        let numbers = |store: &dyn Store| {
            Ok::<_, offerd_core::port::PortError>((
                store.next_offer_row()?,
                store.next_payout_row()?,
                (store.next_invoice_row()?, store.next_subscription_row()?),
                store.live_subscriptions()?,
                (store.pending_payments()?, store.awaiting_claims()?),
                store.claiming_receipts()?,
                store.claimed_since(sample::NOW)?,
            ))
        };
        prop_assert_eq!(numbers(&disk).expect("read"), numbers(&memory).expect("read"));
    }
}
