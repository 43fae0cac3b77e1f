//! What the chain has taken back for good: transactions that nobody can mine any more, and the channels they funded.
//!
//! The wallet sees in blocks what double-spends its own transactions and those it received. What double-spends
//! anything further back it does not see; neither does the `lightning` crate see that a funding transaction is gone. So
//! the chain source is asked with each block. Nothing is believed before it was so for [`ENOUGH`] blocks.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex};

use bitcoin::{OutPoint, Transaction, Txid};
use lightning::chain::channelmonitor::Balance;
use lightning::ln::types::ChannelId;
use offerd_core::port::PortError;
use tokio::sync::watch;
use tracing::{debug, info, warn};

use crate::chain::{ChainError, ChainSource, ChainView};
use crate::locks::lock;
use crate::tasks::stopped;
use crate::types::{Channels, Monitor};
use crate::wallet::OnchainWallet;

/// Blocks for which something must be gone before we act on it: no branch is expected to be longer.
const ENOUGH: u32 = 6;

/// Closed channels whose funding output does not exist: nothing can come of them, and nothing is kept ready for them.
/// Found anew with each block, so that one whose funding comes back after all is not in it any more.
#[derive(Debug, Default)]
pub(crate) struct Unfunded(Mutex<HashSet<ChannelId>>);

impl Unfunded {
    pub(crate) fn contains(&self, channel: &ChannelId) -> bool {
        lock(&self.0).contains(channel)
    }
}

/// How long each thing has been gone.
#[derive(Debug)]
struct Absences<K>(HashMap<K, u32>);

impl<K: Copy + Eq + Hash> Absences<K> {
    fn new() -> Self {
        Self(HashMap::new())
    }

    /// Notes what is gone at `height`, and returns what has been for long enough.
    fn note(&mut self, gone: &HashSet<K>, height: u32) -> HashSet<K> {
        self.0.retain(|key, _| gone.contains(key));
        let since = |key: &K| (*key, height);
        for (key, height) in gone.iter().map(since) {
            self.0.entry(key).or_insert(height);
        }
        let enough = |since: &u32| height.saturating_sub(*since) >= ENOUGH;
        self.0.iter().filter(|(_, since)| enough(since)).map(|(key, _)| *key).collect()
    }
}

/// Looks with each block for what is gone.
pub(crate) struct Undone {
    pub(crate) wallet: Arc<OnchainWallet>,
    pub(crate) channels: Arc<Channels>,
    pub(crate) monitor: Arc<Monitor>,
    pub(crate) source: Arc<dyn ChainSource>,
    pub(crate) view: Arc<ChainView>,
    pub(crate) unfunded: Arc<Unfunded>,
}

impl fmt::Debug for Undone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Undone").finish_non_exhaustive()
    }
}

/// Why a look did not come to its end. The next block makes another one.
#[derive(Debug, thiserror::Error)]
enum Unseen {
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error(transparent)]
    Store(#[from] PortError),
}

