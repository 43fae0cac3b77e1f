//! What the RPC asks of the Lightning node itself: wallet, peers, channels.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use bolt1::{Msat, PublicKey, Timestamp};
use offerd_api::ErrorObject;
use offerd_api::liquidity::{OpeningView, OrderView};
use offerd_api::node::{
    ChannelView, CheckedText, ClosedChannel, Connected, FundedChannel, NetworkChannel, NodeInfo,
    PeerView, SignedText, WalletOutput, Withdrawn,
};
use offerd_api::recovery::{BackupMade, RecoveringChannel};
use offerd_core::audit::{Forwarded, NodeBooks};
use offerd_core::liquidity::order::{ChannelOrder, OrderOptions};
use offerd_core::liquidity::{JustInTime, OpeningTerms};
use offerd_core::port::Page;

use super::liquidity::Provider;

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
    /// What its funding transaction pays the miners.
    pub fee: FeeChoice,
}

/// What a transaction pays the miners.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FeeChoice {
    /// The least that is relayed now.
    Minimum,
    /// The estimate for a day.
    Slow,
    /// The estimate for two hours.
    #[default]
    Normal,
    /// The estimate for an hour.
    Urgent,
    /// So many satoshi per 1000 weight units.
    PerKw(u64),
}

/// A payment from the on-chain wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// The address, as it was given.
    pub destination: String,
    /// How many satoshi; `None` for all but what must stay.
    pub amount_sat: Option<u64>,
    /// What the transaction pays the miners.
    pub fee: FeeChoice,
}

/// Where a node listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerAddress {
    /// Host name or address, without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// Which public channels are asked for: those that all of these are true of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhichChannels {
    /// The channel, as in `103x1x0`.
    pub short_channel_id: Option<String>,
    /// Who forwards.
    pub source: Option<PublicKey>,
    /// To whom.
    pub destination: Option<PublicKey>,
}

/// How the node does beyond what `getinfo` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vitals {
    /// When the best block was mined, by its own word.
    pub tip_time: Option<Timestamp>,
    /// How large the database is on disk, with what is still to be written into it.
    pub store_bytes: u64,
}

/// Runs the node on the operator's behalf.
#[async_trait]
pub trait NodeControl: Send + Sync + 'static {
    /// Who we are and how things stand.
    ///
    /// # Errors
    /// What to tell the caller; so for all of them.
    async fn info(&self) -> Result<NodeInfo, ErrorObject>;
    /// How it does beyond that.
    async fn vitals(&self) -> Result<Vitals, ErrorObject>;
    /// A new address of the on-chain wallet.
    async fn new_address(&self) -> Result<String, ErrorObject>;
    /// The wallet's coins; with `spent` those that were spent too, where they are still known.
    async fn wallet_outputs(&self, spent: bool) -> Result<Vec<WalletOutput>, ErrorObject>;
    /// What it has done with money besides payments of ours, and what it has.
    async fn books(&self) -> Result<NodeBooks, ErrorObject>;
    /// Payments of others that went through, oldest first.
    async fn forwards(&self, page: Page) -> Result<Vec<Forwarded>, ErrorObject>;
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
    /// Public channels of the network.
    async fn network_channels(
        &self,
        which: WhichChannels,
    ) -> Result<Vec<NetworkChannel>, ErrorObject>;
    /// Channels whose state was lost, until all of them are back.
    async fn recovering(&self) -> Result<Vec<RecoveringChannel>, ErrorObject>;
    /// Writes copy and recovery file into a folder.
    async fn back_up(&self, folder: PathBuf) -> Result<BackupMade, ErrorObject>;
    /// Opens a channel; returns when its funding transaction was made.
    async fn open_channel(&self, channel: OpenChannel) -> Result<FundedChannel, ErrorObject>;
    /// Pays from the on-chain wallet; returns when the transaction was sent.
    async fn withdraw(&self, withdrawal: Withdrawal) -> Result<Withdrawn, ErrorObject>;
    /// Closes a channel, after `unilateral_after` without its other end; returns when it is closed.
    async fn close_channel(
        &self,
        channel_id: [u8; 32],
        unilateral_after: Option<Duration>,
    ) -> Result<ClosedChannel, ErrorObject>;
    /// Closes the connection to a node.
    async fn disconnect(&self, peer: PublicKey) -> Result<(), ErrorObject>;
    /// The terms on which a provider opens a channel when a payment comes.
    async fn opening_terms(&self, provider: &Provider) -> Result<Vec<OpeningTerms>, ErrorObject>;
    /// Agrees to terms, of which `fee` is kept, for one payment.
    async fn buy_opening(
        &self,
        provider: &Provider,
        terms: &OpeningTerms,
        payment: Msat,
        fee: Msat,
    ) -> Result<JustInTime, ErrorObject>;
    /// What was agreed on with providers, the last first.
    async fn openings(&self, now: Timestamp) -> Result<Vec<OpeningView>, ErrorObject>;
    /// Which channels a provider sells for money.
    async fn order_options(&self, provider: &Provider) -> Result<OrderOptions, ErrorObject>;
    /// Orders a channel at a price of at most `max_fee`; the order is kept, and not paid.
    async fn order_channel(
        &self,
        provider: &Provider,
        order: &ChannelOrder,
        max_fee: Msat,
    ) -> Result<OrderView, ErrorObject>;
    /// The orders that were made, the last first.
    async fn orders(&self, now: Timestamp) -> Result<Vec<OrderView>, ErrorObject>;
    /// Signs a text with the key of the node's id.
    async fn sign_message(&self, text: &str) -> Result<SignedText, ErrorObject>;
    /// Who has signed a text, or whether `signer` has.
    async fn check_message(
        &self,
        text: &str,
        zbase: &str,
        signer: Option<PublicKey>,
    ) -> Result<CheckedText, ErrorObject>;
}
