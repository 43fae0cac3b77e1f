//! A node and where it is, as people write it.

use bolt1::PublicKey;

use super::node_control::PeerAddress;

const DEFAULT_PORT: u16 = 9735;

/// `id` or `id@host:port`.
pub(crate) fn read(text: &str) -> Option<(PublicKey, Option<PeerAddress>)> {
    let (id, at) = match text.split_once('@') {
        Some((id, at)) => (id, Some(at)),
        None => (text, None),
    };
    let node = bolt1::decode_point(&hex::decode(id).ok()?).ok()?;
    match at {
        None => Some((node, None)),
        Some(at) => Some((node, Some(address(at, None)?))),
    }
}

/// `host`, `host:port`, `[v6]` or `[v6]:port`.
pub(super) fn address(text: &str, port: Option<u16>) -> Option<PeerAddress> {
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
    fn a_node_is_read_with_and_without_its_address() {
        let id = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
        let node = bolt1::decode_point(&hex::decode(id).unwrap()).unwrap();
        assert_eq!(read(id), Some((node, None)));
        let at = PeerAddress { host: "lsp.example".to_owned(), port: 9735 };
        assert_eq!(read(&format!("{id}@lsp.example")), Some((node, Some(at))));
        for text in ["", "@lsp.example", "02", &format!("{id}@"), &format!("{id}@a:0")] {
            assert_eq!(read(text), None, "{text}");
        }
    }

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
