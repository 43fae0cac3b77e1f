//! The books and the node itself, put together for whoever checks the one by the other.

use std::collections::{BTreeMap, HashMap, HashSet};

use bitcoin::{Amount, OutPoint};
use bolt1::Msat;
use lightning::ln::channel_state::{
    ChannelDetails, InboundHTLCStateDetails, OutboundHTLCStateDetails,
};
use lightning::ln::types::ChannelId;
use offerd_core::PaymentHash;
use offerd_core::audit::{
    ChannelBook, ForwardBook, Forwarded, NodeBooks, PendingHtlc, Standing, WalletBook,
};
use offerd_core::port::{Page, PortError};

use super::at_end::AtEnd;
use super::channels::{ChannelRecord, OutputRecord};
use super::{Books, Flows, Known};
use crate::channels::to_us;
use crate::node::Node;
use crate::types::Monitor;

impl Node {
    /// What it has done with money besides payments of ours, and what it has, at this moment.
    ///
    /// # Errors
    /// When the books cannot be read.
    pub fn books(&self) -> Result<NodeBooks, PortError> {
        let sources = Sources::read(&self.books, &self.wallet, self.channels.list_channels())?;
        let channels = sources.channels(&self.monitor)?;
        let coins = |confirmed: bool| {
            let coins = sources.coins.iter().filter(|(is, _)| *is == confirmed);
            msat(coins.map(|(_, amount)| *amount).sum())
        };
        let flows = &sources.flows;
        let wallet = WalletBook {
            confirmed: coins(true),
            unconfirmed: coins(false),
            deposits: msat(Amount::from_sat(flows.deposits)),
            withdrawals: msat(Amount::from_sat(flows.withdrawals)),
            fees_msat: 0,
        };
        Ok(NodeBooks { channels, forwards: sources.forwards, wallet: wallet.costing(flows.fees) })
    }

    /// Payments of others that went through, one by one, oldest first.
    ///
    /// # Errors
    /// When the books cannot be read.
    pub fn forwards(&self, page: Page) -> Result<Vec<Forwarded>, PortError> {
        self.books.forwards(page)
    }
}

/// What the books are put together from.
struct Sources {
    records: Vec<([u8; 32], ChannelRecord)>,
    outputs: Vec<(OutPoint, OutputRecord)>,
    open: HashMap<[u8; 32], ChannelDetails>,
    at_end: BTreeMap<[u8; 32], AtEnd>,
    /// With what is known only from what was under way in channels that have ended.
    forwards: ForwardBook,
    /// Whether it is mined, and its value.
    coins: Vec<(bool, Amount)>,
    flows: Flows,
}

impl Sources {
    fn read(
        books: &Books,
        wallet: &crate::wallet::OnchainWallet,
        open: Vec<ChannelDetails>,
    ) -> Result<Self, PortError> {
        let (records, outputs) = (books.records.channels()?, books.records.outputs()?);
        let known = Known {
            fundings: records.iter().map(|(_, record)| record.funding).collect(),
            from_channels: outputs.iter().map(|(at, record)| (*at, record.sat)).collect(),
        };
        let (coins, flows) = wallet.flows(&known);
        let coins = coins.into_iter().map(|coin| (coin.height.is_some(), coin.txout.value));
        let coins = coins.collect();
        let mut at_end = books.ends.ended();
        let mut forwards = books.forwards.book();
        for (id, channel) in at_end.iter_mut().filter(|(_, channel)| channel.forwards()) {
            let start = channel.forwards_before.saturating_add(1);
            let since = books.forwards(Page { start, ..Page::ALL })?;
            channel.settle(*id, &since, &mut forwards);
        }
        let open = open.into_iter().map(|channel| (channel.channel_id.0, channel)).collect();
        Ok(Self { records, outputs, open, at_end, forwards, coins, flows })
    }

