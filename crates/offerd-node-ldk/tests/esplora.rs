//! Nodes that see the chain through an Esplora server, and through nothing else.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test, what is not so ends it")]
#![allow(clippy::wildcard_enum_match_arm, reason = "tests look for one event among many")]

mod common;

use std::sync::Arc;

use bitcoin::{Amount, Network};
use offerd_core::port::{InvoiceIssuer, NodeEvent};
use offerd_node_ldk::{ChainConfig, ChannelState, NodeConfig, NodeError, probe_chain};
use offerd_regtest::EsploraServer;

use common::closing::{confirmed, wealth};
use common::{Member, World, eventually, msat, order, patiently};

const AMOUNT_MSAT: u64 = 20_000_000;

/// The configuration of a node that asks this server.
fn asking(world: &World, server: &EsploraServer) -> NodeConfig {
    NodeConfig { chain: ChainConfig::Esplora(server.url()), ..world.config() }
}

/// Two nodes on one server, with coins.
async fn two() -> (World, EsploraServer, Member, Member) {
    let world = World::new().await;
    let server = EsploraServer::start(Arc::clone(&world.chain), 0).await.unwrap();
    let payer = Member::start(asking(&world, &server)).await;
    let payee = Member::start(asking(&world, &server)).await;
    world.fund(&[&payer, &payee], 1, Amount::from_sat(2_000_000)).await;
    (world, server, payer, payee)
}

async fn pair() -> (World, EsploraServer, Member, Member) {
    let (world, server, payer, payee) = two().await;
    world.channel(&payer, &payee, order(&payee, 1_000_000)).await;
    (world, server, payer, payee)
}

