//! Invoice requests.

use bolt1::{Msat, Seconds};
use bolt12::{InvoiceRequest, InvoiceRequestBuilder, Offer, Recurrence, TimeUnit};
use offerd_core::port::Destination;
use offerd_testkit::{Reach, sample};
use secp256k1::Keypair;

use super::{Case, SILENCE, blames, broken_streams, case, meet, says, signed, with};
use crate::world::{Party, World, offer_request, pass};

/// `invreq_recurrence_counter`, as today's wallets number it, and what goes with it.
const COUNTER: u64 = 2_000_000_092;
const START: u64 = 2_000_000_093;
const CANCEL: u64 = 2_000_000_094;

fn payer() -> Keypair {
    sample::keypair(77)
}

fn request(offer: &Offer, quantity: Option<u64>) -> InvoiceRequest {
    let builder = InvoiceRequestBuilder::for_offer(offer).metadata([7; 32]);
    let builder = match quantity {
        Some(quantity) => builder.quantity(quantity),
        None => builder,
    };
    builder.sign(&sample::secp(), &payer()).unwrap()
}

/// The request with a field changed, signed again.
fn changed(good: &InvoiceRequest, typ: u64, value: Option<&[u8]>) -> Vec<u8> {
    signed("invoice_request", &with(good.bytes(), typ, value), &payer())
}

async fn offer(shop: &Party, quantity_max: Option<u64>, absolute_expiry: Option<u64>) -> Offer {
    let mut wanted = offer_request(1_000);
    wanted.arguments.quantity_max = quantity_max;
    let at = |seconds| sample::NOW.plus(Seconds(seconds));
    wanted.arguments.absolute_expiry = absolute_expiry.map(at);
    shop.driver.create_offer(wanted).await.unwrap().entry.newest().offer.clone()
}

