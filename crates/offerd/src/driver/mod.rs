//! The driver: takes what the node and our callers say, asks the core to decide, commits, performs.
//!
//! Every decision that changes something is read, made and committed under one lock, so no two of them can
//! contradict each other; what a commit owes is performed afterwards from the store's outbox, so a crash in
//! between loses nothing. What is to be decided does not live here, nor what is said over RPC.

mod answer;
mod audit;
mod beside;
mod bolt11;
mod call_error;
mod fail_step;
mod failpoint;
mod fetch;
mod invoices;
mod log;
mod messages;
mod offers;
mod outbox;
mod pages;
mod pay;
mod payouts;
pub(crate) mod progress;
mod rates;
mod reach;
mod receive;
mod redeem;
mod renegotiate;
mod replace;
mod runes;
mod send_invoice;
mod series;
mod subscribers;
mod subscriptions;
mod tally;
mod waits;
mod warning;
mod world;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bolt1::PublicKey;
use offerd_core::keys::{KeyPurpose, Keys};
use offerd_core::limits::{Limits, Rate};
use offerd_core::port::{
    InvoiceIssuer, InvoicePayer, MessageContent, OnionTransport, PortError, Rates, Store,
};
use offerd_core::receipt::{BesideWindow, InvoiceWindow};
use offerd_core::{Batch, Event, Policy};
use tokio::sync::{Notify, Semaphore, broadcast, mpsc, watch};
use tokio::time::Instant;

pub use bolt11::Bolt11Made;
pub use call_error::{Attempt, CallError, Step};
pub use fetch::FetchOutcome;
pub use invoices::{ListedInvoice, answer_label};
pub use offers::{OfferMade, OfferRequest};
pub use pages::{OrderState, RedeemState, Touched};
pub use pay::{PayCall, PayOutcome};
pub use payouts::PayoutMade;
pub use reach::Renewed;
pub use runes::{KnownRune, Outlay, RuneRefusal, RuneUse};
pub use send_invoice::Redeemed;
pub use series::SeriesCall;
pub use subscriptions::Subscribed;
pub use tally::{Counts, Figure};
pub use warning::Warning;
pub use world::{Clock, Entropy, OsEntropy, SystemClock};

/// The parts of the world that the driver works with.
#[derive(Clone)]
pub struct Ports {
    /// Offers, payouts, payments, receipts.
    pub store: Arc<dyn Store + Send + Sync>,
    /// Onion messages.
    pub onion: Arc<dyn OnionTransport>,
    /// Payments of ours.
    pub payer: Arc<dyn InvoicePayer>,
    /// Payments to us.
    pub issuer: Arc<dyn InvoiceIssuer>,
    /// What bitcoin costs.
    pub rates: Arc<dyn Rates>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// Runs the business: one per daemon, shared by all that call it.
pub struct Driver {
    ports: Ports,
    keys: Keys,
    policy: Policy,
    /// Held while a decision is read, made and committed.
    deciding: tokio::sync::Mutex<()>,
    memory: Mutex<Memory>,
    /// Counts commits; whoever waits for a change looks again when it moves.
    commits: watch::Sender<u64>,
    /// What each commit, and each invoice sent, was about: for those who show one record.
    touched: broadcast::Sender<Touched>,
    /// Woken when the outbox has something new.
    work: Notify,
    /// Woken when the time of a subscription may have come, or a payment has ended.
    schedule: Notify,
    /// Places for calls that wait.
    waiters: Semaphore,
    runes: runes::RuneBook,
    tally: tally::Tally,
}

/// What is kept in memory only and may be lost.
struct Memory {
    window: InvoiceWindow<PublicKey>,
    /// Invoices of BOLT 11 that pages show beside offers.
    beside: BesideWindow,
    limits: Limits<PublicKey>,
    /// Requests of ours that wait for an answer, by the secret of their reply path.
    waiting: BTreeMap<Vec<u8>, mpsc::Sender<MessageContent>>,
}

/// Unpaid invoices that are remembered.
const WINDOW_ENTRIES: usize = 10_000;
/// Bytes of them.
const WINDOW_BYTES: usize = 64 << 20;
/// Requests that one peer may hand us.
const PEER_RATE: Rate = Rate { burst: 40, per_second: 20 };
/// Requests from all peers together.
const TOTAL_RATE: Rate = Rate { burst: 400, per_second: 200 };
/// Peers whose rate is watched at a time.
const WATCHED_PEERS: usize = 1024;

impl Driver {
    /// A driver that has not begun to work: start [`Driver::run_outbox`] beside it once the node is up.
    pub fn new(ports: Ports, keys: Keys, policy: Policy) -> Arc<Self> {
        let memory = Memory {
            window: InvoiceWindow::new(WINDOW_ENTRIES, WINDOW_BYTES),
            beside: BesideWindow::new(beside::MOST_BESIDE),
            limits: Limits::new(PEER_RATE, TOTAL_RATE, WATCHED_PEERS),
            waiting: BTreeMap::new(),
        };
        let runes = runes::RuneBook::new(&keys);
        Arc::new(Self {
            ports,
            keys,
            policy,
            deciding: tokio::sync::Mutex::new(()),
            memory: Mutex::new(memory),
            commits: watch::Sender::new(0),
            touched: broadcast::Sender::new(pages::REMEMBERED),
            work: Notify::new(),
            schedule: Notify::new(),
            waiters: Semaphore::new(waits::MOST_WAITING),
            runes,
            tally: tally::Tally::default(),
        })
    }

