//! Looking through blocks for what is ours.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex};

use bitcoin::block::Header;
use bitcoin::hex::FromHex;
use bitcoin::{Block, BlockHash, OutPoint, Transaction};
use bolt1::PublicKey;
use lightning::chain::transaction::TransactionData;
use lightning::chain::{BestBlock, Listen};
use offerd_core::port::{KeyValueStore, PortError};
use tracing::{debug, error, info};

use super::begin::no_whole_blocks;
use super::file::{AddressCounts, ChannelEntry};
use super::keys::RescueKeys;
use super::set_aside::set_aside;
use super::state::{FoundOutput, Mined, Phase, SPACE, ScannedBlock, State};
use crate::chain::{ChainSource, Feed};
use crate::error::NodeError;
use crate::keys::Keys;
use crate::locks::lock;
use crate::persist::Store;

/// Blocks with nothing of ours in them after which the place in the chain is written.
const BLOCKS_BETWEEN_WRITES: u32 = 100;

/// A recovery on its way, or one that has ended.
pub(crate) struct Recovery {
    pub(super) keys: RescueKeys,
    store: Arc<Store>,
    inner: Mutex<Inner>,
}

struct Inner {
    state: State,
    blocks_not_written: u32,
}

impl fmt::Debug for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recovery").finish_non_exhaustive()
    }
}

impl Recovery {
    /// The recovery that was asked for, if one was. Old channel state is out of the way when this returns.
    pub(crate) async fn open(
        store: &Arc<Store>,
        values: &dyn KeyValueStore,
        keys: &Keys,
        source: &dyn ChainSource,
    ) -> Result<Option<Arc<Self>>, NodeError> {
        let Some(mut state) = State::read(values)? else { return Ok(None) };
        let ours = keys.node_id()?.to_string();
        if state.node_id != ours {
            let why = format!("it is that of node {}, the seed that of {ours}", state.node_id);
            return Err(NodeError::Corrupt { what: "the recovery", why });
        }
        if state.phase != Phase::Done && matches!(source.feed(), Feed::Transactions(_)) {
            return Err(no_whole_blocks(source.name()));
        }
        if state.phase == Phase::Begun {
            set_aside(values)?;
        }
        if state.scanned.is_none() {
            let from = state.first_height();
            let block = source.block_at(from).await.map_err(|error| {
                NodeError::Chain(format!("block {from}, from where on to look for funds: {error}"))
            })?;
            state.scanned = Some(ScannedBlock { height: block.height, hash: block.block_hash });
        }
        let recovery = Self {
            keys: RescueKeys::new(&keys.lightning)?,
            store: Arc::clone(store),
            inner: Mutex::new(Inner { state, blocks_not_written: 0 }),
        };
        Ok(Some(Arc::new(recovery)))
    }

    /// Whether this is the first start of the recovery. [`Recovery::begun`] ends that.
    pub(crate) fn is_new(&self) -> bool {
        self.look(|state| state.phase == Phase::Begun)
    }

    /// Everything that comes before looking for funds is done.
    pub(crate) fn begun(&self) -> Result<(), PortError> {
        self.change(|state| state.phase = Phase::Running)
    }

    /// Whether there is nothing left to do.
    pub(crate) fn is_done(&self) -> bool {
        self.look(|state| state.phase == Phase::Done)
    }

    /// The block before the first that may hold something of ours, for a wallet that begins anew.
    pub(crate) fn birth(&self) -> Option<BestBlock> {
        self.look(|state| {
            state.birth_height?;
            state.scanned.map(|block| BestBlock::new(block.hash, block.height))
        })
    }

    /// How many addresses the wallet had given out.
    pub(crate) fn addresses(&self) -> Option<AddressCounts> {
        self.look(|state| state.addresses)
    }

    /// The last block that was looked through.
    pub(crate) fn best_block(&self) -> Option<BlockHash> {
        self.look(|state| state.scanned.map(|block| block.hash))
    }

    /// Peers that have a channel to close.
    pub(crate) fn peers_awaited(&self) -> HashSet<PublicKey> {
        self.look(|state| {
            let open = state.channels.iter().filter(|channel| channel.closed.is_none());
            open.map(|channel| channel.entry.peer).collect()
        })
    }

    /// Channels whose funds are not back yet.
    pub(crate) fn channels(&self) -> Vec<ChannelEntry> {
        self.look(|state| {
            let done = state.phase == Phase::Done;
            let channels = state.channels.iter().filter(|_| !done);
            channels.map(|channel| channel.entry.clone()).collect()
        })
    }

    /// Every funding output that this recovery knows of.
    pub(crate) fn knows(&self, funding: &OutPoint) -> bool {
        self.look(|state| state.channels.iter().any(|lost| lost.entry.funding() == *funding))
    }

