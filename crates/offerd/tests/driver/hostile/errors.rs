//! Refusals: the answers of somebody who will not send, or not pay, an invoice.

use std::time::Duration;

use bolt12::{InvoiceError, OfferBuilder};
use offerd::driver::CallError;
use offerd_core::Misuse;
use offerd_core::fetch::FetchArguments;
use offerd_core::port::{Page, Store as _};
use offerd_testkit::sample;

use super::answers::Issuer;
use super::{everything, stream};
use crate::world::{World, pass, sat, settle};

/// Streams that are no `invoice_error`.
fn unreadable() -> Vec<(&'static str, Vec<u8>)> {
    let good = InvoiceError::new("sold out").with_suggestion(86, [1]).encode();
    let cut = good[..good.len() - 1].to_vec();
    vec![
        ("a byte", vec![5]),
        ("the last byte is missing", cut),
        ("a byte too many", [good.as_slice(), &[0]].concat()),
        ("noise", sample::bytes::<300>("noise", 2).to_vec()),
        ("a length beyond the end", vec![5, 0xff, 1, 2, 3, 4, 5, 6, 7, 8]),
        ("a length in front that is wrong", [&[9], good.as_slice()].concat()),
        ("a field twice", stream(&[(5, b"no"), (5, b"no")])),
        ("fields backwards", stream(&[(5, b"no"), (1, &[86])])),
        ("an unknown even field", stream(&[(2, &[1]), (5, b"no")])),
        ("a text that is none", stream(&[(5, &[0xff, 0xfe])])),
        ("a field number with a leading zero", stream(&[(1, &[0, 86]), (5, b"no")])),
        ("a field number of nine bytes", stream(&[(1, &[1; 9]), (5, b"no")])),
    ]
}

/// What is read of a refusal: its text as it is shown, the field to blame, and what would do instead.
type Said = (&'static str, Option<u64>, Option<&'static [u8]>);

/// Refusals that can be read, whatever their sender hopes for.
fn readable() -> Vec<(&'static str, Vec<u8>, Said)> {
    let good = InvoiceError::new("sold out").encode();
    let escapes = InvoiceError::new("\u{1b}[2J\r\npaid\u{202e}\0").encode();
    let shown = "\\u{1b}[2J\\r\\npaid\\u{202e}\\0";
    vec![
        ("nothing at all", Vec::new(), ("", None, None)),
        ("a text alone", good.clone(), ("sold out", None, None)),
        ("a length in front", [&[10], good.as_slice()].concat(), ("sold out", None, None)),
        ("orders for a terminal", escapes, (shown, None, None)),
        ("no text", stream(&[(1, &[86])]), ("", Some(86), None)),
        ("a field that there is not", stream(&[(1, &[0xff; 8])]), ("", Some(u64::MAX), None)),
        ("a value for no field", stream(&[(3, &[1]), (5, b"no")]), ("no", None, None)),
        (
            "a dearer price",
            stream(&[(1, &[82]), (3, &[0xff; 7]), (5, b"pay more")]),
            ("pay more", Some(82), Some(&[0xff; 7])),
        ),
        ("an unknown odd field", stream(&[(5, b"no"), (7, &[1; 500])]), ("no", None, None)),
    ]
}

/// How a fetch ends: with a refusal that was read, or with an answer that is none.
fn ending<T: std::fmt::Debug>(
    result: Result<T, CallError>,
) -> Option<(String, Option<u64>, Option<Vec<u8>>)> {
    match result {
        Err(CallError::Refused(said)) => {
            Some((said.error.to_string(), said.erroneous_field, said.suggested_value))
        }
        Err(CallError::Misuse(Misuse::BadReply(_))) => None,
        other => panic!("{other:?}"),
    }
}

