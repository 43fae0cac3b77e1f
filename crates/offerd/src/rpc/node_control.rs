//! What the RPC asks of the Lightning node itself: wallet, peers, channels.

use async_trait::async_trait;
use bolt1::{Msat, PublicKey};
use offerd_api::ErrorObject;
use offerd_api::node::{ChannelView, Connected, FundedChannel, NodeInfo, PeerView, WalletOutput};

/// A channel to open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenChannel {
    /// With whom; connected already.
    pub peer: PublicKey,
    /// How many satoshi; `None` for all there are.
    pub amount_sat: Option<u64>,
    /// Whether the channel is announced.
    pub announce: bool,
    /// How much of it is the peer's at once.
    pub push: Msat,
}

/// Where a node listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerAddress {
    /// Host name or address, without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// Runs the node on the operator's behalf.
#[async_trait]
pub trait NodeControl: Send + Sync + 'static {
    /// Who we are and how things stand.
    ///
    /// # Errors
    /// What to tell the caller; so for all of them.
    async fn info(&self) -> Result<NodeInfo, ErrorObject>;
    /// A new address of the on-chain wallet.
    async fn new_address(&self) -> Result<String, ErrorObject>;
    /// The wallet's coins; with `spent` those that were spent too, where they are still known.
    async fn wallet_outputs(&self, spent: bool) -> Result<Vec<WalletOutput>, ErrorObject>;
    /// Connects to a node, at this address or at one that is known.
    async fn connect(
        &self,
        peer: PublicKey,
        address: Option<PeerAddress>,
    ) -> Result<Connected, ErrorObject>;
    /// Nodes we are connected to or have channels with.
    async fn peers(&self) -> Result<Vec<PeerView>, ErrorObject>;
    /// Channels.
    async fn channels(&self) -> Result<Vec<ChannelView>, ErrorObject>;
    /// Opens a channel; returns when its funding transaction was made.
    async fn open_channel(&self, channel: OpenChannel) -> Result<FundedChannel, ErrorObject>;
}
