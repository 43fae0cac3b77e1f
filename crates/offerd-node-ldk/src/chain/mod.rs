//! Where the node sees the chain and reaches its mempool.
//!
//! [`ChainSource`] is the seam: bitcoind over RPC is the one there is; sources that know only some transactions,
//! like Esplora and Electrum, fit in beside it by calling the same listeners' `filtered_block_connected`.

mod bitcoind;
mod listeners;
mod probe;
mod rpc;
mod tip;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bitcoin::{BlockHash, OutPoint, Transaction, TxOut, Txid};
use bolt1::Timestamp;
use lightning::chain::{BestBlock, Listen};
use tokio::sync::watch;

pub(crate) use bitcoind::BitcoindSource;
pub(crate) use listeners::Listeners;
pub use probe::{ChainStatus, probe_chain};

/// Somebody who must see every block, from the one after that it knows.
pub(crate) type Behind<'a> = (BlockHash, &'a (dyn Listen + Send + Sync));

/// A source of blocks and fees, and a way into the mempool.
#[async_trait]
pub(crate) trait ChainSource: Send + Sync {
    /// The best block.
    async fn tip(&self) -> Result<BestBlock, ChainError>;

    /// The block at this height of the best chain.
    async fn block_at(&self, height: u32) -> Result<BestBlock, ChainError>;

    /// Brings each listener from the block it knows to the best block. Once, before `follow`.
    async fn catch_up(&self, listeners: Vec<Behind<'_>>) -> Result<(), ChainError>;

    /// Tells `listeners` of all that happens after the block that `catch_up` reached, until `stop`.
    async fn follow(
        &self,
        listeners: Arc<Listeners>,
        view: Arc<ChainView>,
        pause: Duration,
        stop: watch::Receiver<bool>,
    );

    /// Hands in transactions that go together, parents before children.
    async fn broadcast(&self, package: &[Transaction]) -> Result<(), BroadcastError>;

    /// The output at `outpoint` when it is in the best chain and not spent there, whatever the mempool holds.
    async fn unspent(&self, outpoint: OutPoint) -> Result<Option<TxOut>, ChainError>;

    /// The transaction at this place of the block at this height of the best chain.
    async fn txid_at(&self, height: u32, index: u32) -> Result<Option<Txid>, ChainError>;

    /// Whether it has all blocks, old ones too.
    async fn keeps_old_blocks(&self) -> Result<bool, ChainError>;

    /// Whether a transaction waits in the mempool.
    async fn is_in_mempool(&self, txid: Txid) -> Result<bool, ChainError>;

    /// What it takes to be mined within `blocks`, in sat per 1000 weight units; `None` when it has no opinion.
    async fn fee_rate(&self, blocks: u16, urgent: bool) -> Result<Option<u32>, ChainError>;

    /// The least fee rate with which the mempool takes anything, in sat per 1000 weight units.
    async fn mempool_minimum(&self) -> Result<u32, ChainError>;
}

/// The source could not be asked.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ChainError(pub(crate) String);

/// Why a transaction is not in the mempool.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum BroadcastError {
    /// The mempool does not want it as things are.
    #[error("refused: {0}")]
    Refused(String),
    /// The source could not be asked.
    #[error(transparent)]
    Unreachable(#[from] ChainError),
}

/// What is known of the chain, for whoever asks or waits.
#[derive(Debug)]
pub(crate) struct ChainView {
    best: watch::Sender<BestBlock>,
    reachable: AtomicBool,
    /// What the best block says of its time; 0 until one was seen.
    tip_time: AtomicU32,
}

impl ChainView {
    pub(crate) fn new(best: BestBlock) -> Arc<Self> {
        Arc::new(Self {
            best: watch::Sender::new(best),
            reachable: AtomicBool::new(true),
            tip_time: AtomicU32::new(0),
        })
    }

    pub(crate) fn height(&self) -> u32 {
        self.best.borrow().height
    }

    /// When the best block was mined, by its own word; `None` until one was seen.
    pub(crate) fn tip_time(&self) -> Option<Timestamp> {
        let unix = self.tip_time.load(Ordering::Relaxed);
        (unix > 0).then(|| Timestamp(unix.into()))
    }

    fn set_tip_time(&self, unix: u32) {
        self.tip_time.store(unix, Ordering::Relaxed);
    }

    /// Wakes at each change of the best block.
    pub(crate) fn subscribe(&self) -> watch::Receiver<BestBlock> {
        self.best.subscribe()
    }

    /// Whether the last look at the source was answered.
    pub(crate) fn is_reachable(&self) -> bool {
        self.reachable.load(Ordering::Relaxed)
    }

    /// Says where the node stands before it follows the chain.
    pub(crate) fn begin_at(&self, best: BestBlock) {
        self.set_best(best);
    }

    fn set_best(&self, best: BestBlock) {
        self.best.send_replace(best);
    }

    fn set_reachable(&self, reachable: bool) -> bool {
        self.reachable.swap(reachable, Ordering::Relaxed)
    }
}
