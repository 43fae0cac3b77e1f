//! Options about the pages.

use std::net::SocketAddr;

use bitcoin::Network;

use super::ConfigError;
use super::reader::Reader;

/// Longest address that is believed to be meant.
const MAX_URL: usize = 256;

/// The door at which people see the pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PagesDoor {
    /// Where it is.
    pub address: SocketAddr,
    /// How the people who visit it write that; `None` for the address itself.
    pub url: Option<String>,
}

impl Reader<'_> {
    /// The door; `None` for none.
    pub(super) fn pages(&self, network: Network) -> Result<Option<PagesDoor>, ConfigError> {
        let url = self.text("pages-url").map(str::to_owned);
        if url.as_deref().is_some_and(|url| !is_address(url)) {
            let expected = "should be https://… or http://…, without ? and #";
            return Err(self.refuse("pages-url", expected));
        }
        let address: SocketAddr = match self.text("pages-listen") {
            None | Some("none") => return Ok(None),
            Some(_) => match self.parse("pages-listen", "should be IP:PORT, or none")? {
                Some(address) => address,
                None => return Ok(None),
            },
        };
        let is_safe = address.ip().to_canonical().is_loopback()
            || network == Network::Regtest
            || url.as_deref().is_some_and(|url| url.starts_with("https://"));
        if !is_safe {
            let expected = "others than this machine could connect, and codes that pay out would go over the wire for \
                            all to read: put it behind a proxy that speaks https and name that in pages-url";
            return Err(self.refuse("pages-listen", expected));
        }
        Ok(Some(PagesDoor { address, url }))
    }
}

/// Whether other addresses can be made by adding to it.
fn is_address(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"?#\"'<>\\@".contains(&byte);
    let has_host = |rest: &str| !rest.is_empty() && !rest.starts_with('/');
    rest.is_some_and(has_host) && url.len() <= MAX_URL && url.bytes().all(is_plain)
}