    fn channels(&self, monitor: &Monitor) -> Result<Vec<ChannelBook>, PortError> {
        // A channel whose funding the wallet has taken back never was.
        let counts = |record: &ChannelRecord| {
            !record.opened_by_us || self.flows.funded.contains(&record.funding)
        };
        let recorded = self.records.iter().filter(|(_, record)| counts(record));
        let recorded = recorded.map(|(id, record)| {
            Ok(ChannelBook {
                channel_id: *id,
                opened_by_us: record.opened_by_us,
                pushed: pushed(record),
                standing: self.standing(*id, record, monitor)?,
            })
        });
        let in_books: HashSet<[u8; 32]> = self.records.iter().map(|(id, _)| *id).collect();
        // Until it is in the chain a channel may just not have come into the books yet.
        let others = self
            .open
            .values()
            .filter(|it| it.is_channel_ready && !in_books.contains(&it.channel_id.0));
        let others = others.map(|channel| ChannelBook {
            channel_id: channel.channel_id.0,
            opened_by_us: channel.is_outbound,
            pushed: Msat::ZERO,
            standing: Standing::NotInTheBooks { ours: to_us(channel), htlcs: htlcs(channel) },
        });
        recorded.chain(others.map(Ok)).collect()
    }

    fn standing(
        &self,
        id: [u8; 32],
        record: &ChannelRecord,
        monitor: &Monitor,
    ) -> Result<Standing, PortError> {
        if let Some(channel) = self.open.get(&id) {
            return Ok(Standing::Open { ours: to_us(channel), htlcs: htlcs(channel) });
        }
        let Some(ours) = record.at_last_msat.and_then(Msat::new) else {
            return Ok(Standing::Vanished);
        };
        let key = bitcoin::hex::DisplayHex::to_lower_hex_string(&id);
        let agreed = self.flows.agreed.get(&record.funding);
        let mut arrived = agreed.cloned().unwrap_or_default();
        let mut unswept = 0_u64;
        for (at, output) in self.outputs.iter().filter(|(_, output)| output.channel_id == key) {
            arrived.insert(*at, output.sat);
            if !self.flows.swept.contains(at) && !self.flows.in_wallet.contains(at) {
                unswept = unswept.saturating_add(output.sat);
            }
        }
        // What was seen a moment before the end says nothing of it.
        let at_end = self.at_end.get(&id).filter(|it| it.ours_msat == ours.as_u64());
        let (htlcs, unknown_sat) = match at_end {
            Some(at_end) => (at_end.pending()?, 0),
            None => (Vec::new(), record.in_htlcs_sat),
        };
        Ok(Standing::Ended {
            ours,
            htlcs,
            arrived: msat(Amount::from_sat(arrived.values().sum())),
            unswept: msat(Amount::from_sat(unswept)),
            in_unknown_htlcs: msat(Amount::from_sat(unknown_sat)),
            is_over: agreed.is_some_and(|it| !it.is_empty()) || nothing_to_come(monitor, id),
        })
    }
}

/// Whether a channel that has ended brings nothing more.
fn nothing_to_come(monitor: &Monitor, id: [u8; 32]) -> bool {
    let monitor = monitor.get_monitor(ChannelId(id));
    monitor.map_or(true, |monitor| monitor.get_claimable_balances().is_empty())
}

fn pushed(record: &ChannelRecord) -> Msat {
    let ours = Msat::new(record.at_first_msat).unwrap_or(Msat::MAX);
    if !record.opened_by_us {
        return ours;
    }
    let all = Msat::from_sat(record.capacity_sat).unwrap_or(Msat::MAX);
    all.minus(ours).unwrap_or(Msat::ZERO)
}

/// What is under way in a channel. Which of it are payments of others the channel does not know, nor does the store.
pub(super) fn htlcs(channel: &ChannelDetails) -> Vec<PendingHtlc> {
    let incoming = channel.pending_inbound_htlcs.iter().map(|htlc| PendingHtlc {
        payment_hash: PaymentHash(htlc.payment_hash.0),
        amount: Msat::new(htlc.amount_msat).unwrap_or(Msat::MAX),
        incoming: true,
        settled: htlc.state == Some(InboundHTLCStateDetails::AwaitingRemoteRevokeToRemoveFulfill),
        ends_with_payment: true,
    });
    let outgoing = channel.pending_outbound_htlcs.iter().map(|htlc| PendingHtlc {
        payment_hash: PaymentHash(htlc.payment_hash.0),
        amount: Msat::new(htlc.amount_msat).unwrap_or(Msat::MAX),
        incoming: false,
        settled: htlc.state == Some(OutboundHTLCStateDetails::AwaitingRemoteRevokeToRemoveSuccess),
        ends_with_payment: true,
    });
    incoming.chain(outgoing).collect()
}

fn msat(amount: Amount) -> Msat {
    Msat::from_sat(amount.to_sat()).unwrap_or(Msat::MAX)
}
