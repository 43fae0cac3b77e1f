//! What the books of a node come to, with what it has told of its payments.

use std::cell::Cell;
use std::time::{Duration, Instant};

use bolt1::{Msat, Seconds};
use offerd_core::audit::{Audit, PaymentBook};
use offerd_core::port::{InvoicePayer, NodeEvent, PayOrder};

use super::{Inbox, Member, PATIENCE, msat, pay_order};

pub(crate) fn line(audit: &Audit, name: &str) -> i64 {
    let mut lines = audit.have.iter().chain(&audit.came_in).chain(&audit.went_out);
    lines.find(|line| line.name == name).unwrap().amount_msat
}

/// Waits until the books add up.
pub(crate) async fn until_it_adds_up(audit: impl Fn() -> Audit) -> Audit {
    let begun = Instant::now();
    loop {
        let audit = audit();
        if audit.difference_msat() == 0 {
            return audit;
        }
        assert!(begun.elapsed() < PATIENCE, "{audit:#?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A payment that waits at its payee.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub(crate) id: [u8; 32],
    pub(crate) hash: [u8; 32],
    pub(crate) amount: Msat,
}

/// Pays until the payee could take it.
pub(crate) async fn hold(payer: &Member, payee: &Member, amount_msat: u64) -> Held {
    let amount = msat(amount_msat);
    let minted = payee.invoice(amount).await;
    // Long enough for the chain to send it back, and another try.
    let order = PayOrder { retry_for: Seconds(300), ..pay_order(&minted, amount) };
    let id = order.payment_id;
    payer.pay(order).await.unwrap();
    let hash = payee.inbox.claimable().await.payment_hash;
    Held { id, hash, amount }
}

impl Held {
    /// Whether the payee has said that it is theirs.
    pub(crate) fn was_claimed(&self, payee: &Inbox) -> bool {
        payee.has(|event| {
            matches!(event, NodeEvent::PaymentClaimed { payment_hash, .. } if *payment_hash == self.hash)
        })
    }

    /// For which fee the payer has said that it arrived.
    pub(crate) fn was_sent(&self, payer: &Inbox) -> Option<Msat> {
        let paid = Cell::new(None);
        payer.has(|event| match event {
            NodeEvent::PaymentSent { payment_id, fee, .. } if *payment_id == self.id => {
                paid.set(*fee);
                true
            }
            _ => false,
        });
        paid.get()
    }

    pub(crate) fn has_failed(&self, payer: &Inbox) -> bool {
        payer.has(|event| {
            matches!(event, NodeEvent::PaymentFailed { payment_id, .. } if *payment_id == self.id)
        })
    }
}

/// The audit of a node whose store knows what the node has told of these payments.
pub(crate) fn audit_of(node: &Member, sent: &[Held], got: &[Held]) -> Audit {
    let mut books = node.books().unwrap();
    let sent: Vec<_> =
        sent.iter().filter_map(|held| Some((held, held.was_sent(&node.inbox)?))).collect();
    let got: Vec<_> = got.iter().filter(|held| held.was_claimed(&node.inbox)).collect();
    for htlc in books.open_htlcs() {
        let hash = htlc.payment_hash.0;
        htlc.settled = if htlc.incoming {
            got.iter().any(|held| held.hash == hash)
        } else {
            sent.iter().any(|(held, _)| held.hash == hash)
        };
    }
    let sum = |amounts: &mut dyn Iterator<Item = Msat>| msat(amounts.map(Msat::as_u64).sum());
    let payments = PaymentBook {
        received: sum(&mut got.iter().map(|held| held.amount)),
        paid: sum(&mut sent.iter().map(|(held, _)| held.amount)),
        fees: sum(&mut sent.iter().map(|(_, fee)| *fee)),
        unknown_fees: 0,
    };
    Audit::of(&books, &payments)
}
