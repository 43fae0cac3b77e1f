//! Invoices for our payouts and refunds.

use bolt1::{ChainHash, Seconds};
use bolt12::{BlindedPayInfo, Invoice, InvoiceBuilder};
use offerd_core::payout::{Payout, PayoutArguments, RefundFor};
use offerd_core::port::Destination;
use offerd_testkit::sample;
use secp256k1::Keypair;

use super::{
    Case, Heard, SILENCE, blames, broken_streams, case, everything, meet, says, signed, with,
};
use crate::world::{Party, World, pass, payout_arguments, settle};

pub(super) fn payee() -> Keypair {
    sample::keypair(66)
}

fn built(builder: InvoiceBuilder) -> InvoiceBuilder {
    builder.paths(vec![sample::payment_path(5)]).created_at(sample::NOW).payment_hash([3; 32])
}

pub(super) fn by_offer(payout: &Payout) -> InvoiceBuilder {
    let offer = payout.offer.as_ref().unwrap();
    built(InvoiceBuilder::for_payout_offer(offer, [8; 32], ChainHash::BITCOIN))
}

fn by_request(payout: &Payout) -> InvoiceBuilder {
    built(InvoiceBuilder::for_request(payout.invoice_request.as_ref().unwrap()))
}

pub(super) fn sign(builder: InvoiceBuilder) -> Invoice {
    builder.sign(&sample::secp(), &payee()).unwrap()
}

/// The invoice with a field changed, signed again.
pub(super) fn changed(good: &Invoice, typ: u64, value: Option<&[u8]>) -> Vec<u8> {
    signed("invoice", &with(good.bytes(), typ, value), &payee())
}

/// The invoice with what its one path asks for changed.
fn priced(payout: &Payout, change: impl Fn(&mut BlindedPayInfo)) -> Vec<u8> {
    let (path, mut info) = sample::payment_path(5);
    change(&mut info);
    sign(by_offer(payout).paths(vec![(path, info)])).bytes().to_vec()
}

/// What is wrong whichever string of the payout it redeems.
fn about_any_payout(good: &Invoice) -> Vec<Case> {
    let change = |typ, value: &[u8]| changed(good, typ, Some(value));
    let by_another = signed("invoice", good.bytes(), &sample::keypair(67));
    let as_request = signed("invoice_request", good.bytes(), &payee());
    let mut forged = with(good.bytes(), 240, Some(&[1; 64]));
    let at = forged.len() - 1;
    forged[at] ^= 1;
    let amount = "this amount cannot be paid for this code";
    let below = (good.amount().as_u64() - 1).to_be_bytes();
    let above = (good.amount().as_u64() + 1).to_be_bytes();
    let trimmed =
        |bytes: [u8; 8]| bytes.into_iter().skip_while(|byte| *byte == 0).collect::<Vec<_>>();
    let by_request = good.request_view().amount().is_some();
    // An amount that the mirrored request contradicts cannot be read at all.
    let wrong_amount = if by_request { SILENCE } else { blames(amount, 170) };
    vec![
        case("a signature that is none", forged, blames("bad signature", 240)),
        case("signed by another key", by_another, blames("bad signature", 240)),
        case("signed as another message", as_request, blames("bad signature", 240)),
        case("no signature", with(good.bytes(), 240, None), SILENCE),
        case("no payment hash", changed(good, 168, None), SILENCE),
        case("no amount", changed(good, 170, None), SILENCE),
        case("no paths", changed(good, 160, None), SILENCE),
        case("no prices of paths", changed(good, 162, None), SILENCE),
        case("a payee that is no point", change(176, &[5; 33]), SILENCE),
        case("an unknown compulsory feature", change(174, &[1]), SILENCE),
        case("another chain", change(80, &[7; 32]), SILENCE),
        case("a hash of a hash too short", change(3_000_000_057, &[1; 31]), SILENCE),
        case("less than is promised", change(170, &trimmed(below)), wrong_amount.clone()),
        case("more than is promised", change(170, &trimmed(above)), wrong_amount),
        case(
            "a word of its own",
            change(89, b"x"),
            blames("invreq_payer_note differs from the code", 89),
        ),
        case(
            "another description",
            change(10, b"gift"),
            blames("offer_description differs from the code", 10),
        ),
        case(
            "a field of the offer's range",
            change(1_000_000_001, b"x"),
            blames("a field differs from the code", 1_000_000_001),
        ),
        case(
            "another payer",
            change(88, &payee().public_key().serialize()),
            blames("invreq_payer_id differs from the code", 88),
        ),
        case("it has expired", change(164, &[1]), blames("invoice expired", 166)),
    ]
}

