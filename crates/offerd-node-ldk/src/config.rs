//! What a node needs to be told.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use bitcoin::Network;

use crate::liquidity::ServiceTerms;
use crate::onion::{Dialling, MessageLimits, PathShape};

/// The configuration of a node. [`NodeConfig::new`] gives one with defaults that suit its network.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// Which chain.
    pub network: Network,
    /// Where to listen for peers; `None`: nowhere, we only connect out.
    pub listen: Option<SocketAddr>,
    /// Addresses that `node_announcement` tells the world; empty: the node announces none.
    pub announce_addresses: Vec<SocketAddr>,
    /// Our name in `node_announcement`, at most 32 bytes of UTF-8; what is beyond is cut.
    pub alias: String,
    /// Where blocks, fees and broadcasting come from.
    pub chain: ChainConfig,
    /// Where the recovery file is kept; `None`: nowhere.
    pub recovery_file: Option<PathBuf>,
    /// Satoshis that must stay on chain for each channel with anchors, to pay for its closing.
    pub anchor_reserve_sat: u64,
    /// Accept channels from others although the reserve does not cover them.
    pub inbound_without_reserve: bool,
    /// Forward payments into channels that are not announced.
    pub forward_to_private_channels: bool,
    /// Bounds on onion messages.
    pub messages: MessageLimits,
    /// For whom connections are opened to pass an onion message.
    pub dialling: Dialling,
    /// How the paths look that we hand out.
    pub paths: PathShape,
    /// On which terms we open channels to others when a payment for them comes; `None`: we do not.
    pub lsp_service: Option<ServiceTerms>,
    /// How often things happen.
    pub timing: Timing,
}

/// How often things happen.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// Pause between two looks at the tip of the chain.
    pub chain_poll: Duration,
    /// Pause between two looks at fee rates.
    pub fee_refresh: Duration,
    /// First pause before a lost channel peer is called again; it doubles with each failure.
    pub reconnect_min: Duration,
    /// Longest pause before a lost channel peer is called again.
    pub reconnect_max: Duration,
    /// Pause between two looks at our channels, for whoever waits for a change of them.
    pub channel_watch: Duration,
    /// How long a provider of liquidity may take to answer.
    pub lsp_answer: Duration,
    /// Pause between two questions how an order for a channel stands.
    pub order_poll: Duration,
    /// Forward HTLCs at once, with this pause between two looks; `None`: in batches after a random delay, which
    /// hides from others who pays whom.
    pub htlc_forwarding: Option<Duration>,
}

/// Where blocks or transactions, fees and broadcasting come from.
#[derive(Clone, Debug)]
pub enum ChainConfig {
    /// bitcoind, of which every block is read.
    Bitcoind(BitcoindConfig),
    /// A server with Esplora's HTTP interface, which is asked about single transactions: its URL.
    Esplora(String),
    /// A server that speaks the Electrum protocol, which is asked about single transactions: `ssl://` or `tcp://`, host
    /// and port.
    Electrum(String),
}

impl fmt::Display for ChainConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bitcoind(config) => write!(f, "bitcoind at {}:{}", config.host, config.port),
            Self::Esplora(url) => write!(f, "Esplora at {url}"),
            Self::Electrum(url) => write!(f, "Electrum at {url}"),
        }
    }
}

impl From<BitcoindConfig> for ChainConfig {
    fn from(config: BitcoindConfig) -> Self {
        Self::Bitcoind(config)
    }
}

/// How to reach bitcoind.
#[derive(Clone, Debug)]
pub struct BitcoindConfig {
    /// Host name or address of its RPC server.
    pub host: String,
    /// Port of its RPC server.
    pub port: u16,
    /// How to log in.
    pub auth: BitcoindAuth,
}

/// How to log in at bitcoind.
#[derive(Clone)]
pub enum BitcoindAuth {
    /// With `rpcuser` and `rpcpassword`.
    Password {
        /// The user.
        user: String,
        /// The password.
        password: String,
    },
    /// With the cookie file that bitcoind writes at each start.
    Cookie(PathBuf),
}

impl NodeConfig {
    /// Defaults for `network`: nothing is listened at or announced, 25 000 sat of reserve for each channel.
    pub fn new(network: Network, chain: impl Into<ChainConfig>) -> Self {
        Self {
            network,
            listen: None,
            announce_addresses: Vec::new(),
            alias: String::new(),
            chain: chain.into(),
            recovery_file: None,
            anchor_reserve_sat: 25_000,
            inbound_without_reserve: false,
            forward_to_private_channels: true,
            messages: MessageLimits::default(),
            dialling: Dialling {
                private_addresses: network == Network::Regtest,
                ..Dialling::default()
            },
            paths: PathShape::default(),
            lsp_service: None,
            timing: if network == Network::Regtest { Timing::eager() } else { Timing::calm() },
        }
    }
}

impl Timing {
    /// For networks with other people on them.
    pub const fn calm() -> Self {
        Self {
            chain_poll: Duration::from_secs(5),
            fee_refresh: Duration::from_secs(60),
            reconnect_min: Duration::from_secs(1),
            reconnect_max: Duration::from_secs(300),
            channel_watch: Duration::from_secs(1),
            lsp_answer: Duration::from_secs(30),
            order_poll: Duration::from_secs(60),
            htlc_forwarding: None,
        }
    }

    /// For a chain of one's own, where blocks come when called and nobody watches.
    pub const fn eager() -> Self {
        Self {
            chain_poll: Duration::from_millis(50),
            fee_refresh: Duration::from_secs(10),
            reconnect_min: Duration::from_millis(100),
            reconnect_max: Duration::from_secs(2),
            channel_watch: Duration::from_millis(20),
            lsp_answer: Duration::from_secs(5),
            order_poll: Duration::from_millis(200),
            htlc_forwarding: Some(Duration::from_millis(5)),
        }
    }
}

impl fmt::Debug for BitcoindAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password { user, .. } => {
                f.debug_struct("Password").field("user", user).finish_non_exhaustive()
            }
            Self::Cookie(path) => f.debug_tuple("Cookie").field(path).finish(),
        }
    }
}
