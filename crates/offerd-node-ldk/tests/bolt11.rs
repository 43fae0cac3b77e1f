//! Invoices of BOLT 11 between real nodes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test, what is not so ends it")]

mod common;

use bitcoin::Amount;
use bitcoin::hashes::{Hash as _, sha256};
use bolt1::{CltvDelta, Msat, Seconds, ShortChannelId};
use lightning_invoice::{Bolt11Invoice, Bolt11InvoiceDescriptionRef, Sha256};
use offerd_core::Preimage;
use offerd_core::port::{
    Bolt11Facts, Bolt11Order, Bolt11Refused, Hints, InvoiceIssuer as _, InvoicePayer as _,
    PayOrder, PaymentFailure,
};

use offerd_node_ldk::FundingOrder;

use common::{Member, World, msat, order};

fn invoice(amount: Option<Msat>) -> Bolt11Order {
    Bolt11Order {
        amount,
        description: "two teas".to_owned(),
        description_as_hash: false,
        expiry: Seconds(600),
        final_delay: None,
        fallbacks: Vec::new(),
        preimage: None,
        hints: Hints::Automatic,
    }
}

fn pay_order(facts: &Bolt11Facts, id: u8, amount: Msat) -> PayOrder {
    PayOrder {
        payment_id: [id; 32],
        payment_hash: facts.payment_hash,
        amount,
        bolt11: Some(facts.string.clone()),
        paths: Vec::new(),
        features: Vec::new(),
        expires_at: facts.expires_at,
        max_fee: msat(5_000),
        max_delay: CltvDelta(1008),
        retry_for: Seconds(30),
    }
}

