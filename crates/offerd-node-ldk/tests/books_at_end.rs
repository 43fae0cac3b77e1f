//! Payments that were under way in a channel when it ended: the chain settles them, and the books add up to the
//! millisatoshi at each block.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test, what is not so ends it")]
#![allow(clippy::wildcard_enum_match_arm, reason = "tests look for one event among many")]

mod common;

use offerd_core::audit::Audit;
use offerd_core::port::{InvoiceIssuer, NodeEvent};

use common::books::{Held, audit_of, hold, line, until_it_adds_up};
use common::opening::{pair, row};
use common::{Member, World, eventually, order};

/// A node, and which payments are its own.
struct Account<'a> {
    node: &'a Member,
    sent: Vec<Held>,
    got: Vec<Held>,
}

impl<'a> Account<'a> {
    fn new(node: &'a Member, sent: &[Held], got: &[Held]) -> Self {
        Self { node, sent: sent.to_vec(), got: got.to_vec() }
    }

    fn audit(&self) -> Audit {
        audit_of(self.node, &self.sent, &self.got)
    }

    async fn adds_up(&self) -> Audit {
        until_it_adds_up(|| self.audit()).await
    }

    fn is_settled(&self) -> bool {
        let audit = self.audit();
        audit.positions.is_empty() && line(&audit, "to_be_swept") == 0
    }
}

