//! Connections: making them, knowing about them, getting lost ones back.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bolt1::PublicKey;
use lightning::ln::msgs::SocketAddress;
use offerd_core::port::{KeyValueStore, PortError};
use tokio::net::lookup_host;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tracing::{debug, info, warn};

use crate::config::Timing;
use crate::error::ConnectError;
use crate::locks::lock;
use crate::onion::is_public;
use crate::persist::Store;
use crate::socket;
use crate::tasks::stopped;
use crate::types::{Channels, Graph, Peers};

/// How long a peer may take from the call to the end of the handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(15);
/// How long to wait for a peer that may be calling us.
const CROSSING_PAUSE: Duration = Duration::from_millis(500);
/// Calls to one address, while each ends during the handshake.
const MOST_CALLS: usize = 6;
/// Addresses kept for one peer.
const MOST_ADDRESSES: usize = 4;

/// Who is connected.
#[derive(Debug)]
pub(crate) struct PeerWatch {
    connected: watch::Sender<HashSet<PublicKey>>,
    /// How many connections there have been.
    made: AtomicU64,
}

impl PeerWatch {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { connected: watch::Sender::new(HashSet::new()), made: AtomicU64::new(0) })
    }

    /// How many connections there have been: another number says that somebody was away in between.
    pub(crate) fn connections_made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    pub(crate) fn is_connected(&self, node: &PublicKey) -> bool {
        self.connected.borrow().contains(node)
    }

    /// Wakes at each change.
    pub(crate) fn subscribe(&self) -> watch::Receiver<HashSet<PublicKey>> {
        self.connected.subscribe()
    }
}

impl PeerWatch {
    pub(crate) fn peer_disconnected(&self, node: PublicKey) {
        debug!(%node, "peer disconnected");
        self.connected.send_modify(|connected| {
            connected.remove(&node);
        });
    }

    pub(crate) fn peer_connected(&self, node: PublicKey, inbound: bool) {
        debug!(%node, inbound, "peer connected");
        self.made.fetch_add(1, Ordering::Relaxed);
        self.connected.send_modify(|connected| {
            connected.insert(node);
        });
    }
}

const SPACE: (&str, &str) = ("peers", "addresses");

/// Where peers were reached before, newest first.
#[derive(Debug)]
pub(crate) struct PeerBook(pub(crate) Arc<Store>);

impl PeerBook {
    fn addresses(&self, node: &PublicKey) -> Result<Vec<String>, PortError> {
        let Some(bytes) = self.0.read(SPACE, &node.to_string())? else { return Ok(Vec::new()) };
        serde_json::from_slice(&bytes)
            .map_err(|error| PortError::corrupt("a peer's addresses").because(error))
    }

    /// Writes the addresses of a peer that is not in the book yet, before there is a node.
    pub(crate) fn put<V: KeyValueStore + ?Sized>(
        values: &V,
        node: &PublicKey,
        addresses: Vec<String>,
    ) -> Result<(), PortError> {
        let key = node.to_string();
        if addresses.is_empty() || values.read(SPACE.0, SPACE.1, &key)?.is_some() {
            return Ok(());
        }
        let bytes = serde_json::to_vec(&addresses)
            .map_err(|error| PortError::corrupt("a peer's addresses").because(error))?;
        values.write(SPACE.0, SPACE.1, &key, &bytes)
    }

    fn remember(&self, node: &PublicKey, address: &str) -> Result<(), PortError> {
        let known = self.addresses(node).unwrap_or_default();
        if known.first().is_some_and(|first| first == address) {
            return Ok(());
        }
        let others = known.iter().map(String::as_str).filter(|known| *known != address);
        let addresses: Vec<&str> =
            std::iter::once(address).chain(others).take(MOST_ADDRESSES).collect();
        let bytes = serde_json::to_vec(&addresses)
            .map_err(|error| PortError::corrupt("a peer's addresses").because(error))?;
        self.0.write(SPACE, &node.to_string(), &bytes)
    }
}

/// What came of a call.
enum Call {
    /// Both sides have said who they are.
    Answered,
    /// Nobody is there, or does not speak.
    Unanswered,
    /// It was closed during the handshake.
    Ended,
}

