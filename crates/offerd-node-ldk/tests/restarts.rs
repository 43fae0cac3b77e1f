//! What a node has kept, and goes on with, after it was stopped.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test, what is not so ends it")]
#![allow(clippy::wildcard_enum_match_arm, reason = "tests look for one event among many")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use bitcoin::Amount;
use offerd_core::port::{InvoiceIssuer, InvoicePayer, PayRefused, PortErrorKind};
use offerd_node_ldk::{NodeConfig, Timing};

use common::{Member, PATIENCE, World, msat, order, patiently, pay_order};

async fn pair() -> (World, Member, Member) {
    let world = World::new().await;
    let (payer, payee) = (world.node().await, world.node().await);
    world.fund(&[&payer, &payee], 1, Amount::from_sat(2_000_000)).await;
    world.channel(&payer, &payee, order(&payee, 1_000_000)).await;
    (world, payer, payee)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invoice_minted_before_a_restart_is_paid_after_it() {
    let (_world, payer, mut payee) = pair().await;
    let minted = payee.invoice(msat(1_000_000)).await;
    let id = payee.node_id();
    payee.restart().await;
    // The restart has written all there is; nothing of the invoice is among it.
    let holds_hash =
        |value: &Vec<u8>| value.windows(32).any(|window| window == minted.payment_hash);
    assert!(!payee.store.values().values().any(holds_hash), "minting stores nothing");
    assert_eq!(payee.node_id(), id);
    payer.all_channels_usable().await;
    let payment = payer.pay_minted(&minted, msat(1_000_000)).await;
    let arrived = payee.inbox.claimable().await;
    payee.accept(arrived.payment_hash).await.unwrap();
    payer.inbox.outcome(payment).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_waits_can_be_taken_after_a_restart() {
    let (_world, payer, mut payee) = pair().await;
    let minted = payee.invoice(msat(1_000_000)).await;
    let payment = payer.pay_minted(&minted, msat(1_000_000)).await;
    let arrived = payee.inbox.claimable().await;
    payee.restart().await;
    payee.accept(arrived.payment_hash).await.unwrap();
    let (_, id, _) = payee.inbox.claimed().await;
    assert_eq!(id, arrived.payment_id);
    payer.inbox.outcome(payment).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_waited_too_long_is_lost_and_one_that_waits_is_not() {
    let (world, payer, mut payee) = pair().await;
    let minted = payee.invoice(msat(1_000_000)).await;
    let payment = payer.pay_minted(&minted, msat(1_000_000)).await;
    let arrived = payee.inbox.claimable().await;
    assert!(!payee.is_lost(arrived.payment_hash).await.unwrap());
    payee.stop().await;
    world.mine(200);
    payee.resume().await;
    let late = payee.accept(arrived.payment_hash).await.unwrap_err();
    assert_eq!(late.kind, PortErrorKind::Rejected, "{late}");
    assert!(payee.is_lost(arrived.payment_hash).await.unwrap());
    // The payer has it back from the chain, some blocks after its channel closed.
    let ended = || payer.inbox.has_outcome(payment);
    world.mine_slowly_until(&[&payer], "the end of the payment", ended).await;
    assert!(payer.inbox.outcome(payment).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_whose_preimage_was_released_is_not_lost_however_late_it_is() {
    let (world, payer, mut payee) = pair().await;
    let minted = payee.invoice(msat(1_000_000)).await;
    let payment = payer.pay_minted(&minted, msat(1_000_000)).await;
    let arrived = payee.inbox.claimable().await;
    // Nobody hears that it is ours, for long.
    payee.inbox.refusing.send_replace(true);
    payee.accept(arrived.payment_hash).await.unwrap();
    payer.inbox.outcome(payment).await.unwrap();
    world.mine(200);
    world.all_see_the_tip(&[&payee]).await;
    let late = payee.accept(arrived.payment_hash).await.unwrap_err();
    assert_eq!(late.kind, PortErrorKind::Rejected, "{late}");
    assert!(!payee.is_lost(arrived.payment_hash).await.unwrap());
    payee.restart().await;
    let (hash, id, _) = payee.inbox.claimed().await;
    assert_eq!((hash, id), (arrived.payment_hash, arrived.payment_id));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_in_flight_is_known_after_a_restart_and_its_outcome_comes() {
    let (_world, mut payer, payee) = pair().await;
    let minted = payee.invoice(msat(1_000_000)).await;
    let order = pay_order(&minted, msat(1_000_000));
    payer.pay(order.clone()).await.unwrap();
    let arrived = payee.inbox.claimable().await;
    payer.restart().await;
    assert_eq!(payer.known_payments().await.unwrap(), [order.payment_id]);
    assert_eq!(payer.pay(order.clone()).await, Err(PayRefused::AlreadyKnown));
    payee.accept(arrived.payment_hash).await.unwrap();
    payer.inbox.outcome(order.payment_id).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_was_not_taken_comes_again_also_after_a_restart() {
    let (_world, payer, mut payee) = pair().await;
    payee.inbox.refusing.send_replace(true);
    let minted = payee.invoice(msat(1_000_000)).await;
    let payment = payer.pay_minted(&minted, msat(1_000_000)).await;
    let mut refused = payee.inbox.refused.subscribe();
    let twice = refused.wait_for(|count| *count >= 2);
    patiently("an event to be offered twice", twice).await.unwrap();
    payee.stop().await;
    payee.resume_refusing().await;
    let mut refused = payee.inbox.refused.subscribe();
    patiently("the event again", refused.wait_for(|count| *count >= 1)).await.unwrap();
    payee.inbox.refusing.send_replace(false);
    let arrived = payee.inbox.claimable().await;
    payee.accept(arrived.payment_hash).await.unwrap();
    payer.inbox.outcome(payment).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outcome_that_was_not_taken_comes_after_a_restart() {
    let (_world, mut payer, payee) = pair().await;
    payer.inbox.refusing.send_replace(true);
    let minted = payee.invoice(msat(1_000_000)).await;
    let payment = payer.pay_minted(&minted, msat(1_000_000)).await;
    let arrived = payee.inbox.claimable().await;
    payee.accept(arrived.payment_hash).await.unwrap();
    let mut refused = payer.inbox.refused.subscribe();
    patiently("the outcome", refused.wait_for(|count| *count >= 1)).await.unwrap();
    payer.restart().await;
    payer.inbox.outcome(payment).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn which_payments_are_in_flight_is_said_only_when_what_happened_before_the_restart_was_taken()
{
    let (_world, mut payer, payee) = pair().await;
    payer.inbox.refusing.send_replace(true);
    let minted = payee.invoice(msat(1_000_000)).await;
    let payment = payer.pay_minted(&minted, msat(1_000_000)).await;
    let arrived = payee.inbox.claimable().await;
    payee.accept(arrived.payment_hash).await.unwrap();
    let mut refused = payer.inbox.refused.subscribe();
    patiently("the outcome", refused.wait_for(|count| *count >= 1)).await.unwrap();
    payer.stop().await;
    payer.resume_refusing().await;
    let node = Arc::clone(&payer);
    let known = tokio::spawn(async move { node.known_payments().await });
    let mut refused = payer.inbox.refused.subscribe();
    patiently("the outcome again", refused.wait_for(|count| *count >= 2)).await.unwrap();
    assert!(!known.is_finished(), "the outcome comes first");
    payer.inbox.refusing.send_replace(false);
    patiently("an answer", known).await.unwrap().unwrap();
    assert!(payer.inbox.has_outcome(payment));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_payee_can_take_a_payment_it_was_told_of() {
    let (_world, payer, mut payee) = pair().await;
    let minted = payee.invoice(msat(1_000_000)).await;
    let payment = payer.pay_minted(&minted, msat(1_000_000)).await;
    let arrived = payee.inbox.claimable().await;
    payee.crash().await;
    // Told again or not, depending on what was written: in both cases it can be taken.
    payee.all_channels_usable().await;
    payee.accept(arrived.payment_hash).await.unwrap();
    let (_, id, _) = payee.inbox.claimed().await;
    assert_eq!(id, arrived.payment_id);
    payer.inbox.outcome(payment).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_payer_knows_its_payment_in_flight() {
    let (_world, mut payer, payee) = pair().await;
    let minted = payee.invoice(msat(1_000_000)).await;
    let order = pay_order(&minted, msat(1_000_000));
    payer.pay(order.clone()).await.unwrap();
    let arrived = payee.inbox.claimable().await;
    payer.crash().await;
    assert_eq!(payer.known_payments().await.unwrap(), [order.payment_id]);
    assert_eq!(payer.pay(order.clone()).await, Err(PayRefused::AlreadyKnown));
    payee.accept(arrived.payment_hash).await.unwrap();
    payer.inbox.outcome(order.payment_id).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_cross_are_answered() {
    let (_world, payer, payee) = pair().await;
    for _ in 0..40 {
        payer.disconnect(payee.node_id());
        payee.disconnect(payer.node_id());
        tokio::join!(payer.connect_to(&payee), payee.connect_to(&payer));
    }
    payer.all_channels_usable().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_is_told_of_a_channel_that_was_away_between_two_looks() {
    let world = World::new().await;
    let config = world.config();
    let timing = Timing { channel_watch: Duration::from_secs(3), ..config.timing };
    let payer = Member::start(NodeConfig { timing, ..config }).await;
    let payee = world.node().await;
    world.fund(&[&payer, &payee], 1, Amount::from_sat(2_000_000)).await;
    world.channel(&payer, &payee, order(&payee, 1_000_000)).await;
    payer.disconnect(payee.node_id());
    // Looks first, while the channel is away, and then waits for a change; it is back before the node looks.
    tokio::join!(payer.all_channels_usable(), payer.connect_to(&payee));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn peers_find_each_other_again() {
    let (_world, payer, mut payee) = pair().await;
    payee.restart().await;
    payer.all_channels_usable().await;
    payee.all_channels_usable().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocks_missed_while_away_are_caught_up_with() {
    let (world, payer, mut payee) = pair().await;
    payee.stop().await;
    let address = payee.new_address(offerd_node_ldk::AddressKind::Bech32).unwrap();
    let coins = payee.list_funds().outputs.len();
    world.chain.faucet(&address, Amount::from_sat(77_000)).unwrap();
    world.mine(3);
    payee.resume().await;
    assert_eq!(payee.block_height(), world.chain.height());
    assert_eq!(payee.list_funds().outputs.len(), coins + 1);
    payer.all_channels_usable().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_cannot_write_stops_and_loses_nothing() {
    let (_world, payer, mut payee) = pair().await;
    let minted = payee.invoice(msat(1_000_000)).await;
    // The first thing written because of a payment is a channel monitor; a block may have others written.
    *payee.store.full_for.lock().unwrap() = Some("monitors");
    let payment = payer.pay_minted(&minted, msat(1_000_000)).await;
    let reason = tokio::time::timeout(PATIENCE, payee.failed()).await.unwrap();
    assert!(reason.contains("disk full"), "{reason}");
    assert!(payee.inbox.is_empty());
    payee.kill().await;
    *payee.store.full_for.lock().unwrap() = None;
    payee.resume().await;
    let arrived = payee.inbox.claimable().await;
    payee.accept(arrived.payment_hash).await.unwrap();
    payer.inbox.outcome(payment).await.unwrap();
}
