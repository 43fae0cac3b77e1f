//! What nodes and network know.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use bolt1::{Msat, PublicKey};
use offerd_core::port::{InboundMessage, NodeEvent, NodeEvents, PayRefused, PaymentFailure};
use rand::{RngCore as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use secp256k1::{All, Secp256k1, SecretKey};

use super::FakeNode;
use super::fault::{Call, Moment};
use super::ledger::{Htlc, MintedInvoice};
use super::weather::Weather;

/// Whether others can find a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// By its node id alone.
    Announced,
    /// Only over paths that it hands out, through announced nodes.
    Unannounced,
}

/// Nodes, and what travels between them. Copies are the same network.
#[derive(Clone)]
pub struct FakeNetwork {
    pub(super) state: Arc<Mutex<State>>,
}

impl FakeNetwork {
    /// What every node has in the beginning: 1 000 000 sat.
    pub const BALANCE: Msat = match Msat::from_sat(1_000_000) {
        Some(balance) => balance,
        None => Msat::ZERO,
    };

    /// A network without nodes. All its keys and other random bytes come from `seed`.
    pub fn new(seed: u64) -> Self {
        let state = State {
            secp: Secp256k1::new(),
            rng: ChaCha20Rng::seed_from_u64(seed),
            stations: Vec::new(),
            queue: VecDeque::new(),
            minted: Vec::new(),
            htlcs: Vec::new(),
            losing: 0,
            doubling: 0,
            messages_sent: 0,
            weather: Weather::default(),
            late: Vec::new(),
            overheard: VecDeque::new(),
            waiting_for_traffic: Vec::new(),
            parted: Vec::new(),
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// One more node. It is down until it is started.
    pub fn node(&self, reach: Reach) -> FakeNode {
        let mut state = self.lock();
        let secret_key = state.secret_key();
        let id = PublicKey::from_secret_key(&state.secp, &secret_key);
        state.stations.push(Station::new(id, secret_key, reach));
        FakeNode { state: Arc::clone(&self.state), id }
    }

    /// Ends the connection of two nodes, until they are joined or one of them is told to stay connected to the other.
    pub fn part(&self, one: &FakeNode, other: &FakeNode) {
        self.lock().parted.push((one.id(), other.id()));
    }

    /// Connects two nodes again.
    pub fn join(&self, one: &FakeNode, other: &FakeNode) {
        self.lock().join(one.id(), other.id());
    }

    /// The next `count` onion messages are lost on the way.
    pub fn lose_messages(&self, count: u32) {
        self.lock().losing = count;
    }

    /// The next `count` onion messages arrive twice.
    pub fn double_messages(&self, count: u32) {
        self.lock().doubling = count;
    }

    /// How many onion messages were sent so far, lost ones too.
    pub fn messages_sent(&self) -> u64 {
        self.lock().messages_sent
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for FakeNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeNetwork").finish_non_exhaustive()
    }
}

/// Everything.
pub(super) struct State {
    pub(super) secp: Secp256k1<All>,
    rng: ChaCha20Rng,
    pub(super) stations: Vec<Station>,
    /// Events on their way, and for whom.
    pub(super) queue: VecDeque<(PublicKey, NodeEvent)>,
    pub(super) minted: Vec<MintedInvoice>,
    pub(super) htlcs: Vec<Htlc>,
    pub(super) losing: u32,
    pub(super) doubling: u32,
    pub(super) messages_sent: u64,
    pub(super) weather: Weather,
    /// Messages that will come later.
    pub(super) late: Vec<(PublicKey, InboundMessage)>,
    /// The newest messages that arrived somewhere.
    pub(super) overheard: VecDeque<(PublicKey, InboundMessage)>,
    pub(super) waiting_for_traffic: Vec<Waker>,
    /// Nodes that would be peers, and are not.
    parted: Vec<(PublicKey, PublicKey)>,
}

impl State {
    /// The node of this id, which is one of the network's own.
    pub(super) fn station(&mut self, id: PublicKey) -> &mut Station {
        self.find_station(&id).expect("a FakeNode belongs to its network")
    }

    /// The node of this id, if there is one.
    pub(super) fn find_station(&mut self, id: &PublicKey) -> Option<&mut Station> {
        self.stations.iter_mut().find(|station| station.id == *id)
    }

    /// Connects two nodes that were parted.
    pub(super) fn join(&mut self, one: PublicKey, other: PublicKey) {
        self.parted.retain(|pair| *pair != (one, other) && *pair != (other, one));
    }

    /// Whether two nodes are connected.
    pub(super) fn are_peers(&self, one: &PublicKey, other: &PublicKey) -> bool {
        if self.parted.contains(&(*one, *other)) || self.parted.contains(&(*other, *one)) {
            return false;
        }
        let is_announced = |id: &PublicKey| {
            self.stations.iter().any(|station| station.id == *id && station.is_announced())
        };
        is_announced(one) || is_announced(other)
    }

    /// Announced nodes that are up and connected to this one, the oldest first.
    pub(super) fn announced_peers(&self, of: &PublicKey) -> Vec<PublicKey> {
        let here = |station: &&Station| station.is_announced() && station.is_up();
        let peers = self.stations.iter().filter(here).map(|station| station.id);
        peers.filter(|id| id != of && self.are_peers(of, id)).collect()
    }

    pub(super) fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    pub(super) fn secret_key(&mut self) -> SecretKey {
        let bytes = self.bytes();
        SecretKey::from_slice(&bytes).expect("all but a few of 2^256 byte strings are keys")
    }
}

/// A node.
pub(super) struct Station {
    pub(super) id: PublicKey,
    pub(super) secret_key: SecretKey,
    reach: Reach,
    /// Where its events go; `None` while it is down.
    pub(super) events: Option<Arc<dyn NodeEvents>>,
    /// Events that could not be delivered, or were not handled.
    pub(super) waiting: Vec<NodeEvent>,
    /// Whether an event was not handled in this run.
    pub(super) stalled: bool,
    /// Events that were handled and may come again.
    pub(super) handled: Vec<NodeEvent>,
    pub(super) balance: Msat,
    pub(super) known_payments: Vec<[u8; 32]>,
    pub(super) holds_payments: bool,
    pub(super) next_failure: Option<PaymentFailure>,
    pub(super) next_refusal: Option<PayRefused>,
    pub(super) crash_at: Option<(Call, Moment)>,
}

impl Station {
    fn new(id: PublicKey, secret_key: SecretKey, reach: Reach) -> Self {
        Self {
            id,
            secret_key,
            reach,
            events: None,
            waiting: Vec::new(),
            stalled: false,
            handled: Vec::new(),
            balance: FakeNetwork::BALANCE,
            known_payments: Vec::new(),
            holds_payments: false,
            next_failure: None,
            next_refusal: None,
            crash_at: None,
        }
    }

    pub(super) fn is_announced(&self) -> bool {
        self.reach == Reach::Announced
    }
}