/// Makes connections.
pub(crate) struct Connector {
    pub(crate) node_id: PublicKey,
    pub(crate) peers: Arc<Peers>,
    pub(crate) watch: Arc<PeerWatch>,
    pub(crate) book: PeerBook,
    pub(crate) channels: Arc<Channels>,
    pub(crate) graph: Arc<Graph>,
    pub(crate) timing: Timing,
    /// Peers without a channel that are called like those with one.
    pub(crate) also_kept: Mutex<HashSet<PublicKey>>,
    /// Providers of liquidity whose channels are awaited: called like those with a channel.
    pub(crate) providers: Mutex<HashSet<PublicKey>>,
    /// Providers with orders that are open: called like those with a channel.
    pub(crate) sellers: Mutex<HashSet<PublicKey>>,
    /// Peers that introduce us in codes that were handed out: called too, but at other addresses than where they were
    /// reached before only if those are on the public internet, or `private_addresses` holds.
    pub(crate) introductions: Mutex<HashSet<PublicKey>>,
    /// Whether this is a closed network.
    pub(crate) private_addresses: bool,
    /// Woken when somebody else is to be called.
    pub(crate) wanted: Notify,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}

impl Connector {
    /// Connects to `node` at `address` (`host:port`), or where it was last reached or is announced. Returns when
    /// both sides have said who they are.
    pub(crate) async fn connect(
        &self,
        node: PublicKey,
        address: Option<&str>,
    ) -> Result<(), ConnectError> {
        if node == self.node_id {
            return Err(ConnectError::Ourselves);
        }
        if self.watch.is_connected(&node) {
            return Ok(());
        }
        let addresses = match address {
            Some(address) => vec![address.to_owned()],
            None => self.known_addresses(&node),
        };
        self.connect_at(node, addresses).await
    }

