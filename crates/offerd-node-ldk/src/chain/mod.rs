//! Where the node sees the chain and reaches its mempool.
//!
//! [`ChainSource`] is the seam. There are two ways in which a source tells what happens ([`Feed`]): bitcoind shows every
//! block; Esplora and Electrum say what became of the transactions and outputs that they were asked about.

pub(crate) mod asked;
mod bitcoind;
mod electrum;
mod esplora;
mod follow;
mod listeners;
mod probe;
mod rpc;
mod said;
mod tip;
mod transactions;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bitcoin::{BlockHash, Network, OutPoint, Transaction, TxOut, Txid};
use bolt1::Timestamp;
use lightning::chain::{BestBlock, Confirm, Listen};
use tokio::sync::watch;

use crate::config::ChainConfig;
use crate::types::TxFilter;
use crate::wallet::OnchainWallet;

pub(crate) use follow::follow;
pub(crate) use listeners::Listeners;
pub use probe::{ChainStatus, probe_chain};
pub(crate) use transactions::Parts;

/// Somebody who must see every block, from the one after that it knows.
pub(crate) type Behind<'a> = (BlockHash, &'a (dyn Listen + Send + Sync));

/// How a source tells what happens.
pub(crate) enum Feed<'a> {
    /// Every block, one after the other.
    Blocks(&'a dyn BlockFeed),
    /// What became of the transactions and outputs that were asked about.
    Transactions(&'a dyn TransactionFeed),
}

/// A source that has whole blocks.
#[async_trait]
pub(crate) trait BlockFeed: Send + Sync {
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
}

/// A part that wants to know what became of some transactions.
pub(crate) type Asking = Arc<dyn Confirm + Send + Sync>;

/// A source that has single transactions.
#[async_trait]
pub(crate) trait TransactionFeed: Send + Sync {
    /// What is to be told, beforehand, which transactions and outputs matter.
    fn filter(&self) -> TxFilter;

    /// The best block.
    async fn best_block(&self) -> Result<BlockHash, ChainError>;

    /// Tells the parts of the best block, and what became of all that the filter was told.
    async fn confirm(&self, parts: &[Asking]) -> Result<(), ChainError>;

    /// Brings the wallet to the best block.
    async fn update_wallet(&self, wallet: &OnchainWallet) -> Result<(), ChainError>;

    /// When a block was mined, by its own word, in seconds since 1970.
    async fn block_time(&self, block: BestBlock) -> Result<u32, ChainError>;
}

/// A source of what happens in the chain and of fees, and a way into the mempool.
#[async_trait]
pub(crate) trait ChainSource: Send + Sync {
    /// What to call it to people: its kind and where it is.
    fn name(&self) -> &str;

    /// How it tells what happens.
    fn feed(&self) -> Feed<'_>;

    /// The best block.
    async fn tip(&self) -> Result<BestBlock, ChainError>;

    /// The block at this height of the best chain.
    async fn block_at(&self, height: u32) -> Result<BestBlock, ChainError>;

    /// Hands in transactions that go together, parents before children.
    async fn broadcast(&self, package: &[Transaction]) -> Result<(), BroadcastError>;

    /// The output at `outpoint` when it is in the best chain and not spent there, whatever the mempool holds.
    async fn unspent(&self, outpoint: OutPoint) -> Result<Option<TxOut>, ChainError>;

    /// The transaction at this place of the block at this height of the best chain.
    async fn txid_at(&self, height: u32, index: u32) -> Result<Option<Txid>, ChainError>;

    /// Why it cannot be asked about each channel that others announce; `None` when it can.
    async fn no_questions(&self) -> Result<Option<&'static str>, ChainError>;

    /// Whether a transaction waits in the mempool.
    async fn is_in_mempool(&self, txid: Txid) -> Result<bool, ChainError>;

    /// What it takes to be mined within `blocks`, in sat per 1000 weight units; `None` when it has no opinion.
    async fn fee_rate(&self, blocks: u16, urgent: bool) -> Result<Option<u32>, ChainError>;

    /// The least fee rate with which the mempool takes anything, in sat per 1000 weight units.
    async fn mempool_minimum(&self) -> Result<u32, ChainError>;
}

/// The source that the configuration names.
pub(crate) async fn source(
    config: &ChainConfig,
    network: Network,
) -> Result<Arc<dyn ChainSource>, ChainError> {
    Ok(match config {
        ChainConfig::Bitcoind(config) => Arc::new(bitcoind::BitcoindSource::new(config, network)?),
        ChainConfig::Esplora(url) => Arc::new(esplora::EsploraSource::new(url)?),
        ChainConfig::Electrum(url) => Arc::new(electrum::ElectrumSource::connect(url).await?),
    })
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

/// Hands in each alone, in their order, whatever becomes of those before; says what the last that was not taken was
/// told.
async fn one_by_one<'a, F>(
    package: &'a [Transaction],
    send: impl Fn(&'a Transaction) -> F,
) -> Result<(), BroadcastError>
where
    F: Future<Output = Result<(), BroadcastError>>,
{
    let mut outcome = Ok(());
    for tx in package {
        if let Err(error) = send(tx).await {
            outcome = Err(error);
        }
    }
    outcome
}

/// What is known of the chain, for whoever asks or waits.
#[derive(Debug)]
pub(crate) struct ChainView {
    best: watch::Sender<BestBlock>,
    reachable: AtomicBool,
    /// Whether all of what the best block brings is told: not in the middle of a look.
    in_step: AtomicBool,
    /// What the best block says of its time; 0 until one was seen.
    tip_time: AtomicU32,
}

impl ChainView {
    pub(crate) fn new(best: BestBlock) -> Arc<Self> {
        Arc::new(Self {
            best: watch::Sender::new(best),
            reachable: AtomicBool::new(true),
            in_step: AtomicBool::new(false),
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

    /// Whether all of what the best block brings was told to everybody when the chain was last looked at.
    pub(crate) fn is_in_step(&self) -> bool {
        self.in_step.load(Ordering::Relaxed)
    }

    fn set_in_step(&self, in_step: bool) {
        self.in_step.store(in_step, Ordering::Relaxed);
    }

    /// Says where the node stands before it follows the chain.
    pub(crate) fn begin_at(&self, best: BestBlock) {
        self.set_in_step(true);
        self.set_best(best);
    }

    fn set_best(&self, best: BestBlock) {
        self.best.send_replace(best);
    }

    fn set_reachable(&self, reachable: bool) -> bool {
        self.reachable.swap(reachable, Ordering::Relaxed)
    }
}
