//! What strangers may send, message by message: the exact refusal or silence, and proof that nothing changed.

mod answers;
mod errors;
mod invoices;
mod periods;
mod requests;

use bolt12::{merkle, signature};
use offerd_core::port::{Destination, Page, Store as _};
use offerd_testkit::sample;
use secp256k1::Keypair;

use crate::world::{Party, Stranger, World, pass};

/// What is heard of a message: the text of a refusal and the field to blame, or nothing at all.
type Heard = Option<(String, Option<u64>)>;

const SILENCE: Heard = None;

/// A refusal that blames this field.
fn blames(text: impl Into<String>, field: u64) -> Heard {
    Some((text.into(), Some(field)))
}

/// A refusal that blames no field.
fn says(text: &str) -> Heard {
    Some((text.to_owned(), None))
}

/// All that a party has on record, as text, and what it owns.
fn everything(party: &Party) -> (String, i64) {
    let store = &party.store;
    let lists = (
        store.offers(Page::ALL).unwrap(),
        store.payouts(Page::ALL).unwrap(),
        store.payments(Page::ALL).unwrap(),
        store.receipts(Page::ALL).unwrap(),
        store.own_invoices(Page::ALL).unwrap(),
        store.subscribers(Page::ALL).unwrap(),
        store.subscriptions(Page::ALL).unwrap(),
        store.outbox().unwrap(),
    );
    (format!("{lists:?}"), party.gained())
}

/// One hostile message and what must be heard of it.
struct Case {
    name: &'static str,
    bytes: Vec<u8>,
    heard: Heard,
}

fn case(name: &'static str, bytes: Vec<u8>, heard: Heard) -> Case {
    Case { name, bytes, heard }
}

/// Sends each message and compares what is heard of it; of everything that `party` has, nothing may change.
async fn meet(world: &World, party: &Party, to: &Destination, typ: u64, cases: Vec<Case>) {
    let stranger = world.stranger();
    let before = everything(party);
    let (mut heard, mut expected) = (Vec::new(), Vec::new());
    for Case { name, bytes, heard: wanted } in cases {
        let (answer, answers) = say(world, &stranger, to, typ, &bytes).await;
        // An answer that is no refusal would be an invoice.
        heard.push((name, answer, answers));
        let answers = u64::from(wanted.is_some());
        expected.push((name, wanted, answers));
        assert_eq!(everything(party), before, "{name}");
    }
    let wrong: Vec<_> =
        heard.iter().zip(&expected).filter(|(heard, expected)| heard != expected).collect();
    assert!(wrong.is_empty(), "heard, and expected: {wrong:#?}");
}

/// Says it, and gives the refusal, and how many messages came back.
async fn say(
    world: &World,
    stranger: &Stranger,
    to: &Destination,
    typ: u64,
    bytes: &[u8],
) -> (Heard, u64) {
    let before = world.network.messages_sent();
    let refusals = stranger.say(to.clone(), typ, bytes).await;
    let answers = world.network.messages_sent() - before - 1;
    pass(1).await;
    (refusals.into_iter().next(), answers)
}

/// `bytes` with the record of `typ` replaced, added, or (`None`) removed; not signed again.
fn with(bytes: &[u8], typ: u64, value: Option<&[u8]>) -> Vec<u8> {
    let all = bolt1::tlv::records(bytes).unwrap();
    let mut records: Vec<(u64, &[u8])> =
        all.iter().filter(|one| one.typ != typ).map(|one| (one.typ, one.value)).collect();
    records.extend(value.map(|value| (typ, value)));
    records.sort_unstable();
    stream(&records)
}

fn stream(records: &[(u64, &[u8])]) -> Vec<u8> {
    let mut writer = bolt1::Writer::new();
    for (typ, value) in records {
        bolt1::tlv::write_record(&mut writer, *typ, value);
    }
    writer.into_bytes()
}

/// The same message, signed by `key`.
fn signed(message: &str, bytes: &[u8], key: &Keypair) -> Vec<u8> {
    let bare = with(bytes, 240, None);
    let sighash = signature::sighash(message, signature::SIGNATURE, &merkle::root(&bare));
    let made = signature::sign(&sample::secp(), key, sighash);
    with(&bare, 240, Some(made.as_ref()))
}

/// Streams that are no message, whichever they should be: all met with silence.
fn broken_streams(good: &[u8]) -> Vec<Case> {
    let all = bolt1::tlv::records(good).unwrap();
    let mut records: Vec<(u64, &[u8])> = all.iter().map(|one| (one.typ, one.value)).collect();
    let twice = [records[0]].into_iter().chain(records.iter().copied()).collect::<Vec<_>>();
    let doubled = stream(&twice);
    records.reverse();
    let backwards = stream(&records);
    let cut = good[..good.len() - 1].to_vec();
    vec![
        case("nothing at all", Vec::new(), SILENCE),
        case("a byte", vec![0], SILENCE),
        case("the last byte is missing", cut, SILENCE),
        case("a byte too many", [good, &[0]].concat(), SILENCE),
        case("a record twice", doubled, SILENCE),
        case("records backwards", backwards, SILENCE),
        case("noise", sample::bytes::<1200>("noise", 1).to_vec(), SILENCE),
        case("a length beyond the end", vec![10, 0xff, 1, 2, 3, 4, 5, 6, 7, 8], SILENCE),
        case("a short signature", with(good, 240, Some(&[1; 63])), SILENCE),
        case("an unknown even field", with(good, 78, Some(&[1])), SILENCE),
        case("a field of no range", with(good, 5_001, Some(&[1])), SILENCE),
    ]
}
