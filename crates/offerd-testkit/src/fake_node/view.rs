//! The network's own ledger, to be compared with what the nodes' owners have written down.

use bolt1::{Msat, PublicKey};

use super::FakeNetwork;
use super::ledger::{Htlc, Stage};

/// A payment that was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carried {
    /// Who pays.
    pub payer: PublicKey,
    /// Who is paid.
    pub payee: PublicKey,
    /// The hash.
    pub payment_hash: [u8; 32],
    /// The payer's id of it.
    pub outgoing_id: [u8; 32],
    /// The payee's id of it.
    pub incoming_id: [u8; 32],
    /// What the payee gets.
    pub amount: Msat,
    /// What it costs besides.
    pub fee: Msat,
    /// What became of it.
    pub end: CarriedEnd,
}

/// What became of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CarriedEnd {
    /// It is under way, or waits for the payee's word.
    Open,
    /// It arrived.
    Arrived,
    /// It went back.
    Returned,
}

impl FakeNetwork {
    /// All payments that were begun, oldest first.
    pub fn payments(&self) -> Vec<Carried> {
        self.lock().htlcs.iter().map(carried).collect()
    }
}

fn carried(htlc: &Htlc) -> Carried {
    let end = match htlc.stage {
        Stage::Held | Stage::Claimable => CarriedEnd::Open,
        Stage::Claimed => CarriedEnd::Arrived,
        Stage::Failed => CarriedEnd::Returned,
    };
    Carried {
        payer: htlc.payer,
        payee: htlc.payee,
        payment_hash: htlc.payment_hash,
        outgoing_id: htlc.outgoing_id,
        incoming_id: htlc.incoming_id,
        amount: htlc.amount,
        fee: htlc.fee,
        end,
    }
}
