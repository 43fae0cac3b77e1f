//! The option about receivers of events.

use bitcoin::Network;
use reqwest::Url;

use super::ConfigError;
use super::reader::Reader;

impl Reader<'_> {
    /// Where events are sent.
    pub(super) fn webhooks(&self, network: Network) -> Result<Vec<Url>, ConfigError> {
        let name = "webhook";
        let mut urls: Vec<Url> = Vec::new();
        for text in self.texts(name) {
            let url: Url = text.parse().map_err(|_| {
                self.refuse(name, "should be https://… or, on this machine, http://…")
            })?;
            if !is_safe(&url, network) {
                let expected = "should be https://…: what happens here would go over the wire for all to read; \
                                http://… is for 127.0.0.1, ::1 and localhost";
                return Err(self.refuse(name, expected));
            }
            if urls.contains(&url) {
                return Err(self.refuse(name, "names the same address twice"));
            }
            urls.push(url);
        }
        Ok(urls)
    }
}

fn is_safe(url: &Url, network: Network) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_here = host == "localhost"
        || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback());
    match url.scheme() {
        "https" => true,
        "http" => is_here || network == Network::Regtest,
        _ => false,
    }
}