fn about_any_offer(good: &InvoiceRequest) -> Vec<Case> {
    let change = |typ, value: &[u8]| changed(good, typ, Some(value));
    let mut forged = good.bytes().to_vec();
    *forged.last_mut().unwrap() ^= 1;
    let by_another = signed("invoice_request", good.bytes(), &sample::keypair(78));
    let as_invoice = signed("invoice", good.bytes(), &payer());
    let least = "amount must be at least 1000000msat";
    vec![
        case("a signature that was tampered with", forged, blames("bad signature", 240)),
        case("signed by another key", by_another, blames("bad signature", 240)),
        case("signed as another message", as_invoice, blames("bad signature", 240)),
        case(
            "a field changed after signing",
            with(good.bytes(), 89, Some(b"x")),
            blames("bad signature", 240),
        ),
        case("no signature", with(good.bytes(), 240, None), blames("bad signature", 240)),
        case("no metadata", changed(good, 0, None), SILENCE),
        case("no payer", changed(good, 88, None), SILENCE),
        case("a payer that is no point", change(88, &[5; 33]), SILENCE),
        case("another chain", change(80, &[7; 32]), SILENCE),
        case("an unknown compulsory feature", change(84, &[1]), SILENCE),
        case("a note that is no text", change(89, &[0xff, 0xfe]), SILENCE),
        case("an offer that is not ours", change(10, b"tea"), SILENCE),
        case("a field that the offer has not", change(1_000_000_001, b"x"), SILENCE),
        case("paths to nowhere", change(90, &[1, 2, 3]), SILENCE),
        case("an amount below the price", change(82, &[1]), blames(least, 82)),
        case("nothing", change(82, &[]), blames("invalid invreq_amount", 82)),
        case("more than all bitcoin", change(82, &u64::MAX.to_be_bytes()), SILENCE),
        case("an amount with a leading zero", change(82, &[0, 1]), SILENCE),
        case(
            "all bitcoin",
            change(82, &Msat::MAX.as_u64().to_be_bytes()[1..]),
            blames("amount vastly exceeds 1000000msat", 82),
        ),
        case(
            "a counter in no series",
            change(92, &[]),
            blames("invalid invreq_recurrence_counter", 92),
        ),
        case(
            "the end of no series",
            change(94, &[]),
            blames("invalid invreq_recurrence_cancel", 94),
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn hostile_invoice_requests_are_refused_or_ignored_and_change_nothing() {
    let world = World::new();
    let shop = world.announced();
    let good = request(&offer(&shop, None, None).await, None);
    let mut cases = broken_streams(good.bytes());
    cases.extend(about_any_offer(&good));
    let one = changed(&good, 86, Some(&[1]));
    cases.push(case("a quantity unasked", one, blames("unexpected invreq_quantity", 86)));
    meet(&world, &shop, &Destination::Node(shop.node.id()), 64, cases).await;
}

#[tokio::test(start_paused = true)]
async fn hostile_quantities_are_refused_and_change_nothing() {
    let world = World::new();
    let shop = world.announced();
    let counted = request(&offer(&shop, Some(5), None).await, Some(1));
    let any = request(&offer(&shop, Some(0), None).await, Some(1));
    let least = "amount must be at least 3000000msat";
    let dear = with(counted.bytes(), 86, Some(&[3]));
    let dear = signed("invoice_request", &with(&dear, 82, Some(&[1])), &payer());
    let cases = vec![
        case("none", changed(&counted, 86, None), blames("missing invreq_quantity", 86)),
        case("zero", changed(&counted, 86, Some(&[])), blames("quantity zero is invalid", 86)),
        case(
            "too many",
            changed(&counted, 86, Some(&[6])),
            blames("quantity must be at most 5", 86),
        ),
        case("the price of one for three", dear, blames(least, 82)),
        case(
            "more than all bitcoin can pay",
            changed(&any, 86, Some(&u64::MAX.to_be_bytes())),
            says("quantity causes overflow"),
        ),
    ];
    meet(&world, &shop, &Destination::Node(shop.node.id()), 64, cases).await;
}

#[tokio::test(start_paused = true)]
async fn hostile_requests_of_a_series_are_refused_or_ignored_and_change_nothing() {
    let world = World::new();
    let shop = world.announced();
    let mut wanted = offer_request(1_000);
    let minute = Recurrence::every(60.try_into().unwrap(), TimeUnit::Seconds);
    wanted.arguments.recurrence = Some(Recurrence { limit: 5.try_into().ok(), ..minute });
    let made = shop.driver.create_offer(wanted).await.unwrap().entry;
    let builder = InvoiceRequestBuilder::for_offer(&made.newest().offer).metadata([7; 32]);
    let good = builder.recurrence_counter(0).sign(&sample::secp(), &payer()).unwrap();
    let change = |typ, value: &[u8]| changed(&good, typ, Some(value));
    let ending = |counter: &[u8]| {
        let cancel = with(good.bytes(), CANCEL, Some(&[]));
        signed("invoice_request", &with(&cancel, COUNTER, Some(counter)), &payer())
    };
    let invalid = |which, field| blames(format!("invalid invreq_recurrence_{which}"), field);
    let next = "the previous period has not been paid: the next counter is 0";
    let unpaid = || blames(next, COUNTER);
    let cases = vec![
        case("no counter", changed(&good, COUNTER, None), invalid("counter", COUNTER)),
        case("a start in no fixed time", change(START, &[]), invalid("start", START)),
        case("a payment ahead", change(COUNTER, &[1]), unpaid()),
        case("a payment after the last", change(COUNTER, &[6]), invalid("counter", COUNTER)),
        case("a counter with a leading zero", change(COUNTER, &[0, 1]), SILENCE),
        case("a counter of five bytes", change(COUNTER, &[1; 5]), SILENCE),
        case("the other numbering", change(92, &[]), invalid("counter", 92)),
        case("an end that says something", change(CANCEL, &[1]), SILENCE),
        case("the end of what never began", ending(&[]), invalid("cancel", CANCEL)),
        case("the end of what nobody pays", ending(&[1]), unpaid()),
    ];
    meet(&world, &shop, &Destination::Node(shop.node.id()), 64, cases).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_over_is_refused_and_what_comes_another_way_ignored() {
    let world = World::new();
    let shop = world.announced();
    let (withdrawn, ended) =
        (offer(&shop, Some(1), None).await, offer(&shop, None, Some(60)).await);
    shop.driver.disable_offer(&withdrawn.id()).await.unwrap();
    pass(61).await;
    let cases = vec![
        case(
            "a withdrawn offer",
            request(&withdrawn, Some(1)).bytes().to_vec(),
            says("offer no longer available"),
        ),
        case(
            "an offer that has ended",
            request(&ended, None).bytes().to_vec(),
            blames("offer expired", 14),
        ),
    ];
    meet(&world, &shop, &Destination::Node(shop.node.id()), 64, cases).await;

    let hidden = world.party(Reach::Unannounced);
    let [one, other] = [offer(&hidden, None, None).await, offer(&hidden, Some(2), None).await];
    let by_other = Destination::Path(other.paths()[0].clone());
    let cases =
        vec![case("over the path of another offer", request(&one, None).bytes().to_vec(), SILENCE)];
    meet(&world, &hidden, &by_other, 64, cases).await;
}

#[tokio::test(start_paused = true)]
async fn what_nobody_asked_for_is_ignored() {
    let world = World::new();
    let shop = world.announced();
    let good = request(&offer(&shop, None, None).await, None);
    let invoice = sample::invoice_for(
        &good,
        &Keypair::from_secret_key(&sample::secp(), &shop.node.secret_key()),
        1,
    );
    let error = bolt12::InvoiceError::new("you owe me".to_owned()).encode();
    let to = Destination::Node(shop.node.id());
    for (typ, bytes) in [
        (66, invoice.bytes().to_vec()),
        (66, Vec::new()),
        (68, error),
        (68, Vec::new()),
        (68, vec![0xff; 100]),
        (65, b"who are you".to_vec()),
        (70, vec![1]),
        (u64::MAX, vec![1; 1_000]),
    ] {
        meet(&world, &shop, &to, typ, vec![case("unasked", bytes, SILENCE)]).await;
    }
}