    /// Payments whose outcome is not known.
    pub(crate) fn unknown_payments(&self) -> HashSet<[u8; 32]> {
        self.look(|state| from_hex(&state.unknown_payments))
    }

    /// Payment hashes of payments to us of which it is not known whether they became ours.
    pub(crate) fn unknown_receipts(&self) -> HashSet<[u8; 32]> {
        self.look(|state| from_hex(&state.unknown_receipts))
    }

    pub(super) fn look<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&lock(&self.inner).state)
    }

    /// Changes the state and writes it.
    pub(super) fn change(&self, change: impl FnOnce(&mut State)) -> Result<(), PortError> {
        let mut inner = lock(&self.inner);
        change(&mut inner.state);
        self.write(&mut inner)
    }

    fn write(&self, inner: &mut Inner) -> Result<(), PortError> {
        inner.blocks_not_written = 0;
        self.store.write(SPACE, State::key(), &inner.state.encode()?)
    }

    fn see_block(&self, block: &Block, height: u32) -> Result<(), PortError> {
        let mut inner = lock(&self.inner);
        if inner.state.phase == Phase::Done {
            return Ok(());
        }
        let mut changed = false;
        for tx in &block.txdata {
            changed |= inner.state.see_spends(tx, height);
            changed |= inner.state.see_outputs(tx, height, &self.keys);
        }
        inner.state.scanned = Some(ScannedBlock { height, hash: block.block_hash() });
        inner.blocks_not_written = inner.blocks_not_written.saturating_add(1);
        if changed || inner.blocks_not_written >= BLOCKS_BETWEEN_WRITES {
            self.write(&mut inner)?;
        }
        Ok(())
    }

    fn unsee_blocks(&self, fork_point: BestBlock) -> Result<(), PortError> {
        let mut inner = lock(&self.inner);
        if inner.state.phase == Phase::Done {
            return Ok(());
        }
        inner.state.forget_above(fork_point.height);
        inner.state.scanned =
            Some(ScannedBlock { height: fork_point.height, hash: fork_point.block_hash });
        self.write(&mut inner)
    }
}

fn from_hex(names: &[String]) -> HashSet<[u8; 32]> {
    names.iter().filter_map(|name| <[u8; 32]>::from_hex(name).ok()).collect()
}

impl State {
    fn see_spends(&mut self, tx: &Transaction, height: u32) -> bool {
        let mined = Mined { txid: tx.compute_txid(), height };
        let spends =
            |outpoint: OutPoint| tx.input.iter().any(|input| input.previous_output == outpoint);
        let mut changed = false;
        for channel in &mut self.channels {
            if channel.closed.is_none() && spends(channel.entry.funding()) {
                info!(peer = %channel.entry.peer, txid = %mined.txid, "a lost channel is closed");
                channel.closed = Some(mined);
                changed = true;
            }
        }
        for output in &mut self.outputs {
            if output.spent.is_none() && spends(output.outpoint) {
                output.spent = Some(mined);
                changed = true;
            }
        }
        changed
    }

    fn see_outputs(&mut self, tx: &Transaction, height: u32, keys: &RescueKeys) -> bool {
        let mut changed = false;
        for (vout, output) in (0_u32..).zip(&tx.output) {
            let Some(key) = keys.find(&output.script_pubkey) else { continue };
            let outpoint = OutPoint { txid: tx.compute_txid(), vout };
            if self.outputs.iter().any(|known| known.outpoint == outpoint) {
                continue;
            }
            info!(%outpoint, value = %output.value, "an output of ours was found");
            self.outputs.push(FoundOutput {
                outpoint,
                value: output.value,
                key,
                height,
                from: tx.input.iter().map(|input| input.previous_output).collect(),
                spent: None,
            });
            changed = true;
        }
        changed
    }

    fn forget_above(&mut self, height: u32) {
        let gone = |mined: &Option<Mined>| mined.is_some_and(|mined| mined.height > height);
        self.outputs.retain(|output| output.height <= height);
        for output in self.outputs.iter_mut().filter(|output| gone(&output.spent)) {
            output.spent = None;
        }
        for channel in self.channels.iter_mut().filter(|channel| gone(&channel.closed)) {
            channel.closed = None;
        }
    }
}

impl Listen for Recovery {
    fn filtered_block_connected(
        &self,
        _header: &Header,
        _txdata: &TransactionData<'_>,
        height: u32,
    ) {
        // Only sources that know some transactions would call this; the one there is has whole blocks.
        debug!(height, "a recovery needs whole blocks");
    }

    fn block_connected(&self, block: &Block, height: u32) {
        // The store has stopped the node.
        if let Err(error) = self.see_block(block, height) {
            error!(%error, "the recovery could not be written");
        }
    }

    fn blocks_disconnected(&self, fork_point: BestBlock) {
        if let Err(error) = self.unsee_blocks(fork_point) {
            error!(%error, "the recovery could not be written");
        }
    }
}
