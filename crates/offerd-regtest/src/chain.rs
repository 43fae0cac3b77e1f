//! The chain as others see it: one lock around ledger, mempool and wallet, and news of changes.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use bitcoin::{Address, Amount, Block, BlockHash, Network, Script, Transaction, Txid};
use tokio::sync::watch;

use crate::error::{ChainError, FaucetError};
use crate::ledger::Ledger;
use crate::mempool::{Admission, Mempool, MempoolRefusal, PackageRefusal, PackageReport};
use crate::miner::{Template, now_unix, select};
use crate::wallet::Wallet;

/// Height of a new chain: the coinbases of ten blocks are mature, so the faucet can pay at once.
pub const INITIAL_HEIGHT: u32 = 110;

/// A regtest chain with mempool, miner and faucet. All methods may be called from any thread.
///
/// Calls that mine or validate take milliseconds of processor time; from asynchronous code call
/// them with `spawn_blocking` when that matters.
#[derive(Debug)]
pub struct Chain {
    state: Mutex<State>,
    updates: watch::Sender<ChainUpdate>,
    faucet_address: Address,
    started: Instant,
}

/// What a subscriber sees: the state after the latest change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainUpdate {
    /// Height of the tip.
    pub height: u32,
    /// Hash of the tip.
    pub tip: BlockHash,
    /// Transactions in the mempool.
    pub mempool_len: usize,
    /// Counts the changes, so that no two updates are equal.
    pub change: u64,
}

/// What the lock guards.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) ledger: Ledger,
    pub(crate) mempool: Mempool,
    wallet: Wallet,
    extra_nonce: u64,
    changes: u64,
}

impl Chain {
    /// Starts a chain of [`INITIAL_HEIGHT`] blocks whose faucet can pay. The engine's block files
    /// (some 20 MB) lie in a fresh folder, inside `dir` if given, else where the system keeps
    /// temporary files, and go when the chain is dropped.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made or the engine does not start.
    pub fn new(dir: Option<&Path>) -> Result<Arc<Self>, ChainError> {
        let mut state = State {
            ledger: Ledger::new(dir)?,
            mempool: Mempool::default(),
            wallet: Wallet::new(),
            extra_nonce: 0,
            changes: 0,
        };
        let faucet_address = state.wallet.address().clone();
        for _ in 0..INITIAL_HEIGHT {
            state.mine_one(&faucet_address.script_pubkey())?;
        }
        let (updates, _) = watch::channel(state.update());
        let started = Instant::now();
        Ok(Arc::new(Self { state: Mutex::new(state), updates, faucet_address, started }))
    }

    /// Height of the tip.
    pub fn height(&self) -> u32 {
        self.lock().ledger.height()
    }

    /// Hash of the tip.
    pub fn tip(&self) -> BlockHash {
        self.lock().ledger.blocks.tip().hash
    }

    /// The block of the active chain at `height`.
    pub fn block(&self, height: u32) -> Option<Block> {
        self.lock().ledger.blocks.at_height(height).map(|stored| stored.block.clone())
    }

    /// Transactions in the mempool, parents before children.
    pub fn mempool(&self) -> Vec<Txid> {
        self.lock().mempool.iter().map(|entry| entry.txid).collect()
    }

    /// A transaction from the mempool or the active chain.
    pub fn transaction(&self, txid: &Txid) -> Option<Transaction> {
        self.lock().transaction(txid)
    }

    /// Height of the active block that holds a transaction.
    pub fn confirmation_height(&self, txid: &Txid) -> Option<u32> {
        self.lock().ledger.block_of(txid).map(|stored| stored.height)
    }

    /// Sends one transaction to the mempool. It may replace others that pay less.
    ///
    /// # Errors
    ///
    /// Why it was not taken; the mempool is then as before.
    pub fn submit(&self, tx: Transaction) -> Result<Txid, MempoolRefusal> {
        let txid = tx.compute_txid();
        self.change(|state| {
            state.mempool.accept(&state.ledger, tx, Admission::Relay, now_unix())?;
            Ok(txid)
        })
    }