    async fn connect_at(
        &self,
        node: PublicKey,
        addresses: Vec<String>,
    ) -> Result<(), ConnectError> {
        let mut outcome = Err(ConnectError::NoAddress);
        for address in addresses {
            outcome = self.call(node, &address).await;
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    async fn call(&self, node: PublicKey, address: &str) -> Result<(), ConnectError> {
        let looked_up = lookup_host(address)
            .await
            .map_err(|source| ConnectError::Address { address: address.to_owned(), source })?;
        for socket in looked_up {
            if self.call_at(node, socket).await {
                if let Err(error) = self.book.remember(&node, address) {
                    warn!(%error, "the peer's address could not be kept");
                }
                return Ok(());
            }
        }
        Err(ConnectError::NoAnswer { address: address.to_owned() })
    }

    /// Calls, and calls again where the peer may have called us at the same moment: then both calls can end, for each
    /// side keeps one.
    async fn call_at(&self, node: PublicKey, socket: SocketAddr) -> bool {
        // Each side another pause, or the next calls would cross as well.
        let pause = CROSSING_PAUSE.saturating_mul(1 + u32::from(self.node_id < node));
        for _ in 0..MOST_CALLS {
            match self.call_once(node, socket).await {
                Call::Answered => return true,
                Call::Unanswered => return false,
                Call::Ended if !self.channel_peers().contains(&node) => return false,
                Call::Ended => {}
            }
            let mut connected = self.watch.subscribe();
            let called = connected.wait_for(|connected| connected.contains(&node));
            if tokio::time::timeout(pause, called).await.is_ok_and(|seen| seen.is_ok()) {
                return true;
            }
        }
        false
    }

    async fn call_once(&self, node: PublicKey, at: SocketAddr) -> Call {
        let mut connected = self.watch.subscribe();
        let Some(stream) = socket::call(at).await else { return Call::Unanswered };
        let peers = Arc::clone(&self.peers);
        let connection = tokio::spawn(lightning_net_tokio::setup_outbound(peers, node, stream));
        let answered = tokio::select! {
            biased;
            seen = connected.wait_for(|connected| connected.contains(&node)) => seen.is_ok(),
            _ = connection => self.watch.is_connected(&node),
            () = tokio::time::sleep(HANDSHAKE_TIMEOUT) => return Call::Unanswered,
        };
        if answered { Call::Answered } else { Call::Ended }
    }

    /// Where it was reached before, or says that it is.
    pub(crate) fn known_addresses(&self, node: &PublicKey) -> Vec<String> {
        let announced = self.graph.read_only().get_addresses(node).unwrap_or_default();
        self.addresses_among(node, &announced)
    }

    /// The same for a peer that anybody may have been: what it announces may be meant to make us call a neighbour of ours.
    fn addresses_of_introduction(&self, node: &PublicKey) -> Vec<String> {
        let mut announced = self.graph.read_only().get_addresses(node).unwrap_or_default();
        announced.retain(|address| self.private_addresses || is_public(address));
        self.addresses_among(node, &announced)
    }

    fn addresses_among(&self, node: &PublicKey, announced: &[SocketAddress]) -> Vec<String> {
        let mut addresses = self.book.addresses(node).unwrap_or_default();
        for address in announced.iter().filter_map(dialable) {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        addresses
    }

    /// Calls channel peers that are away, each after a pause that grows, until `stop`.
    pub(crate) async fn keep_connected(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut connected = self.watch.subscribe();
        let mut pauses: HashMap<PublicKey, (Instant, Duration)> = HashMap::new();
        loop {
            let away = self.kept_and_away();
            pauses.retain(|node, _| away.contains(node));
            let now = Instant::now();
            for node in away {
                let (due, pause) = pauses.entry(node).or_insert((now, self.timing.reconnect_min));
                if *due > now {
                    continue;
                }
                *due = now.checked_add(*pause).unwrap_or(now);
                *pause = pause.saturating_mul(2).min(self.timing.reconnect_max);
                let connector = Arc::clone(&self);
                tokio::spawn(async move {
                    match connector.connect_again(node).await {
                        Ok(()) => info!(%node, "connected again"),
                        Err(error) => debug!(%node, %error, "not connected"),
                    }
                });
            }
            let next = pauses.values().map(|(due, _)| *due).min();
            let longest = now.checked_add(self.timing.reconnect_max).unwrap_or(now);
            tokio::select! {
                () = stopped(&mut stop) => return,
                changed = connected.changed() => if changed.is_err() { return },
                () = self.wanted.notified() => {}
                () = tokio::time::sleep_until(next.unwrap_or(longest)) => {}
            }
        }
    }

    /// Those that are called when they are away, and call us.
    fn channel_peers(&self) -> HashSet<PublicKey> {
        let channels = self.channels.list_channels();
        let peers = channels.iter().map(|channel| channel.counterparty.node_id);
        let kept = lock(&self.also_kept).clone();
        let providers = lock(&self.providers).clone();
        let sellers = lock(&self.sellers).clone();
        peers.chain(kept).chain(providers).chain(sellers).collect()
    }

    async fn connect_again(&self, node: PublicKey) -> Result<(), ConnectError> {
        if self.channel_peers().contains(&node) {
            return self.connect(node, None).await;
        }
        self.connect_at(node, self.addresses_of_introduction(&node)).await
    }

    fn kept_and_away(&self) -> HashSet<PublicKey> {
        let mut peers = self.channel_peers();
        peers.extend(lock(&self.introductions).iter().copied());
        peers.retain(|node| !self.watch.is_connected(node));
        peers
    }

    /// From now on these peers are called again as well when they are away: they introduce us in codes of ours.
    pub(crate) fn keep_introductions(&self, peers: Vec<PublicKey>) {
        let peers: HashSet<_> = peers.into_iter().collect();
        let changed = std::mem::replace(&mut *lock(&self.introductions), peers.clone()) != peers;
        if changed {
            self.wanted.notify_one();
        }
    }

    /// From now on these peers are called again as well when they are away: they are to open channels to us.
    pub(crate) fn keep_providers(&self, more: HashSet<PublicKey>) {
        lock(&self.providers).extend(more);
        self.wanted.notify_one();
    }

    /// From now on these peers are called again as well when they are away: orders with them, and with no others, are
    /// open.
    pub(crate) fn keep_sellers(&self, peers: HashSet<PublicKey>) {
        let changed = std::mem::replace(&mut *lock(&self.sellers), peers.clone()) != peers;
        if changed {
            self.wanted.notify_one();
        }
    }

    /// From now on these peers are called again as well when they are away, and no others without a channel.
    pub(crate) fn also_keep(&self, peers: HashSet<PublicKey>) {
        *lock(&self.also_kept) = peers;
    }
}

/// `host:port`, for addresses that can be called without a proxy.
pub(crate) fn dialable(address: &SocketAddress) -> Option<String> {
    match address {
        SocketAddress::TcpIpV4 { .. }
        | SocketAddress::TcpIpV6 { .. }
        | SocketAddress::Hostname { .. } => Some(address.to_string()),
        SocketAddress::OnionV2(_) | SocketAddress::OnionV3 { .. } => None,
    }
}
