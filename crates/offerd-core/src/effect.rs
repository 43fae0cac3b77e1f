//! What is to be done after a commit.

use crate::id::{PaymentHash, PaymentId};

/// An action that a committed decision owes. It stays in the store's outbox until it was performed, so a crash
/// between commit and action loses nothing; performing one twice must be harmless. `Pay` alone leaves the outbox
/// right before: what became of it is found out after a restart, from the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Hand this payment to the node, unless the node knows it already.
    Pay(PaymentId),
    /// Tell the node to take this payment (release the preimage).
    Accept(PaymentHash),
    /// Tell whoever redeemed a payout that this payment has failed for good.
    TellRedeemer(PaymentId),
}

/// An effect that waits in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Its number there.
    pub id: i64,
    /// What is to be done.
    pub effect: Effect,
}