#[tokio::test(start_paused = true)]
async fn hostile_invoices_for_a_payout_are_refused_or_ignored_and_change_nothing() {
    let world = World::new();
    let desk = world.announced();
    let payout = desk.payout(10_000).await;
    let good = sign(by_offer(&payout));
    let to = Destination::Node(desk.node.id());
    let mut cases = broken_streams(good.bytes());
    cases.extend(about_any_payout(&good));
    let dear = "fees or delay of the payment paths are too high";
    let change = |typ, value: &[u8]| changed(&good, typ, Some(value));
    cases.extend([
        case("another payout's nonce", change(4, &[9; 16]), SILENCE),
        case("no nonce", changed(&good, 4, None), SILENCE),
        case(
            "metadata of 31 bytes",
            change(0, &[8; 31]),
            blames("invreq_metadata differs from the code", 0),
        ),
        case("a quantity", change(86, &[1]), blames("invreq_quantity differs from the code", 86)),
        case(
            "bitcoin's chain, said aloud",
            change(80, &ChainHash::BITCOIN.0),
            blames("invreq_chain differs from the code", 80),
        ),
        case("nothing", change(170, &[]), blames("this amount cannot be paid for this code", 170)),
        case("too dear", priced(&payout, |info| info.fee_base_msat = 60_000), blames(dear, 162)),
        case(
            "too dear by the million",
            priced(&payout, |info| info.fee_proportional_millionths = u32::MAX),
            blames(dear, 162),
        ),
        case(
            "too slow",
            priced(&payout, |info| info.cltv_expiry_delta = u16::MAX),
            blames(dear, 162),
        ),
        case(
            "no path that may be used",
            priced(&payout, |info| info.features = vec![1]),
            blames("no usable payment path", 162),
        ),
    ]);
    meet(&world, &desk, &to, 66, cases).await;

    let plain = sign(by_request(&payout));
    let mut cases = broken_streams(plain.bytes());
    cases.extend(about_any_payout(&plain));
    cases.push(case("another nonce", changed(&plain, 0, Some(&[9; 16])), SILENCE));
    cases.push(case("no nonce", changed(&plain, 0, None), SILENCE));
    meet(&world, &desk, &to, 66, cases).await;
}

#[tokio::test(start_paused = true)]
async fn invoices_for_a_payout_that_is_over_are_refused_and_change_nothing() {
    let world = World::new();
    let (desk, customer) = (world.announced(), world.announced());
    let to = Destination::Node(desk.node.id());
    let (spent, withdrawn) = (desk.payout(10_000).await, desk.payout(10_000).await);
    let expiry = Some(sample::NOW.plus(Seconds(60)));
    let arguments = PayoutArguments { absolute_expiry: expiry, ..payout_arguments(10_000) };
    let ended = desk.try_payout(arguments).await.unwrap().payout;
    let held = desk.payout(10_000).await;
    customer.redeem(&crate::world::strings(&spent)[0], "mine").await.unwrap();
    desk.driver.disable_payout(withdrawn.offer_id().as_ref(), None).await.unwrap();
    customer.node.hold_payments();
    let _held = customer.spawn_redeem_within(&crate::world::strings(&held)[0], "held", 7_000);
    settle().await;
    pass(61).await;
    let both = |name, payout: &Payout, heard: Heard| {
        let bytes = |builder| sign(builder).bytes().to_vec();
        [
            case(name, bytes(by_offer(payout)), heard.clone()),
            case(name, bytes(by_request(payout)), heard),
        ]
    };
    let mut cases = Vec::new();
    cases.extend(both("spent", &spent, says("already redeemed")));
    cases.extend(both("withdrawn", &withdrawn, says("offer no longer available")));
    cases.extend(both("ended", &ended, blames("offer expired", 14)));
    cases.extend(both("being redeemed", &held, says("already being redeemed")));
    meet(&world, &desk, &to, 66, cases).await;
}

async fn refund(world: &World) -> (Party, Payout) {
    let (shop, customer) = (world.announced(), world.announced());
    let paid = customer.pay(&shop.offer(1_000).await).await.unwrap().payment;
    settle().await;
    let refund_for =
        Some(RefundFor { payment_hash: paid.payment_hash(), node_id: None, allow_more: false });
    let arguments = PayoutArguments { refund_for, ..payout_arguments(1_000) };
    let made = shop.try_payout(arguments).await.unwrap().payout;
    (shop, made)
}

#[tokio::test(start_paused = true)]
async fn hostile_invoices_for_a_refund_are_refused_or_ignored_and_change_nothing() {
    let world = World::new();
    let (shop, payout) = Box::pin(refund(&world)).await;
    let to = Destination::Node(shop.node.id());
    let plain = sign(by_offer(&payout));
    let not_the_payer = || blames("this refund is for the payer of the invoice alone", 242);
    let own = sign(by_offer(&payout).refund_key(&payee()));
    let shops = Keypair::from_secret_key(&sample::secp(), &shop.node.secret_key());
    let of_the_shop = sign(by_offer(&payout).refund_key(&shops));
    let twice =
        with(plain.bytes(), 242, plain.records().find(|one| one.typ == 240).map(|one| one.value));
    let mut cases = broken_streams(plain.bytes());
    cases.extend([
        case("no refund_signature", plain.bytes().to_vec(), not_the_payer()),
        case("signed by the redeemer", own.bytes().to_vec(), not_the_payer()),
        case("signed by the shop", of_the_shop.bytes().to_vec(), not_the_payer()),
        case("the signature of the invoice again", twice, not_the_payer()),
        case("noise", with(plain.bytes(), 242, Some(&[7; 64])), not_the_payer()),
        case("too short", with(plain.bytes(), 242, Some(&[7; 63])), SILENCE),
        case(
            "another payment's refund",
            changed(&plain, 34, Some(&[7; 32])),
            blames("offer_refund_for differs from the code", 34),
        ),
        case(
            "no payment's refund",
            changed(&plain, 34, None),
            blames("offer_refund_for differs from the code", 34),
        ),
        case("not a payout's offer", changed(&plain, 54, None), SILENCE),
    ]);
    meet(&world, &shop, &to, 66, cases).await;
    assert_eq!(everything(&shop).1, 1_000_000);
}
