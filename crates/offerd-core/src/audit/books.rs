//! What the audit is made of.

use bolt1::{Msat, Timestamp};

use super::sum::{Signed, shown};
use crate::id::PaymentHash;
use crate::payment::{OutgoingPayment, PaymentEnd, PaymentState};
use crate::receipt::{Receipt, ReceiptState};

/// What the node has done with money besides payments of ours, and what it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeBooks {
    /// Channels whose funding counts, those that have ended too.
    pub channels: Vec<ChannelBook>,
    /// Payments of others that went through.
    pub forwards: ForwardBook,
    /// The coins.
    pub wallet: WalletBook,
}

/// A channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelBook {
    /// Its id.
    pub channel_id: [u8; 32],
    /// Whether the coins in it were ours.
    pub opened_by_us: bool,
    /// What the side that opened it gave to the other at once.
    pub pushed: Msat,
    /// Where it stands.
    pub standing: Standing,
}

/// Where a channel stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is there.
    Open {
        /// Our side of the balance, before any fee of a commitment transaction: of HTLCs that are not removed yet,
        /// ours are still in it, and those that come to us not yet.
        ours: Msat,
        /// HTLCs that are not removed yet.
        htlcs: Vec<PendingHtlc>,
    },
    /// It is there, and the books have no word of its opening.
    NotInTheBooks {
        /// As for `Open`.
        ours: Msat,
        /// As for `Open`.
        htlcs: Vec<PendingHtlc>,
    },
    /// It has ended.
    Ended {
        /// Our side of the balance when it did; HTLCs are in it as for `Open`.
        ours: Msat,
        /// HTLCs that were not removed when it did: those end on the chain. One that is settled is counted at what it
        /// was settled with.
        htlcs: Vec<PendingHtlc>,
        /// What of it has come out on the chain, by the outputs that are ours.
        arrived: Msat,
        /// Those of these outputs that are not in the wallet yet.
        unswept: Msat,
        /// What was in HTLCs of which nothing else is on record.
        in_unknown_htlcs: Msat,
        /// Whether nothing more is to come: what has not arrived is what the end has cost.
        is_over: bool,
    },
    /// It is gone, and the books have no word of its end.
    Vanished,
}

/// An HTLC in a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingHtlc {
    /// Its payment hash.
    pub payment_hash: PaymentHash,
    /// What it carries.
    pub amount: Msat,
    /// Whether it comes to us.
    pub incoming: bool,
    /// Whether its preimage is out, so that only its removal is left to be done.
    pub settled: bool,
    /// Whether it ends as the payment of its hash does that the store knows. Payments of others do not.
    pub ends_with_payment: bool,
}

/// Payments of others that went through us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ForwardBook {
    /// How many whose fee is known.
    pub count: u64,
    /// What they have brought.
    pub fees: Msat,
    /// How many whose fee is not known, because the claim was on the chain.
    pub unknown: u64,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forwarded {
    /// Its place in the order in which they went through, from 1.
    pub created_index: u64,
    /// When the node heard that it had.
    pub at: Timestamp,
    /// The id of the channel that it came by, where that is known.
    pub came_by: Option<[u8; 32]>,
    /// The id of the channel that it went by, where that is known.
    pub went_by: Option<[u8; 32]>,
    /// What went on, where that is known.
    pub amount: Option<Msat>,
    /// What stayed with us; not known where the claim was on the chain.
    pub fee: Option<Msat>,
}

/// The on-chain wallet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WalletBook {
    /// Coins that are mined.
    pub confirmed: Msat,
    /// Coins that are not.
    pub unconfirmed: Msat,
    /// What came from elsewhere than channels of ours.
    pub deposits: Msat,
    /// What went elsewhere than into channels of ours.
    pub withdrawals: Msat,
    /// What all transactions of ours have cost, in millisatoshi.
    pub fees_msat: i64,
}

/// The payments that the store has, in sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PaymentBook {
    /// What payments to us have brought.
    pub received: Msat,
    /// What payees have got of us.
    pub paid: Msat,
    /// What routing to them has cost.
    pub fees: Msat,
    /// Payments of ours for which that is not known.
    pub unknown_fees: u64,
}

impl PaymentBook {
    /// What all of these come to.
    pub fn of<'a>(
        receipts: impl IntoIterator<Item = &'a Receipt>,
        payments: impl IntoIterator<Item = &'a OutgoingPayment>,
    ) -> Self {
        let mut book = Self::default();
        for receipt in receipts {
            match receipt.state {
                ReceiptState::Paid { .. } => book.received = plus(book.received, receipt.amount),
                ReceiptState::Claiming | ReceiptState::Lost { .. } => {}
            }
        }
        for payment in payments {
            match &payment.state {
                PaymentState::Ended(PaymentEnd::Paid { fee, .. }) => {
                    book.paid = plus(book.paid, payment.amount);
                    match fee {
                        Some(fee) => book.fees = plus(book.fees, *fee),
                        None => book.unknown_fees = book.unknown_fees.saturating_add(1),
                    }
                }
                PaymentState::Ended(PaymentEnd::Failed { .. })
                | PaymentState::Awaiting
                | PaymentState::Pending { .. } => {}
            }
        }
        book
    }
}

impl NodeBooks {
    /// HTLCs that may be settled though their channel does not know: those of payments that the store knows the end of.
    pub fn open_htlcs(&mut self) -> impl Iterator<Item = &mut PendingHtlc> {
        let all = self.channels.iter_mut().flat_map(|channel| channel.standing.htlcs_mut());
        all.filter(|htlc| !htlc.settled && htlc.ends_with_payment)
    }
}

impl Standing {
    fn htlcs_mut(&mut self) -> &mut [PendingHtlc] {
        match self {
            Self::Open { htlcs, .. }
            | Self::NotInTheBooks { htlcs, .. }
            | Self::Ended { htlcs, .. } => htlcs,
            Self::Vanished => &mut [],
        }
    }
}

impl WalletBook {
    /// With what transactions have cost, counted in satoshi.
    #[must_use]
    pub fn costing(self, fees_sat: i64) -> Self {
        Self { fees_msat: shown(Signed::from(fees_sat).saturating_mul(1_000)), ..self }
    }
}

fn plus(sum: Msat, amount: Msat) -> Msat {
    sum.plus(amount).unwrap_or(Msat::MAX)
}
