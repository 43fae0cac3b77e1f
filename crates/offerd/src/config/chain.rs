//! Where the chain is seen: bitcoind, or a server of others; and where snapshots of the network are had.

use std::path::{Path, PathBuf};

use bitcoin::Network;
use offerd_node_ldk::{BitcoindAuth, BitcoindConfig, ChainConfig};
use reqwest::Url;

use super::ConfigError;
use super::reader::Reader;

/// Options of bitcoind, none of which goes with another source.
const BITCOIND: [&str; 5] =
    ["bitcoind-host", "bitcoind-port", "bitcoind-user", "bitcoind-password", "bitcoind-cookie"];

impl Reader<'_> {
    /// The one source that was chosen; bitcoind when none was.
    pub(super) fn chain(
        &self,
        network: Network,
        home: Option<&Path>,
    ) -> Result<ChainConfig, ConfigError> {
        match (self.text("esplora-url"), self.text("electrum-url")) {
            (None, None) => Ok(ChainConfig::Bitcoind(self.bitcoind(network, home)?)),
            (Some(url), None) => {
                self.goes_alone("esplora-url")?;
                Ok(ChainConfig::Esplora(
                    self.web_server("esplora-url", url)?.as_str().trim_end_matches('/').to_owned(),
                ))
            }
            (None, Some(url)) => {
                self.goes_alone("electrum-url")?;
                Ok(ChainConfig::Electrum(self.electrum(url)?))
            }
            (Some(_), Some(_)) => Err(self.refuse(
                "electrum-url",
                "goes not with esplora-url: the chain is seen by one source, so leave one out",
            )),
        }
    }

    /// Refuses a source beside bitcoind.
    fn goes_alone(&self, name: &'static str) -> Result<(), ConfigError> {
        match BITCOIND.iter().find(|option| self.text(option).is_some()) {
            None => Ok(()),
            Some(option) => Err(self.refuse(
                name,
                format!(
                    "goes not with {option}: the chain is seen by one source, so leave one out"
                ),
            )),
        }
    }

    /// Where snapshots of the network are had.
    pub(super) fn rapid_gossip(&self) -> Result<Option<Url>, ConfigError> {
        let name = "rapid-gossip-url";
        self.text(name).map(|text| self.web_server(name, text)).transpose()
    }

    /// The address of a server that is asked over HTTP: with TLS, or on this machine.
    fn web_server(&self, name: &'static str, text: &str) -> Result<Url, ConfigError> {
        let expected =
            "should be https://…, or http://… on this machine, without a user and without ? and #";
        let refuse = || self.refuse(name, expected);
        let url = Url::parse(text).map_err(|_| refuse())?;
        let safe = url.scheme() == "https" || (url.scheme() == "http" && is_here(&url));
        if !safe || !is_plain(&url) {
            return Err(refuse());
        }
        Ok(url)
    }

    /// The address of an Electrum server: over TLS, or on this machine.
    fn electrum(&self, text: &str) -> Result<String, ConfigError> {
        let expected = "should be ssl://HOST:PORT, or tcp://HOST:PORT on this machine";
        let refuse = || self.refuse("electrum-url", expected);
        let url = Url::parse(text).map_err(|_| refuse())?;
        let safe = url.scheme() == "ssl" || (url.scheme() == "tcp" && is_here(&url));
        let bare = ["", "/"].contains(&url.path());
        let (Some(host), Some(port)) = (url.host_str(), url.port()) else { return Err(refuse()) };
        if !safe || !bare || !is_plain(&url) {
            return Err(refuse());
        }
        Ok(format!("{}://{host}:{port}", url.scheme()))
    }

    fn bitcoind(
        &self,
        network: Network,
        home: Option<&Path>,
    ) -> Result<BitcoindConfig, ConfigError> {
        let (port, folder) = match network {
            Network::Bitcoin => (8332, ""),
            Network::Signet => (38332, "signet"),
            Network::Regtest => (18443, "regtest"),
            Network::Testnet | Network::Testnet4 => (18332, "testnet3"),
        };
        let own = self.in_range("bitcoind-port", 1, 65_535)?;
        let own = own.and_then(|port| u16::try_from(port).ok());
        let cookie = self.text("bitcoind-cookie").map(PathBuf::from);
        let auth = match (self.text("bitcoind-user"), self.text("bitcoind-password"), cookie) {
            (Some(_), _, Some(_)) | (_, Some(_), Some(_)) => {
                return Err(self.refuse("bitcoind-cookie", "goes without user and password"));
            }
            (Some(user), Some(password), None) => {
                BitcoindAuth::Password { user: user.to_owned(), password: password.to_owned() }
            }
            (Some(_), None, None) => {
                return Err(self.refuse("bitcoind-user", "needs bitcoind-password"));
            }
            (None, Some(_), None) => {
                return Err(self.refuse("bitcoind-password", "needs bitcoind-user"));
            }
            (None, None, Some(cookie)) => BitcoindAuth::Cookie(cookie),
            (None, None, None) => {
                let home = home.ok_or_else(|| self.refuse("bitcoind-cookie", "must be set"))?;
                BitcoindAuth::Cookie(home.join(".bitcoin").join(folder).join(".cookie"))
            }
        };
        let host = self.text("bitcoind-host").unwrap_or("127.0.0.1").to_owned();
        Ok(BitcoindConfig { host, port: own.unwrap_or(port), auth })
    }
}

/// Whether an address is on this machine.
fn is_here(url: &Url) -> bool {
    url.host_str().is_some_and(|host| ["127.0.0.1", "[::1]", "localhost"].contains(&host))
}

/// Whether an address is a host and no more than a path on it.
fn is_plain(url: &Url) -> bool {
    url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
}
