//! Bitcoin Core's validation engine on regtest, wrapped so that its answers cannot be misread.
//!
//! The engine's own result says "new block" even when the block then fails to connect, so a
//! placement is derived from the verdict of its callback and from the tip it ends up with.

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Arc, Mutex, Once, PoisonError};

use bitcoin::consensus::encode::serialize;
use bitcoin::hashes::Hash;
use bitcoin::{Block, BlockHash, Transaction, TxOut};
use bitcoinkernel::prelude::*;
use bitcoinkernel::{
    BlockValidationResult, BlockValidationStateRef, ChainType, ChainstateManager, Context,
    ContextBuilder, KernelError, PrecomputedTransactionData, ScriptPubkey, TxCheckResult,
    VERIFY_ALL, ValidationMode,
};
use tempfile::TempDir;

use crate::error::ChainError;

/// Where a valid block ended up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placement {
    /// It is the tip of the active chain.
    Tip,
    /// It is stored on a branch with less work, or with equal work and later.
    Branch,
}

/// The engine's word on one block, as its callback gave it.
struct Verdict {
    block: [u8; 32],
    refused: Option<BlockValidationResult>,
}

/// The engine with its folder of block files.
pub(crate) struct Kernel {
    // Fields drop in this order: the manager uses the context, and both use the folder.
    manager: ChainstateManager,
    _context: Context,
    folder: TempDir,
    verdicts: Arc<Mutex<Vec<Verdict>>>,
}

impl std::fmt::Debug for Kernel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kernel").field("folder", &self.folder.path()).finish_non_exhaustive()
    }
}

impl Kernel {
    /// Starts an engine at the genesis block. Its databases are in memory; its block files lie in
    /// a fresh folder, inside `parent` if given, that is removed with the engine.
    pub(crate) fn new(parent: Option<&Path>) -> Result<Self, ChainError> {
        static QUIET: Once = Once::new();
        // Until told otherwise the engine keeps its log in memory for a reader that never comes. Once
        // per process is all it allows.
        QUIET.call_once(bitcoinkernel::disable_logging);

        let mut builder = tempfile::Builder::new();
        builder.prefix("regtest-");
        let folder = match parent {
            Some(parent) => builder.tempdir_in(parent),
            None => builder.tempdir(),
        }
        .map_err(ChainError::Folder)?;
        let verdicts = Arc::new(Mutex::new(Vec::new()));
        let context = context(Arc::clone(&verdicts))?;
        let [data, blocks] = ["data", "blocks"].map(|name| folder.path().join(name));
        let manager = ChainstateManager::builder(
            &context,
            data.to_str().ok_or(ChainError::FolderName)?,
            blocks.to_str().ok_or(ChainError::FolderName)?,
        )?
        .block_tree_db_in_memory(true)
        .chainstate_db_in_memory(true)
        .worker_threads(1)
        .build()?;
        manager.import_blocks()?; // without it not even the genesis block is active
        Ok(Self { manager, _context: context, folder, verdicts })
    }

    /// Validates a block and says where it went.
    pub(crate) fn put(&self, block: &Block) -> Result<Placement, ChainError> {
        let hash = block.block_hash();
        self.take_verdicts();
        let result = self.manager.process_block(&bitcoinkernel::Block::new(&serialize(block))?);
        let reason = self
            .take_verdicts()
            .into_iter()
            .filter(|verdict| verdict.block == hash.to_byte_array())
            .find_map(|verdict| verdict.refused);
        if reason.is_some() || result.is_rejected() {
            return Err(ChainError::BlockRefused { hash, reason });
        }
        Ok(if self.tip() == hash { Placement::Tip } else { Placement::Branch })
    }

    /// The tip of the active chain.
    pub(crate) fn tip(&self) -> BlockHash {
        BlockHash::from_byte_array(self.manager.active_chain().tip().block_hash().to_bytes())
    }

    fn take_verdicts(&self) -> Vec<Verdict> {
        std::mem::take(&mut *self.verdicts.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn context(verdicts: Arc<Mutex<Vec<Verdict>>>) -> Result<Context, KernelError> {
    let checked = move |block: bitcoinkernel::Block, state: BlockValidationStateRef<'_>| {
        let refused = (state.mode() != ValidationMode::Valid).then(|| state.result());
        let verdict = Verdict { block: block.hash().to_bytes(), refused };
        verdicts.lock().unwrap_or_else(PoisonError::into_inner).push(verdict);
    };
    ContextBuilder::new()
        .chain_type(ChainType::Regtest)
        .with_block_checked_validation(checked)
        .build()
}

/// A transaction in the engine's form, for the checks that need no chain.
pub(crate) struct KernelTransaction(bitcoinkernel::Transaction);

impl KernelTransaction {
    /// Hands `tx` to the engine. It refuses what it cannot decode, such as no inputs at all.
    pub(crate) fn new(tx: &Transaction) -> Result<Self, KernelError> {
        bitcoinkernel::Transaction::new(&serialize(tx)).map(Self)
    }

    /// Whether the structure is sound by itself: inputs, outputs, ranges, duplicates, size.
    pub(crate) fn is_sound(&self) -> bool {
        self.0.check() == TxCheckResult::Valid
    }

    /// Runs the script of every input under all consensus flags. `spent` are the outputs spent, in
    /// the order of the inputs. An error names the first input that fails.
    pub(crate) fn verify_scripts(&self, spent: &[TxOut]) -> Result<(), usize> {
        let outputs = spent
            .iter()
            .map(|output| {
                let script = ScriptPubkey::new(output.script_pubkey.as_bytes())?;
                Ok((script, i64::try_from(output.value.to_sat()).unwrap_or(i64::MAX)))
            })
            .collect::<Result<Vec<_>, KernelError>>()
            .map_err(|_| 0_usize)?;
        let kernel_outputs: Vec<_> = outputs
            .iter()
            .map(|(script, value)| bitcoinkernel::TxOut::new(script, *value))
            .collect();
        let precomputed =
            PrecomputedTransactionData::new(&self.0, &kernel_outputs).map_err(|_| 0_usize)?;
        for (input, (script, value)) in outputs.iter().enumerate() {
            bitcoinkernel::verify(
                script,
                Some(*value),
                &self.0,
                input,
                Some(VERIFY_ALL),
                &precomputed,
            )
            .map_err(|_| input)?;
        }
        Ok(())
    }
}