impl Undone {
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut blocks = self.view.subscribe();
        let (mut txs, mut fundings) = (Absences::new(), Absences::new());
        loop {
            let height = blocks.borrow_and_update().height;
            if let Err(error) = self.look(height, &mut txs, &mut fundings).await {
                debug!(%error, "it is not known what the chain has taken back");
            }
            tokio::select! {
                () = stopped(&mut stop) => return,
                changed = blocks.changed() => if changed.is_err() { return },
            }
        }
    }

    async fn look(
        &self,
        height: u32,
        txs: &mut Absences<Txid>,
        fundings: &mut Absences<OutPoint>,
    ) -> Result<(), Unseen> {
        let mut hopeless = HashSet::new();
        for tx in self.wallet.unconfirmed() {
            if self.is_hopeless(&tx).await? {
                hopeless.insert(tx.compute_txid());
            }
        }
        for txid in txs.note(&hopeless, height) {
            warn!(%txid, "what this transaction spends is gone for good: forgotten");
            self.wallet.forget(txid)?;
        }
        let (unopened, closed) = (self.unopened(), self.closed());
        let mut missing = HashSet::new();
        for funding in unopened.keys().chain(closed.keys()) {
            // What the wallet has can still be mined.
            if !self.wallet.has(funding.txid) && !self.exists(*funding).await? {
                missing.insert(*funding);
            }
        }
        let missing = fundings.note(&missing, height);
        for (_, channel) in unopened.iter().filter(|(funding, _)| missing.contains(funding)) {
            self.give_up(channel);
        }
        let left = closed.into_iter().filter(|(funding, _)| missing.contains(funding));
        *lock(&self.unfunded.0) = left.map(|(_, id)| id).collect();
        Ok(())
    }

    /// Whether a transaction that is not mined can never be: something that it spends is neither in the chain nor on its
    /// way there.
    async fn is_hopeless(&self, tx: &Transaction) -> Result<bool, ChainError> {
        if self.source.is_in_mempool(tx.compute_txid()).await? {
            return Ok(false);
        }
        for input in &tx.input {
            if !self.exists(input.previous_output).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether an output is in the chain and not spent there, or may come to be.
    async fn exists(&self, outpoint: OutPoint) -> Result<bool, ChainError> {
        Ok(self.source.unspent(outpoint).await?.is_some()
            || self.source.is_in_mempool(outpoint.txid).await?)
    }

    /// Channels that we have funded and that are not open yet. Those of others end by themselves in time.
    fn unopened(&self) -> HashMap<OutPoint, Unopened> {
        let channels = self.channels.list_channels().into_iter();
        let ours = channels.filter(|channel| channel.is_outbound && !channel.is_channel_ready);
        ours.filter_map(|channel| {
            let funding = channel.funding_txo?.into_bitcoin_outpoint();
            Some((funding, Unopened { id: channel.channel_id, peer: channel.counterparty.node_id }))
        })
        .collect()
    }

    /// Channels that have ended and whose last transaction nobody has seen.
    fn closed(&self) -> HashMap<OutPoint, ChannelId> {
        let channels = self.channels.list_channels();
        let is_open = |id: &ChannelId| channels.iter().any(|channel| channel.channel_id == *id);
        let unspent =
            |balance: &Balance| matches!(balance, Balance::ClaimableOnChannelClose { .. });
        let closed = self.monitor.list_monitors().into_iter().filter(|id| !is_open(id));
        closed
            .filter_map(|id| {
                let monitor = self.monitor.get_monitor(id).ok()?;
                let waits = monitor.get_claimable_balances().iter().any(unspent);
                waits.then(|| (monitor.get_funding_txo().into_bitcoin_outpoint(), id))
            })
            .collect()
    }

    fn give_up(&self, channel: &Unopened) {
        let why = "the funding transaction can not be mined any more".to_owned();
        let closed =
            self.channels.force_close_broadcasting_latest_txn(&channel.id, &channel.peer, why);
        match closed {
            Ok(()) => info!(channel = %channel.id, "its funding is gone for good: given up"),
            Err(error) => debug!(channel = %channel.id, ?error, "it is gone already"),
        }
    }
}

/// A channel that waits for its funding.
#[derive(Debug)]
struct Unopened {
    id: ChannelId,
    peer: secp256k1::PublicKey,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_counts_when_it_was_gone_for_six_blocks_without_a_break() {
        let mut absences = Absences::new();
        let (gone, nothing) = (HashSet::from([1, 2]), HashSet::new());
        assert_eq!(absences.note(&gone, 100), nothing);
        assert_eq!(absences.note(&HashSet::from([1]), 105), nothing);
        assert_eq!(absences.note(&gone, 106), HashSet::from([1]));
        // The second was there in between; and where the chain is shorter again nothing has gone by.
        assert_eq!(absences.note(&gone, 99), nothing);
        assert_eq!(absences.note(&gone, 112), gone);
        assert_eq!(absences.note(&nothing, 113), nothing);
    }
}