async fn all_add_up(accounts: &[Account<'_>]) -> Vec<Audit> {
    let mut told = Vec::new();
    for account in accounts {
        told.push(account.adds_up().await);
    }
    told
}

/// Mines until `done`, and looks at all books at each step.
async fn mine(world: &World, accounts: &[Account<'_>], what: &str, done: impl Fn() -> bool) {
    let nodes: Vec<&Member> = accounts.iter().map(|account| account.node).collect();
    let mut steps = 0;
    while !done() {
        assert!(steps < 400, "mined in vain for {what}");
        let looked = std::cell::Cell::new(false);
        world.mine_slowly_until(&nodes, "a block", || looked.replace(true)).await;
        all_add_up(accounts).await;
        steps += 1;
    }
}

async fn force(closed_by_opener: bool) {
    let (world, opener, peer) = pair().await;
    let (taken, lapsing) =
        (hold(&opener, &peer, 50_000_123).await, hold(&opener, &peer, 60_000_045).await);
    let (theirs, lost) =
        (hold(&peer, &opener, 30_000_777).await, hold(&peer, &opener, 40_000_999).await);
    // Too small for an output of their own.
    let (dust, lapsing_dust) =
        (hold(&opener, &peer, 100_001).await, hold(&opener, &peer, 100_003).await);
    let (to_peer, to_opener) = ([taken, lapsing, dust, lapsing_dust], [theirs, lost]);
    let accounts =
        [Account::new(&opener, &to_peer, &to_opener), Account::new(&peer, &to_opener, &to_peer)];
    all_add_up(&accounts).await;
    let closer = if closed_by_opener { &opener } else { &peer };
    closer.close_channel(closer.channel().channel_id, true).unwrap();
    peer.accept(taken.hash).await.unwrap();
    // Where the end is known already nothing can be had for it any more.
    let took_dust = peer.accept(dust.hash).await.is_ok();
    opener.accept(theirs.hash).await.unwrap();
    for account in &accounts {
        account.node.wait_for_channels("the end", <[_]>::is_empty).await;
    }
    all_add_up(&accounts).await;
    let learnt =
        || taken.was_sent(&opener.inbox).is_some() && theirs.was_sent(&peer.inbox).is_some();
    mine(&world, &accounts, "the preimages", learnt).await;
    let over = || {
        let failed = lapsing.has_failed(&opener.inbox) && lost.has_failed(&peer.inbox);
        failed && accounts.iter().all(Account::is_settled)
    };
    mine(&world, &accounts, "the rest", over).await;
    for told in all_add_up(&accounts).await {
        assert_eq!((told.htlcs_in_msat, told.htlcs_out_msat, told.ended_htlcs_msat), (0, 0, 0));
    }
    let [ours, others] = accounts.map(|account| account.audit());
    assert_eq!((line(&ours, "paid"), line(&ours, "received")), (50_000_123, 30_000_777));
    // What was taken and had no output was received all the same, and lost to the chain.
    let lost = if took_dust { 100_001 } else { 0 };
    assert_eq!((line(&others, "paid"), line(&others, "received")), (30_000_777, 50_000_123 + lost));
    assert!(line(&others, "closing_costs") >= lost, "{others:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payments_cut_off_by_the_opener_add_up_block_by_block() {
    force(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payments_cut_off_by_the_peer_add_up_block_by_block() {
    force(false).await;
}

/// Which of a hub's channels ends.
#[derive(Clone, Copy, PartialEq)]
enum Leg {
    ToHub,
    FromHub,
}

/// A payment through a hub, one of whose channels ends under it; then the hub dies and comes back.
async fn forwarded(ended: Leg, is_taken: bool) {
    let (world, payer, mut hub, payee) = row().await;
    let held = hold(&payer, &payee, 20_000_801).await;
    let neighbour = if ended == Leg::ToHub { &payer } else { &payee };
    let channels = hub.list_peer_channels();
    let with = channels.iter().find(|channel| channel.peer == neighbour.node_id()).unwrap();
    hub.close_channel(with.channel_id, true).unwrap();
    hub.wait_for_channels("the end", |channels| channels.len() == 1).await;
    if is_taken {
        payee.accept(held.hash).await.unwrap();
    }
    hub.crash().await;
    let accounts = [
        Account::new(&payer, &[held], &[]),
        Account::new(&hub, &[], &[]),
        Account::new(&payee, &[], &[held]),
    ];
    let over = || {
        let has_ended = if is_taken {
            held.was_sent(&payer.inbox).is_some() && held.was_claimed(&payee.inbox)
        } else {
            held.has_failed(&payer.inbox)
        };
        has_ended && accounts.iter().all(Account::is_settled)
    };
    mine(&world, &accounts, "the rest", over).await;
    for told in all_add_up(&accounts).await {
        assert_eq!(told.unknown_forwards, 0, "{told:#?}");
    }
    let [_, hub, _] = accounts.map(|account| account.audit());
    let brought = line(&hub, "forwarding_fees");
    let fee = held.was_sent(&payer.inbox).map_or(0, |fee| i64::try_from(fee.as_u64()).unwrap());
    // On the chain the next node gets whole satoshis.
    let kept = if is_taken && ended == Leg::FromHub { 801 } else { 0 };
    assert_eq!(brought, fee + kept);
    assert_eq!(fee > 0, is_taken);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forwarded_payment_taken_from_the_chain_adds_up() {
    forwarded(Leg::FromHub, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forwarded_payment_claimed_on_the_chain_adds_up_with_its_fee() {
    forwarded(Leg::ToHub, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forwarded_payment_that_runs_out_on_the_chain_adds_up() {
    forwarded(Leg::FromHub, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_comes_back_from_the_chain_and_goes_another_way_counts_once() {
    let (world, payer, payee) = pair().await;
    world.channel(&payer, &payee, order(&payee, 500_000)).await;
    let held = hold(&payer, &payee, 20_000_801).await;
    let channels = payer.list_peer_channels();
    let cut_off = channels.iter().find(|channel| channel.htlcs == 1).unwrap();
    payer.close_channel(cut_off.channel_id, true).unwrap();
    let nodes = [&payer, &payee];
    for node in nodes {
        node.wait_for_channels("the end", |channels| channels.len() == 1).await;
    }
    let accounts = [Account::new(&payer, &[held], &[]), Account::new(&payee, &[], &[held])];
    let tried_again = || payee.inbox.has(|event| matches!(event, NodeEvent::PaymentClaimable(_)));
    world.mine_until(&nodes, "the second try", tried_again).await;
    all_add_up(&accounts).await;
    payee.accept(held.hash).await.unwrap();
    let over = || held.was_sent(&payer.inbox).is_some() && accounts.iter().all(Account::is_settled);
    mine(&world, &accounts, "the rest", over).await;
    all_add_up(&accounts).await;
    assert_eq!(line(&accounts[0].audit(), "paid"), 20_000_801);
    assert_eq!(line(&accounts[1].audit(), "received"), 20_000_801);
}

/// Closes a channel by force while a payment is under way, and dies after so many writes. Whether it did.
async fn end_and_die(writes: u64) -> bool {
    let (_world, mut payer, payee) = pair().await;
    let held = hold(&payer, &payee, 20_000_801).await;
    let ended = |payer: &Member| {
        let audit = audit_of(payer, &[held], &[]);
        audit.positions.len() == 1 && audit.htlcs_out_msat == 20_000_801
    };
    payer.store.die_after(writes);
    payer.close_channel(payer.channel().channel_id, true).unwrap();
    let died = tokio::select! {
        _ = payer.failed() => true,
        () = eventually("the end", || ended(&payer)) => false,
    };
    payer.kill().await;
    payer.store.live();
    payer.resume().await;
    // Where nothing of the end was written it has not ended.
    if let [channel] = &payer.list_peer_channels()[..] {
        assert!(died);
        payer.close_channel(channel.channel_id, true).unwrap();
    }
    eventually("the end", || ended(&payer)).await;
    let told = Account::new(&payer, &[held], &[]).adds_up().await;
    assert_eq!(told.ended_htlcs_msat, 0, "{told:#?}");
    died
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_dies_between_any_two_writes_of_an_end_knows_what_was_under_way() {
    let mut writes = 0;
    while end_and_die(writes).await {
        writes += 1;
    }
    assert!(writes > 1, "an end takes several writes");
}