    /// Sends transactions, parents before children, that may pay for one another. Members that
    /// stand on their own stay even when others are refused.
    ///
    /// # Errors
    ///
    /// When the package has no acceptable shape. Refusals of single members are in the report.
    pub fn submit_package(
        &self,
        package: Vec<Transaction>,
    ) -> Result<PackageReport, PackageRefusal> {
        self.change(|state| state.mempool.accept_package(&state.ledger, package, now_unix()))
    }

    /// What [`Chain::submit_package`] would say, with nothing changed.
    ///
    /// # Errors
    ///
    /// As [`Chain::submit_package`].
    pub fn test_package(&self, package: Vec<Transaction>) -> Result<PackageReport, PackageRefusal> {
        let state = self.lock();
        state.mempool.clone().accept_package(&state.ledger, package, now_unix())
    }

    /// Mines `count` blocks that pay to `payout`; the first takes what fits of the mempool.
    ///
    /// # Errors
    ///
    /// When the engine refuses a block, as it does when a burst of some 40 000 blocks has run two
    /// hours ahead of the clock. Blocks before it stay.
    pub fn mine(&self, count: u32, payout: &Script) -> Result<Vec<BlockHash>, ChainError> {
        self.change(|state| (0..count).map(|_| state.mine_one(payout)).collect())
    }

    /// Undoes the `depth` latest blocks by mining a branch of `depth + 1` empty ones, and returns
    /// the hashes of the branch. Their transactions come back to the mempool unless they cannot.
    ///
    /// # Errors
    ///
    /// When the chain is not that high, or the engine fails.
    pub fn reorg(&self, depth: u32) -> Result<Vec<BlockHash>, ChainError> {
        self.reorg_with(depth, Vec::new())
    }

    /// As [`Chain::reorg`], with `transactions` in the first block of the branch, parents before children. What they
    /// double-spend never comes back. They need not have been in the mempool; their fees go to nobody.
    ///
    /// # Errors
    ///
    /// As [`Chain::reorg`]; and [`ChainError::NotTheTip`] when the transactions are not valid there: then the chain is as
    /// before.
    pub fn reorg_with(
        &self,
        depth: u32,
        transactions: Vec<Transaction>,
    ) -> Result<Vec<BlockHash>, ChainError> {
        self.change(|state| state.reorg(depth, transactions))
    }

    /// Pays `amount` from the faucet. The transaction is in the mempool when this returns.
    ///
    /// # Errors
    ///
    /// When the address is of another network, the amount is dust or more than the faucet has.
    pub fn faucet(&self, to: &Address, amount: Amount) -> Result<Txid, FaucetError> {
        if !to.as_unchecked().is_valid_for_network(Network::Regtest) {
            return Err(FaucetError::NotRegtest);
        }
        self.change(|state| {
            let script = to.script_pubkey();
            let tx = state.wallet.pay(&state.ledger, &state.mempool, &script, amount)?;
            let txid = tx.compute_txid();
            state.mempool.accept(&state.ledger, tx, Admission::Relay, now_unix())?;
            Ok(txid)
        })
    }

    /// The faucet's own address: a place to mine to.
    pub fn faucet_address(&self) -> Address {
        self.faucet_address.clone()
    }

    /// Waits until a transaction is in the mempool, or mined if that came first. Give it a timeout
    /// when the transaction may never come.
    pub async fn wait_for_tx(&self, txid: Txid) {
        let mut updates = self.subscribe();
        // The sender lives as long as this chain, so the wait cannot fail while we borrow it.
        let _ = updates.wait_for(|_| self.lock().knows(&txid)).await;
    }

    /// Waits until the tip is at `height` or above.
    pub async fn wait_for_height(&self, height: u32) {
        let mut updates = self.subscribe();
        let _ = updates.wait_for(|update| update.height >= height).await;
    }

    /// News of every change of tip or mempool. A slow reader sees the latest state only.
    pub fn subscribe(&self) -> watch::Receiver<ChainUpdate> {
        self.updates.subscribe()
    }

