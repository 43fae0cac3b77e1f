//! Payments over blinded paths between real nodes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test, what is not so ends it")]
#![allow(clippy::wildcard_enum_match_arm, reason = "tests look for one event among many")]

mod common;

use bitcoin::Amount;
use bitcoin::hashes::{Hash, sha256};
use bolt1::{Direction, NodeRef, ShortChannelId};
use offerd_core::port::{
    Fronts, InvoiceIssuer, InvoicePayer, MintOrder, PayRefused, PaymentFailure, PortErrorKind,
};
use offerd_node_ldk::FundingOrder;

use common::{CONTEXT, Member, World, eventually, mint_order, msat, order, pay_order};

/// A payer with a channel to a payee, neither of them announced.
async fn pair() -> (World, Member, Member) {
    let world = World::new().await;
    let (payer, payee) = (world.node().await, world.node().await);
    world.fund(&[&payer, &payee], 1, Amount::from_sat(2_000_000)).await;
    world.channel(&payer, &payee, order(&payee, 1_000_000)).await;
    (world, payer, payee)
}

/// payer - hub - payee; `channels` of `sats` each between hub and payee.
async fn line(channels: u32, sats: u64) -> (World, Member, Member, Member) {
    let world = World::new().await;
    let (payer, hub, payee) = (world.node().await, world.node().await, world.node().await);
    world.fund(&[&payer, &hub, &payee], channels + 1, Amount::from_sat(2_000_000)).await;
    world.channel(&payer, &hub, order(&hub, 1_500_000)).await;
    for _ in 0..channels {
        world.channel(&hub, &payee, order(&payee, sats)).await;
    }
    (world, payer, hub, payee)
}

/// Takes the next payment and checks that both sides agree on it.
async fn settle(payer: &Member, payee: &Member, id: [u8; 32], amount: u64) {
    let payment = payee.inbox.claimable().await;
    assert_eq!(payment.amount, msat(amount));
    payee.accept(payment.payment_hash).await.unwrap();
    assert_eq!(payee.inbox.claimed().await.2, msat(amount));
    let (preimage, _) = payer.inbox.outcome(id).await.unwrap();
    assert_eq!(sha256::Hash::hash(&preimage).to_byte_array(), payment.payment_hash);
}

