//! What can go wrong with the chain itself. Refused transactions are in `mempool::refusal`.

use bitcoin::{Amount, BlockHash};
use bitcoinkernel::{BlockValidationResult, KernelError};

use crate::mempool::MempoolRefusal;

/// A failure of the chain: the engine, the disk, or a request that cannot be met.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// The folder for the engine's block files could not be made.
    #[error("cannot make a folder for block files")]
    Folder(#[source] std::io::Error),
    /// The folder for block files has a name that is not UTF-8.
    #[error("the folder for block files has a name that is not UTF-8")]
    FolderName,
    /// The validation engine failed.
    #[error("the validation engine failed")]
    Engine(#[from] KernelError),
    /// The engine refused a block. Its category of reason is all it tells.
    #[error("block {hash} was refused: {reason:?}")]
    BlockRefused {
        /// The refused block.
        hash: BlockHash,
        /// The engine's category; `None` when it gave none.
        reason: Option<BlockValidationResult>,
    },
    /// A block was valid but did not become the tip.
    #[error("block {hash} did not become the tip")]
    NotTheTip {
        /// The block meant to be the tip.
        hash: BlockHash,
    },
    /// A reorganisation deeper than the chain.
    #[error("cannot undo {depth} blocks of a chain of height {height}")]
    TooDeep {
        /// Blocks asked to be undone.
        depth: u32,
        /// Height of the chain.
        height: u32,
    },
    /// A block named no parent that is known.
    #[error("block {0} is not known")]
    UnknownBlock(BlockHash),
}

/// Why the faucet did not pay.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FaucetError {
    /// The address belongs to another network.
    #[error("the address is not a regtest address")]
    NotRegtest,
    /// Less is spendable now than asked for. Mining matures more.
    #[error("the faucet can spend {available}, not enough for {wanted} and the fee")]
    Insufficient {
        /// What is spendable now.
        available: Amount,
        /// What was asked for.
        wanted: Amount,
    },
    /// The mempool refused the faucet's transaction, for example because the amount is dust.
    #[error("the mempool refused the faucet's transaction: {0}")]
    Refused(#[from] MempoolRefusal),
    /// The faucet could not sign.
    #[error("the faucet could not sign")]
    Signing(#[from] bitcoin::sighash::P2wpkhError),
}
