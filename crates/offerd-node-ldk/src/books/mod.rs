//! The books of the node's own money: what it has done besides payments of ours, and what it has.
//!
//! Written down is only what nothing else tells later: how a channel began and ended (`channels`), what was under way in
//! it then (`at_end`), and what forwarding has brought (`forwards`). All about coins follows from the wallet's
//! transactions (`flows`), and what is in channels from the channels themselves.

mod at_end;
mod channels;
mod flows;
mod forwards;
mod view;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bitcoin::OutPoint;
use bitcoin::hex::DisplayHex;
use bitcoin::secp256k1::PublicKey;
use lightning::chain::channelmonitor::Balance;
use lightning::ln::types::ChannelId;
use lightning::sign::SpendableOutputDescriptor;
use offerd_core::audit::Forwarded;
use offerd_core::port::{Page, PortError};
use tracing::warn;

use crate::channels::to_us;
use crate::persist::Store;
use crate::types::{Channels, Monitor};
pub(crate) use at_end::{Ends, SPACE as AT_END};
use channels::{ChannelRecord, ChannelRecords};
pub(crate) use flows::{Flows, Known};
pub(crate) use forwards::{Forward, Forwards, SPACE as FORWARDS};

/// The books.
#[derive(Debug)]
pub(crate) struct Books {
    records: ChannelRecords,
    pub(crate) forwards: Forwards,
    pub(crate) ends: Ends,
}

impl Books {
    /// Opens those kept in `store`, before any of these channels can change.
    pub(crate) fn open(store: Arc<Store>, channels: &Channels) -> Result<Self, PortError> {
        let forwards = Forwards::open(&store)?;
        let ends = Ends::open(&store, &channels.list_channels(), forwards.count())?;
        Ok(Self { records: ChannelRecords(store), forwards, ends })
    }

    /// A channel has its funding transaction. Nothing was paid over it yet, so what is ours in it is what was at first.
    pub(crate) fn on_funded(&self, id: ChannelId, channels: &Channels) -> Result<(), PortError> {
        let channels = channels.list_channels();
        let channel = channels.iter().find(|channel| channel.channel_id == id);
        let Some((channel, funding)) = channel.and_then(|it| Some((it, it.funding_txo?))) else {
            warn!(channel = %id, "it was gone before it could be put into the books");
            return Ok(());
        };
        let record = ChannelRecord {
            funding: funding.into_bitcoin_outpoint(),
            capacity_sat: channel.channel_value_satoshis,
            opened_by_us: channel.is_outbound,
            at_first_msat: to_us(channel).as_u64(),
            at_last_msat: None,
            in_htlcs_sat: 0,
        };
        self.records.opened(&id.0, &record)
    }

    /// Whether this output is or was that of a channel with us.
    pub(crate) fn has_funding(&self, funding: OutPoint) -> Result<bool, PortError> {
        Ok(self.records.channels()?.iter().any(|(_, record)| record.funding == funding))
    }

    /// A channel has ended with so much of it ours.
    pub(crate) fn on_closed(
        &self,
        id: ChannelId,
        ours_msat: Option<u64>,
        monitor: &Monitor,
    ) -> Result<(), PortError> {
        let Some(ours) = ours_msat else { return Ok(()) };
        let balances = monitor.get_monitor(id).map(|monitor| monitor.get_claimable_balances());
        let in_htlcs = balances.unwrap_or_default().iter().map(in_htlc).sum();
        self.records.ended(&id.0, ours, in_htlcs)
    }

    /// The state of a channel is being written, or that it has ended.
    pub(crate) fn on_written(&self, id: ChannelId, peer: &PublicKey, channels: &Channels) {
        let channels = channels.list_channels_with_counterparty(peer);
        let channel = channels.iter().find(|channel| channel.channel_id == id);
        self.ends.look(id.0, channel, self.forwards.count());
    }

    /// What has come out of a channel.
    pub(crate) fn on_outputs(
        &self,
        id: Option<ChannelId>,
        outputs: &[SpendableOutputDescriptor],
    ) -> Result<(), PortError> {
        id.map_or(Ok(()), |id| self.records.came_out(&id.0, outputs))
    }

    /// One page of the payments of others that went through, oldest first.
    pub(crate) fn forwards(&self, page: Page) -> Result<Vec<Forwarded>, PortError> {
        self.forwards.page(&self.records.0, page)
    }

    /// A payment of others went through.
    pub(crate) async fn on_forwarded(
        &self,
        came_by: Option<ChannelId>,
        went_by: Option<ChannelId>,
        amount_msat: Option<u64>,
        fee_msat: Option<u64>,
    ) {
        let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
        let hex = |id: Option<ChannelId>| id.map(|id| id.0.to_lower_hex_string());
        let (came_by, went_by) = (hex(came_by), hex(went_by));
        self.forwards.note(Forward { at, came_by, went_by, amount_msat, fee_msat }).await;
    }
}

/// What of a channel's balance is an HTLC, in satoshi.
fn in_htlc(balance: &Balance) -> u64 {
    match balance {
        Balance::ContentiousClaimable { amount_satoshis, .. }
        | Balance::MaybeTimeoutClaimableHTLC { amount_satoshis, .. }
        | Balance::MaybePreimageClaimableHTLC { amount_satoshis, .. } => *amount_satoshis,
        Balance::ClaimableOnChannelClose { .. }
        | Balance::ClaimableAwaitingConfirmations { .. }
        | Balance::CounterpartyRevokedOutputClaimable { .. } => 0,
    }
}
