//! `connect`

use bolt1::PublicKey;
use offerd_api::ErrorObject;

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::node_control::PeerAddress;
use crate::rpc::params::Args;
use crate::rpc::view;

const DEFAULT_PORT: u16 = 9735;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let (peer, address) = read(&args)?;
    view::json(api.node.connect(peer, address).await?)
}

fn read(args: &Args) -> Result<(PublicKey, Option<PeerAddress>), ErrorObject> {
    let (id, host): (String, Option<String>) = (args.need("id")?, args.get("host")?);
    let port: Option<u64> = args.get("port")?;
    let (id, inline) = match id.split_once('@') {
        Some((id, inline)) => (id.to_owned(), Some(inline.to_owned())),
        None => (id, None),
    };
    let bad_id = || {
        ErrorObject::parameter(
            "id",
            "should be a node id (33 bytes in hexadecimal), or id@host:port",
        )
    };
    let bytes = hex::decode(&id).map_err(|_| bad_id())?;
    let peer = bolt1::decode_point(&bytes).map_err(|_| bad_id())?;
    if inline.is_some() && host.is_some() {
        return Err(ErrorObject::parameter("host", "given twice, in id as well"));
    }
    let port = port.map(u16::try_from).transpose().ok().flatten();
    let address = match (inline, host) {
        (Some(inline), _) => Some(address(&inline, port).ok_or_else(bad_id)?),
        (None, Some(host)) => Some(
            address(&host, port)
                .ok_or_else(|| ErrorObject::parameter("host", "should be a host, or host:port"))?,
        ),
        (None, None) => None,
    };
    Ok((peer, address))
}

/// `host`, `host:port`, `[v6]` or `[v6]:port`.
fn address(text: &str, port: Option<u16>) -> Option<PeerAddress> {
    let (host, inline) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) })
        }
        None if text.matches(':').count() > 1 => (text, None),
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let inline = inline.map(str::parse::<u16>).transpose().ok()?;
    let port = inline.or(port).unwrap_or(DEFAULT_PORT);
    let usable = !host.is_empty() && !host.contains(char::is_whitespace) && port != 0;
    usable.then(|| PeerAddress { host: host.to_owned(), port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_every_usual_form() {
        for (text, host, port) in [
            ("127.0.0.1", "127.0.0.1", 9735),
            ("127.0.0.1:1", "127.0.0.1", 1),
            ("example.org:65535", "example.org", 65535),
            ("::1", "::1", 9735),
            ("[::1]", "::1", 9735),
            ("[::1]:7", "::1", 7),
        ] {
            let expected = PeerAddress { host: host.to_owned(), port };
            assert_eq!(address(text, None), Some(expected), "{text}");
        }
        for text in ["", ":1", "a:b", "a:65536", "a:0", "[::1", "[::1]7", "a b"] {
            assert_eq!(address(text, None), None, "{text}");
        }
    }
}
