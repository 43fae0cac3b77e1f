//! Channels whose state was put aside: what that state can still do without harm.
//!
//! It may be old, so it must never close a channel. But once the channel is closed, a state that knows the transaction in
//! the chain knows how to get at what [`keys`](super::keys) alone do not: HTLCs in flight, and what waits out a delay
//! because this node closed. So the old monitors are shown every block, and may send anything but a transaction that
//! spends a funding output.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use bitcoin::{Block, BlockHash, OutPoint, Transaction};
use lightning::chain::chaininterface::BroadcasterInterface;
use lightning::chain::chainmonitor::{ChainMonitor, Persist};
use lightning::chain::channelmonitor::{ChannelMonitor, ChannelMonitorUpdate};
use lightning::chain::transaction::TransactionData;
use lightning::chain::{BestBlock, ChannelMonitorUpdateStatus, Listen, Watch as _};
use lightning::events::bump_transaction::BumpTransactionEvent;
use lightning::events::{Event, EventsProvider, ReplayEvent};
use lightning::sign::{InMemorySigner, NodeSigner, SpendableOutputDescriptor};
use lightning::util::persist::MonitorName;
use lightning::util::ser::{ReadableArgs, Writeable};
use tracing::{debug, info};

use super::proofs::Proof;
use super::set_aside::OLD_MONITORS;
use crate::broadcast::Broadcaster;
use crate::channel_keys::ChannelKeys;
use crate::error::NodeError;
use crate::fees::FeeTable;
use crate::logger::NodeLogger;
use crate::persist::Store;
use crate::types::{Bumper, Keyring, Sweeper, TxFilter};
use crate::wallet::OnchainWallet;

type Monitor = ChannelMonitor<InMemorySigner>;
type Monitors = ChainMonitor<
    InMemorySigner,
    TxFilter,
    Arc<NeverClosing>,
    Arc<FeeTable>,
    Arc<NodeLogger>,
    Arc<Aside>,
    Arc<Keyring>,
>;
/// A monitor that is being brought in step with the chain.
pub(crate) type Behind = (Monitor, Arc<NeverClosing>, Arc<FeeTable>, Arc<NodeLogger>);

/// The old monitors, in step with the chain.
pub(crate) struct OldChannels(Monitors);

impl fmt::Debug for OldChannels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OldChannels").finish_non_exhaustive()
    }
}

/// What old monitors work with.
pub(crate) struct Tools {
    pub(crate) store: Arc<Store>,
    pub(crate) keys: Arc<ChannelKeys>,
    pub(crate) broadcaster: Arc<Broadcaster>,
    pub(crate) fees: Arc<FeeTable>,
}

impl Tools {
    /// The monitors that were put aside, each with the block up to which it knows the chain.
    pub(crate) fn load(&self) -> Result<Vec<(BlockHash, Behind)>, NodeError> {
        let mut found = Vec::new();
        for key in self.store.list(OLD_MONITORS)? {
            let Some(bytes) = self.store.read(OLD_MONITORS, &key)? else { continue };
            let keys = (&*self.keys.keyring, &*self.keys);
            let read = <(BlockHash, Monitor)>::read(&mut &bytes[..], keys);
            found.push(read.map_err(|error| NodeError::Corrupt {
                what: "a channel monitor that was put aside",
                why: error.to_string(),
            })?);
        }
        let fundings = found.iter().map(|(_, monitor)| funding(monitor)).collect();
        let broadcaster = self.never_closing(fundings);
        let behind = found.into_iter().map(|(at, monitor)| {
            let (broadcaster, fees) = (Arc::clone(&broadcaster), Arc::clone(&self.fees));
            (at, (monitor, broadcaster, fees, Arc::new(NodeLogger)))
        });
        Ok(behind.collect())
    }

    /// Watches over monitors that know the chain up to now.
    pub(crate) fn watch(&self, monitors: Vec<Behind>) -> Result<OldChannels, NodeError> {
        let fundings = monitors.iter().map(|(monitor, ..)| funding(monitor)).collect();
        let watching = Monitors::new(
            None,
            self.never_closing(fundings),
            Arc::new(NodeLogger),
            Arc::clone(&self.fees),
            Arc::new(Aside(Arc::clone(&self.store))),
            Arc::clone(&self.keys.keyring),
            self.keys.keyring.get_peer_storage_key(),
        );
        for (monitor, ..) in monitors {
            let id = monitor.channel_id();
            if watching.load_existing_monitor(id, monitor).is_err() {
                let why = format!("channel {id} has two");
                return Err(NodeError::Corrupt { what: "what was put aside", why });
            }
        }
        Ok(OldChannels(watching))
    }

    fn never_closing(&self, fundings: HashSet<OutPoint>) -> Arc<NeverClosing> {
        Arc::new(NeverClosing { broadcaster: Arc::clone(&self.broadcaster), fundings })
    }
}

fn funding(monitor: &Monitor) -> OutPoint {
    monitor.get_funding_txo().into_bitcoin_outpoint()
}

