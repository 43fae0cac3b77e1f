//! Every block ever accepted, on the active chain or beside it, and the path that is active now.

use std::collections::HashMap;
use std::sync::Arc;

use bitcoin::constants::genesis_block;
use bitcoin::pow::Work;
use bitcoin::{Block, BlockHash, Network};

use crate::error::ChainError;

/// Headers whose times make the median time past (BIP 113).
const MEDIAN_TIME_SPAN: usize = 11;

/// A block with what follows from its place in the tree.
#[derive(Debug)]
pub(crate) struct StoredBlock {
    pub(crate) block: Block,
    pub(crate) hash: BlockHash,
    pub(crate) height: u32,
    /// Work of the chain up to and with this block.
    pub(crate) chainwork: Work,
}

/// The tree of blocks. The genesis block is always in it and always active.
#[derive(Debug)]
pub(crate) struct Blocks {
    by_hash: HashMap<BlockHash, Arc<StoredBlock>>,
    /// Index is height; never empty.
    active: Vec<Arc<StoredBlock>>,
}

impl Blocks {
    pub(crate) fn new() -> Self {
        let block = genesis_block(Network::Regtest);
        let (hash, chainwork) = (block.block_hash(), block.header.work());
        let genesis = Arc::new(StoredBlock { block, hash, height: 0, chainwork });
        Self { by_hash: HashMap::from([(hash, Arc::clone(&genesis))]), active: vec![genesis] }
    }

    pub(crate) fn tip(&self) -> &Arc<StoredBlock> {
        self.active.last().expect("the genesis block stays active")
    }

    pub(crate) fn at_height(&self, height: u32) -> Option<&Arc<StoredBlock>> {
        self.active.get(usize::try_from(height).ok()?)
    }

    pub(crate) fn by_hash(&self, hash: &BlockHash) -> Option<&Arc<StoredBlock>> {
        self.by_hash.get(hash)
    }

    pub(crate) fn is_active(&self, stored: &StoredBlock) -> bool {
        self.at_height(stored.height).is_some_and(|active| active.hash == stored.hash)
    }

    /// Stores an accepted block beside the active chain.
    pub(crate) fn insert(&mut self, block: Block) -> Result<Arc<StoredBlock>, ChainError> {
        let hash = block.block_hash();
        let parent = self
            .by_hash(&block.header.prev_blockhash)
            .ok_or(ChainError::UnknownBlock(block.header.prev_blockhash))?;
        let (height, chainwork) = (parent.height + 1, parent.chainwork + block.header.work());
        let stored = Arc::new(StoredBlock { block, hash, height, chainwork });
        self.by_hash.insert(hash, Arc::clone(&stored));
        Ok(stored)
    }

    /// Blocks from the first one off the active chain up to `tip`, lowest first.
    pub(crate) fn branch(&self, tip: &Arc<StoredBlock>) -> Vec<Arc<StoredBlock>> {
        let mut branch: Vec<_> =
            self.ancestry(tip).take_while(|stored| !self.is_active(stored)).cloned().collect();
        branch.reverse();
        branch
    }

    /// Makes `stored`, a child of the tip, the tip.
    pub(crate) fn push(&mut self, stored: Arc<StoredBlock>) {
        debug_assert_eq!(stored.block.header.prev_blockhash, self.tip().hash);
        self.active.push(stored);
    }

    /// Makes the parent of the tip the tip. The genesis block stays.
    pub(crate) fn pop(&mut self) -> Option<Arc<StoredBlock>> {
        if self.active.len() > 1 { self.active.pop() } else { None }
    }

    /// Median time past of `stored`, in seconds since 1970: what lock times of a block after it
    /// are measured by.
    pub(crate) fn median_time_past(&self, stored: &Arc<StoredBlock>) -> u32 {
        let mut times: Vec<u32> = self
            .ancestry(stored)
            .take(MEDIAN_TIME_SPAN)
            .map(|stored| stored.block.header.time)
            .collect();
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or_default()
    }

    fn ancestry<'a>(
        &'a self,
        stored: &'a Arc<StoredBlock>,
    ) -> impl Iterator<Item = &'a Arc<StoredBlock>> {
        std::iter::successors(Some(stored), |stored| {
            self.by_hash(&stored.block.header.prev_blockhash)
        })
    }
}
