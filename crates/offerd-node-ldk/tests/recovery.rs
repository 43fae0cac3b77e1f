//! Losing everything but the seed, or having old state only: what comes back, and what is never sent.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test, what is not so ends it")]

mod common;

use std::fs;
use std::path::Path;

use bitcoin::{Amount, Network, OutPoint, Transaction, Txid};
use bolt1::Msat;
use offerd_core::port::{InvoiceIssuer, InvoicePayer, PayRefused};
use offerd_node_ldk::{
    AddressKind, FundingOrder, Node, NodeConfig, RecoveryFile, RecoveryPlan, RescueState,
    SeedWords, begin_recovery, restore_seed, seed_node_id,
};

use common::closing::confirmed;
use common::recovering::{mine_until_done, recover};
use common::{Member, MemoryStore, PATIENCE, World, msat, order, pay_order};

const CAPACITY: u64 = 1_000_000;

/// Two nodes with a channel between them.
async fn pair(world: &World) -> (Member, Member) {
    let (ours, peer) = (world.node().await, world.node().await);
    world.fund(&[&ours, &peer], 2, Amount::from_sat(2_000_000)).await;
    let wish = FundingOrder { push: msat(300_000_000), ..order(&peer, CAPACITY) };
    world.channel(&ours, &peer, wish).await;
    (ours, peer)
}

