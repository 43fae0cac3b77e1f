//! What goes wrong around a node, and what it does then.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test, what is not so ends it")]
#![allow(clippy::wildcard_enum_match_arm, reason = "tests look for one event among many")]

mod common;

use std::sync::atomic::Ordering;

use bitcoin::Amount;
use offerd_core::port::{InvoiceIssuer, InvoicePayer, PayRefused};

use common::closing::{confirmed, wealth};
use common::opening::open_over_a_reorg;
use common::{Member, World, eventually, msat, order, patiently, pay_order};

const AMOUNT_MSAT: u64 = 20_000_000;

async fn two() -> (World, Member, Member) {
    let world = World::new().await;
    let (payer, payee) = (world.node().await, world.node().await);
    world.fund(&[&payer, &payee], 1, Amount::from_sat(2_000_000)).await;
    (world, payer, payee)
}

async fn pair() -> (World, Member, Member) {
    let (world, payer, payee) = two().await;
    world.channel(&payer, &payee, order(&payee, 1_000_000)).await;
    (world, payer, payee)
}

/// Pays and settles.
async fn pay(payer: &Member, payee: &Member) {
    let minted = payee.invoice(msat(AMOUNT_MSAT)).await;
    let payment = payer.pay_minted(&minted, msat(AMOUNT_MSAT)).await;
    let arrived = payee.inbox.claimable().await;
    payee.accept(arrived.payment_hash).await.unwrap();
    payer.inbox.outcome(payment).await.unwrap();
}

/// A payment that has arrived and waits: its id and its hash.
async fn hold(payer: &Member, payee: &Member) -> ([u8; 32], [u8; 32]) {
    let minted = payee.invoice(msat(AMOUNT_MSAT)).await;
    let payment = payer.pay_minted(&minted, msat(AMOUNT_MSAT)).await;
    (payment, payee.inbox.claimable().await.payment_hash)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_funding_transaction_that_is_undone_and_mined_again_opens_its_channel() {
    let (world, payer, payee) = two().await;
    open_over_a_reorg(&world, &payer, &payee).await;
    pay(&payer, &payee).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_in_use_whose_funding_is_undone_ends_and_its_coins_come_back() {
    let (world, payer, payee) = pair().await;
    pay(&payer, &payee).await;
    eventually("rest", || payer.channel().htlcs + payee.channel().htlcs == 0).await;
    let (height, all) = (world.chain.height() - 6, wealth(&payer) + wealth(&payee));
    let before = all + world.costs_since(height);
    let theirs = wealth(&payee);
    world.chain.reorg(6).unwrap();
    let nodes = [&payer, &payee];
    for node in nodes {
        node.wait_for_channels("the end", <[_]>::is_empty).await;
    }
    let back = || confirmed(&payer) + confirmed(&payee) + world.costs_since(height) == before;
    world.mine_until(&nodes, "the coins", back).await;
    assert!(confirmed(&payee) + world.costs_since(height) >= theirs);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_hangs_up_in_the_middle_of_a_payment_finds_it_again() {
    let (_world, payer, payee) = pair().await;
    let (payment, hash) = hold(&payer, &payee).await;
    payee.disconnect(payer.node_id());
    payee.accept(hash).await.unwrap();
    payer.inbox.outcome(payment).await.unwrap();
    payee.inbox.claimed().await;
    payer.all_channels_usable().await;
    pay(&payer, &payee).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_its_payee_holds_is_pending_over_a_restart_until_it_runs_out() {
    let (world, mut payer, payee) = pair().await;
    let before = payer.channel().to_us;
    let (payment, _) = hold(&payer, &payee).await;
    payer.restart().await;
    payer.all_channels_usable().await;
    world.mine(12);
    world.all_see_the_tip(&[&payer, &payee]).await;
    assert!(!payer.inbox.has_outcome(payment));
    assert!(payer.known_payments().await.unwrap().contains(&payment));
    // The payee gives it back before it would cost the channel.
    let over = || payer.inbox.has_outcome(payment);
    world.mine_slowly_until(&[&payer, &payee], "the end", over).await;
    payer.inbox.outcome(payment).await.unwrap_err();
    eventually("rest", || payer.channel().htlcs + payee.channel().htlcs == 0).await;
    assert_eq!(payer.channel().to_us, before);
    pay(&payer, &payee).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_to_a_payee_that_never_comes_back_is_pending_until_the_chain_has_given_it_back() {
    let (world, payer, mut payee) = pair().await;
    let (before, height) = (wealth(&payer), world.chain.height());
    let (payment, _) = hold(&payer, &payee).await;
    payee.kill().await;
    world.mine(12);
    world.all_see_the_tip(&[&payer]).await;
    assert!(!payer.inbox.has_outcome(payment));
    assert!(payer.known_payments().await.unwrap().contains(&payment));
    let back = || {
        payer.inbox.has_outcome(payment) && confirmed(&payer) + world.costs_since(height) == before
    };
    world.mine_until(&[&payer], "the coins", back).await;
    payer.inbox.outcome(payment).await.unwrap_err();
    assert!(payer.list_peer_channels().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payer_that_cannot_write_says_why_sends_nothing_and_pays_once_afterwards() {
    let (_world, mut payer, payee) = pair().await;
    let minted = payee.invoice(msat(AMOUNT_MSAT)).await;
    let order = pay_order(&minted, msat(AMOUNT_MSAT));
    let kept = payer.store.values();
    payer.store.full.store(true, Ordering::SeqCst);
    // It may have noticed already, by something that it writes by itself: then there is no way to pay any more.
    let begun = payer.pay(order.clone()).await;
    assert!(matches!(begun, Ok(_) | Err(PayRefused::NoRoute(_))), "{begun:?}");
    let why = patiently("the end", payer.failed()).await;
    assert!(why.contains("cannot write") && why.contains("disk full"), "{why}");
    // It hangs up on everybody, so that nobody waits for an answer.
    eventually("silence", || payee.list_peers().iter().all(|peer| !peer.connected)).await;
    payer.store.full.store(false, Ordering::SeqCst);
    // Nothing is written any more, although it could be.
    payer.shutdown().await;
    assert!(payer.store.values() == kept);
    assert_eq!(payee.channel().htlcs, 0);
    payer.crash().await;
    payer.all_channels_usable().await;
    assert_eq!(payer.known_payments().await.unwrap(), Vec::<[u8; 32]>::new());
    payer.pay(order.clone()).await.unwrap();
    let arrived = payee.inbox.claimable().await;
    payee.accept(arrived.payment_hash).await.unwrap();
    payer.inbox.outcome(order.payment_id).await.unwrap();
    payee.inbox.claimed().await;
    assert!(payee.inbox.is_empty());
}
