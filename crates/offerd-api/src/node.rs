//! Results about the Lightning node: `getinfo`, `listfunds`, `connect`, `listpeers`, `listpeerchannels`,
//! `fundchannel`, `close`, `newaddr`, `withdraw`, `signmessage`, `checkmessage`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::recovery::{RecoveringChannel, RecoveryProgress};
use crate::schema::shape::{Hash32, Hex, HexOf, NodeId};

/// The result of `getinfo`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodeInfo {
    /// Node id.
    #[schemars(with = "NodeId")]
    pub id: String,
    /// The name it is announced under.
    pub alias: String,
    /// Its colour, three bytes in hexadecimal.
    #[schemars(with = "HexOf<3>")]
    pub color: String,
    /// Nodes connected now.
    pub num_peers: u64,
    /// Channels being opened.
    pub num_pending_channels: u64,
    /// Channels that can be used.
    pub num_active_channels: u64,
    /// Channels whose peer is away.
    pub num_inactive_channels: u64,
    /// What is announced.
    pub address: Vec<NetAddress>,
    /// What is listened on.
    pub binding: Vec<NetAddress>,
    /// The program's version.
    pub version: String,
    /// Height of the best block we know.
    pub blockheight: u64,
    /// When that block was mined, by its own word: seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocktime: Option<u64>,
    /// `regtest`, `signet`, `testnet` or `bitcoin`.
    #[schemars(extend("enum" = ["regtest", "signet", "testnet", "bitcoin"]))]
    pub network: String,
    /// The data directory.
    #[serde(rename = "lightning-dir")]
    pub lightning_dir: String,
    /// Present while the chain is not caught up with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_bitcoind_sync: Option<String>,
    /// Onion messages since the start.
    #[serde(default)]
    pub onion_messages: OnionMessages,
    /// What is missing before payments can come and go, each in a sentence; empty when nothing is.
    #[serde(default)]
    pub missing: Vec<String>,
    /// Present when the node was restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<RecoveryProgress>,
}

/// Onion messages since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OnionMessages {
    /// For this node, and taken.
    pub received: u64,
    /// Of this node, handed to a peer.
    pub sent: u64,
    /// Of others, handed to the next peer.
    pub forwarded: u64,
    /// Those that went no further: how many for each reason, where there are any.
    pub dropped: BTreeMap<String, u64>,
}

/// A network address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NetAddress {
    /// `ipv4`, `ipv6`, `torv3` or `dns`.
    #[serde(rename = "type")]
    #[schemars(extend("enum" = ["ipv4", "ipv6", "torv3", "dns"]))]
    pub kind: String,
    /// The address, without the port.
    pub address: String,
    /// The port.
    pub port: u16,
}

/// The result of `newaddr`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewAddress {
    /// A taproot address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p2tr: Option<String>,
    /// A segwit address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bech32: Option<String>,
}

/// The result of `listfunds`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Funds {
    /// The wallet's coins.
    pub outputs: Vec<WalletOutput>,
    /// What is in channels.
    pub channels: Vec<ChannelFunds>,
    /// Channels whose state was lost, and that are being recovered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recovering: Vec<RecoveringChannel>,
}

/// A coin of the wallet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WalletOutput {
    /// Its transaction.
    #[schemars(with = "Hash32")]
    pub txid: String,
    /// Its index there.
    pub output: u32,
    /// Its value.
    pub amount_msat: u64,
    /// Its script, hexadecimal.
    #[schemars(with = "Hex")]
    pub scriptpubkey: String,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// `unconfirmed`, `confirmed` or `spent`.
    #[schemars(extend("enum" = ["unconfirmed", "confirmed", "spent"]))]
    pub status: String,
    /// The block it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blockheight: Option<u32>,
    /// Whether it is set aside.
    pub reserved: bool,
}

/// What is in a channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelFunds {
    /// The other end.
    #[schemars(with = "NodeId")]
    pub peer_id: String,
    /// Whether it is connected.
    pub connected: bool,
    /// Core Lightning's word for the state.
    pub state: String,
    /// 32 bytes, hexadecimal.
    #[schemars(with = "Hash32")]
    pub channel_id: String,
    /// Once it is in a block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short_channel_id: Option<String>,
    /// What is ours.
    pub our_amount_msat: u64,
    /// What is in it in all.
    pub amount_msat: u64,
    /// Its funding transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Hash32>")]
    pub funding_txid: Option<String>,
    /// The index there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub funding_output: Option<u32>,
}

/// The result of `connect`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Connected {
    /// Node id.
    #[schemars(with = "NodeId")]
    pub id: String,
    /// Its features, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Hex>")]
    pub features: Option<String>,
    /// `in` or `out`: who connected.
    #[schemars(extend("enum" = ["in", "out"]))]
    pub direction: String,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<NetAddress>,
}

/// The result of `listpeers`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PeerList {
    /// In the order of their ids.
    pub peers: Vec<PeerView>,
}

/// A node we are connected to, or have channels with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PeerView {
    /// Node id.
    #[schemars(with = "NodeId")]
    pub id: String,
    /// Whether it is connected.
    pub connected: bool,
    /// Channels with it.
    pub num_channels: u64,
    /// Where it is, `host:port`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub netaddr: Vec<String>,
}

