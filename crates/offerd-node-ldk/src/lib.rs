//! A Lightning node on the `lightning` crates, behind the ports of offerd-core.
//!
//! [`Node::start`] assembles it: keys from a seed file, an on-chain wallet, channels, gossip, scoring, persistence
//! and chain data from bitcoind, an Esplora or an Electrum server. A running [`Node`] performs [`InvoicePayer`], [`InvoiceIssuer`] and
//! [`OnionTransport`], and calls [`NodeEvents`].
//!
//! # What is different here from a plain `lightning` node
//! * Onion messages are ours (`onion`): the crate's messenger reads the contents into its own BOLT 12 types, and
//!   refuses what it does not know.
//! * Payment paths come and go as bytes. `router` repairs the crate's routes over one-hop paths, whose
//!   `blinded_payinfo` it ignores; `paths` makes several paths, so that a payment can come in parts.
//! * What the channels are is written in one transaction (`writer`), and nothing leaves us that rests on what is not
//!   written yet.
//! * A node that could not write its state stops rather than go on: see [`Node::failed`].
//!
//! # What does not live here
//! Offers, invoices, payouts: whatever BOLT 12 means is decided in offerd-core. Types of `lightning` do not leave
//! this crate; what crosses is bytes and the types of `bitcoin` and of our own crates.
//!
//! [`InvoicePayer`]: offerd_core::port::InvoicePayer
//! [`InvoiceIssuer`]: offerd_core::port::InvoiceIssuer
//! [`OnionTransport`]: offerd_core::port::OnionTransport
//! [`NodeEvents`]: offerd_core::port::NodeEvents

mod bolt11;
mod books;
mod broadcast;
mod chain;
mod channel_keys;
mod channels;
mod claims;
mod closing;
mod config;
mod convert;
mod directory;
mod error;
mod events;
mod fees;
mod funding;
mod gossip;
mod issuer;
mod keys;
mod liquidity;
mod locks;
mod logger;
mod monitors;
mod network;
mod node;
mod onion;
mod parts;
mod paths;
mod payer;
mod peers;
mod persist;
mod recovery;
mod repeats;
mod router;
mod signing;
mod snapshot;
mod socket;
mod spending;
mod start;
mod state;
mod tasks;
mod types;
mod undone;
mod utxos;
mod views;
mod wallet;
mod writer;

pub use chain::{ChainStatus, probe_chain};
pub use closing::{CloseKind, ClosedChannel};
pub use config::{BitcoindAuth, BitcoindConfig, ChainConfig, NodeConfig, Timing};
pub use error::{ChannelError, ConnectError, NodeError, WalletError};
pub use funding::{FundedChannel, FundingOrder};
pub use keys::{NodeSecretKey, has_seed, restore_seed, seed_node_id};
pub use liquidity::{
    AgreementView, LspError, MadeOrder, OrderError, OrderRequest, OrderView, ServiceTerms,
};
pub use network::NetworkChannelView;
pub use node::Node;
pub use onion::{Dialling, MessageCounts, MessageDrops, MessageLimits, MessageRate, PathShape};
pub use recovery::{
    AddressCounts, ChannelEntry, PeerEntry, RecoveryFile, RecoveryFileError, RecoveryPlan,
    RescueState, RescueView, RescuedChannel, SeedWords, begin_recovery, recovery_is_possible,
};
pub use signing::{BadTextSignature, TextSignature};
pub use snapshot::SnapshotError;
pub use spending::{Speed, finished_psbt};
pub use views::{
    AddressKind, ChannelFunds, ChannelState, ChannelView, Funds, GraphSize, OutputStatus,
    OutputView, PeerView,
};
