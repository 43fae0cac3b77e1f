//! What was in a channel when it ended: the HTLCs that the chain has to settle.
//!
//! When the crate tells of an end, the channel is gone, and its monitor knows HTLCs in whole satoshis only. So what is
//! in each channel is looked at whenever its state is written, and what was seen last goes to disk in the same
//! transaction as the first manager that does not hold the channel any more.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Mutex;

use bitcoin::hex::{DisplayHex, FromHex};
use bolt1::Msat;
use lightning::events::ClaimedHTLC;
use lightning::ln::channel_state::ChannelDetails;
use lightning::routing::router::Path;
use lightning::types::payment::PaymentHash as CratePaymentHash;
use offerd_core::PaymentHash;
use offerd_core::audit::{ForwardBook, Forwarded, PendingHtlc};
use offerd_core::port::PortError;
use serde::{Deserialize, Serialize};

use super::channels::by_channel;
use super::view::htlcs;
use crate::channels::to_us;
use crate::locks::lock;
use crate::persist::Store;

/// Where they are, by the channels' ids.
pub(crate) const SPACE: (&str, &str) = ("books", "at_end");

type Id = [u8; 32];

/// What was in a channel when it was seen last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AtEnd {
    /// What of it was ours.
    pub(super) ours_msat: u64,
    /// The numbers by which paths name the channel.
    scids: Vec<u64>,
    /// How many payments of others had gone through the node.
    pub(super) forwards_before: u64,
    /// What was under way.
    htlcs: Vec<HtlcAtEnd>,
}

/// An HTLC that was under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct HtlcAtEnd {
    payment_hash: String,
    amount_msat: u64,
    incoming: bool,
    settled: bool,
    /// Of a payment of others: what it has in the channel before or after this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    other_leg_msat: Option<u64>,
    /// Of one that comes to us: whether we have heard that it is ours.
    #[serde(default)]
    claimed: bool,
}

/// All channels, those that have ended and those that have not.
#[derive(Debug)]
pub(crate) struct Ends(Mutex<Seen>);

#[derive(Debug)]
struct Seen {
    open: HashMap<Id, AtEnd>,
    ended: BTreeMap<Id, AtEnd>,
    /// Ended ones that go to disk with the next manager.
    unwritten: BTreeSet<Id>,
}

impl Ends {
    /// Reads those that were kept, and looks at the channels that there are.
    pub(crate) fn open(
        store: &Store,
        channels: &[ChannelDetails],
        forwards: u64,
    ) -> Result<Self, PortError> {
        let ended = by_channel(store, SPACE)?.into_iter().collect();
        let seen = Seen { open: HashMap::new(), ended, unwritten: BTreeSet::new() };
        let ends = Self(Mutex::new(seen));
        for channel in channels {
            ends.look(channel.channel_id.0, Some(channel), forwards);
        }
        Ok(ends)
    }

    /// Notes what is in a channel, or that there is no such channel any more.
    pub(crate) fn look(&self, id: Id, channel: Option<&ChannelDetails>, forwards_before: u64) {
        let mut seen = lock(&self.0);
        match channel {
            Some(channel) => {
                seen.ended.remove(&id);
                seen.open.insert(id, AtEnd::of(channel, forwards_before));
            }
            None => seen.end(id),
        }
    }

    /// A part of a payment of ours has come back.
    pub(crate) fn on_part_failed(&self, payment_hash: CratePaymentHash, path: &Path) {
        let Some(first) = path.hops.first() else { return };
        let amount_msat = path.final_value_msat().saturating_add(path.fee_msat());
        let payment_hash = payment_hash.0.to_lower_hex_string();
        let is_it = |htlc: &HtlcAtEnd| {
            !htlc.incoming && htlc.payment_hash == payment_hash && htlc.amount_msat == amount_msat
        };
        let mut seen = lock(&self.0);
        let Seen { open, ended, unwritten } = &mut *seen;
        for (id, channel) in open.iter_mut().chain(ended.iter_mut()) {
            if channel.scids.contains(&first.short_channel_id)
                && let Some(at) = channel.htlcs.iter().position(is_it)
            {
                channel.htlcs.remove(at);
                unwritten.insert(*id);
                return;
            }
        }
    }

    /// HTLCs of a payment to us are ours. One that was in an ended channel is not always among them: a payer may have
    /// tried again.
    pub(crate) fn on_claimed(&self, payment_hash: CratePaymentHash, claimed: &[ClaimedHTLC]) {
        let payment_hash = payment_hash.0.to_lower_hex_string();
        let mut seen = lock(&self.0);
        let Seen { open, ended, unwritten } = &mut *seen;
        for claimed in claimed {
            let id = claimed.channel_id.0;
            let Some(channel) = open.get_mut(&id).or_else(|| ended.get_mut(&id)) else { continue };
            let is_it = |htlc: &&mut HtlcAtEnd| {
                htlc.incoming
                    && !htlc.claimed
                    && htlc.payment_hash == payment_hash
                    && htlc.amount_msat == claimed.value_msat
            };
            if let Some(htlc) = channel.htlcs.iter_mut().find(is_it) {
                htlc.claimed = true;
                unwritten.insert(id);
            }
        }
    }

