//! The configuration: from a file, the environment and flags.
//!
//! Every option is in [`option::OPTIONS`]. What is unknown or out of range is refused, with the place where it was
//! written.

mod chain;
mod error;
mod flags;
mod http;
mod liquidity;
mod listed;
pub mod option;
mod pages;
mod rates;
mod reach;
mod reader;
mod settings;
mod webhook;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bitcoin::Network;
use bolt1::Msat;
use offerd_api::control::ConfigView;
use offerd_api::layout::{DataDir, RECOVERY_FILE};
use offerd_core::Policy;
use offerd_node_ldk::{ChainConfig, ServiceTerms};

use crate::instance::Told;
use crate::rpc::liquidity::Providers;

pub use error::ConfigError;
pub use flags::{CheckArgs, FlagArgs};
pub use http::HttpDoor;
pub use pages::PagesDoor;
pub use reach::Reach;
use reader::Reader;
use settings::Settings;
pub use settings::{Flags, Variables};

/// Everything a daemon needs to be told.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where its files are.
    pub dir: PathBuf,
    /// The file it was read from, if there is one.
    pub file: Option<PathBuf>,
    /// Which chain.
    pub network: Network,
    /// Where to listen; `None` for nowhere.
    pub listen: Option<SocketAddr>,
    /// Where programs may call over HTTP; `None` for nowhere.
    pub http: Option<HttpDoor>,
    /// Where people see the pages; `None` for nowhere.
    pub pages: Option<PagesDoor>,
    /// How others reach us, and we them.
    pub reach: Reach,
    /// Whom liquidity is bought of.
    pub providers: Providers,
    /// On which terms it is sold; `None` where it is not.
    pub lsp_service: Option<ServiceTerms>,
    /// Where events are sent.
    pub webhooks: Vec<reqwest::Url>,
    /// What to announce.
    pub announce: Vec<SocketAddr>,
    /// The name to announce, at most 32 bytes.
    pub alias: String,
    /// Where the chain is seen.
    pub chain: ChainConfig,
    /// Where snapshots of the network are had; `None` for nowhere.
    pub rapid_gossip: Option<reqwest::Url>,
    /// How often to look for blocks; `None` for what suits the network.
    pub poll_interval: Option<Duration>,
    /// Whether to do at once what is otherwise put off.
    pub fast_ticks: bool,
    /// What must stay in the wallet for each channel.
    pub anchor_reserve: Msat,
    /// The operator's bounds.
    pub policy: Policy,
    /// Where rates come from.
    pub rates: offerd_rates_http::Settings,
    /// What is logged.
    pub log: Log,
    /// Whether to end when the standard input is closed.
    pub exit_with_parent: bool,
    /// Where the recovery file is kept; `None` for nowhere.
    pub recovery_file: Option<PathBuf>,
    /// What the operator says of the state.
    pub told: Told,
    /// Whether to look if everything is there, and not to start.
    pub check: bool,
    /// Every option that has a value, by its name, and where that was set.
    pub listed: BTreeMap<String, ConfigView>,
}

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// Level or directives.
    pub level: String,
    /// Whether each line is a JSON object.
    pub json: bool,
    /// The file it goes to; `None` for the standard error.
    pub file: Option<PathBuf>,
    /// The greatest length of the file, in bytes; `None` for no bound.
    pub most_bytes: Option<u64>,
}

impl Config {
    /// Reads the configuration. `home` is the user's home directory.
    ///
    /// # Errors
    /// [`ConfigError`], a line that says where and what.
    pub fn load(
        flags: &Flags,
        variables: &Variables,
        home: Option<PathBuf>,
    ) -> Result<Self, ConfigError> {
        let mut settings = Settings::of_call(flags, variables);
        let given = settings.get("dir").and_then(|dir| dir.values.first()).map(PathBuf::from);
        let data = DataDir::find(given, home.clone()).ok_or(ConfigError::NoHome)?;
        let named = settings.get("config").and_then(|file| file.values.first()).map(PathBuf::from);
        let file = named.clone().unwrap_or_else(|| data.config_file());
        let file = match std::fs::read_to_string(&file) {
            Ok(text) => {
                settings.add_file(&file, &text)?;
                Some(file)
            }
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => None,
            Err(source) => return Err(ConfigError::Unreadable { path: file, source }),
        };
        Self::from_settings(&Reader(&settings), &data, file, home.as_deref())
    }

    fn from_settings(
        options: &Reader<'_>,
        data: &DataDir,
        file: Option<PathBuf>,
        home: Option<&Path>,
    ) -> Result<Self, ConfigError> {
        let network = options.network()?;
        let regtest = network == Network::Regtest;
        let fast_ticks = options.parse("fast-ticks", "should be true or false")?;
        if fast_ticks == Some(true) && !regtest {
            return Err(options.refuse("fast-ticks", "only on regtest"));
        }
        let listen = match options.text("listen") {
            Some("none") => None,
            Some(_) => options.parse("listen", "should be IP:PORT, or none")?,
            None => Some(SocketAddr::from(([127, 0, 0, 1], 9735))),
        };
        let dir = absolute(data.state(network_name(network)));
        let poll: Option<u64> = options.in_range("poll-interval", 1, 3_600_000)?;
        let mut config = Self {
            recovery_file: match options.text("recovery-file") {
                Some("none") => None,
                Some(path) => Some(dir.join(path)),
                None => Some(dir.join(RECOVERY_FILE)),
            },
            http: options.http(network, &dir)?,
            pages: options.pages(network)?,
            webhooks: options.webhooks(network)?,
            providers: options.providers()?,
            lsp_service: options.lsp_service()?,
            dir,
            file,
            network,
            listen,
            reach: options.reach()?,
            announce: options.addresses("announce")?,
            alias: options.alias()?,
            chain: options.chain(network, home)?,
            rapid_gossip: options.rapid_gossip()?,
            poll_interval: poll.map(Duration::from_millis),
            fast_ticks: fast_ticks.unwrap_or(regtest),
            anchor_reserve: options
                .amount("anchor-reserve")?
                .unwrap_or_else(|| Msat::from_sat(25_000).unwrap_or_default()),
            policy: options.policy(network)?,
            rates: options.rates(network)?,
            log: options.log()?,
            exit_with_parent: options
                .parse("exit-with-parent", "should be true or false")?
                .unwrap_or(false),
            told: options.told()?,
            check: options.parse("check", "should be true or false")?.unwrap_or(false),
            listed: BTreeMap::new(),
        };
        config.listed = listed::list(options, &config);
        Ok(config)
    }
}

/// The path as it is from anywhere. What cannot be made absolute is left as it is.
fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

/// The configuration's and the API's name of a network.
pub fn network_name(network: Network) -> &'static str {
    match network {
        Network::Bitcoin => "bitcoin",
        Network::Signet => "signet",
        Network::Regtest => "regtest",
        Network::Testnet | Network::Testnet4 => "testnet",
    }
}

#[cfg(test)]
mod tests;
