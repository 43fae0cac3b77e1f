//! A node that dies between any two writes: no channel is lost, and each payment ends once.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test, what is not so ends it")]
#![allow(clippy::wildcard_enum_match_arm, reason = "tests look for one event among many")]

mod common;

use bitcoin::Amount;
use bolt1::Msat;
use offerd_core::port::{InvoiceIssuer, InvoicePayer, NodeEvent, PayOrder, PayRefused};

use common::{Member, World, eventually, msat, order, patiently, pay_order};

/// What is paid each time.
const AMOUNT_MSAT: u64 = 1_000_000;
/// More writes than one payment takes.
const MOST_WRITES: u64 = 200;

/// Who dies, and who else there is.
const PAYER: usize = 0;
const PAYEE: usize = 1;
const HUB: usize = 2;

/// One payment, with what both sides have written down of it, as the driver above a node would.
struct Play {
    /// Payer, payee, and whoever is between them.
    members: Vec<Member>,
    victim: usize,
    order: PayOrder,
    /// The payee has decided to take it.
    taken: bool,
    /// The payee was told that it is there.
    claimed: bool,
    /// The payer was told that it is paid, and of the fee.
    sent: Option<Msat>,
    /// The payer was told that it has failed.
    failed: bool,
    /// How many payments have arrived so far, and their fees.
    forwarded: (u64, u64),
}

impl Play {
    async fn new(victim: usize, hub: bool) -> (World, Self) {
        let world = World::new().await;
        let mut members = Vec::new();
        for _ in 0..if hub { 3 } else { 2 } {
            members.push(world.node().await);
        }
        world.fund(&members.iter().collect::<Vec<_>>(), 1, Amount::from_sat(2_000_000)).await;
        let [payer, payee, between @ ..] = &members[..] else { panic!("two or three") };
        let first = between.first().unwrap_or(payee);
        world.channel(payer, first, order(first, 1_000_000)).await;
        for hub in between {
            world.channel(hub, payee, order(payee, 1_000_000)).await;
        }
        let minted = payee.invoice(msat(AMOUNT_MSAT)).await;
        let order = pay_order(&minted, msat(AMOUNT_MSAT));
        let (taken, claimed, sent, failed) = (false, false, None, false);
        let forwarded = (0, 0);
        (world, Self { members, victim, order, taken, claimed, sent, failed, forwarded })
    }

    /// Dies after the first write, after the second, and so on, once in each payment, until one gets by.
    async fn die_everywhere(&mut self) {
        for writes in 0..MOST_WRITES {
            if !self.run(writes).await {
                return;
            }
        }
        panic!("a payment takes no end of writes");
    }

    /// Pays, while the victim dies after so many writes. Whether it did.
    async fn run(&mut self, writes: u64) -> bool {
        for member in &self.members {
            let ready = |channel: &offerd_node_ldk::ChannelView| channel.usable;
            member.wait_for_channels("channels", |channels| channels.iter().all(ready)).await;
        }
        let minted = self.payee().invoice(msat(AMOUNT_MSAT)).await;
        self.order = pay_order(&minted, msat(AMOUNT_MSAT));
        (self.taken, self.claimed, self.sent, self.failed) = (false, false, None, false);
        let before: Vec<u64> = self.members.iter().map(balance).collect();
        self.members[self.victim].store.die_after(writes);
        self.pay().await;
        let died = self.settle().await;
        self.members[self.victim].store.live();
        let (amount, fee) = match self.sent {
            Some(fee) => (AMOUNT_MSAT, fee.as_u64()),
            None => (0, 0),
        };
        assert_eq!(balance(self.payer()), before[PAYER] - amount - fee);
        assert_eq!(balance(self.payee()), before[PAYEE] + amount);
        for (hub, before) in self.members.iter().zip(before).skip(HUB) {
            assert_eq!(balance(hub), before + fee);
        }
        self.forwarded.0 += u64::from(self.sent.is_some());
        self.forwarded.1 += fee;
        for hub in self.members.iter().skip(HUB) {
            let (count, fees) = self.forwarded;
            // Each payment once, whatever was told twice.
            eventually("the books", || {
                let book = hub.books().unwrap().forwards;
                assert!(book.count <= count && book.unknown == 0, "{book:?}");
                (book.count, book.fees.as_u64()) == (count, fees)
            })
            .await;
        }
        died
    }

