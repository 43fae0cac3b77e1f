//! What the layer needs to know of node and network.

use async_trait::async_trait;
use bolt1::{PublicKey, ShortChannelId};
use lightning::ln::msgs::SocketAddress;

/// What only the node knows. All but `connect` is called while LDK handles messages: it must be quick, and must
/// not call the `PeerManager`.
#[async_trait]
pub(crate) trait PeerDirectory: Send + Sync {
    /// Whether we are announced with an address, so that others find us by our node id alone.
    fn is_announced(&self) -> bool;

    /// Whether we have a channel with `peer`.
    fn has_channel(&self, peer: &PublicKey) -> bool;

    /// The other end of a channel of ours, by its `short_channel_id` or any alias of it.
    fn channel_peer(&self, scid: ShortChannelId) -> Option<PublicKey>;

    /// Connects to `node` at one of `addresses`, which come from its announcement, and returns when LDK has the
    /// connection ready (after the exchange of `init`) or with the reason why not. Must end by itself.
    ///
    /// # Errors
    /// The reason, in words.
    async fn connect(&self, node: PublicKey, addresses: Vec<SocketAddress>) -> Result<(), String>;

    /// From now on calls these nodes again when they are away, although there is no channel with them, and no longer
    /// those that were named before.
    fn stay_connected(&self, nodes: Vec<PublicKey>);
}

/// What the network has announced.
pub(crate) trait Graph: Send + Sync {
    /// Whether `node` is announced as forwarding onion messages.
    fn forwards_messages(&self, node: &PublicKey) -> bool;

    /// The two ends of an announced channel, `node_id_1` first.
    fn channel_ends(&self, scid: ShortChannelId) -> Option<[PublicKey; 2]>;

    /// Nodes with an announced channel to `node` that are announced as forwarding onion messages, those with most
    /// channels first.
    fn neighbours(&self, node: &PublicKey) -> Vec<PublicKey>;

    /// Where `node` says it can be reached.
    fn addresses(&self, node: &PublicKey) -> Vec<SocketAddress>;

    /// The shortest way to `to` that begins with one of the peers `from` and goes over nodes that forward onion
    /// messages: the peer first, `to` itself not included. `None` when there is none within reason.
    fn route(&self, from: &[PublicKey], to: &PublicKey) -> Option<Vec<PublicKey>>;
}

/// Whether an address is on the public internet. Names are not taken as such, since they may lead anywhere.
pub(crate) fn is_public(address: &SocketAddress) -> bool {
    match address {
        SocketAddress::TcpIpV4 { addr, .. } => is_public_v4((*addr).into()),
        SocketAddress::TcpIpV6 { addr, .. } => is_public_v6((*addr).into()),
        SocketAddress::OnionV3 { .. } => true,
        SocketAddress::OnionV2(_) | SocketAddress::Hostname { .. } => false,
    }
}

fn is_public_v4(address: std::net::Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    let shared = first == 100 && (64..128).contains(&second); // RFC 6598
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || shared
        || first == 0
        || first >= 240)
}

fn is_public_v6(address: std::net::Ipv6Addr) -> bool {
    match address.to_ipv4_mapped() {
        Some(mapped) => is_public_v4(mapped),
        // Global unicast is 2000::/3; 2002::/16 and 2001::/32 carry IPv4 addresses, 2001:db8::/32 is for documents.
        None => match address.segments() {
            [0x2002, ..] | [0x2001, 0 | 0x0db8, ..] => false,
            [first, ..] => first & 0xe000 == 0x2000,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_count_as_public() {
        let public = |text: &str| is_public(&text.parse().unwrap());
        for address in ["1.2.3.4:1", "[2606:4700::1111]:1", "172.32.0.1:1", "100.128.0.1:1"] {
            assert!(public(address), "{address}");
        }
        for address in [
            "127.0.0.1:1",
            "10.0.0.1:1",
            "172.16.0.1:1",
            "192.168.1.1:1",
            "169.254.169.254:80",
            "100.64.0.1:1",
            "0.0.0.0:1",
            "255.255.255.255:1",
            "[::1]:1",
            "[::]:1",
            "[fe80::1]:1",
            "[fc00::1]:1",
            "[::ffff:10.0.0.1]:1",
            "[2002:0a00:0001::1]:1",
            "[2001:db8::1]:1",
            "localhost:1",
            "example.com:1",
        ] {
            assert!(!public(address), "{address}");
        }
    }
}
