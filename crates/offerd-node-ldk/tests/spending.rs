//! Spending all there is, and closing channels with and without the other end.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test, what is not so ends it")]

mod common;

use std::time::Duration;

use bitcoin::{Amount, Psbt, Transaction, Txid};
use offerd_node_ldk::{
    AddressKind, ChannelError, CloseKind, FundingOrder, Node, OutputStatus, WalletError,
    finished_psbt,
};

use common::{World, order, patiently};

const RESERVE: Amount = Amount::from_sat(25_000);

fn coins(node: &Node) -> Vec<Amount> {
    let outputs = node.list_funds().outputs.into_iter();
    let confirmed =
        outputs.filter(|output| matches!(output.status, OutputStatus::Confirmed { .. }));
    confirmed.map(|output| output.amount).collect()
}

fn spends(tx: &Transaction, txid: Txid) -> bool {
    tx.input.iter().any(|input| input.previous_output.txid == txid)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn withdrawing_all_leaves_exactly_the_reserve() {
    let world = World::new().await;
    let (opener, peer) = (world.node().await, world.node().await);
    world.fund(&[&opener, &peer], 2, Amount::from_sat(1_000_000)).await;
    world.channel(&opener, &peer, order(&peer, 500_000)).await;
    let address = world.chain.faucet_address();
    let tx = opener.withdraw_all(&address, None).await.unwrap();
    assert!(world.chain.transaction(&tx.compute_txid()).is_some());
    let psbt = finished_psbt(&tx).unwrap();
    assert_eq!(psbt.parse::<Psbt>().unwrap().extract_tx_unchecked_fee_rate(), tx);
    world.mine(1);
    world.all_see_the_tip(&[&opener]).await;
    assert_eq!(coins(&opener), [RESERVE]);
    let nothing = opener.withdraw_all(&address, None).await;
    assert!(matches!(nothing, Err(WalletError::Insufficient { .. })), "{nothing:?}");
    // A node without channels has no reserve: nothing is left.
    let free = world.node().await;
    world.fund(&[&free], 2, Amount::from_sat(40_000)).await;
    free.withdraw_all(&address, None).await.unwrap();
    world.mine(1);
    world.all_see_the_tip(&[&free]).await;
    assert_eq!(coins(&free), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dust_is_not_sent_and_the_least_is_named() {
    let world = World::new().await;
    let node = world.node().await;
    world.fund(&[&node], 1, Amount::from_sat(100_000)).await;
    let address = node.new_address(AddressKind::Bech32).unwrap();
    let refused = node.withdraw(&address, Amount::from_sat(293), None).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "0.00000293 BTC is dust: at least 0.00000294 BTC can be sent to this address"
    );
    node.withdraw(&address, Amount::from_sat(294), None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_largest_channel_takes_all_but_the_reserve() {
    let world = World::new().await;
    let (opener, peer) = (world.node().await, world.node().await);
    world.fund(&[&opener, &peer], 3, Amount::from_sat(300_000)).await;
    opener.connect_to(&peer).await;
    let amount = opener.largest_funding(None).unwrap();
    assert!(amount > Amount::from_sat(870_000), "{amount}");
    let funded = opener.fund_channel(FundingOrder { amount, ..order(&peer, 0) });
    let funded = patiently("funding", funded).await.unwrap();
    world.mine(6);
    world.all_see_the_tip(&[&opener, &peer]).await;
    assert_eq!(coins(&opener), [RESERVE]);
    assert_eq!(funded.tx.input.len(), 3);
    assert!(opener.largest_funding(None).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agreed_close_returns_with_its_transaction_in_the_mempool() {
    let world = World::new().await;
    let (opener, peer) = (world.node().await, world.node().await);
    world.fund(&[&opener, &peer], 1, Amount::from_sat(2_000_000)).await;
    let funded = world.channel(&opener, &peer, order(&peer, 1_000_000)).await;
    // Both ends at once: both are told of the same end.
    let long = Some(Duration::from_secs(600));
    let (ours, theirs) = patiently("the end", async {
        tokio::join!(opener.close(funded.channel_id, long), peer.close(funded.channel_id, None))
    })
    .await;
    let (ours, theirs) = (ours.unwrap(), theirs.unwrap());
    assert_eq!((ours.kind, theirs.kind), (CloseKind::Mutual, CloseKind::Mutual));
    let tx = ours.tx.unwrap();
    assert!(spends(&tx, funded.txid));
    assert_eq!(theirs.tx.unwrap().compute_txid(), tx.compute_txid());
    patiently("the mempool", world.chain.wait_for_tx(tx.compute_txid())).await;
    let gone = opener.close(funded.channel_id, None).await;
    assert!(matches!(gone, Err(ChannelError::Unknown)), "{gone:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_is_away_is_waited_for() {
    let world = World::new().await;
    let (opener, mut peer) = (world.node().await, world.node().await);
    world.fund(&[&opener, &peer], 1, Amount::from_sat(2_000_000)).await;
    let funded = world.channel(&opener, &peer, order(&peer, 1_000_000)).await;
    peer.stop().await;
    opener.wait_for_channels("the peer to be away", |channels| !channels[0].peer_connected).await;
    let back = async {
        peer.resume().await;
        peer.connect_to(&opener).await;
    };
    let closing = opener.close(funded.channel_id, None);
    let (closed, ()) = patiently("the end", async { tokio::join!(closing, back) }).await;
    assert_eq!(closed.unwrap().kind, CloseKind::Mutual);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_stays_away_is_closed_upon() {
    let world = World::new().await;
    let (opener, peer) = (world.node().await, world.node().await);
    world.fund(&[&opener, &peer], 1, Amount::from_sat(2_000_000)).await;
    let funded = world.channel(&opener, &peer, order(&peer, 1_000_000)).await;
    peer.stop().await;
    let closing = opener.close(funded.channel_id, Some(Duration::from_millis(300)));
    let closed = patiently("the end", closing).await.unwrap();
    assert_eq!(closed.kind, CloseKind::Unilateral);
    let tx = closed.tx.unwrap();
    assert!(spends(&tx, funded.txid));
    patiently("the mempool", world.chain.wait_for_tx(tx.compute_txid())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_text_leads_to_its_signer() {
    let world = World::new().await;
    let (one, other) = (world.node().await, world.node().await);
    let signed = one.sign_text("coffee at noon").unwrap();
    assert_eq!(signed.signer("coffee at noon").unwrap(), one.node_id());
    assert_ne!(signed.signer("coffee at nine").ok(), Some(one.node_id()));
    assert!(one.knows(&one.node_id()) && !one.knows(&other.node_id()));
}
