//! State that was put aside by a recovery: it closes nothing, and fetches what only it can.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test, what is not so ends it")]

mod common;

use std::fs;

use bitcoin::hashes::{Hash as _, sha256};
use bitcoin::{Amount, OutPoint};
use offerd_core::port::InvoiceIssuer;
use offerd_node_ldk::{FundingOrder, RecoveryPlan, SeedWords};

use common::closing::{confirmed, wealth};
use common::recovering::{mine_until_done, recover};
use common::{Member, MemoryStore, World, eventually, msat, order};

/// Two nodes with 700 000 and 300 000 sat in a channel.
async fn pair() -> (World, Member, Member) {
    let world = World::new().await;
    let (ours, peer) = (world.node().await, world.node().await);
    world.fund(&[&ours, &peer], 2, Amount::from_sat(2_000_000)).await;
    let wish = FundingOrder { push: msat(300_000_000), ..order(&peer, 1_000_000) };
    world.channel(&ours, &peer, wish).await;
    (world, ours, peer)
}

fn words(node: &Member) -> SeedWords {
    fs::read_to_string(node.folder().join("seed")).unwrap().parse().unwrap()
}

/// Kills the node; what it had kept comes back as state that may be old.
async fn recovered(world: &World, mut node: Member) -> Member {
    let words = words(&node);
    node.kill().await;
    let copy = MemoryStore::of(node.store.values());
    drop(node);
    Member::prepared(world.config(), copy, recover(&words, RecoveryPlan::default())).await
}

/// Pays, up to the moment when the payee has to decide: the hash.
async fn hold(payer: &Member, payee: &Member, sats: u64) -> [u8; 32] {
    let minted = payee.invoice(msat(sats * 1_000)).await;
    payer.pay_minted(&minted, msat(sats * 1_000)).await;
    payee.inbox.claimable().await.payment_hash
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payments_on_their_way_come_back_or_in_when_the_state_put_aside_knows_them() {
    let (world, ours, mut peer) = pair().await;
    hold(&ours, &peer, 50_000).await;
    let hash = hold(&peer, &ours, 30_000).await;
    let (before, height) = (wealth(&ours), world.chain.height());
    // The peer never hears that we have taken its payment.
    peer.stop().await;
    ours.accept(hash).await.unwrap();
    ours.stop().await;
    peer.resume().await;
    let restored = recovered(&world, ours).await;
    mine_until_done(&world, &restored, &[&peer]).await;
    let (now, costs) = (confirmed(&restored), world.costs_since(height));
    let most = before + Amount::from_sat(30_000);
    assert!(now <= most && now + costs >= most, "{now} of {most}, costs {costs}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_the_payee_takes_on_the_chain_is_known_to_have_arrived() {
    let (world, mut ours, peer) = pair().await;
    let minted = peer.invoice(msat(50_000_000)).await;
    let paid = ours.pay_minted(&minted, msat(50_000_000)).await;
    let hash = peer.inbox.claimable().await.payment_hash;
    let minted = peer.invoice(msat(40_000_000)).await;
    let returned = ours.pay_minted(&minted, msat(40_000_000)).await;
    peer.inbox.claimable().await;
    let words = words(&ours);
    ours.kill().await;
    let copy = MemoryStore::of(ours.store.values());
    drop(ours);
    // The peer takes one of the two while nobody is there to hear of it: only the chain will show the preimage.
    eventually("nobody there", || !peer.channel().peer_connected).await;
    peer.accept(hash).await.unwrap();
    let unknown_payments = vec![paid, returned];
    let plan = RecoveryPlan { unknown_payments, ..RecoveryPlan::default() };
    let restored = Member::prepared(world.config(), copy, recover(&words, plan)).await;
    assert_eq!(restored.rescue().unwrap().unknown_payments, 2);
    mine_until_done(&world, &restored, &[&peer]).await;
    let (preimage, _) = restored.inbox.outcome(paid).await.unwrap();
    assert_eq!(sha256::Hash::hash(&preimage).to_byte_array(), hash);
    assert!(!restored.inbox.has_outcome(returned), "that it came back proves nothing");
    assert_eq!(restored.rescue().unwrap().unknown_payments, 1);
    peer.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_out_a_delay_comes_in_when_the_state_put_aside_knows_it() {
    let (world, ours, mut peer) = pair().await;
    let (before, height) = (wealth(&ours), world.chain.height());
    peer.kill().await;
    ours.close_channel(ours.channel().channel_id, true).unwrap();
    eventually("the closing", || !world.chain.mempool().is_empty()).await;
    world.mine(6);
    world.all_see_the_tip(&[&ours]).await;
    ours.stop().await;
    let restored = recovered(&world, ours).await;
    mine_until_done(&world, &restored, &[]).await;
    let (now, costs) = (confirmed(&restored), world.costs_since(height));
    assert!(now <= before && now + costs >= before, "{now} of {before}, costs {costs}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn state_put_aside_closes_no_channel_whatever_it_thinks_is_due() {
    let (world, ours, mut peer) = pair().await;
    let funding = ours.channel().funding.unwrap();
    // In the copy a payment is on its way, which runs out. In truth it has arrived.
    let hash = hold(&ours, &peer, 50_000).await;
    ours.stop().await;
    let (words, copy) = (words(&ours), MemoryStore::of(ours.store.values()));
    let mut ours = ours;
    ours.resume().await;
    ours.all_channels_usable().await;
    peer.accept(hash).await.unwrap();
    eventually("rest", || ours.channel().htlcs + peer.channel().htlcs == 0).await;
    let before = wealth(&ours);
    ours.kill().await;
    drop(ours);
    peer.kill().await;
    let plan = RecoveryPlan::default();
    let restored = Member::prepared(world.config(), copy, recover(&words, plan)).await;
    let spends = |outpoint: OutPoint| {
        let txs = world.chain.mempool().into_iter().filter_map(|id| world.chain.transaction(&id));
        txs.flat_map(|tx| tx.input).any(|input| input.previous_output == outpoint)
    };
    for _ in 0..40 {
        world.mine(6);
        world.all_see_the_tip(&[&restored]).await;
        assert!(!spends(funding), "old state has closed the channel");
    }
    let height = world.chain.height();
    peer.resume().await;
    mine_until_done(&world, &restored, &[&peer]).await;
    let (now, costs) = (confirmed(&restored), world.costs_since(height));
    assert!(now <= before && now + costs >= before, "{now} of {before}, costs {costs}");
}