// req ER-03
#[tokio::test(start_paused = true)]
async fn hostile_refusals_of_a_request_end_the_call_are_not_acted_upon_and_change_nothing() {
    let world = World::new();
    let (customer, issuer) = (world.announced(), Issuer::new(&world));
    let offer = OfferBuilder::new().issuer_id(&issuer.node.id()).amount(sat(1_000));
    let offer = offer.description("tea").build().unwrap();
    let before = everything(&customer);
    let unread = unreadable().into_iter().map(|(name, bytes)| (name, bytes, None));
    let read = readable().into_iter().map(|(name, bytes, said)| (name, bytes, Some(said)));
    let (mut ends, mut expected) = (Vec::new(), Vec::new());
    for (name, bytes, said) in unread.chain(read) {
        let call = {
            let (driver, offer) = (customer.driver.clone(), offer.clone());
            let within = Duration::from_secs(10);
            tokio::spawn(async move {
                driver.fetch_invoice(&offer, &FetchArguments::default(), within).await
            })
        };
        settle().await;
        let (_, reply_path) = issuer.heard();
        let sent = world.network.messages_sent();
        issuer.answer(&reply_path, 68, bytes).await;
        ends.push((name, ending(call.await.unwrap())));
        let owned =
            |(text, field, value): Said| (text.to_owned(), field, value.map(<[u8]>::to_vec));
        expected.push((name, said.map(owned)));
        pass(5).await;
        // Nobody asks again because the other side would like something else.
        assert_eq!(world.network.messages_sent(), sent + 1, "{name}");
        assert_eq!(everything(&customer), before, "{name}");
    }
    assert_eq!(ends, expected);
}

/// A redeemer whose invoice may still be paid holds on to it until a refusal comes that can be read.
#[tokio::test(start_paused = true)]
async fn only_a_refusal_that_can_be_read_ends_the_wait_for_a_payment() {
    let world = World::new();
    for (number, (name, bytes, (text, field, _))) in (1..).zip(readable()) {
        let (customer, desk) = (world.announced(), Issuer::new(&world));
        let promise = OfferBuilder::new().issuer_id(&desk.node.id()).amount(sat(1_000));
        let promise = promise.send_invoice().metadata([number; 16]).description("x").build();
        let call = customer.spawn_redeem(&promise.unwrap().to_string(), "mine");
        settle().await;
        let (_, reply_path) = desk.heard();
        let before = everything(&customer);
        for (garbage, bytes) in unreadable() {
            desk.answer(&reply_path, 68, bytes).await;
            settle().await;
            assert_eq!(everything(&customer), before, "{garbage}");
            assert!(!call.is_finished(), "{garbage}");
        }
        desk.answer(&reply_path, 68, bytes).await;
        let said = ending(call.await.unwrap()).map(|(text, field, _)| (text, field));
        assert_eq!(said, Some((text.to_owned(), field)), "{name}");
        // The invoice is on record as refused, and is not sent again.
        let own = customer.store.own_invoices(Page::ALL).unwrap();
        assert!(own.iter().all(|own| own.row.refused_at.is_some()), "{name}: {own:?}");
        assert_eq!((own.len(), customer.gained()), (1, 0), "{name}");
    }
}

/// A refusal over the reply path of a call that has ended finds nobody.
#[tokio::test(start_paused = true)]
async fn refusals_that_come_late_or_twice_change_nothing() {
    let world = World::new();
    let (customer, issuer) = (world.announced(), Issuer::new(&world));
    let offer = OfferBuilder::new().issuer_id(&issuer.node.id()).amount(sat(1_000));
    let offer = offer.description("tea").build().unwrap().to_string();
    let call = customer.spawn_pay(crate::world::pay_call(&offer));
    settle().await;
    let (_, reply_path) = issuer.heard();
    issuer.answer(&reply_path, 68, InvoiceError::new("no").encode()).await;
    assert_eq!(ending(call.await.unwrap()), Some(("no".to_owned(), None, None)));
    let (before, sent) = (everything(&customer), world.network.messages_sent());
    let all =
        unreadable().into_iter().chain(readable().into_iter().map(|(name, it, _)| (name, it)));
    for (told, (name, bytes)) in (1..).zip(all) {
        issuer.answer(&reply_path, 68, bytes).await;
        settle().await;
        assert_eq!(everything(&customer), before, "{name}");
        assert_eq!(world.network.messages_sent(), sent + told, "{name}");
    }
}