/// The result of `listpeerchannels`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelList {
    /// In no order that is promised.
    pub channels: Vec<ChannelView>,
}

/// A channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelView {
    /// The other end.
    #[schemars(with = "NodeId")]
    pub peer_id: String,
    /// Whether it is connected.
    pub peer_connected: bool,
    /// Core Lightning's word for the state.
    pub state: String,
    /// 32 bytes, hexadecimal.
    #[schemars(with = "Hash32")]
    pub channel_id: String,
    /// Once it is in a block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short_channel_id: Option<String>,
    /// Whether it is kept from the public.
    pub private: bool,
    /// Whether the public knows no other channel of its peer than those with this node: what arrives over it is then
    /// paid by the peer itself, or by somebody whom the public does not know.
    pub dead_end: bool,
    /// `local` or `remote`: who opened it.
    #[schemars(extend("enum" = ["local", "remote"]))]
    pub opener: String,
    /// What is in it.
    pub total_msat: u64,
    /// What is ours of it.
    pub to_us_msat: u64,
    /// What we could send now.
    pub spendable_msat: u64,
    /// What we could receive now.
    pub receivable_msat: u64,
    /// Its funding transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Hash32>")]
    pub funding_txid: Option<String>,
    /// The index there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub funding_outnum: Option<u32>,
}

/// The result of `listchannels`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NetworkChannelList {
    /// By short channel id.
    pub channels: Vec<NetworkChannel>,
}

/// One direction of a public channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NetworkChannel {
    /// Who forwards over it.
    #[schemars(with = "NodeId")]
    pub source: String,
    /// To whom.
    #[schemars(with = "NodeId")]
    pub destination: String,
    /// The channel.
    pub short_channel_id: String,
    /// 0 when the source's node id comes first, else 1.
    #[schemars(range(max = 1))]
    pub direction: u8,
    /// Always: channels that are not announced are shown by `listpeerchannels` to their ends alone.
    pub public: bool,
    /// What is in the channel, where the chain was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_msat: Option<u64>,
    /// Whether its source forwards over it now.
    pub active: bool,
    /// When its source said this, in seconds since 1970.
    pub last_update: u32,
    /// What its source takes for each payment, in msat.
    pub base_fee_millisatoshi: u64,
    /// What its source takes besides, in millionths of the amount.
    pub fee_per_millionth: u32,
    /// Blocks by which an HTLC must last longer before it.
    pub delay: u16,
    /// Least that an HTLC may carry.
    pub htlc_minimum_msat: u64,
    /// Most that one may.
    pub htlc_maximum_msat: u64,
}

/// The result of `listforwards`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ForwardList {
    /// Oldest first.
    pub forwards: Vec<ForwardView>,
}

/// A payment of others that went through this node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ForwardView {
    /// Its place in the order in which they went through, from 1.
    pub created_index: u64,
    /// Always `settled`: what came to nothing is not on record.
    #[schemars(extend("enum" = ["settled"]))]
    pub status: String,
    /// 32 bytes, hexadecimal: the channel that it came by, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Hash32>")]
    pub in_channel_id: Option<String>,
    /// 32 bytes, hexadecimal: the channel that it went by, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Hash32>")]
    pub out_channel_id: Option<String>,
    /// What came, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_msat: Option<u64>,
    /// What went on, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_msat: Option<u64>,
    /// What stayed with us; absent where the claim was on the chain, where what it has cost is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee_msat: Option<u64>,
    /// When the node heard that it had gone through, seconds since 1970.
    pub resolved_time: u64,
}

/// The result of `fundchannel`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FundedChannel {
    /// 32 bytes, hexadecimal.
    #[schemars(with = "Hash32")]
    pub channel_id: String,
    /// The funding transaction, once it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Hash32>")]
    pub txid: Option<String>,
    /// The index there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outnum: Option<u32>,
}

/// The result of `withdraw`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Withdrawn {
    /// The transaction, hexadecimal.
    #[schemars(with = "Hex")]
    pub tx: String,
    /// Its id.
    #[schemars(with = "Hash32")]
    pub txid: String,
    /// The same as a PSBT, base64.
    pub psbt: String,
}

/// The result of `close`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClosedChannel {
    /// `mutual`, `unilateral` or `unopened`.
    #[serde(rename = "type")]
    #[schemars(extend("enum" = ["mutual", "unilateral", "unopened"]))]
    pub kind: String,
    /// The transaction that ends the channel, hexadecimal; absent when its other end has sent one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Hex>")]
    pub tx: Option<String>,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Hash32>")]
    pub txid: Option<String>,
    /// The same in a list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<Hex>")]
    pub txs: Vec<String>,
    /// Its id in a list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<Hash32>")]
    pub txids: Vec<String>,
}

/// The result of `signmessage`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignedText {
    /// 64 bytes, hexadecimal.
    #[schemars(with = "HexOf<64>")]
    pub signature: String,
    /// One byte, hexadecimal: 00 to 03, by which the key is found from the signature.
    #[schemars(with = "HexOf<1>")]
    pub recid: String,
    /// Both in zbase32, as `lnd` makes it.
    pub zbase: String,
}

/// The result of `checkmessage`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckedText {
    /// The signer, or the node that was asked about.
    #[schemars(with = "NodeId")]
    pub pubkey: String,
    /// Whether it has signed.
    pub verified: bool,
}
