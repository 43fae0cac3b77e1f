//! The validated chain: the engine's verdicts, the blocks, and the coins that follow from them.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use bitcoin::{Block, BlockHash, OutPoint, Transaction, Txid};

use crate::blocks::{Blocks, StoredBlock};
use crate::coins::{Coin, Coins, Undo};
use crate::error::ChainError;
use crate::kernel::{Kernel, Placement};

/// The chain as the engine has accepted it.
#[derive(Debug)]
pub(crate) struct Ledger {
    kernel: Kernel,
    pub(crate) blocks: Blocks,
    pub(crate) coins: Coins,
    /// One for each active block above genesis, lowest first.
    undo: Vec<Undo>,
    confirmed: HashMap<Txid, BlockHash>,
}

impl Ledger {
    pub(crate) fn new(folder: Option<&Path>) -> Result<Self, ChainError> {
        Ok(Self {
            kernel: Kernel::new(folder)?,
            blocks: Blocks::new(),
            coins: Coins::default(),
            undo: Vec::new(),
            confirmed: HashMap::new(),
        })
    }

    pub(crate) fn height(&self) -> u32 {
        self.blocks.tip().height
    }

    /// Height of the block to come, by which new transactions are judged.
    pub(crate) fn next_height(&self) -> u32 {
        self.height() + 1
    }

    /// Median time past of the tip, in seconds since 1970.
    pub(crate) fn median_time_past(&self) -> u32 {
        self.blocks.median_time_past(self.blocks.tip())
    }

    pub(crate) fn coin(&self, outpoint: &OutPoint) -> Option<&Coin> {
        self.coins.coin(outpoint)
    }

    /// The active block that holds a transaction.
    pub(crate) fn block_of(&self, txid: &Txid) -> Option<&Arc<StoredBlock>> {
        self.blocks.by_hash(self.confirmed.get(txid)?)
    }

    /// Has a block validated and stores it. Where it takes the tip, coins follow, and the
    /// transactions of blocks it displaced are returned, oldest first, coinbases left out.
    pub(crate) fn put(
        &mut self,
        block: Block,
    ) -> Result<(Placement, Vec<Transaction>), ChainError> {
        let placement = self.kernel.put(&block)?;
        let stored = self.blocks.insert(block)?;
        let displaced = match placement {
            Placement::Tip => self.activate(&stored),
            Placement::Branch => Vec::new(),
        };
        Ok((placement, displaced))
    }

    /// Has a block validated that must become the tip.
    pub(crate) fn put_tip(&mut self, block: Block) -> Result<Vec<Transaction>, ChainError> {
        let hash = block.block_hash();
        match self.put(block)? {
            (Placement::Tip, displaced) => Ok(displaced),
            (Placement::Branch, _) => Err(ChainError::NotTheTip { hash }),
        }
    }

    fn activate(&mut self, tip: &Arc<StoredBlock>) -> Vec<Transaction> {
        let branch = self.blocks.branch(tip);
        let fork_height =
            tip.height.saturating_sub(u32::try_from(branch.len()).unwrap_or(u32::MAX));
        let mut displaced = Vec::new();
        while self.height() > fork_height {
            displaced.push(self.disconnect_tip());
        }
        for stored in branch {
            self.connect_tip(stored);
        }
        displaced.into_iter().rev().flatten().collect()
    }

    fn connect_tip(&mut self, stored: Arc<StoredBlock>) {
        self.undo.push(self.coins.connect(&stored.block, stored.height));
        for tx in &stored.block.txdata {
            self.confirmed.insert(tx.compute_txid(), stored.hash);
        }
        self.blocks.push(stored);
    }

    fn disconnect_tip(&mut self) -> Vec<Transaction> {
        let Some((stored, undo)) = self.blocks.pop().zip(self.undo.pop()) else {
            return Vec::new();
        };
        for tx in &stored.block.txdata {
            self.confirmed.remove(&tx.compute_txid());
        }
        self.coins.disconnect(&stored.block, undo);
        stored.block.txdata.iter().skip(1).cloned().collect()
    }
}
