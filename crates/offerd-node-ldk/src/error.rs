//! What can go wrong, for our caller.

use std::path::PathBuf;

use bitcoin::{Amount, Txid};
use offerd_core::port::PortError;

/// Why a node did not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The seed file cannot be read or made.
    #[error("seed file {}: {what}", path.display())]
    Seed {
        /// Which file.
        path: PathBuf,
        /// What about it; never its content.
        what: String,
    },
    /// The store failed.
    #[error("store: {0}")]
    Store(#[from] PortError),
    /// The state that was kept makes no sense to this version.
    #[error("{what} in the store cannot be read: {why}")]
    Corrupt {
        /// What was read.
        what: &'static str,
        /// Why it was not understood.
        why: String,
    },
    /// The source of chain data failed.
    #[error("chain: {0}")]
    Chain(String),
    /// The recovery file is that of another node, or cannot be written.
    #[error("recovery file: {0}")]
    RecoveryFile(String),
    /// The address to listen at is not to be had.
    #[error("cannot listen at {address}: {source}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
}

/// What the on-chain wallet cannot do.
#[derive(Debug, thiserror::Error)]
pub enum WalletError {
    /// Not enough confirmed coins.
    #[error(
        "{needed} needed, fees not counted; {available} can be spent, {reserve} must stay for channels"
    )]
    Insufficient {
        /// What was asked for.
        needed: Amount,
        /// What is confirmed and not promised to another transaction.
        available: Amount,
        /// What must stay, as a reserve for channels with anchors.
        reserve: Amount,
    },
    /// Too little to be sent on chain.
    #[error("{amount} is dust: at least {least} can be sent to this address")]
    Dust {
        /// What was asked for.
        amount: Amount,
        /// The least that can be sent there.
        least: Amount,
    },
    /// The transaction could not be built or signed.
    #[error("cannot build the transaction: {0}")]
    Build(String),
    /// It could not be told whether the transaction was sent; it will be sent again.
    #[error("transaction {txid} may not have been sent yet: {why}")]
    Unknown {
        /// The transaction.
        txid: Txid,
        /// Why.
        why: String,
    },
    /// The wallet has no addresses of this kind.
    #[error("addresses of this kind are not supported")]
    AddressKind,
    /// The wallet's state could not be written.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// Why a peer was not connected.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address is not `host:port`, or the host has none.
    #[error("{address}: {source}")]
    Address {
        /// What was given.
        address: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// No address was given, and none is known.
    #[error("no address of this node is known")]
    NoAddress,
    /// Nobody answered, or not as that node.
    #[error("no answer from {address}")]
    NoAnswer {
        /// Who was called.
        address: String,
    },
    /// That is us.
    #[error("this is our own node")]
    Ourselves,
}

/// Why a channel was not opened or closed.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// The peer is not connected.
    #[error("the peer is not connected")]
    PeerNotConnected,
    /// There is no such channel.
    #[error("no such channel")]
    Unknown,
    /// The wallet cannot pay for it.
    #[error(transparent)]
    Wallet(#[from] WalletError),
    /// The node refused.
    #[error("{0}")]
    Refused(String),
    /// The peer, or the attempt, gave up before the channel was funded.
    #[error("the channel was not opened: {0}")]
    Closed(String),
    /// The funding transaction was made, but could not be sent yet; it will be sent again.
    #[error("the funding transaction could not be sent yet: {0}")]
    Broadcast(String),
    /// Nothing was heard for too long.
    #[error("the peer has not answered in time")]
    Timeout,
}