/// Sends everything but what spends a funding output.
pub(crate) struct NeverClosing {
    broadcaster: Arc<Broadcaster>,
    fundings: HashSet<OutPoint>,
}

impl fmt::Debug for NeverClosing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NeverClosing").finish_non_exhaustive()
    }
}

impl NeverClosing {
    fn closes(&self, tx: &Transaction) -> bool {
        tx.input.iter().any(|input| self.fundings.contains(&input.previous_output))
    }
}

impl BroadcasterInterface for NeverClosing {
    fn broadcast_transactions(&self, txs: &[&Transaction]) {
        let (closing, harmless): (Vec<&Transaction>, Vec<&Transaction>) =
            txs.iter().copied().partition(|tx| self.closes(tx));
        if !closing.is_empty() {
            debug!("old state does not close a channel");
        }
        if !harmless.is_empty() {
            self.broadcaster.send(harmless.into_iter().cloned().collect());
        }
    }
}

/// Keeps old monitors where they were put.
struct Aside(Arc<Store>);

impl Aside {
    fn write(&self, name: MonitorName, monitor: &Monitor) -> ChannelMonitorUpdateStatus {
        match self.0.write(OLD_MONITORS, &name.to_string(), &monitor.encode()) {
            Ok(()) => ChannelMonitorUpdateStatus::Completed,
            // The store has told that the node must stop.
            Err(_) => ChannelMonitorUpdateStatus::InProgress,
        }
    }
}

impl Persist<InMemorySigner> for Aside {
    fn persist_new_channel(
        &self,
        name: MonitorName,
        monitor: &Monitor,
    ) -> ChannelMonitorUpdateStatus {
        self.write(name, monitor)
    }

    fn update_persisted_channel(
        &self,
        name: MonitorName,
        _update: Option<&ChannelMonitorUpdate>,
        monitor: &Monitor,
    ) -> ChannelMonitorUpdateStatus {
        self.write(name, monitor)
    }

    /// They stay: somebody who knows what he does may want to look at them.
    fn archive_persisted_channel(&self, _name: MonitorName) {}
}

/// Takes what the old channels bring in.
pub(crate) struct Harvester {
    pub(crate) old: Arc<OldChannels>,
    pub(crate) sweeper: Arc<Sweeper>,
    pub(crate) bumper: Bumper,
    pub(crate) wallet: Arc<OnchainWallet>,
}

impl fmt::Debug for Harvester {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Harvester").finish_non_exhaustive()
    }
}

impl Harvester {
    /// Hands on what has come in, and sends again what is not mined.
    pub(super) fn step(&self) {
        self.old.0.process_pending_events(&|event| self.take(event));
        self.old.0.rebroadcast_pending_claims();
    }

    /// Payments of ours of which the chain has shown since the last call that they have arrived.
    pub(super) fn proofs(&self) -> Vec<Proof> {
        let events = self.old.0.release_pending_monitor_events();
        events.iter().flat_map(|(_, _, events, _)| events).filter_map(Proof::in_event).collect()
    }

    /// Whether nothing more is to be expected.
    pub(super) fn is_done(&self) -> bool {
        self.old.0.get_claimable_balances(&[]).is_empty()
    }

    #[allow(clippy::wildcard_enum_match_arm, reason = "monitors tell of nothing else")]
    fn take(&self, event: Event) -> Result<(), ReplayEvent> {
        match event {
            Event::SpendableOutputs { mut outputs, channel_id } => {
                outputs.retain(|output| self.is_for_the_sweeper(output));
                info!(outputs = outputs.len(), "an old channel has brought something in");
                let tracked =
                    self.sweeper.track_spendable_outputs(outputs, channel_id, false, None);
                tracked.map_err(|()| ReplayEvent())
            }
            Event::BumpTransaction(event @ BumpTransactionEvent::HTLCResolution { .. }) => {
                self.bumper.handle_event(&event);
                Ok(())
            }
            // Closing a channel above all.
            _ => Ok(()),
        }
    }

    fn is_for_the_sweeper(&self, output: &SpendableOutputDescriptor) -> bool {
        match output {
            SpendableOutputDescriptor::DelayedPaymentOutput(_) => true,
            SpendableOutputDescriptor::StaticOutput { output, .. } => {
                !self.wallet.is_ours(&output.script_pubkey)
            }
            // What the recovery finds by itself.
            SpendableOutputDescriptor::StaticPaymentOutput(_) => false,
        }
    }
}

impl Listen for OldChannels {
    fn filtered_block_connected(
        &self,
        header: &bitcoin::block::Header,
        txdata: &TransactionData<'_>,
        height: u32,
    ) {
        self.0.filtered_block_connected(header, txdata, height);
    }

    fn block_connected(&self, block: &Block, height: u32) {
        self.0.block_connected(block, height);
    }

    fn blocks_disconnected(&self, fork_point: BestBlock) {
        self.0.blocks_disconnected(fork_point);
    }
}