async fn pays(payer: &Member, payee: &Member, amount: Msat) {
    let minted = payee.invoice(amount).await;
    let id = payer.pay_minted(&minted, amount).await;
    let arrived = payee.inbox.claimable().await;
    payee.accept(arrived.payment_hash).await.unwrap();
    payer.inbox.outcome(id).await.unwrap();
    payee.inbox.claimed().await;
    for node in [payer, payee] {
        common::patiently("the end of the HTLCs", async {
            while node.list_peer_channels().iter().any(|channel| channel.htlcs > 0) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

fn balance(node: &Node) -> Msat {
    let channels = node.list_peer_channels().into_iter();
    channels.map(|channel| channel.to_us).fold(Msat::ZERO, |sum, ours| sum.plus(ours).unwrap())
}

fn spender(world: &World, outpoint: OutPoint) -> Transaction {
    let blocks = (0..=world.chain.height()).filter_map(|height| world.chain.block(height));
    let mut txs = blocks.flat_map(|block| block.txdata);
    txs.find(|tx| tx.input.iter().any(|input| input.previous_output == outpoint)).unwrap()
}

/// What the sweep of a closing transaction's output costs.
fn fee_of_sweep(world: &World, closing: Txid, ours: Amount) -> Amount {
    let closing = world.chain.transaction(&closing).unwrap();
    let vout = closing.output.iter().position(|output| output.value == ours).unwrap();
    let vout = u32::try_from(vout).unwrap();
    let sweep = spender(world, OutPoint { txid: closing.compute_txid(), vout });
    assert_eq!(sweep.input.len(), 1);
    ours - sweep.output[0].value
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_and_recovery_file_bring_everything_back() {
    let world = World::new().await;
    let (mut ours, peer) = pair(&world).await;
    pays(&ours, &peer, msat(50_000_000)).await;
    // More addresses than anybody would look for unasked.
    for _ in 0..150 {
        ours.new_address(AddressKind::Bech32).unwrap();
    }
    let far = ours.new_address(AddressKind::Bech32).unwrap();
    world.chain.faucet(&far, Amount::from_sat(77_777)).unwrap();
    world.mine(1);
    world.all_see_the_tip(&[&ours, &peer]).await;
    let file = ours.recovery_file().unwrap();
    let (id, on_chain, in_channel) = (ours.node_id(), confirmed(&ours), balance(&ours));
    assert_eq!(in_channel, msat(650_000_000));
    ours.kill().await;
    drop(ours);

    let plan = RecoveryPlan { file: Some(file.clone()), ..RecoveryPlan::default() };
    let config = world.config();
    let mut restored =
        Member::prepared(config, MemoryStore::default(), recover(&file.words, plan)).await;
    assert_eq!(restored.node_id(), id);
    assert_eq!(confirmed(&restored), on_chain);
    let waiting = restored.rescue().unwrap();
    assert!(!waiting.done && waiting.knows_channels);
    let states: Vec<_> = waiting.channels.iter().map(|channel| channel.state).collect();
    assert_eq!(states, [RescueState::AwaitingClose]);

    mine_until_done(&world, &restored, &[&peer]).await;
    let rescue = restored.rescue().unwrap();
    let channel = rescue.channels.first().unwrap();
    assert_eq!(channel.state, RescueState::Recovered);
    let back = channel.ours.unwrap();
    // The opener pays for the commitment transaction and its two anchors of 330 sat.
    let commitment = world.chain.transaction(&channel.closing_txid.unwrap()).unwrap();
    let outputs: Amount = commitment.output.iter().map(|output| output.value).sum();
    let fee_of_commitment = Amount::from_sat(CAPACITY) - outputs;
    let expected = Amount::from_sat(650_000 - 660) - fee_of_commitment;
    assert_eq!(back, expected);
    let fee = fee_of_sweep(&world, commitment.compute_txid(), back);
    assert!(fee < Amount::from_sat(1_000), "{fee}");
    assert_eq!(confirmed(&restored), on_chain + back - fee);

    restored.restart().await;
    assert!(restored.rescue().unwrap().done, "that is remembered");
    assert_eq!(confirmed(&restored), on_chain + back - fee);
    assert!(restored.recovery_file().unwrap().channels.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recovery_goes_on_after_a_crash_and_a_changed_chain() {
    let world = World::new().await;
    let (mut ours, peer) = pair(&world).await;
    let file = ours.recovery_file().unwrap();
    let on_chain = confirmed(&ours);
    ours.kill().await;
    drop(ours);
    let plan = RecoveryPlan { file: Some(file.clone()), ..RecoveryPlan::default() };
    let config = world.config();
    let mut restored =
        Member::prepared(config, MemoryStore::default(), recover(&file.words, plan)).await;
    let closed = |node: &Node| node.rescue().unwrap().channels[0].closing_txid.is_some();
    let closing = async {
        while !closed(&restored) {
            world.mine(1);
            world.all_see_the_tip(&[&restored, &peer]).await;
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, closing).await.unwrap();
    restored.crash().await;
    assert!(closed(&restored));
    // The closing transaction falls out of the chain, and comes back in another block.
    world.chain.reorg(2).unwrap();
    mine_until_done(&world, &restored, &[&peer]).await;
    let back = restored.rescue().unwrap().channels[0].ours.unwrap();
    assert!(back > Amount::from_sat(690_000), "{back}");
    assert!(confirmed(&restored) > on_chain + back - Amount::from_sat(1_000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_state_is_put_aside_and_the_newest_balance_comes_back() {
    let world = World::new().await;
    let (mut ours, peer) = pair(&world).await;
    let seed = fs::read_to_string(ours.folder().join("seed")).unwrap();
    let words: SeedWords = seed.parse().unwrap();
    ours.stop().await;
    let copy = MemoryStore::of(ours.store.values());
    ours.resume().await;
    ours.all_channels_usable().await;
    peer.all_channels_usable().await;
    // Minted while there is a channel: the peer closes it when the restored node comes.
    let minted = peer.invoice(msat(1_000)).await;
    // What the copy does not know: most of the balance has moved since, first away and then some of it back.
    pays(&ours, &peer, msat(600_000_000)).await;
    pays(&peer, &ours, msat(20_000_000)).await;
    let on_chain = confirmed(&ours);
    assert_eq!(balance(&ours), msat(120_000_000));
    ours.kill().await;
    drop(ours);

    let unknown = [9; 32];
    let plan = RecoveryPlan {
        file: None,
        unknown_payments: vec![unknown],
        unknown_receipts: vec![unknown],
    };
    let restored = Member::prepared(world.config(), copy, recover(&words, plan)).await;
    assert!(restored.list_peer_channels().is_empty(), "no channel of the copy is used");
    assert_eq!(confirmed(&restored), on_chain);
    let known = restored.known_payments().await.unwrap();
    assert!(known.contains(&unknown));
    let again =
        offerd_core::port::PayOrder { payment_id: unknown, ..pay_order(&minted, msat(1_000)) };
    assert_eq!(restored.pay(again).await, Err(PayRefused::AlreadyKnown));
    assert!(!restored.is_lost(unknown).await.unwrap());
    assert!(restored.is_lost([8; 32]).await.unwrap(), "what nobody asked about");

    mine_until_done(&world, &restored, &[&peer]).await;
    let rescue = restored.rescue().unwrap();
    let channel = rescue.channels.first().unwrap();
    assert!(channel.ours.unwrap() > Amount::from_sat(118_000), "{channel:?}");
    assert!(channel.ours.unwrap() < Amount::from_sat(120_000), "{channel:?}");
    assert_eq!(rescue.pending, Amount::ZERO);
    let kept = restored.store.values();
    assert!(kept.keys().any(|(space, _, _)| space == "old_channel_state"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_recovery_channels_work_as_ever_and_are_left_to_close_by_themselves() {
    let world = World::new().await;
    let (mut ours, peer) = pair(&world).await;
    let file = ours.recovery_file().unwrap();
    ours.kill().await;
    drop(ours);
    let plan = RecoveryPlan { file: Some(file.clone()), ..RecoveryPlan::default() };
    let store = MemoryStore::default();
    let restored = Member::prepared(world.config(), store, recover(&file.words, plan)).await;
    common::patiently("the peer", async {
        while !restored.list_peers().iter().any(|peer| peer.connected) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    // A new channel while the recovery is still on: it closes, and its funds come by the usual way.
    let wish = FundingOrder { push: msat(100_000_000), ..order(&peer, CAPACITY) };
    let funded = world.channel(&restored, &peer, wish).await;
    pays(&restored, &peer, msat(10_000_000)).await;
    peer.close_channel(funded.channel_id, true).unwrap();
    mine_until_done(&world, &restored, &[&peer]).await;
    let least = Amount::from_sat(4_000_000 - 400_000 - 10_000 - 10_000);
    let settled = async {
        while confirmed(&restored) < least {
            world.mine(1);
            world.all_see_the_tip(&[&restored, &peer]).await;
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, settled).await.unwrap();
    let rescue = restored.rescue().unwrap();
    assert_eq!(rescue.channels.len(), 1, "the new channel is no part of the recovery");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recovery_file_is_kept_up_to_date_and_never_written_over_what_it_does_not_know() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recovery.json");
    let config = || NodeConfig { recovery_file: Some(path.clone()), ..world.config() };
    let (mut ours, peer) = (Member::start(config()).await, world.node().await);
    world.fund(&[&ours, &peer], 1, Amount::from_sat(2_000_000)).await;
    let funded = world.channel(&ours, &peer, order(&peer, CAPACITY)).await;
    let listed = async {
        let has = |file: &RecoveryFile| {
            let mut channels = file.channels.iter();
            channels.any(|channel| channel.funding_txid == funded.txid)
        };
        while !RecoveryFile::read(&path).is_ok_and(|file| has(&file) && !file.peers.is_empty()) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, listed).await.unwrap();
    let file = RecoveryFile::read(&path).unwrap();
    assert_eq!(file.peers[0].id, peer.node_id());
    assert_eq!(file.peers[0].addresses, [peer.listen_address().unwrap().to_string()]);
    assert_eq!(
        (file.channels[0].capacity_sat, file.channels[0].channel_type.as_str()),
        (CAPACITY, "anchors")
    );
    ours.stop().await;
    ours.kill().await;

    // Another node.
    let refused = try_start(config(), |_, _| ()).await;
    assert!(refused.contains("move it away"), "{refused}");
    // The same seed, but without the channels.
    let refused = try_start(config(), |dir, _| {
        restore_seed(dir, Network::Regtest, &file.words).unwrap();
    })
    .await;
    assert!(refused.contains("--recover"), "{refused}");
    assert_eq!(RecoveryFile::read(&path).unwrap(), file, "it is as it was");
    // The node itself goes on with it.
    ours.resume().await;
    // And one that recovers does, which keeps in it what it still waits for.
    ours.kill().await;
    let plan = RecoveryPlan { file: Some(file.clone()), ..RecoveryPlan::default() };
    let store = MemoryStore::default();
    let restored = Member::prepared(config(), store, recover(&file.words, plan)).await;
    assert_eq!(restored.recovery_file().unwrap().channels, file.channels);
}

/// The reason for which a node does not start.
async fn try_start(config: NodeConfig, prepare: impl FnOnce(&Path, &MemoryStore)) -> String {
    let dir = tempfile::tempdir().unwrap();
    let store = MemoryStore::default();
    prepare(dir.path(), &store);
    let inbox = common::Inbox::new();
    let started = Node::start(config, dir.path(), std::sync::Arc::new(store), inbox).await;
    started.map(|_| ()).unwrap_err().to_string()
}

#[tokio::test]
async fn a_recovery_is_for_its_own_node_alone() {
    let words = |entropy| {
        let mnemonic = bip39::Mnemonic::from_entropy(&[entropy; 32]).unwrap();
        mnemonic.to_string().parse::<SeedWords>().unwrap()
    };
    let dir = tempfile::tempdir().unwrap();
    let id = restore_seed(dir.path(), Network::Regtest, &words(1)).unwrap();
    assert_eq!(id, seed_node_id(dir.path(), Network::Regtest).unwrap());
    let refused = restore_seed(dir.path(), Network::Regtest, &words(2)).unwrap_err().to_string();
    assert!(refused.contains("never replaced"), "{refused}");
    let refused = seed_node_id(tempfile::tempdir().unwrap().path(), Network::Regtest);
    assert!(refused.unwrap_err().to_string().contains("is missing"));

    let world = World::new().await;
    let refused = try_start(world.config(), |dir, store| {
        restore_seed(dir, Network::Regtest, &words(2)).unwrap();
        begin_recovery(id, Network::Regtest, store, RecoveryPlan::default()).unwrap();
    })
    .await;
    assert!(refused.contains("the seed that of"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_costs_more_than_it_is_worth_does_not_keep_a_recovery_open() {
    let world = World::new().await;
    let (opener, mut ours) = (world.node().await, world.node().await);
    world.fund(&[&opener, &ours], 1, Amount::from_sat(2_000_000)).await;
    // Enough for an output of its own, not enough for the fee of another transaction.
    let wish = FundingOrder { push: msat(360_000), ..order(&ours, CAPACITY) };
    world.channel(&opener, &ours, wish).await;
    let (file, before) = (ours.recovery_file().unwrap(), confirmed(&ours));
    ours.kill().await;
    drop(ours);
    let plan = RecoveryPlan { file: Some(file.clone()), ..RecoveryPlan::default() };
    let store = MemoryStore::default();
    let restored = Member::prepared(world.config(), store, recover(&file.words, plan)).await;
    restored.connect_to(&opener).await;
    mine_until_done(&world, &restored, &[&opener]).await;
    let rescue = restored.rescue().unwrap();
    let channel = rescue.channels.first().unwrap();
    assert_eq!(
        (channel.state, channel.ours),
        (RescueState::NotWorthIt, Some(Amount::from_sat(360)))
    );
    assert_eq!(confirmed(&restored), before);
}