async fn pair(world: &World) -> (Member, Member) {
    let (payer, payee) = (world.node().await, world.node().await);
    world.fund(&[&payer, &payee], 1, Amount::from_sat(2_000_000)).await;
    // Both ends have something, so that each can pay the other.
    let wish = FundingOrder { push: msat(300_000_000), ..order(&payee, 1_000_000) };
    world.channel(&payer, &payee, wish).await;
    (payer, payee)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invoice_is_paid_in_either_direction() {
    let world = World::new().await;
    let (one, other) = pair(&world).await;
    for (id, payer, payee) in [(1, &one, &other), (2, &other, &one)] {
        let amount = msat(21_000_000);
        let minted = payee.mint_bolt11(invoice(Some(amount))).await.unwrap();
        let facts = payer.read_bolt11(&minted.string.to_uppercase()).await.unwrap();
        assert_eq!((facts.payment_hash, facts.payee), (minted.payment_hash, payee.node_id()));
        assert_eq!((facts.amount, facts.description.as_deref()), (Some(amount), Some("two teas")));
        assert_eq!(facts.expires_at, minted.created_at.plus(Seconds(600)));
        assert_eq!(facts.string, minted.string);
        payer.pay(pay_order(&facts, id, amount)).await.unwrap();
        let arrived = payee.inbox.claimable().await;
        assert_eq!((arrived.payment_hash, arrived.amount), (minted.payment_hash, amount));
        assert_eq!((arrived.context, arrived.payer_id), (None, None));
        payee.accept(arrived.payment_hash).await.unwrap();
        let (hash, payment_id, got) = payee.inbox.claimed().await;
        assert_eq!((hash, payment_id, got), (arrived.payment_hash, arrived.payment_id, amount));
        payer.inbox.outcome([id; 32]).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invoice_without_an_amount_is_paid_with_any_and_sent_back_when_refused() {
    let world = World::new().await;
    let (payer, payee) = pair(&world).await;
    let minted = payee.mint_bolt11(invoice(None)).await.unwrap();
    let facts = payer.read_bolt11(&minted.string).await.unwrap();
    assert_eq!(facts.amount, None);
    payer.pay(pay_order(&facts, 1, msat(1_234_567))).await.unwrap();
    let arrived = payee.inbox.claimable().await;
    assert_eq!(arrived.amount, msat(1_234_567));
    payee.refuse(arrived.payment_hash).await.unwrap();
    let failed = payer.inbox.outcome([1; 32]).await.unwrap_err();
    assert_eq!(failed, PaymentFailure::RefusedByPayee);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strings_that_cannot_be_paid_are_refused_with_the_reason() {
    let world = World::new().await;
    let node = world.node().await;
    // A test vector of BOLT 11: "Please make a donation of any amount", on the main chain.
    let foreign = "lnbc1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdpl2pkx2ctnv5sxxmmwwd5kgetjypeh2ursdae8g6twvus8g6rfwvs8qun0dfjkxaq9qrsgq357wnc5r2ueh7ck6q93dj32dlqnls087fxdwk8qakdyafkq3yap9us6v52vjjsrvywa6rt52cm9r9zqt8r2t7mlcwspyetp5h2tztugp9lfyql";
    let error = node.read_bolt11(foreign).await.unwrap_err();
    assert_eq!(error, "is for another chain, bitcoin");
    for string in ["", "lnbc1", &foreign.replace('z', "q")] {
        let error = node.read_bolt11(string).await.unwrap_err();
        assert!(error.starts_with("is no BOLT 11 invoice: "), "{error}");
    }
    let too_long = Bolt11Order { description: "x".repeat(640), ..invoice(None) };
    assert!(node.mint_bolt11(too_long).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invoice_with_all_that_one_can_choose_is_paid_and_says_it() {
    let world = World::new().await;
    let (payer, mut payee) = pair(&world).await;
    let address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
    let (amount, preimage) = (msat(5_000_000), Preimage([7; 32]));
    let order = Bolt11Order {
        description: "x".repeat(2_000),
        description_as_hash: true,
        final_delay: Some(CltvDelta(99)),
        fallbacks: vec![address.to_owned()],
        preimage: Some(preimage),
        hints: Hints::Always,
        ..invoice(Some(amount))
    };
    let minted = payee.mint_bolt11(order.clone()).await.unwrap();
    let read: Bolt11Invoice = minted.string.parse().unwrap();
    assert_eq!(read.min_final_cltv_expiry_delta(), 99);
    assert_eq!(read.fallback_addresses()[0].to_string(), address);
    let hash = sha256::Hash::hash(order.description.as_bytes());
    assert_eq!(read.description(), Bolt11InvoiceDescriptionRef::Hash(&Sha256(hash)));
    let [hint] = &read.route_hints()[..] else { panic!("one channel, one hint") };
    assert_eq!(hint.0[0].src_node_id, payer.node_id());
    let scid = ShortChannelId(hint.0[0].short_channel_id);
    // The node that was asked may have restarted; the preimage is kept.
    payee.restart().await;
    payee.connect_to(&payer).await;
    payer.all_channels_usable().await;
    payee.all_channels_usable().await;
    let facts = payer.read_bolt11(&minted.string).await.unwrap();
    payer.pay(pay_order(&facts, 1, amount)).await.unwrap();
    let arrived = payee.inbox.claimable().await;
    assert_eq!((arrived.payment_hash, arrived.preimage), (minted.payment_hash, preimage));
    payee.accept(arrived.payment_hash).await.unwrap();
    payer.inbox.outcome([1; 32]).await.unwrap();
    let shown = |hints| Bolt11Order { hints, ..invoice(None) };
    for (hints, count) in [(Hints::Never, 0), (Hints::Only(vec![scid]), 1), (Hints::Automatic, 1)] {
        let minted = payee.mint_bolt11(shown(hints)).await.unwrap();
        assert_eq!(minted.string.parse::<Bolt11Invoice>().unwrap().route_hints().len(), count);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_invoice_can_say_is_refused_by_its_part() {
    let world = World::new().await;
    let node = world.node().await;
    let foreign = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
    for (address, why) in [(foreign, "another chain than regtest"), ("here", "is no address")] {
        let order = Bolt11Order { fallbacks: vec![address.to_owned()], ..invoice(None) };
        let refused = node.mint_bolt11(order).await.unwrap_err();
        assert!(matches!(refused, Bolt11Refused::Fallback(told) if told.contains(why)));
    }
    let order = Bolt11Order { final_delay: Some(CltvDelta(3)), ..invoice(None) };
    let refused = node.mint_bolt11(order).await.unwrap_err();
    assert!(matches!(refused, Bolt11Refused::FinalDelay(told) if told.starts_with("should be")));
    let order = Bolt11Order { hints: Hints::Only(vec![ShortChannelId(1)]), ..invoice(None) };
    let refused = node.mint_bolt11(order).await.unwrap_err();
    assert!(matches!(refused, Bolt11Refused::Channel(told) if told.starts_with("0x0x1 is no")));
}
