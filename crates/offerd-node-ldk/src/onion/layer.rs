//! The layer itself: its parts, its clock, and the loop that keeps it moving.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bolt1::PublicKey;
use lightning::sign::EntropySource;
use offerd_core::port::InboundMessage;
use secp256k1::{All, Secp256k1, SecretKey};
use tokio::sync::{Notify, mpsc};

use super::counts::Traffic;
use super::drops::{Dropped, Drops};
use super::peers::Peers;
use super::{Dialling, Graph, MessageCounts, MessageLimits, PathShape, PeerDirectory};

/// Least time between two flushes that nobody asked for: a peer whose connection is busy is not asked in vain
/// all the time.
const LEAST_WAIT: Duration = Duration::from_millis(50);

/// Time since some fixed moment, never running backwards.
pub(crate) trait Clock: Send + Sync {
    /// How long ago that moment is.
    fn now(&self) -> Duration;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemClock(Instant);

impl Default for SystemClock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Who we are.
#[derive(Clone)]
pub(crate) struct Identity {
    /// The node key.
    pub(crate) secret: SecretKey,
    /// Randomness for the keys of messages and paths.
    pub(crate) entropy: Arc<dyn EntropySource + Send + Sync>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}

/// What its owner sets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bounds {
    /// How much is let in and kept.
    pub(crate) limits: MessageLimits,
    /// For whom connections are opened.
    pub(crate) dialling: Dialling,
    /// How our paths look.
    pub(crate) shape: PathShape,
}

/// Our onion messages; see the [module](super) for how it is wired.
pub(crate) struct OnionLayer {
    pub(super) secp: Secp256k1<All>,
    pub(super) identity: Identity,
    pub(super) our_id: PublicKey,
    pub(super) directory: Arc<dyn PeerDirectory>,
    pub(super) graph: Arc<dyn Graph>,
    pub(super) limits: MessageLimits,
    pub(super) dialling: Dialling,
    pub(super) shape: PathShape,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) inbox: mpsc::Sender<InboundMessage>,
    pub(super) drops: Drops,
    pub(super) traffic: Traffic,
    pub(super) wake: Notify,
    peers: Mutex<Peers>,
}

impl OnionLayer {
    /// A layer without peers, and the channel on which the messages for us arrive.
    pub(crate) fn new(
        identity: Identity,
        directory: Arc<dyn PeerDirectory>,
        graph: Arc<dyn Graph>,
        bounds: Bounds,
        clock: Arc<dyn Clock>,
    ) -> (Arc<Self>, mpsc::Receiver<InboundMessage>) {
        let Bounds { limits, dialling, shape } = bounds;
        let secp = Secp256k1::new();
        let our_id = identity.secret.public_key(&secp);
        let (inbox, arrivals) = mpsc::channel(limits.inbox.max(1));
        let peers = Mutex::new(Peers::new(limits.clone()));
        let layer = Self {
            secp,
            identity,
            our_id,
            directory,
            graph,
            limits,
            dialling,
            shape,
            clock,
            inbox,
            drops: Drops::default(),
            traffic: Traffic::default(),
            wake: Notify::new(),
            peers,
        };
        (Arc::new(layer), arrivals)
    }

    /// Calls `flush`, which must make LDK ask for queued messages (`peer_manager.process_events()`), each time
    /// that there may be one to hand out: at once for new ones, later for those that a peer's pace holds back.
    /// Never returns.
    pub(crate) async fn drive(&self, flush: impl Fn() + Send) {
        loop {
            let queued = self.wake.notified();
            match self.next_flush() {
                None => queued.await,
                Some(wait) => {
                    tokio::select! {
                        () = queued => {}
                        () = tokio::time::sleep(wait.max(LEAST_WAIT)) => {}
                    }
                }
            }
            flush();
        }
    }

    /// How long until a message that waits may be handed out; `None` when none waits.
    pub(crate) fn next_flush(&self) -> Option<Duration> {
        let ready_at = self.peers().ready_at()?;
        Some(ready_at.saturating_sub(self.clock.now()))
    }

    /// What went through so far, and what was dropped.
    pub(crate) fn counts(&self) -> MessageCounts {
        self.traffic.counts(self.drops.counts())
    }

    /// The connected peers that take onion messages, in order of their ids.
    pub(crate) fn capable_peers(&self) -> Vec<PublicKey> {
        self.peers().capable()
    }

    /// Held for moments only, never while the directory, the graph or LDK is called.
    pub(super) fn peers(&self) -> MutexGuard<'_, Peers> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn random_key(&self) -> SecretKey {
        loop {
            let bytes = self.identity.entropy.get_secure_random_bytes();
            if let Ok(key) = SecretKey::from_slice(&bytes) {
                return key;
            }
        }
    }

    pub(super) fn note_drop(&self, reason: Dropped) {
        tracing::debug!(?reason, "onion message dropped");
        self.drops.count(reason);
    }
}

impl fmt::Debug for OnionLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnionLayer").field("our_id", &self.our_id).finish_non_exhaustive()
    }
}