    fn payer(&self) -> &Member {
        &self.members[PAYER]
    }

    fn payee(&self) -> &Member {
        &self.members[PAYEE]
    }

    async fn pay(&self) {
        match self.payer().pay(self.order.clone()).await {
            Ok(()) | Err(PayRefused::AlreadyKnown) => {}
            // Something else was written first, and a node that has died has no peers: it is asked again.
            Err(PayRefused::NoRoute(_)) if self.payer().store.at_the_end() => {}
            Err(refused) => panic!("{refused:?}"),
        }
    }

    /// Until both sides know of the end and nothing of the payment is left in a channel. Whether somebody died.
    async fn settle(&mut self) -> bool {
        let mut died = false;
        loop {
            let at_rest = || self.members.iter().all(|member| htlcs(member) == 0);
            let over = self.failed || (self.sent.is_some() && self.claimed);
            tokio::select! {
                event = self.payee().inbox.any() => self.payee_hears(event).await,
                event = self.payer().inbox.any() => self.payer_hears(event),
                why = self.members[self.victim].failed(), if !died => {
                    assert!(why.contains("has died"), "{why}");
                    died = true;
                    self.recover().await;
                }
                () = eventually("rest", at_rest), if over => {
                    assert!(!self.failed || !self.taken, "what was taken does not fail");
                    return died;
                }
            }
        }
    }

    async fn payee_hears(&mut self, event: NodeEvent) {
        match event {
            // What was told of earlier payments may be told again.
            NodeEvent::PaymentClaimable(payment) if self.is_this(&payment.payment_hash) => {
                self.taken = true;
                self.take().await;
            }
            NodeEvent::PaymentClaimed { payment_hash, .. } => {
                self.claimed |= self.is_this(&payment_hash);
            }
            other => panic!("{other:?}"),
        }
    }

    fn is_this(&self, payment_hash: &[u8; 32]) -> bool {
        *payment_hash == self.order.payment_hash
    }

    async fn take(&self) {
        // What has died takes nothing; it is told again.
        let _ = self.payee().accept(self.order.payment_hash).await;
    }

    fn payer_hears(&mut self, event: NodeEvent) {
        match event {
            NodeEvent::PaymentSent { payment_id, fee, .. } => {
                if payment_id == self.order.payment_id {
                    self.sent = Some(fee.expect("the fee is known"));
                }
            }
            // Only where somebody else had the payment and forgot it before it was bound to it.
            NodeEvent::PaymentFailed { payment_id, .. } if self.victim == HUB => {
                self.failed |= payment_id == self.order.payment_id;
            }
            // A report, no end: what counts comes as one of the two above.
            NodeEvent::AttemptFailed { .. } if self.victim == HUB => {}
            other => panic!("{other:?}"),
        }
    }

    /// What comes after the start of a process: what was decided is done, unless it is known to have been done.
    async fn recover(&mut self) {
        let member = &mut self.members[self.victim];
        member.kill().await;
        member.store.live();
        member.resume().await;
        let id = self.order.payment_id;
        if self.victim == PAYER {
            let payer = self.payer();
            let known = patiently("events", payer.known_payments()).await.unwrap();
            payer.all_channels_usable().await;
            if !known.contains(&id) && self.sent.is_none() && !payer.inbox.has_outcome(id) {
                self.pay().await;
            }
        }
        if self.victim == PAYEE && self.taken && !self.claimed {
            self.take().await;
        }
    }
}

/// All that is ours in channels, in millisatoshis.
fn balance(member: &Member) -> u64 {
    member.list_peer_channels().iter().map(|channel| channel.to_us.as_u64()).sum()
}

fn htlcs(member: &Member) -> usize {
    member.list_peer_channels().iter().map(|channel| channel.htlcs).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payer_that_dies_between_any_two_writes_pays_once_and_keeps_its_channel() {
    let (_world, mut play) = Play::new(PAYER, false).await;
    play.die_everywhere().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payee_that_dies_between_any_two_writes_is_paid_once_and_keeps_its_channel() {
    let (_world, mut play) = Play::new(PAYEE, false).await;
    play.die_everywhere().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_that_dies_between_any_two_writes_loses_nothing_and_keeps_its_channels() {
    let (_world, mut play) = Play::new(HUB, true).await;
    play.die_everywhere().await;
    assert_eq!(play.members[HUB].list_peer_channels().len(), 2);
}
