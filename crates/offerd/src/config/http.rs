//! Options about the HTTP door.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use bitcoin::Network;

use super::ConfigError;
use super::reader::Reader;
use crate::http::TlsFiles;

/// Where HTTP is served when nobody says otherwise.
const PORT: u16 = 9737;

/// The door by which programs call over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpDoor {
    /// Where it is.
    pub address: SocketAddr,
    /// The certificate; always there when others than this machine can connect.
    pub tls: Option<TlsFiles>,
}

impl Reader<'_> {
    /// The door; `None` for none. Relative paths of files begin in `dir`.
    pub(super) fn http(
        &self,
        network: Network,
        dir: &Path,
    ) -> Result<Option<HttpDoor>, ConfigError> {
        let usual = if network == Network::Regtest { 0 } else { PORT };
        let address = match self.text("http-listen") {
            Some("none") => return Ok(None),
            Some(text) => address(text)
                .ok_or_else(|| self.refuse("http-listen", "should be IP:PORT, a port, or none"))?,
            None => (Ipv4Addr::LOCALHOST, usual).into(),
        };
        let file = |name| self.text(name).map(|path| dir.join(PathBuf::from(path)));
        let tls = match (file("http-tls-cert"), file("http-tls-key")) {
            (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key }),
            (None, None) => None,
            (Some(_), None) => {
                return Err(self.refuse("http-tls-cert", "needs http-tls-key as well"));
            }
            (None, Some(_)) => {
                return Err(self.refuse("http-tls-key", "needs http-tls-cert as well"));
            }
        };
        if tls.is_none() && !address.ip().to_canonical().is_loopback() {
            let expected = "others than this machine could connect: set http-tls-cert and \
                            http-tls-key as well, or listen on 127.0.0.1 behind a proxy";
            return Err(self.refuse("http-listen", expected));
        }
        Ok(Some(HttpDoor { address, tls }))
    }
}

/// An address, or a port of this machine alone.
fn address(text: &str) -> Option<SocketAddr> {
    let port = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    text.parse().ok().or_else(|| text.parse().ok().map(port))
}
