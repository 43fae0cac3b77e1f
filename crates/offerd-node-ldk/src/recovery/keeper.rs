//! Keeping the recovery file up to date.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bitcoin::hex::DisplayHex;
use bitcoin::{Network, OutPoint};
use bolt1::PublicKey;
use lightning::types::features::ChannelTypeFeatures;
use offerd_core::port::KeyValueStore;
use tokio::sync::watch;
use tracing::{error, info};

use super::book::Book;
use super::file::{ChannelEntry, PeerEntry, RecoveryFile};
use super::scan::Recovery;
use super::state::SPACE;
use crate::error::NodeError;
use crate::keys::Keys;
use crate::peers::Connector;
use crate::persist::Store;
use crate::tasks::stopped;
use crate::types::{Channels, Monitor};
use crate::wallet::OnchainWallet;

/// How often it is looked whether something has changed, without a sign from the channels.
const PAUSE: Duration = Duration::from_secs(60);

/// Knows what belongs in the recovery file.
pub(crate) struct Keeper {
    /// Where the file is kept; `None`: nowhere.
    pub(crate) path: Option<PathBuf>,
    /// Where the seed is.
    pub(crate) dir: PathBuf,
    pub(crate) network: Network,
    pub(crate) node_id: PublicKey,
    pub(crate) birth_height: u32,
    pub(crate) wallet: Arc<OnchainWallet>,
    pub(crate) channels: Arc<Channels>,
    pub(crate) monitor: Arc<Monitor>,
    pub(crate) connector: Arc<Connector>,
    pub(crate) recovery: Option<Arc<Recovery>>,
    pub(crate) store: Arc<Store>,
    pub(crate) values: Arc<dyn KeyValueStore>,
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Keeper {
    /// What the file should say now.
    pub(crate) fn content(&self) -> Result<RecoveryFile, NodeError> {
        let words = Keys::read_words(&self.dir)?;
        let mut file = RecoveryFile::new(self.network, self.node_id, words);
        file.birth_height = self.birth_height;
        file.addresses = self.wallet.addresses_given();
        file.channels = self.funded();
        file.peers = self.peers(&file.channels);
        Ok(file)
    }

    /// Channels that hold funds: open ones, closed ones that are not settled, and those being recovered.
    fn funded(&self) -> Vec<ChannelEntry> {
        let mut entries: BTreeMap<OutPoint, ChannelEntry> = BTreeMap::new();
        for channel in self.channels.list_channels() {
            let Some(funding) = channel.funding_txo else { continue };
            let funding = funding.into_bitcoin_outpoint();
            let entry = ChannelEntry {
                peer: channel.counterparty.node_id,
                channel_id: channel.channel_id.0.to_lower_hex_string(),
                funding_txid: funding.txid,
                funding_output: funding.vout,
                capacity_sat: channel.channel_value_satoshis,
                channel_type: channel.channel_type.as_ref().map_or("unknown", kind).to_owned(),
                opened_by_us: channel.is_outbound,
            };
            entries.insert(funding, entry);
        }
        for id in self.monitor.list_monitors() {
            let Ok(monitor) = self.monitor.get_monitor(id) else { continue };
            let funding = monitor.get_funding_txo().into_bitcoin_outpoint();
            let balances = monitor.get_claimable_balances();
            if entries.contains_key(&funding) || balances.is_empty() {
                continue;
            }
            let ours = balances.iter().map(|balance| balance.claimable_amount_satoshis()).sum();
            let entry = ChannelEntry {
                peer: monitor.get_counterparty_node_id(),
                channel_id: id.0.to_lower_hex_string(),
                funding_txid: funding.txid,
                funding_output: funding.vout,
                capacity_sat: ours,
                channel_type: kind(&monitor.channel_type_features()).to_owned(),
                opened_by_us: false,
            };
            entries.insert(funding, entry);
        }
        let lost = self.recovery.iter().flat_map(|recovery| recovery.channels());
        for entry in lost {
            entries.entry(entry.funding()).or_insert(entry);
        }
        entries.into_values().collect()
    }

    fn peers(&self, channels: &[ChannelEntry]) -> Vec<PeerEntry> {
        let mut ids: Vec<PublicKey> = channels.iter().map(|channel| channel.peer).collect();
        ids.sort_unstable();
        ids.dedup();
        let entry = |id| PeerEntry { id, addresses: self.connector.known_addresses(&id) };
        ids.into_iter().map(entry).collect()
    }

    /// Refuses to write over a file that is not ours to replace: one of another node, or one that knows of
    /// channels that we do not know, which then is all that there is of them.
    pub(crate) fn check(&self) -> Result<(), NodeError> {
        let Some(path) = self.path.as_deref().filter(|path| path.exists()) else { return Ok(()) };
        let file = RecoveryFile::read(path)
            .map_err(|error| refused(path, &format!("cannot be replaced: {}", error.what)))?;
        if (file.node_id, file.network) != (self.node_id, self.network) {
            let what = format!("is that of {} on {}: move it away", file.node_id, file.network);
            return Err(refused(path, &what));
        }
        let book = Book::read(&*self.values)?;
        let recovering =
            |funding: &OutPoint| self.recovery.iter().any(|recovery| recovery.knows(funding));
        let known = self.funded();
        let is_known = |entry: &&ChannelEntry| {
            let funding = entry.funding();
            book.knows(&funding)
                || recovering(&funding)
                || known.iter().any(|entry| entry.funding() == funding)
        };
        match file.channels.iter().find(|entry| !is_known(entry)) {
            None => Ok(()),
            Some(entry) => Err(refused(
                path,
                &format!(
                    "lists a channel that this node does not know ({}): this node's state is not the \
                     newest. Start once with --recover to get its funds back, or move the file away",
                    entry.funding()
                ),
            )),
        }
    }

    /// Writes the file, and the list of channels in the store, whenever they have changed, until `stop`.
    pub(crate) async fn run(
        self: Arc<Self>,
        mut changes: watch::Receiver<u64>,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut written = None;
        loop {
            changes.mark_unchanged();
            match self.write(written.as_ref()) {
                Ok(file) => written = Some(file),
                Err(error) => error!(%error, "the recovery file is not up to date"),
            }
            tokio::select! {
                () = stopped(&mut stop) => return,
                changed = changes.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    fn write(&self, written: Option<&RecoveryFile>) -> Result<RecoveryFile, NodeError> {
        let file = self.content()?;
        if written == Some(&file) {
            return Ok(file);
        }
        let book = Book::read(&*self.values)?;
        let next = book.with(file.channels.clone());
        if next != book {
            self.store.write(SPACE, Book::key(), &next.encode()?)?;
        }
        if let Some(path) = &self.path {
            file.replace(path).map_err(|error| refused(path, &error.what))?;
            info!(path = %path.display(), channels = file.channels.len(), "recovery file written");
        }
        Ok(file)
    }
}

fn kind(features: &ChannelTypeFeatures) -> &'static str {
    if features.supports_anchors_zero_fee_htlc_tx() { "anchors" } else { "static_remotekey" }
}

fn refused(path: &Path, what: &str) -> NodeError {
    NodeError::RecoveryFile(format!("{} {what}", path.display()))
}