// req IW-05
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_brings_back_what_was_sealed_and_proves_itself() {
    let (_world, payer, payee) = pair().await;
    let minted = payee.invoice(msat(1_000_000)).await;
    let id = payer.pay_minted(&minted, msat(1_000_000)).await;
    let payment = payee.inbox.claimable().await;
    assert_eq!(payment.context, Some(CONTEXT));
    assert_eq!(payment.amount, msat(1_000_000));
    assert_eq!(payment.payer_id, Some(payee.node_id()));
    assert_eq!(payment.quantity, Some(3));
    assert_eq!(payment.memo.as_deref(), Some("a note"));
    assert_eq!(payment.payment_hash, minted.payment_hash);
    payee.accept(payment.payment_hash).await.unwrap();
    let (hash, claimed_id, amount) = payee.inbox.claimed().await;
    assert_eq!((hash, claimed_id), (payment.payment_hash, payment.payment_id));
    assert_eq!(amount, msat(1_000_000));
    let (preimage, fee) = payer.inbox.outcome(id).await.unwrap();
    assert_eq!(sha256::Hash::hash(&preimage).to_byte_array(), minted.payment_hash);
    assert_eq!(fee, Some(msat(0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payer_that_is_the_introduction_node_pays_all_the_same() {
    let (_world, payer, payee) = pair().await;
    let minted = payee.invoice(msat(5_000_000)).await;
    assert_eq!(minted.paths.len(), 1);
    let path = &minted.paths.first().unwrap().path;
    assert_eq!(path.first_node_id, NodeRef::Id(payer.node_id()));
    assert_eq!(path.hops.len(), 2);
    let id = payer.pay_minted(&minted, msat(5_000_000)).await;
    settle(&payer, &payee, id, 5_000_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_announced_payee_is_paid_over_a_path_of_one_hop() {
    let world = World::new().await;
    let (payer, hub, payee) = (world.node().await, world.node().await, world.node().await);
    world.fund(&[&payer, &hub, &payee], 2, Amount::from_sat(2_000_000)).await;
    world.channel(&payer, &hub, order(&hub, 1_000_000)).await;
    let announced = FundingOrder { announce: true, ..order(&payee, 1_000_000) };
    world.channel(&hub, &payee, announced).await;
    payer.knows_network(1).await;
    let minted = payee.invoice(msat(10_000_000)).await;
    let path = minted.paths.first().unwrap();
    assert_eq!(path.path.first_node_id, NodeRef::Id(payee.node_id()));
    assert_eq!(path.path.hops.len(), 1);
    let id = payer.pay_minted(&minted, msat(10_000_000)).await;
    settle(&payer, &payee, id, 10_000_000).await;
    // The direct peer pays over the same kind of path.
    let minted = hub_invoice(&payee).await;
    let id = hub.pay_minted(&minted, msat(2_000_000)).await;
    settle(&hub, &payee, id, 2_000_000).await;
}

async fn hub_invoice(payee: &Member) -> offerd_core::port::Minted {
    payee.invoice(msat(2_000_000)).await
}

// req IW-11
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unannounced_payee_is_paid_through_its_peer() {
    let (_world, payer, hub, payee) = line(1, 1_000_000).await;
    let minted = payee.invoice(msat(20_000_000)).await;
    let path = minted.paths.first().unwrap();
    assert_eq!(path.path.first_node_id, NodeRef::Id(hub.node_id()));
    assert_eq!(path.path.hops.len(), 2);
    assert!(path.pay_info.fee_base_msat > 0);
    let id = payer.pay_minted(&minted, msat(20_000_000)).await;
    let payment = payee.inbox.claimable().await;
    payee.accept(payment.payment_hash).await.unwrap();
    let (_, fee) = payer.inbox.outcome(id).await.unwrap();
    assert!(fee.unwrap() >= msat(u64::from(path.pay_info.fee_base_msat)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_introduction_node_named_by_a_channel_is_found() {
    let (_world, payer, hub, payee) = line(1, 1_000_000).await;
    let mut minted = payee.invoice(msat(20_000_000)).await;
    let scid = payer.list_peer_channels().first().and_then(|channel| channel.short_channel_id);
    let (scid, hub_is_greater) = (scid.unwrap(), hub.node_id() > payer.node_id());
    let direction = if hub_is_greater { Direction::One } else { Direction::Zero };
    let path = &mut minted.paths.first_mut().unwrap().path;
    path.first_node_id = NodeRef::ChannelEnd { scid, direction };
    let id = payer.pay_minted(&minted, msat(20_000_000)).await;
    settle(&payer, &payee, id, 20_000_000).await;
    // A channel that nobody knows names nobody.
    let path = &mut minted.paths.first_mut().unwrap().path;
    path.first_node_id = NodeRef::ChannelEnd { scid: ShortChannelId(1), direction };
    let refused = payer.try_to_pay(&minted, msat(20_000_000)).await.unwrap_err();
    assert!(matches!(refused, PayRefused::Impossible(_)), "{refused:?}");
}

// req IR-15
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payee_with_nodes_in_front_is_paid_over_them_alone() {
    let world = World::new().await;
    let nodes = [world.node().await, world.node().await, world.node().await, world.node().await];
    let [payer, left, right, payee] = &nodes;
    world.fund(&[payer, left, right, payee], 2, Amount::from_sat(2_000_000)).await;
    for hub in [left, right] {
        world.channel(payer, hub, order(hub, 900_000)).await;
        world.channel(hub, payee, order(payee, 900_000)).await;
    }
    let over = |nodes: &[&Member]| Fronts::Only(nodes.iter().map(|node| node.node_id()).collect());
    let minted =
        async |fronts| payee.mint(MintOrder { fronts, ..mint_order(payee, msat(1_000_000)) }).await;
    let only = minted(over(&[right])).await.unwrap();
    let begins: Vec<_> = only.paths.iter().map(|path| path.path.first_node_id).collect();
    assert_eq!(begins, [NodeRef::Id(right.node_id())]);
    assert_eq!(minted(over(&[left, right])).await.unwrap().paths.len(), 2);
    assert_eq!(minted(over(&[payer])).await.unwrap_err().kind, PortErrorKind::Unavailable);
    let id = payer.pay_minted(&only, msat(1_000_000)).await;
    settle(payer, payee, id, 1_000_000).await;
}

// req IW-11
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payee_that_hides_its_peer_is_paid_over_the_node_before_it() {
    let world = World::new().await;
    let mut config = world.config();
    config.paths.payment_hops = 3;
    let payee = Member::start(config).await;
    let nodes = [world.node().await, world.node().await, world.node().await];
    let [payer, far, near] = &nodes;
    world.fund(&[payer, far, near, &payee], 3, Amount::from_sat(2_000_000)).await;
    let announced = |peer, sats| FundingOrder { announce: true, ..order(peer, sats) };
    world.channel(payer, far, order(far, 900_000)).await;
    world.channel(far, near, announced(near, 900_000)).await;
    // Never before ours, for it does not carry the payment.
    world.channel(far, near, announced(near, 150_000)).await;
    world.channel(near, &payee, order(&payee, 1_500_000)).await;
    payer.knows_network(2).await;
    payee.knows_network(2).await;
    eventually("who they are", || payee.graph_size().announced >= 2).await;

    let minted = payee.invoice(msat(200_000_000)).await;
    let [path] = &minted.paths[..] else { panic!("one channel, one path: {:?}", minted.paths) };
    assert_eq!(path.path.first_node_id, NodeRef::Id(far.node_id()));
    assert_eq!(path.path.hops.len(), 3, "the payer's own peer stands before nobody");
    let id = payer.pay_minted(&minted, msat(200_000_000)).await;
    settle(payer, &payee, id, 200_000_000).await;
    let more = payee.invoice(msat(850_000_000)).await;
    let begins = more.paths.first().map(|path| path.path.first_node_id);
    assert_eq!(begins, Some(NodeRef::Id(near.node_id())), "nobody before it carries that");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_larger_than_any_channel_comes_in_parts() {
    let (_world, payer, _hub, payee) = line(2, 300_000).await;
    let minted = payee.invoice(msat(450_000_000)).await;
    assert_eq!(minted.paths.len(), 2);
    assert!(minted.paths.iter().all(|path| path.pay_info.htlc_maximum_msat < 450_000_000));
    let id = payer.pay_minted(&minted, msat(450_000_000)).await;
    let payment = payee.inbox.claimable().await;
    assert_eq!(payment.amount, msat(450_000_000));
    payee.accept(payment.payment_hash).await.unwrap();
    assert_eq!(payer.inbox.arrived_in(id).await, Some(2));
}

// req IR-15
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_are_not_made_when_the_invoice_does_not_take_them() {
    let (_world, payer, _hub, payee) = line(2, 300_000).await;
    let minted = payee.invoice(msat(450_000_000)).await;
    let order = offerd_core::port::PayOrder {
        features: Vec::new(),
        ..pay_order(&minted, msat(450_000_000))
    };
    let refused = payer.pay(order).await.unwrap_err();
    assert!(matches!(refused, PayRefused::Impossible(_)), "{refused:?}");
    assert_eq!(payer.known_payments().await.unwrap(), Vec::<[u8; 32]>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_direct_peer_with_two_channels_pays_in_parts() {
    let world = World::new().await;
    let (payer, payee) = (world.node().await, world.node().await);
    world.fund(&[&payer, &payee], 2, Amount::from_sat(2_000_000)).await;
    for _ in 0..2 {
        world.channel(&payer, &payee, order(&payee, 300_000)).await;
    }
    let minted = payee.invoice(msat(450_000_000)).await;
    let id = payer.pay_minted(&minted, msat(450_000_000)).await;
    let payment = payee.inbox.claimable().await;
    assert_eq!(payment.amount, msat(450_000_000));
    payee.accept(payment.payment_hash).await.unwrap();
    assert_eq!(payer.inbox.arrived_in(id).await, Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_that_are_out_are_counted_over_a_crash() {
    let world = World::new().await;
    let (mut payer, payee) = (world.node().await, world.node().await);
    world.fund(&[&payer, &payee], 2, Amount::from_sat(2_000_000)).await;
    for _ in 0..2 {
        world.channel(&payer, &payee, order(&payee, 300_000)).await;
    }
    let minted = payee.invoice(msat(450_000_000)).await;
    let id = payer.pay_minted(&minted, msat(450_000_000)).await;
    let payment = payee.inbox.claimable().await;
    payer.crash().await;
    payee.accept(payment.payment_hash).await.unwrap();
    assert_eq!(payer.inbox.arrived_in(id).await, Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_little_is_sent_back_and_too_much_is_told() {
    let (_world, payer, payee) = pair().await;
    let minted = payee.invoice(msat(1_000_000)).await;
    let id = payer.pay_minted(&minted, msat(999_999)).await;
    let failure = payer.inbox.outcome(id).await.unwrap_err();
    assert_eq!(failure, PaymentFailure::RefusedByPayee);
    assert!(payee.inbox.is_empty());
    let id = payer.pay_minted(&minted, msat(1_000_001)).await;
    settle(&payer, &payee, id, 1_000_001).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_payment_fails_at_the_payer() {
    let (_world, payer, payee) = pair().await;
    let minted = payee.invoice(msat(1_000_000)).await;
    let id = payer.pay_minted(&minted, msat(1_000_000)).await;
    let payment = payee.inbox.claimable().await;
    payee.refuse(payment.payment_hash).await.unwrap();
    let failure = payer.inbox.outcome(id).await.unwrap_err();
    assert_eq!(failure, PaymentFailure::RefusedByPayee);
    // What was refused cannot be taken any more.
    assert!(payee.accept(payment.payment_hash).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_order_is_not_carried_out_twice() {
    let (_world, payer, payee) = pair().await;
    let minted = payee.invoice(msat(600_000_000)).await;
    let order = pay_order(&minted, msat(600_000_000));
    payer.pay(order.clone()).await.unwrap();
    // There is no second route for so much, which must not be read as "nothing is in flight".
    assert_eq!(payer.pay(order.clone()).await, Err(PayRefused::AlreadyKnown));
    assert_eq!(payer.known_payments().await.unwrap(), [order.payment_id]);
    settle(&payer, &payee, order.payment_id, 600_000_000).await;
    assert_eq!(payer.pay(order).await, Err(PayRefused::AlreadyKnown));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_payment_of_one_invoice_has_another_id() {
    let (_world, payer, payee) = pair().await;
    let minted = payee.invoice(msat(1_000_000)).await;
    let first = payer.pay_minted(&minted, msat(1_000_000)).await;
    let payment = payee.inbox.claimable().await;
    payee.accept(payment.payment_hash).await.unwrap();
    payer.inbox.outcome(first).await.unwrap();
    payee.inbox.claimed().await;
    let second = payer.pay_minted(&minted, msat(1_000_000)).await;
    let again = payee.inbox.claimable().await;
    assert_eq!(again.payment_hash, payment.payment_hash);
    assert_ne!(again.payment_id, payment.payment_id);
    payee.refuse(again.payment_hash).await.unwrap();
    payer.inbox.outcome(second).await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paying_oneself_is_a_named_error() {
    let world = World::new().await;
    let (payer, payee) = (world.node().await, world.node().await);
    world.fund(&[&payer, &payee], 1, Amount::from_sat(2_000_000)).await;
    let announced = FundingOrder { announce: true, ..order(&payee, 1_000_000) };
    world.channel(&payer, &payee, announced).await;
    let minted = payer.invoice(msat(1_000)).await;
    let refused = payer.try_to_pay(&minted, msat(1_000)).await.unwrap_err();
    let PayRefused::Impossible(text) = refused else { panic!("{refused:?}") };
    assert!(text.contains("this node itself"), "{text}");
}

// req IR-10
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_path_that_demands_an_unknown_feature_is_not_used() {
    let (_world, payer, payee) = pair().await;
    let mut minted = payee.invoice(msat(1_000_000)).await;
    minted.paths.first_mut().unwrap().pay_info.features = vec![0x40];
    let refused = payer.try_to_pay(&minted, msat(1_000_000)).await.unwrap_err();
    let PayRefused::Impossible(text) = refused else { panic!("{refused:?}") };
    assert!(text.contains("unknown feature"), "{text}");
    // An unknown odd one does not matter.
    minted.paths.first_mut().unwrap().pay_info.features = vec![0x80];
    let id = payer.pay_minted(&minted, msat(1_000_000)).await;
    settle(&payer, &payee, id, 1_000_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fee_beyond_the_limit_is_too_expensive_and_a_delay_no_route() {
    let (_world, payer, _hub, payee) = line(1, 1_000_000).await;
    let minted = payee.invoice(msat(20_000_000)).await;
    let mut order = pay_order(&minted, msat(20_000_000));
    order.max_fee = msat(0);
    let dear = payer.pay(order).await.unwrap_err();
    let PayRefused::TooExpensive(text) = &dear else { panic!("{dear:?}") };
    assert!(text.contains("0 msat are allowed"), "{text}");
    let mut order = pay_order(&minted, msat(20_000_000));
    order.max_delay = bolt1::CltvDelta(10);
    assert!(matches!(payer.pay(order).await, Err(PayRefused::NoRoute(_))));
    assert!(payer.known_payments().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_invoice_is_not_paid() {
    let (_world, payer, payee) = pair().await;
    let minted = payee.invoice(msat(1_000_000)).await;
    let mut order = pay_order(&minted, msat(1_000_000));
    order.expires_at = bolt1::Timestamp(1_000_000_000);
    assert_eq!(payer.pay(order).await, Err(PayRefused::InvoiceExpired));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_channel_no_invoice_is_minted() {
    let world = World::new().await;
    let payee = world.node().await;
    payee.mint(mint_order(&payee, msat(1_000))).await.unwrap_err();
}