    /// What is to be written with the manager, by its keys.
    pub(crate) fn to_write(&self) -> Result<Vec<(String, Vec<u8>)>, PortError> {
        let mut seen = lock(&self.0);
        let unwritten = std::mem::take(&mut seen.unwritten);
        let ended = unwritten.iter().filter_map(|id| Some((id, seen.ended.get(id)?)));
        let encoded = ended.map(|(id, at_end)| {
            let key = id.to_lower_hex_string();
            let bytes = serde_json::to_vec(at_end).map_err(|e| unreadable(&key).because(e))?;
            Ok((key, bytes))
        });
        encoded.collect()
    }

    /// Those that have ended.
    pub(super) fn ended(&self) -> BTreeMap<Id, AtEnd> {
        lock(&self.0).ended.clone()
    }
}

impl Seen {
    fn end(&mut self, id: Id) {
        let Some(mut channel) = self.open.get(&id).cloned() else { return };
        for htlc in &mut channel.htlcs {
            htlc.other_leg_msat = self.other_leg(id, htlc);
        }
        self.open.remove(&id);
        self.ended.insert(id, channel);
        self.unwritten.insert(id);
    }

    /// What the same payment has in a channel on the other side of us.
    fn other_leg(&self, id: Id, htlc: &HtlcAtEnd) -> Option<u64> {
        let others = self.open.iter().chain(&self.ended).filter(|(other, _)| **other != id);
        let mut htlcs = others.flat_map(|(_, channel)| &channel.htlcs);
        let is_it = |other: &&HtlcAtEnd| {
            other.payment_hash == htlc.payment_hash && other.incoming != htlc.incoming
        };
        htlcs.find(is_it).map(|other| other.amount_msat)
    }
}

impl AtEnd {
    fn of(channel: &ChannelDetails, forwards_before: u64) -> Self {
        let htlc = |htlc: PendingHtlc| HtlcAtEnd {
            payment_hash: htlc.payment_hash.0.to_lower_hex_string(),
            amount_msat: htlc.amount.as_u64(),
            incoming: htlc.incoming,
            settled: htlc.settled,
            other_leg_msat: None,
            claimed: false,
        };
        Self {
            ours_msat: to_us(channel).as_u64(),
            scids: [channel.short_channel_id, channel.outbound_scid_alias]
                .into_iter()
                .flatten()
                .collect(),
            forwards_before,
            htlcs: htlcs(channel).into_iter().map(htlc).collect(),
        }
    }

    /// Whether payments of others were under way.
    pub(super) fn forwards(&self) -> bool {
        self.htlcs.iter().any(|htlc| htlc.other_leg_msat.is_some())
    }

    /// Counts those as settled that went through since, and into `book` what they have brought where the crate could not
    /// say. One that went out is counted with what the next node could take: on the chain, whole satoshis.
    pub(super) fn settle(&mut self, id: Id, went_through: &[Forwarded], book: &mut ForwardBook) {
        for forwarded in went_through {
            let Some(amount) = forwarded.amount else { continue };
            let amount_msat = amount.as_u64();
            let mut open = self.htlcs.iter_mut().filter(|htlc| !htlc.settled);
            if forwarded.went_by == Some(id) {
                let is_it = |htlc: &&mut HtlcAtEnd| {
                    !htlc.incoming
                        && htlc.other_leg_msat.is_some()
                        && whole(htlc.amount_msat) == whole(amount_msat)
                };
                if let Some(htlc) = open.find(is_it) {
                    (htlc.settled, htlc.amount_msat) = (true, amount_msat);
                }
            } else if forwarded.came_by == Some(id) {
                let is_it = |htlc: &&mut HtlcAtEnd| {
                    htlc.incoming && htlc.other_leg_msat.map(whole) == Some(whole(amount_msat))
                };
                if let Some(htlc) = open.find(is_it) {
                    htlc.settled = true;
                    if forwarded.fee.is_none() {
                        let fee = htlc.amount_msat.saturating_sub(amount_msat);
                        learn(book, Msat::new(fee).unwrap_or(Msat::MAX));
                    }
                }
            }
        }
    }

    /// As the audit wants them.
    pub(super) fn pending(&self) -> Result<Vec<PendingHtlc>, PortError> {
        let pending = self.htlcs.iter().map(|htlc| {
            let payment_hash = Id::from_hex(&htlc.payment_hash);
            let payment_hash =
                payment_hash.map_err(|error| unreadable(&htlc.payment_hash).because(error))?;
            Ok(PendingHtlc {
                payment_hash: PaymentHash(payment_hash),
                amount: Msat::new(htlc.amount_msat).unwrap_or(Msat::MAX),
                incoming: htlc.incoming,
                settled: htlc.settled,
                ends_with_payment: if htlc.incoming {
                    htlc.claimed
                } else {
                    htlc.other_leg_msat.is_none()
                },
            })
        });
        pending.collect()
    }
}

/// The fee of one that was counted as unknown is known.
fn learn(book: &mut ForwardBook, fee: Msat) {
    book.unknown = book.unknown.saturating_sub(1);
    book.count = book.count.saturating_add(1);
    book.fees = book.fees.plus(fee).unwrap_or(Msat::MAX);
}

/// In satoshi.
const fn whole(msat: u64) -> u64 {
    msat / 1_000
}

fn unreadable(key: &str) -> PortError {
    PortError::corrupt(format!("the books' record of what was in {key} at its end"))
}
