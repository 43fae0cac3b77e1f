//! The end of channels: every satoshi is where it belongs, less what the chain took for it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test, what is not so ends it")]
#![allow(clippy::wildcard_enum_match_arm, reason = "tests look for one event among many")]

mod common;

use bitcoin::Amount;
use offerd_core::port::{InvoiceIssuer, InvoicePayer};
use offerd_node_ldk::FundingOrder;

use common::books::{Held, hold};
use common::closing::{confirmed, wealth};
use common::opening::pair;
use common::{Member, eventually, msat, order, patiently};

#[derive(Clone, Copy, PartialEq)]
enum Closer {
    Opener,
    Peer,
}

impl Closer {
    fn close(self, opener: &Member, peer: &Member, force: bool) {
        let closer = if self == Self::Opener { opener } else { peer };
        closer.close_channel(closer.channel().channel_id, force).unwrap();
    }
}

async fn agreement(closer: Closer) {
    let (world, opener, peer) = pair().await;
    let (ours, theirs, height) = (wealth(&opener), wealth(&peer), world.chain.height());
    closer.close(&opener, &peer, false);
    for node in [&opener, &peer] {
        node.wait_for_channels("the end", <[_]>::is_empty).await;
    }
    let back =
        || confirmed(&opener) + confirmed(&peer) + world.costs_since(height) == ours + theirs;
    world.mine_slowly_until(&[&opener, &peer], "the coins", back).await;
    // The opener pays for the closing transaction, and there is no other: both outputs are the wallets'.
    assert_eq!(confirmed(&peer), theirs);
    for _ in 0..2 {
        world.mine(6);
        world.all_see_the_tip(&[&opener, &peer]).await;
    }
    assert_eq!(world.txs_since(height).len(), 1);
    assert_eq!(confirmed(&opener) + world.costs_since(height), ours);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_that_the_opener_proposes_gives_both_what_is_theirs_less_the_fees() {
    agreement(Closer::Opener).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_that_the_peer_proposes_gives_both_what_is_theirs_less_the_fees() {
    agreement(Closer::Peer).await;
}

/// Two payments in each direction: one whose preimage comes when the channel has ended, one that runs out.
async fn force(closer: Closer) {
    let (world, opener, peer) = pair().await;
    let (taken, lapsing) =
        (hold(&opener, &peer, 50_000_000).await, hold(&opener, &peer, 60_000_000).await);
    let (theirs, lost) =
        (hold(&peer, &opener, 30_000_000).await, hold(&peer, &opener, 40_000_000).await);
    assert_eq!((opener.channel().htlcs, peer.channel().htlcs), (4, 4));
    let (ours, others, height) = (wealth(&opener), wealth(&peer), world.chain.height());
    let before = ours + others;
    closer.close(&opener, &peer, true);
    peer.accept(taken.hash).await.unwrap();
    opener.accept(theirs.hash).await.unwrap();
    let nodes = [&opener, &peer];
    // Both learn the preimages of the other from the chain alone.
    let settled =
        || taken.was_sent(&opener.inbox).is_some() && theirs.was_sent(&peer.inbox).is_some();
    world.mine_slowly_until(&nodes, "the preimages", settled).await;
    let failed = || [lapsing.has_failed(&opener.inbox), lost.has_failed(&peer.inbox)];
    assert_eq!(failed(), [false; 2], "not known yet");
    assert!(opener.known_payments().await.unwrap().contains(&lapsing.id));
    let back = || {
        failed() == [true; 2]
            && wealth(&opener) + wealth(&peer) + world.costs_since(height) == before
    };
    world.mine_until(&nodes, "the coins", back).await;
    let costs = world.costs_since(height);
    let sat = |held: Held| Amount::from_sat(held.amount.as_sat_floor());
    let most = [ours + sat(theirs) - sat(taken), others + sat(taken) - sat(theirs)];
    for (node, most) in nodes.into_iter().zip(most) {
        assert!(confirmed(node) <= most && confirmed(node) + costs >= most, "{most}");
        assert!(node.list_peer_channels().is_empty());
    }
    patiently("the payee's news", peer.inbox.claimed()).await;
    patiently("the payee's news", opener.inbox.claimed()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_forced_by_the_opener_with_payments_in_flight_gives_everybody_what_is_theirs() {
    force(Closer::Opener).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_forced_by_the_peer_with_payments_in_flight_gives_everybody_what_is_theirs() {
    force(Closer::Peer).await;
}

/// How many values a node keeps in this space.
fn kept(node: &Member, space: &str) -> usize {
    node.store.values().keys().filter(|(primary, _, _)| primary == space).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_settled_long_ago_is_put_away_and_one_in_use_is_not() {
    let (world, mut opener, mut peer) = pair().await;
    let first = opener.channel().channel_id;
    let wish = FundingOrder { push: msat(100_000_000), ..order(&peer, 500_000) };
    world.channel(&opener, &peer, wish).await;
    let (all, height) = (wealth(&opener) + wealth(&peer), world.chain.height());
    opener.close_channel(first, true).unwrap();
    let nodes = [&opener, &peer];
    let settled = || wealth(&opener) + wealth(&peer) + world.costs_since(height) == all;
    world.mine_until(&nodes, "the coins", settled).await;
    // That nothing is left is noted with some block after the last one that matters.
    for _ in 0..2 {
        world.mine(6);
        world.all_see_the_tip(&nodes).await;
    }
    // Four weeks: so long the crate looks after such a channel.
    for node in [&mut opener, &mut peer] {
        node.stop().await;
        assert_eq!((kept(node, "monitors"), kept(node, "archived_monitors")), (2, 0));
    }
    let all = all - world.costs_since(height);
    world.mine(4_032);
    let height = world.chain.height();
    opener.resume().await;
    let put_away = || kept(&opener, "archived_monitors") == 1 && kept(&opener, "monitors") == 1;
    eventually("the archive", put_away).await;
    // What is left is enough to go on with.
    opener.crash().await;
    peer.resume().await;
    opener.all_channels_usable().await;
    assert_eq!(wealth(&opener) + wealth(&peer), all);
    opener.close_channel(opener.channel().channel_id, true).unwrap();
    let nodes = [&opener, &peer];
    let back = || confirmed(&opener) + confirmed(&peer) + world.costs_since(height) == all;
    world.mine_until(&nodes, "the coins", back).await;
}
