//! Nodes that see the chain through an Esplora or an Electrum server, and through nothing else.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test, what is not so ends it")]
#![allow(clippy::wildcard_enum_match_arm, reason = "tests look for one event among many")]

mod common;

use std::sync::Arc;

use bitcoin::{Amount, Network};
use offerd_core::port::{InvoiceIssuer, NodeEvent};
use offerd_node_ldk::{ChainConfig, NodeConfig, NodeError, probe_chain};
use offerd_regtest::{ElectrumServer, EsploraServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;

use common::closing::{confirmed, wealth};
use common::opening::open_over_a_reorg;
use common::{Member, World, eventually, msat, order, patiently};

const AMOUNT_MSAT: u64 = 20_000_000;

/// Which kind of server.
#[derive(Clone, Copy)]
enum Kind {
    Esplora,
    Electrum,
}

/// A server on the world's chain.
enum Server {
    Esplora(EsploraServer),
    Electrum(ElectrumServer),
}

impl Server {
    async fn start(kind: Kind, world: &World, port: u16) -> Self {
        let chain = Arc::clone(&world.chain);
        match kind {
            Kind::Esplora => Self::Esplora(EsploraServer::start(chain, port).await.unwrap()),
            Kind::Electrum => Self::Electrum(ElectrumServer::start(chain, port).await.unwrap()),
        }
    }

    fn port(&self) -> u16 {
        match self {
            Self::Esplora(server) => server.addr().port(),
            Self::Electrum(server) => server.addr().port(),
        }
    }

    /// How a node is told to ask it.
    fn chain(&self) -> ChainConfig {
        match self {
            Self::Esplora(server) => ChainConfig::Esplora(server.url()),
            Self::Electrum(server) => ChainConfig::Electrum(server.url()),
        }
    }

    async fn shutdown(self) {
        match self {
            Self::Esplora(server) => server.shutdown().await,
            Self::Electrum(server) => server.shutdown().await,
        }
    }
}

/// The configuration of a node that asks this server.
fn asking(world: &World, server: &Server) -> NodeConfig {
    NodeConfig { chain: server.chain(), ..world.config() }
}

/// Two nodes on one server, with coins.
async fn two(kind: Kind) -> (World, Server, Member, Member) {
    let world = World::new().await;
    let server = Server::start(kind, &world, 0).await;
    let payer = Member::start(asking(&world, &server)).await;
    let payee = Member::start(asking(&world, &server)).await;
    world.fund(&[&payer, &payee], 2, Amount::from_sat(2_000_000)).await;
    (world, server, payer, payee)
}

async fn pair(kind: Kind) -> (World, Server, Member, Member) {
    let (world, server, payer, payee) = two(kind).await;
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

async fn a_channel_is_opened_used_and_closed_by_agreement(kind: Kind) {
    let (world, _server, payer, payee) = pair(kind).await;
    pay(&payer, &payee).await;
    assert_eq!(payee.channel().to_us, msat(AMOUNT_MSAT));
    let (height, all) = (world.chain.height(), wealth(&payer) + wealth(&payee));
    let id = payer.channel().channel_id;
    eventually("the beginning of the end", || payer.close_channel(id, false).is_ok()).await;
    let nodes = [&payer, &payee];
    let back = || confirmed(&payer) + confirmed(&payee) + world.costs_since(height) == all;
    world.mine_slowly_until(&nodes, "the coins", back).await;
}

async fn a_forced_end_with_a_payment_on_its_way_settles_from_the_chain_alone(kind: Kind) {
    let (world, _server, payer, payee) = pair(kind).await;
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

async fn a_node_that_was_away_while_its_channel_ended_and_blocks_were_replaced_catches_up(
    kind: Kind,
) {
    let (world, _server, payer, mut payee) = pair(kind).await;
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

async fn a_restart_keeps_channel_and_coins(kind: Kind) {
    let (world, _server, mut payer, mut payee) = pair(kind).await;
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

async fn a_funding_transaction_that_is_undone_and_mined_again_opens_its_channel(kind: Kind) {
    let (world, _server, payer, payee) = two(kind).await;
    open_over_a_reorg(&world, &payer, &payee).await;
    pay(&payer, &payee).await;
}

async fn a_server_that_goes_is_noticed_and_used_again_when_it_is_back(kind: Kind) {
    let (world, server, payer, payee) = pair(kind).await;
    let port = server.port();
    server.shutdown().await;
    eventually("that it is gone", || !payer.synced()).await;
    world.mine(2);
    let server = Server::start(kind, &world, port).await;
    eventually("that it is back", || payer.synced() && payee.synced()).await;
    world.all_see_the_tip(&[&payer, &payee]).await;
    pay(&payer, &payee).await;
    server.shutdown().await;
}

/// Answers every request with something that is nothing, and counts them.
async fn answer_nonsense(listener: TcpListener, answered: watch::Sender<u32>) {
    const NONSENSE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nzz";
    while let Ok((mut stream, _)) = listener.accept().await {
        let _ = stream.read(&mut [0; 4_096]).await;
        let _ = stream.write_all(NONSENSE).await;
        answered.send_modify(|count| *count += 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_answers_nonsense_is_asked_again_until_it_is_itself() {
    let (world, server, payer, payee) = pair(Kind::Esplora).await;
    let port = server.port();
    server.shutdown().await;
    let (answered, mut count) = watch::channel(0);
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let liar = tokio::spawn(answer_nonsense(listener, answered));
    patiently("questions", count.wait_for(|count| *count >= 6)).await.unwrap();
    eventually("that it is not believed", || !payer.synced() && !payee.synced()).await;
    let chain = ChainConfig::Esplora(format!("http://127.0.0.1:{port}"));
    let refused = probe_chain(&chain, Network::Regtest).await.unwrap_err().to_string();
    assert!(refused.contains("an answer that cannot be read"), "{refused}");
    liar.abort();
    let _ = liar.await;
    let server = Server::start(Kind::Esplora, &world, port).await;
    world.mine(1);
    world.all_see_the_tip(&[&payer, &payee]).await;
    pay(&payer, &payee).await;
    server.shutdown().await;
}

async fn a_node_goes_from_bitcoind_to_a_server_and_back_with_all_it_has(kind: Kind) {
    let world = World::new().await;
    let server = Server::start(kind, &world, 0).await;
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

async fn after_a_crash_the_source_is_not_changed_before_the_node_has_ended_properly(kind: Kind) {
    let (world, server, mut payer, payee) = pair(kind).await;
    payer.kill().await;
    payer.reconfigure(|kept| kept.chain = world.config().chain);
    let refused = payer.try_to_start().await.unwrap_err().to_string();
    assert!(refused.contains(&format!("the node last asked {}", server.chain())), "{refused}");
    payer.reconfigure(|kept| kept.chain = asking(&world, &server).chain);
    payer.resume().await;
    payer.stop().await;
    payer.reconfigure(|kept| kept.chain = world.config().chain);
    payer.resume().await;
    payer.all_channels_usable().await;
    pay(&payer, &payee).await;
}

async fn a_server_for_another_network_or_none_at_all_is_refused_by_name(kind: Kind) {
    let world = World::new().await;
    let server = Server::start(kind, &world, 0).await;
    let chain = server.chain();
    assert_eq!(probe_chain(&chain, Network::Regtest).await.unwrap().height, 110);
    let refused = probe_chain(&chain, Network::Bitcoin).await.unwrap_err();
    let NodeError::Chain(why) = &refused else { panic!("{refused}") };
    assert_eq!(*why, format!("{chain}: it is for another chain, and should be for bitcoin"));
    server.shutdown().await;
    let refused = probe_chain(&chain, Network::Regtest).await.unwrap_err().to_string();
    assert!(refused.contains("no answer: "), "{refused}");
}

/// One test for each kind of server.
macro_rules! on_each_kind {
    ($($name:ident),* $(,)?) => {
        mod esplora {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::Kind::Esplora).await;
            })*
        }

        mod electrum {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::Kind::Electrum).await;
            })*
        }
    };
}

on_each_kind!(
    a_channel_is_opened_used_and_closed_by_agreement,
    a_forced_end_with_a_payment_on_its_way_settles_from_the_chain_alone,
    a_node_that_was_away_while_its_channel_ended_and_blocks_were_replaced_catches_up,
    a_restart_keeps_channel_and_coins,
    a_funding_transaction_that_is_undone_and_mined_again_opens_its_channel,
    a_server_that_goes_is_noticed_and_used_again_when_it_is_back,
    a_node_goes_from_bitcoind_to_a_server_and_back_with_all_it_has,
    after_a_crash_the_source_is_not_changed_before_the_node_has_ended_properly,
    a_server_for_another_network_or_none_at_all_is_refused_by_name,
);