    /// When the chain was started.
    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// Looks at the state, which does not change meanwhile.
    pub(crate) fn read<R>(&self, look: impl FnOnce(&State) -> R) -> R {
        look(&self.lock())
    }

    fn change<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.lock();
        let before = (state.ledger.blocks.tip().hash, state.mempool.arrivals());
        let result = act(&mut state);
        if before != (state.ledger.blocks.tip().hash, state.mempool.arrivals()) {
            state.changes += 1;
            let update = state.update();
            drop(state); // waiters look at the state as soon as they are told
            self.updates.send_if_modified(|current| {
                let newer = update.change > current.change;
                if newer {
                    *current = update;
                }
                newer
            });
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds the chain")
    }
}

impl State {
    pub(crate) fn transaction(&self, txid: &Txid) -> Option<Transaction> {
        if let Some(entry) = self.mempool.entry(txid) {
            return Some(Transaction::clone(&entry.tx));
        }
        let block = &self.ledger.block_of(txid)?.block;
        block.txdata.iter().find(|tx| tx.compute_txid() == *txid).cloned()
    }

    fn knows(&self, txid: &Txid) -> bool {
        self.mempool.contains(txid) || self.ledger.block_of(txid).is_some()
    }

    fn update(&self) -> ChainUpdate {
        let tip = self.ledger.blocks.tip();
        ChainUpdate {
            height: tip.height,
            tip: tip.hash,
            mempool_len: self.mempool.len(),
            change: self.changes,
        }
    }

    fn mine_one(&mut self, payout: &Script) -> Result<BlockHash, ChainError> {
        let (transactions, fees) = select(&self.mempool);
        let extra_nonce = self.next_extra_nonce();
        let template = Template { payout, extra_nonce, transactions, fees };
        let block = template.build(&self.ledger.blocks, self.ledger.blocks.tip());
        let hash = block.block_hash();
        self.ledger.put_tip(block)?;
        self.mempool.remove_mined(&self.ledger.blocks.tip().block);
        Ok(hash)
    }

    fn reorg(
        &mut self,
        depth: u32,
        mut transactions: Vec<Transaction>,
    ) -> Result<Vec<BlockHash>, ChainError> {
        let height = self.ledger.height();
        let too_deep = ChainError::TooDeep { depth, height };
        let fork = height.checked_sub(depth).and_then(|fork| self.ledger.blocks.at_height(fork));
        let mut parent = Arc::clone(fork.ok_or(too_deep)?);
        let payout = self.wallet.address().script_pubkey();
        let (mut hashes, mut displaced) = (Vec::new(), Vec::new());
        for _ in 0..=depth {
            let extra_nonce = self.next_extra_nonce();
            let template = Template {
                payout: &payout,
                extra_nonce,
                transactions: std::mem::take(&mut transactions),
                fees: Amount::ZERO,
            };
            let block = template.build(&self.ledger.blocks, &parent);
            hashes.push(block.block_hash());
            displaced.extend(self.ledger.put(block)?.1);
            let stored = hashes.last().and_then(|hash| self.ledger.blocks.by_hash(hash));
            parent = Arc::clone(stored.unwrap_or(&parent));
        }
        self.refill_mempool(displaced);
        if parent.hash == self.ledger.blocks.tip().hash {
            Ok(hashes)
        } else {
            Err(ChainError::NotTheTip { hash: parent.hash })
        }
    }

    /// Judges `displaced` and what was in the mempool anew: coins they spend may be gone, and locks
    /// that had passed may not have.
    fn refill_mempool(&mut self, displaced: Vec<Transaction>) {
        let before = self.mempool.drain();
        let now = now_unix();
        for tx in displaced.into_iter().chain(before) {
            let txid = tx.compute_txid();
            let outcome = self.mempool.accept(&self.ledger, tx, Admission::Return, now);
            if let Err(refusal) = outcome {
                tracing::debug!(%txid, %refusal, "dropped after a reorganisation");
            }
        }
    }

    fn next_extra_nonce(&mut self) -> u64 {
        self.extra_nonce += 1;
        self.extra_nonce
    }
}
