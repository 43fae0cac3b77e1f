//! The node's own books: with what was paid and received they add up to what it has, to the millisatoshi.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test, what is not so ends it")]

mod common;

use bitcoin::Amount;
use offerd_core::audit::{Audit, PaymentBook};
use offerd_core::port::{InvoiceIssuer, KeyValueStore, Page};

use common::books::{line, until_it_adds_up};
use common::opening::{pair, row};
use common::{Member, eventually, msat, patiently};

/// What the store of a node would say of its payments.
fn paid(received: u64, paid: u64, fees: u64) -> PaymentBook {
    PaymentBook {
        received: msat(received),
        paid: msat(paid),
        fees: msat(fees),
        ..PaymentBook::default()
    }
}

fn audit(node: &Member, payments: &PaymentBook) -> Audit {
    Audit::of(&node.books().unwrap(), payments)
}

/// Waits until the books add up, and nothing else is true of them later.
async fn adds_up(node: &Member, payments: &PaymentBook) -> Audit {
    until_it_adds_up(|| audit(node, payments)).await
}

/// Pays through to the end. The fee.
async fn pay(payer: &Member, payee: &Member, amount: u64) -> u64 {
    let minted = payee.invoice(msat(amount)).await;
    let id = payer.pay_minted(&minted, msat(amount)).await;
    let payment = payee.inbox.claimable().await;
    payee.accept(payment.payment_hash).await.unwrap();
    payee.inbox.claimed().await;
    let fee = payer.inbox.outcome(id).await.unwrap().1.unwrap().as_u64();
    for node in [payer, payee] {
        let at_rest = || node.list_peer_channels().iter().all(|channel| channel.htlcs == 0);
        eventually("rest", at_rest).await;
    }
    fee
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_s_opening_and_payments_over_it_add_up() {
    let (_world, opener, peer) = pair().await;
    let nothing = PaymentBook::default();
    let first = adds_up(&opener, &nothing).await;
    assert_eq!(line(&first, "pushed_by_us"), 400_000_000);
    assert_eq!(line(&first, "deposits"), 3_000_000_000);
    assert!(line(&first, "onchain_fees") > 0, "{first:?}");
    assert_eq!(line(&adds_up(&peer, &nothing).await, "pushed_to_us"), 400_000_000);
    pay(&opener, &peer, 1_234_567).await;
    adds_up(&opener, &paid(0, 1_234_567, 0)).await;
    adds_up(&peer, &paid(1_234_567, 0, 0)).await;
    // A record that is not there is missed.
    assert_eq!(audit(&peer, &nothing).difference_msat(), 1_234_567);
    assert_eq!(audit(&opener, &nothing).difference_msat(), -1_234_567);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_forwarding_brings_is_in_the_books_of_whoever_forwards() {
    let (_world, payer, mut hub, payee) = row().await;
    let fee = pay(&payer, &payee, 2_000_001).await;
    assert!(fee > 0);
    adds_up(&payer, &paid(0, 2_000_001, fee)).await;
    adds_up(&payee, &paid(2_000_001, 0, 0)).await;
    let told = adds_up(&hub, &PaymentBook::default()).await;
    assert_eq!(line(&told, "forwarding_fees"), i64::try_from(fee).unwrap());
    let page = |start, limit| hub.forwards(Page { start, limit }).unwrap();
    let listed = page(1, u64::MAX);
    assert_eq!(listed.len(), 1, "{listed:?}");
    let channels = hub.list_peer_channels();
    let with = |node: &Member| {
        let id = node.node_id();
        channels.iter().find(|channel| channel.peer == id).map(|channel| channel.channel_id)
    };
    let (came_by, went_by) = (with(&payer), with(&payee));
    assert!(came_by.is_some() && went_by.is_some());
    assert_eq!((listed[0].came_by, listed[0].went_by), (came_by, went_by));
    assert_eq!((listed[0].amount, listed[0].fee), (Some(msat(2_000_001)), Some(msat(fee))));
    assert_eq!(listed[0].created_index, 1);
    assert_eq!((page(2, 5).len(), page(0, 0).len(), page(1, 1)), (0, 0, listed.clone()));
    hub.restart().await;
    assert_eq!(adds_up(&hub, &PaymentBook::default()).await, told);
    assert_eq!(hub.forwards(Page::ALL).unwrap(), listed, "it is on disk, and once");
    // Whoever takes a record away is found out.
    hub.stop().await;
    hub.kill().await;
    let kept = hub.store.list("books", "forwards").unwrap();
    assert_eq!(kept.len(), 1);
    hub.store.remove("books", "forwards", &kept[0]).unwrap();
    hub.resume().await;
    let cooked = audit(&hub, &PaymentBook::default());
    assert_eq!(cooked.difference_msat(), i64::try_from(fee).unwrap(), "{cooked:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn withdrawals_and_an_end_by_agreement_add_up_at_every_moment() {
    let (world, opener, peer) = pair().await;
    pay(&opener, &peer, 1_500).await;
    let (ours, theirs) = (paid(0, 1_500, 0), paid(1_500, 0, 0));
    let outside = world.chain.faucet_address();
    opener.withdraw(&outside, Amount::from_sat(70_000), None).await.unwrap();
    let told = adds_up(&opener, &ours).await;
    assert_eq!(line(&told, "withdrawals"), 70_000_000);
    adds_up(&peer, &theirs).await;
    let channel = opener.channel().channel_id;
    patiently("the end", opener.close(channel, None)).await.unwrap();
    for (node, payments) in [(&opener, &ours), (&peer, &theirs)] {
        node.wait_for_channels("the end", <[_]>::is_empty).await;
        let told = adds_up(node, payments).await;
        assert_eq!(told.positions.len(), 1, "{told:?}");
    }
    world.mine(1);
    world.all_see_the_tip(&[&opener, &peer]).await;
    for _ in 0..3 {
        for (node, payments) in [(&opener, &ours), (&peer, &theirs)] {
            let over = || audit(node, payments).positions.is_empty();
            world.mine_until(&[&opener, &peer], "the end of the position", over).await;
            adds_up(node, payments).await;
        }
        world.mine(6);
        world.all_see_the_tip(&[&opener, &peer]).await;
    }
    // Half a satoshi of what was paid is lost to each, and the opener pays for the transaction.
    assert_eq!(line(&adds_up(&peer, &theirs).await, "closing_costs"), 500);
    let cost = line(&adds_up(&opener, &ours).await, "closing_costs");
    assert!(cost > 500 && cost % 1_000 == 500, "{cost}");
}

async fn by_force(closed_by_opener: bool) {
    let (world, opener, peer) = pair().await;
    pay(&opener, &peer, 1_234_567).await;
    let (ours, theirs) = (paid(0, 1_234_567, 0), paid(1_234_567, 0, 0));
    adds_up(&opener, &ours).await;
    adds_up(&peer, &theirs).await;
    let closer = if closed_by_opener { &opener } else { &peer };
    closer.close_channel(closer.channel().channel_id, true).unwrap();
    for (node, payments) in [(&opener, &ours), (&peer, &theirs)] {
        node.wait_for_channels("the end", <[_]>::is_empty).await;
        let told = adds_up(node, payments).await;
        assert_eq!(told.positions.len(), 1, "{told:?}");
    }
    let settled = |node: &Member, payments| {
        let audit = audit(node, payments);
        audit.positions.is_empty() && line(&audit, "to_be_swept") == 0
    };
    let over = || settled(&opener, &ours) && settled(&peer, &theirs);
    let mut steps = 0;
    while !over() {
        assert!(steps < 400, "{:#?} {:#?}", audit(&opener, &ours), audit(&peer, &theirs));
        world.mine_slowly_until(&[&opener, &peer], "a block", once()).await;
        adds_up(&opener, &ours).await;
        adds_up(&peer, &theirs).await;
        steps += 1;
    }
    let cost = line(&audit(&opener, &ours), "closing_costs");
    assert!(cost > 0 && cost % 1_000 == 433, "{cost}");
    assert_eq!(line(&audit(&peer, &theirs), "closing_costs") % 1_000, 567);
    assert_eq!(opener.list_peer_channels().len(), 0);
}

/// `false` at the first look, `true` from then on.
fn once() -> impl Fn() -> bool {
    let looked = std::cell::Cell::new(false);
    move || looked.replace(true)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_by_our_own_force_adds_up_block_by_block() {
    by_force(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_by_the_peer_s_force_adds_up_block_by_block() {
    by_force(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_under_way_is_named_and_adds_up() {
    let (_world, opener, peer) = pair().await;
    let minted = peer.invoice(msat(5_000_000)).await;
    opener.pay_minted(&minted, msat(5_000_000)).await;
    peer.inbox.claimable().await;
    let nothing = PaymentBook::default();
    eventually("the HTLC", || audit(&opener, &nothing).htlcs_out_msat == 5_000_000).await;
    assert_eq!(audit(&opener, &nothing).difference_msat(), 0);
    assert_eq!(audit(&peer, &nothing).htlcs_in_msat, 5_000_000);
    assert_eq!(audit(&peer, &nothing).difference_msat(), 0);
    // Without the channel it stays ours until the chain has said how it ends, and is named.
    let channel = opener.channel().channel_id;
    opener.close_channel(channel, true).unwrap();
    let ended = || audit(&opener, &nothing).positions.len() == 1;
    eventually("the end", ended).await;
    let told = adds_up(&opener, &nothing).await;
    assert_eq!((told.htlcs_out_msat, told.ended_htlcs_msat), (5_000_000, 0), "{told:?}");
}