    /// The operator's bounds.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What events for webhooks are signed with where the operator has said nothing else: 32 bytes, made from the seed.
    pub fn webhook_secret(&self) -> [u8; 32] {
        self.keys.derive(KeyPurpose::Webhook, &[])
    }

    /// The store, for lists.
    pub fn store(&self) -> &(dyn Store + Send + Sync) {
        &*self.ports.store
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> bolt1::Timestamp {
        self.ports.clock.now()
    }

    /// Commits a batch and wakes whoever waits for a change or has work to do. The caller holds `deciding`.
    fn commit(&self, batch: &Batch) -> Result<(), PortError> {
        if batch.events.is_empty() && batch.effects.is_empty() {
            return Ok(());
        }
        failpoint::steps(batch).for_each(failpoint::before);
        self.ports.store.commit(batch)?;
        failpoint::steps(batch).for_each(failpoint::after);
        self.commits.send_modify(|count| *count = count.wrapping_add(1));
        self.count_batch(batch);
        self.tell_pages(batch);
        let times = |event: &Event| matches!(event, Event::SubscriberChanged { .. });
        if !batch.effects.is_empty() || batch.events.iter().any(times) {
            self.work.notify_one();
        }
        let moves = |event: &Event| {
            matches!(event, Event::SubscriptionChanged { .. } | Event::PaymentEnded { .. })
        };
        if batch.events.iter().any(moves) {
            self.schedule.notify_one();
        }
        Ok(())
    }

    /// Looks for something in the store again after each commit, until it is there or the time is over.
    async fn wait_for<T>(
        &self,
        within: Duration,
        look: impl Fn() -> Result<Option<T>, PortError>,
    ) -> Result<Option<T>, PortError> {
        let mut commits = self.commits.subscribe();
        let found = async {
            loop {
                commits.borrow_and_update();
                if let Some(found) = look()? {
                    return Ok(Some(found));
                }
                if commits.changed().await.is_err() {
                    return Ok(None);
                }
            }
        };
        timeout(within, found).await.unwrap_or(Ok(None))
    }
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ports").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Driver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver").field("keys", &self.keys).finish_non_exhaustive()
    }
}

/// Longer than anybody waits.
const LONGEST_WAIT: Duration = Duration::from_secs(30 * 86_400);

/// The end of a wait that begins now, however long its caller says that he will wait.
fn deadline(within: Duration) -> Instant {
    Instant::now() + within.min(LONGEST_WAIT)
}

/// `future`, or `None` when it takes longer.
async fn timeout<F: Future>(within: Duration, future: F) -> Option<F::Output> {
    tokio::time::timeout(within, future).await.ok()
}
