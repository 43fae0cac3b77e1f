//! Channels and coins: opening, closing, the reserve, what the chain does to them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test, what is not so ends it")]
#![allow(clippy::wildcard_enum_match_arm, reason = "tests look for one event among many")]

mod common;

use bitcoin::{Amount, FeeRate, Transaction, Txid};
use offerd_core::port::InvoiceIssuer;
use offerd_node_ldk::{
    AddressKind, ChannelError, ChannelState, FundingOrder, Node, OutputStatus, WalletError,
};

use common::closing::confirmed;
use common::{Member, World, eventually, msat, order, patiently};

/// Waits for a transaction in the mempool that spends one which spends `funding`, and has more inputs.
async fn child_of_commitment(world: &World, funding: Txid) {
    let spends = |tx: &Transaction, txid: Txid| {
        tx.input.iter().any(|input| input.previous_output.txid == txid)
    };
    let mut updates = world.chain.subscribe();
    loop {
        updates.mark_unchanged();
        let txids = world.chain.mempool();
        let txs: Vec<_> = txids.iter().filter_map(|txid| world.chain.transaction(txid)).collect();
        let commitment = txs.iter().find(|tx| spends(tx, funding)).map(Transaction::compute_txid);
        if commitment.is_some_and(|commitment| {
            txs.iter().any(|tx| spends(tx, commitment) && tx.input.len() > 1)
        }) {
            return;
        }
        updates.changed().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_is_opened_and_shown_as_it_is() {
    let world = World::new().await;
    let (opener, peer) = (world.node().await, world.node().await);
    world.fund(&[&opener, &peer], 1, Amount::from_sat(2_000_000)).await;
    opener.connect_to(&peer).await;
    let wish = FundingOrder { push: msat(100_000_000), ..order(&peer, 1_000_000) };
    let funded = patiently("funding", opener.fund_channel(wish)).await.unwrap();
    assert_eq!(funded.tx.compute_txid(), funded.txid);
    let output = funded.tx.output.get(usize::from(funded.outnum)).unwrap();
    assert_eq!(output.value, Amount::from_sat(1_000_000));
    assert!(world.chain.transaction(&funded.txid).is_some(), "in the mempool on return");
    let channel = opener.list_peer_channels().pop().unwrap();
    assert_eq!(channel.channel_id, funded.channel_id);
    assert_eq!(channel.state, ChannelState::AwaitingLockin);
    assert_eq!(channel.state.to_string(), "CHANNELD_AWAITING_LOCKIN");
    world.mine(6);
    opener.all_channels_usable().await;
    let channel = opener.list_peer_channels().pop().unwrap();
    assert_eq!(channel.state.to_string(), "CHANNELD_NORMAL");
    assert_eq!(channel.capacity, Amount::from_sat(1_000_000));
    assert_eq!(channel.to_us, msat(900_000_000));
    assert!(channel.opened_by_us && channel.peer_connected && !channel.announced);
    assert!(channel.spendable < msat(900_000_000) && channel.receivable < msat(100_000_000));
    assert!(channel.short_channel_id.is_some());
    let peers = opener.list_peers();
    assert_eq!(peers.len(), 1);
    assert!(peers.iter().all(|view| view.node_id == peer.node_id() && view.connected));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_side_with_less_than_its_reserve_is_shown_with_what_it_has() {
    let world = World::new().await;
    let (opener, peer) = (world.node().await, world.node().await);
    world.fund(&[&opener, &peer], 1, Amount::from_sat(2_000_000)).await;
    world.channel(&opener, &peer, order(&peer, 1_000_000)).await;
    assert_eq!(peer.channel().to_us, msat(0));
    assert_eq!(opener.channel().to_us, msat(1_000_000_000));
    let minted = peer.invoice(msat(3_000_001)).await;
    let payment = opener.pay_minted(&minted, msat(3_000_001)).await;
    let arrived = peer.inbox.claimable().await;
    assert_eq!(peer.channel().to_us, msat(0), "not ours yet");
    peer.accept(arrived.payment_hash).await.unwrap();
    opener.inbox.outcome(payment).await.unwrap();
    eventually("rest", || peer.channel().htlcs + opener.channel().htlcs == 0).await;
    assert_eq!(peer.channel().to_us, msat(3_000_001));
    assert_eq!(opener.channel().to_us, msat(996_999_999));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_nobody_else_has_a_public_channel_with_is_a_dead_end() {
    let world = World::new().await;
    let (end, hub, other) = (world.node().await, world.node().await, world.node().await);
    world.fund(&[&end, &hub, &other], 2, Amount::from_sat(2_000_000)).await;
    let announced = |peer| FundingOrder { announce: true, ..order(peer, 1_000_000) };
    world.channel(&end, &hub, announced(&hub)).await;
    assert!(end.channel().dead_end && hub.channel().dead_end);
    world.channel(&hub, &other, announced(&other)).await;
    end.knows_network(2).await;
    assert!(!end.channel().dead_end, "who pays the hub can come from the other");
    assert!(hub.list_peer_channels().iter().all(|channel| channel.dead_end));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn coins_promised_to_one_channel_are_not_promised_to_another() {
    let world = World::new().await;
    let (opener, peer) = (world.node().await, world.node().await);
    world.fund(&[&opener, &peer], 2, Amount::from_sat(1_000_000)).await;
    opener.connect_to(&peer).await;
    let (first, second) = patiently("two fundings", async {
        tokio::join!(
            opener.fund_channel(order(&peer, 900_000)),
            opener.fund_channel(order(&peer, 900_000))
        )
    })
    .await;
    let (first, second) = (first.unwrap(), second.unwrap());
    let spent = |tx: &Transaction| tx.input.iter().map(|i| i.previous_output).collect();
    let (one, other): (Vec<_>, Vec<_>) = (spent(&first.tx), spent(&second.tx));
    assert!(one.iter().all(|outpoint| !other.contains(outpoint)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_beyond_the_coins_is_refused_with_the_numbers() {
    let world = World::new().await;
    let (opener, peer) = (world.node().await, world.node().await);
    world.fund(&[&opener, &peer], 1, Amount::from_sat(1_000_000)).await;
    opener.connect_to(&peer).await;
    // The reserve of 25 000 sat for the channel's closing must stay.
    let refused = opener.fund_channel(order(&peer, 980_000)).await.unwrap_err();
    let ChannelError::Wallet(WalletError::Insufficient { available, reserve, .. }) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(available, Amount::from_sat(1_000_000));
    assert_eq!(reserve, Amount::from_sat(25_000));
    let stranger = FundingOrder { peer: opener.node_id(), ..order(&peer, 100_000) };
    let refused = opener.fund_channel(stranger).await.unwrap_err();
    assert!(matches!(refused, ChannelError::PeerNotConnected), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_without_reserve_accepts_no_channel_unless_told_to() {
    let world = World::new().await;
    let (opener, poor) = (world.node().await, world.node().await);
    let mut config = world.config();
    config.inbound_without_reserve = true;
    let daring = Member::start(config).await;
    world.fund(&[&opener], 2, Amount::from_sat(1_000_000)).await;
    opener.connect_to(&poor).await;
    let refused = patiently("a refusal", opener.fund_channel(order(&poor, 500_000))).await;
    let refused = refused.unwrap_err();
    assert!(matches!(refused, ChannelError::Closed(_)), "{refused:?}");
    world.channel(&opener, &daring, order(&daring, 500_000)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_s_channel_carries_nothing_before_it_is_confirmed() {
    let world = World::new().await;
    let (opener, peer) = (world.node().await, world.node().await);
    world.fund(&[&opener, &peer], 1, Amount::from_sat(2_000_000)).await;
    opener.connect_to(&peer).await;
    let order = order(&peer, 1_000_000);
    let funded = patiently("funding", opener.fund_channel(order)).await.unwrap();
    patiently("the transaction", world.chain.wait_for_tx(funded.txid)).await;
    let waits = |state, usable: bool| state == ChannelState::AwaitingLockin && !usable;
    for node in [&opener, &peer] {
        node.wait_for_channels("the channel", |channels| {
            channels.len() == 1 && waits(channels[0].state, channels[0].usable)
        })
        .await;
    }
    world
        .mine_until(&[&opener, &peer], "the channel", || {
            peer.list_peer_channels().iter().all(|channel| channel.usable)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_closed_in_agreement_comes_back_to_the_wallet() {
    let world = World::new().await;
    let (opener, peer) = (world.node().await, world.node().await);
    world.fund(&[&opener, &peer], 1, Amount::from_sat(2_000_000)).await;
    let funded = world.channel(&opener, &peer, order(&peer, 1_000_000)).await;
    let before = confirmed(&opener);
    opener.close_channel(funded.channel_id, false).unwrap();
    opener.wait_for_channels("the end", <[_]>::is_empty).await;
    let back = || confirmed(&opener) > before + Amount::from_sat(990_000);
    world.mine_until(&[&opener, &peer], "the coins", back).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_closed_by_force_is_bumped_swept_and_back_in_both_wallets() {
    let world = World::new().await;
    let (opener, peer) = (world.node().await, world.node().await);
    world.fund(&[&opener, &peer], 1, Amount::from_sat(2_000_000)).await;
    let wish = FundingOrder { push: msat(400_000_000), ..order(&peer, 1_000_000) };
    let funded = world.channel(&opener, &peer, wish).await;
    let (ours, theirs) = (confirmed(&opener), confirmed(&peer));
    opener.close_channel(funded.channel_id, true).unwrap();
    // The commitment transaction pays next to nothing itself: a child on its anchor pays for both, with coins of
    // the wallet.
    patiently("the child", child_of_commitment(&world, funded.txid)).await;
    let back = || {
        confirmed(&opener) > ours + Amount::from_sat(580_000)
            && confirmed(&peer) > theirs + Amount::from_sat(380_000)
    };
    world.mine_until(&[&opener, &peer], "the coins", back).await;
    assert!(opener.list_peer_channels().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_reorganisation_undoes_is_undone_here_too() {
    let world = World::new().await;
    let (opener, mut peer) = (world.node().await, world.node().await);
    world.fund(&[&opener, &peer], 1, Amount::from_sat(2_000_000)).await;
    world.channel(&opener, &peer, order(&peer, 1_000_000)).await;
    world.mine(3);
    world.all_see_the_tip(&[&opener, &peer]).await;
    peer.stop().await;
    let address = opener.new_address(AddressKind::Bech32).unwrap();
    world.chain.faucet(&address, Amount::from_sat(123_000)).unwrap();
    world.mine(1);
    world.all_see_the_tip(&[&opener]).await;
    let heights = |node: &Node| {
        let outputs = node.list_funds().outputs;
        let coin = outputs.iter().find(|output| output.amount == Amount::from_sat(123_000));
        coin.map(|coin| coin.status)
    };
    let height = world.chain.height();
    assert_eq!(heights(&opener), Some(OutputStatus::Confirmed { height }));
    // Blocks without the coin take the place of the last two, and one more.
    world.chain.reorg(2).unwrap();
    world.mine(1);
    world.all_see_the_tip(&[&opener]).await;
    // The node that was away finds its last block gone from the chain.
    peer.resume().await;
    world.all_see_the_tip(&[&opener, &peer]).await;
    opener.all_channels_usable().await;
    peer.all_channels_usable().await;
    let minted = peer.invoice(msat(1_000_000)).await;
    opener.pay_minted(&minted, msat(1_000_000)).await;
    peer.inbox.claimable().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn withdrawing_leaves_the_reserve() {
    let world = World::new().await;
    let (opener, peer) = (world.node().await, world.node().await);
    world.fund(&[&opener, &peer], 1, Amount::from_sat(2_000_000)).await;
    world.channel(&opener, &peer, order(&peer, 1_000_000)).await;
    let address = world.chain.faucet_address();
    let all = confirmed(&opener);
    let refused = opener.withdraw(&address, all - Amount::from_sat(10_000), None).await;
    assert!(matches!(refused, Err(WalletError::Insufficient { .. })), "{refused:?}");
    let rate = FeeRate::from_sat_per_vb(2);
    let tx = opener.withdraw(&address, Amount::from_sat(500_000), rate).await.unwrap();
    assert!(world.chain.transaction(&tx.compute_txid()).is_some());
    world.mine(1);
    world.all_see_the_tip(&[&opener]).await;
    let left = confirmed(&opener);
    assert!(left < all - Amount::from_sat(500_000) && left > all - Amount::from_sat(502_000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_small_payments_wait_in_one_channel_at_low_fees() {
    let world = World::new().await;
    let (payer, payee) = (world.node().await, world.node().await);
    world.fund(&[&payer, &payee], 1, Amount::from_sat(2_000_000)).await;
    world.channel(&payer, &payee, order(&payee, 1_000_000)).await;
    // Each is dust on chain. Together they are more than 5 000 000 msat: so much the crate would allow if it were told
    // today's fee rate as the largest there could be. Beyond that it pays more than was asked, to be above dust.
    for _ in 0..24 {
        let minted = payee.invoice(msat(340_000)).await;
        payer.pay_minted(&minted, msat(340_000)).await;
        assert_eq!(payee.inbox.claimable().await.amount, msat(340_000));
    }
}
