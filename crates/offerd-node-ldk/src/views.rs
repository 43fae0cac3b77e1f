//! What a node shows of itself.

use std::fmt;
use std::net::SocketAddr;

use bitcoin::{Address, Amount, OutPoint};
use bolt1::{Msat, PublicKey, ShortChannelId};

/// Kinds of on-chain addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressKind {
    /// P2WPKH, `bech32` in Core Lightning.
    Bech32,
    /// P2TR, which our wallet does not have.
    P2tr,
}

/// A peer that is connected, or with which we have a channel.
#[derive(Clone, Debug)]
pub struct PeerView {
    /// Its id.
    pub node_id: PublicKey,
    /// Whether it is connected.
    pub connected: bool,
    /// Where it is connected from or to.
    pub address: Option<SocketAddr>,
    /// Channels with it.
    pub channels: usize,
}

/// Where a channel is in its life; the spelling is Core Lightning's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelState {
    /// `OPENINGD`: no funding transaction yet.
    Opening,
    /// `CHANNELD_AWAITING_LOCKIN`: the funding transaction is not deep enough.
    AwaitingLockin,
    /// `CHANNELD_NORMAL`.
    Normal,
    /// `CHANNELD_SHUTTING_DOWN`: waiting for HTLCs to end.
    ShuttingDown,
    /// `CLOSINGD_SIGEXCHANGE`: agreeing on the closing transaction.
    SigningClose,
    /// `CLOSINGD_COMPLETE`: the closing transaction was sent.
    CloseComplete,
}

impl fmt::Display for ChannelState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Opening => "OPENINGD",
            Self::AwaitingLockin => "CHANNELD_AWAITING_LOCKIN",
            Self::Normal => "CHANNELD_NORMAL",
            Self::ShuttingDown => "CHANNELD_SHUTTING_DOWN",
            Self::SigningClose => "CLOSINGD_SIGEXCHANGE",
            Self::CloseComplete => "CLOSINGD_COMPLETE",
        })
    }
}

/// A channel.
#[derive(Clone, Debug)]
pub struct ChannelView {
    /// Its id; a temporary one until it is funded.
    pub channel_id: [u8; 32],
    /// The other end.
    pub peer: PublicKey,
    /// Whether the other end is connected.
    pub peer_connected: bool,
    /// Where it is in its life.
    pub state: ChannelState,
    /// Whether payments can go through it now.
    pub usable: bool,
    /// What is in it.
    pub capacity: Amount,
    /// What of it is ours.
    pub to_us: Msat,
    /// The largest HTLC that could be sent now.
    pub spendable: Msat,
    /// What could be received now.
    pub receivable: Msat,
    /// Its place in the chain, when deep enough.
    pub short_channel_id: Option<ShortChannelId>,
    /// The output that holds it.
    pub funding: Option<OutPoint>,
    /// Whether it is announced.
    pub announced: bool,
    /// Whether we opened it.
    pub opened_by_us: bool,
    /// Whether the peer has said at what price it forwards to us: paths over it can be made.
    pub peer_forwards: bool,
    /// Whether the network knows no other channel of the peer than those with us: from there nothing can come that
    /// the peer does not pay itself.
    pub dead_end: bool,
    /// HTLCs in it now.
    pub htlcs: usize,
}

/// On-chain and in channels.
#[derive(Clone, Debug)]
pub struct Funds {
    /// Coins of the on-chain wallet.
    pub outputs: Vec<OutputView>,
    /// What is in channels.
    pub channels: Vec<ChannelFunds>,
}

/// A coin.
#[derive(Clone, Debug)]
pub struct OutputView {
    /// Which output.
    pub outpoint: OutPoint,
    /// Its amount.
    pub amount: Amount,
    /// Its address.
    pub address: Option<Address>,
    /// Whether it can be spent.
    pub status: OutputStatus,
    /// It was promised to a transaction that is not sent yet.
    pub reserved: bool,
}

/// Whether a coin is mined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputStatus {
    /// Not yet.
    Unconfirmed,
    /// In the block of this height.
    Confirmed {
        /// The height.
        height: u32,
    },
}

/// What is in one channel.
#[derive(Clone, Debug)]
pub struct ChannelFunds {
    /// The other end.
    pub peer: PublicKey,
    /// Whether it is connected.
    pub connected: bool,
    /// Where it is in its life.
    pub state: ChannelState,
    /// Its place in the chain.
    pub short_channel_id: Option<ShortChannelId>,
    /// What is ours.
    pub ours: Msat,
    /// What is in it.
    pub capacity: Amount,
    /// The output that holds it.
    pub funding: OutPoint,
}

/// How much of the network is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GraphSize {
    /// Nodes.
    pub nodes: usize,
    /// Nodes that have said who they are: what they can do and where they are is known.
    pub announced: usize,
    /// Channels.
    pub channels: usize,
    /// Directions of channels whose price is known: payments can be routed over those.
    pub priced: usize,
}