/// Pays and settles.
async fn pay(payer: &Member, payee: &Member) {
    let minted = payee.invoice(msat(AMOUNT_MSAT)).await;
    let payment = payer.pay_minted(&minted, msat(AMOUNT_MSAT)).await;
    let arrived = payee.inbox.claimable().await;
    payee.accept(arrived.payment_hash).await.unwrap();
    payer.inbox.outcome(payment).await.unwrap();
    eventually("rest", || payer.channel().htlcs + payee.channel().htlcs == 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_is_opened_used_and_closed_by_agreement() {
    let (world, _server, payer, payee) = pair().await;
    pay(&payer, &payee).await;
    assert_eq!(payee.channel().to_us, msat(AMOUNT_MSAT));
    let (height, all) = (world.chain.height(), wealth(&payer) + wealth(&payee));
    let id = payer.channel().channel_id;
    eventually("the beginning of the end", || payer.close_channel(id, false).is_ok()).await;
    let nodes = [&payer, &payee];
    let back = || confirmed(&payer) + confirmed(&payee) + world.costs_since(height) == all;
    world.mine_slowly_until(&nodes, "the coins", back).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forced_end_with_a_payment_on_its_way_settles_from_the_chain_alone() {
    let (world, _server, payer, payee) = pair().await;
    pay(&payer, &payee).await;
    let minted = payee.invoice(msat(AMOUNT_MSAT)).await;
    let payment = payer.pay_minted(&minted, msat(AMOUNT_MSAT)).await;
    let hash = payee.inbox.claimable().await.payment_hash;
    let (height, all) = (world.chain.height(), wealth(&payer) + wealth(&payee));
    payer.close_channel(payer.channel().channel_id, true).unwrap();
    payee.accept(hash).await.unwrap();
    let nodes = [&payer, &payee];
    let sent = |event: &NodeEvent| matches!(event, NodeEvent::PaymentSent { payment_id, .. } if *payment_id == payment);
    world.mine_slowly_until(&nodes, "the preimage", || payer.inbox.has(sent)).await;
    let back = || confirmed(&payer) + confirmed(&payee) + world.costs_since(height) == all;
    world.mine_until(&nodes, "the coins", back).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_was_away_while_its_channel_ended_and_blocks_were_replaced_catches_up() {
    let (world, _server, payer, mut payee) = pair().await;
    pay(&payer, &payee).await;
    let (height, all) = (world.chain.height(), wealth(&payer) + wealth(&payee));
    payee.stop().await;
    payer.close_channel(payer.channel().channel_id, true).unwrap();
    let closed = || !world.chain.mempool().is_empty();
    eventually("the closing transaction", closed).await;
    world.mine(3);
    world.chain.reorg(2).unwrap();
    world.mine(20);
    payee.resume().await;
    assert_eq!(payee.block_height(), world.chain.height(), "it starts where the chain is");
    let nodes = [&payer, &payee];
    let back = || confirmed(&payer) + confirmed(&payee) + world.costs_since(height) == all;
    world.mine_slowly_until(&nodes, "the coins", back).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_keeps_channel_and_coins() {
    let (world, _server, mut payer, mut payee) = pair().await;
    pay(&payer, &payee).await;
    let before = (wealth(&payer), wealth(&payee));
    payer.restart().await;
    payee.crash().await;
    world.mine(3);
    world.all_see_the_tip(&[&payer, &payee]).await;
    payer.all_channels_usable().await;
    payee.all_channels_usable().await;
    assert_eq!((wealth(&payer), wealth(&payee)), before);
    pay(&payer, &payee).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_funding_transaction_that_is_undone_and_mined_again_opens_its_channel() {
    let (world, _server, payer, payee) = two().await;
    payer.connect_to(&payee).await;
    let funded = patiently("funding", payer.fund_channel(order(&payee, 1_000_000))).await.unwrap();
    patiently("the transaction", world.chain.wait_for_tx(funded.txid)).await;
    world.mine(3);
    world.all_see_the_tip(&[&payer, &payee]).await;
    world.chain.reorg(3).unwrap();
    world.all_see_the_tip(&[&payer, &payee]).await;
    assert_eq!(world.chain.confirmation_height(&funded.txid), None);
    for node in [&payer, &payee] {
        assert_eq!(node.channel().state, ChannelState::AwaitingLockin);
    }
    world.mine(6);
    payer.all_channels_usable().await;
    payee.wait_for_channels("the price", |channels| channels.iter().all(|c| c.peer_forwards)).await;
    pay(&payer, &payee).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_goes_is_noticed_and_used_again_when_it_is_back() {
    let (world, server, payer, payee) = pair().await;
    let port = server.addr().port();
    server.shutdown().await;
    eventually("that it is gone", || !payer.synced()).await;
    world.mine(2);
    let server = EsploraServer::start(Arc::clone(&world.chain), port).await.unwrap();
    eventually("that it is back", || payer.synced() && payee.synced()).await;
    world.all_see_the_tip(&[&payer, &payee]).await;
    pay(&payer, &payee).await;
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_goes_from_bitcoind_to_esplora_and_back_with_all_it_has() {
    let world = World::new().await;
    let server = EsploraServer::start(Arc::clone(&world.chain), 0).await.unwrap();
    let (mut payer, payee) = (world.node().await, world.node().await);
    world.fund(&[&payer, &payee], 1, Amount::from_sat(2_000_000)).await;
    world.channel(&payer, &payee, order(&payee, 1_000_000)).await;
    for config in [asking(&world, &server), world.config()] {
        payer.stop().await;
        world.mine(2);
        payer.reconfigure(|kept| kept.chain = config.chain.clone());
        payer.resume().await;
        world.all_see_the_tip(&[&payer, &payee]).await;
        payer.all_channels_usable().await;
        pay(&payer, &payee).await;
    }
    let (height, all) = (world.chain.height(), wealth(&payer) + wealth(&payee));
    payee.close_channel(payee.channel().channel_id, true).unwrap();
    let back = || confirmed(&payer) + confirmed(&payee) + world.costs_since(height) == all;
    world.mine_slowly_until(&[&payer, &payee], "the coins", back).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_crash_the_source_is_not_changed_before_the_node_has_ended_properly() {
    let (world, server, mut payer, payee) = pair().await;
    payer.kill().await;
    payer.reconfigure(|kept| kept.chain = world.config().chain);
    let refused = payer.try_to_start().await.unwrap_err().to_string();
    assert!(refused.contains("the node last asked Esplora at http://127.0.0.1:"), "{refused}");
    payer.reconfigure(|kept| kept.chain = asking(&world, &server).chain);
    payer.resume().await;
    payer.stop().await;
    payer.reconfigure(|kept| kept.chain = world.config().chain);
    payer.resume().await;
    payer.all_channels_usable().await;
    pay(&payer, &payee).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_for_another_network_or_none_at_all_is_refused_by_name() {
    let world = World::new().await;
    let server = EsploraServer::start(Arc::clone(&world.chain), 0).await.unwrap();
    let chain = ChainConfig::Esplora(server.url());
    assert_eq!(probe_chain(&chain, Network::Regtest).await.unwrap().height, 110);
    let refused = probe_chain(&chain, Network::Bitcoin).await.unwrap_err();
    let NodeError::Chain(why) = &refused else { panic!("{refused}") };
    assert_eq!(
        *why,
        format!("Esplora at {}: it is for another chain, and should be for bitcoin", server.url())
    );
    server.shutdown().await;
    let refused = probe_chain(&chain, Network::Regtest).await.unwrap_err().to_string();
    assert!(refused.contains("no answer: "), "{refused}");
    let bitcoind = ChainConfig::Esplora(format!("http://{}", world.server.addr()));
    let refused = probe_chain(&bitcoind, Network::Regtest).await.unwrap_err().to_string();
    assert!(refused.contains("HTTP 404"), "{refused}");
}
