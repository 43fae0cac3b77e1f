//! A daemon that dies and comes again.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bolt1::{Seconds, Timestamp};
use offerd::driver::{Clock, Driver, Entropy, Ports};
use offerd_core::keys::Keys;
use offerd_core::payment::OutgoingPayment;
use offerd_core::payout::Payout;
use offerd_core::port::{Indexed, Page, PortError, Store as _};
use offerd_core::receipt::Receipt;
use offerd_core::{Batch, Policy};
use offerd_store_sqlite::SqliteStore;
use offerd_testkit::{
    FakeNode, FakeRates, GuardedStore, Life, MortalNode, SeededEntropy, StoreGuard, Trace, sample,
};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::bug::Bug;
use crate::disk::Disk;
use crate::withdrawals::Withdrawals;

/// A wall clock that goes with tokio's, but for its jumps. Copies are the same clock.
#[derive(Clone, Debug)]
pub(crate) struct WallClock {
    began: Instant,
    jumped: Arc<AtomicI64>,
}

impl WallClock {
    pub(crate) fn new(began: Instant) -> Self {
        Self { began, jumped: Arc::default() }
    }

    /// It is now so many seconds later than it should be, or earlier.
    pub(crate) fn jump_to(&self, seconds: i64) {
        self.jumped.store(seconds, Ordering::Relaxed);
    }
}

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        let right = sample::NOW.plus(Seconds(self.began.elapsed().as_secs()));
        Timestamp(right.0.saturating_add_signed(self.jumped.load(Ordering::Relaxed)))
    }
}

struct Chance(SeededEntropy);

impl Entropy for Chance {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), PortError> {
        self.0.fill(bytes);
        Ok(())
    }
}

/// What there is of a daemon while it does not run.
#[derive(Debug)]
pub(crate) struct Remains {
    pub(crate) name: &'static str,
    pub(crate) node: FakeNode,
    pub(crate) disk: Arc<Disk>,
    pub(crate) clock: WallClock,
    pub(crate) policy: Policy,
    pub(crate) trace: Trace,
    pub(crate) withdrawals: Withdrawals,
    pub(crate) rates: FakeRates,
    pub(crate) bug: Option<Bug>,
}

/// A daemon that runs, or has just died.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) node: FakeNode,
    pub(crate) driver: Arc<Driver>,
    pub(crate) clock: WallClock,
    pub(crate) life: Life,
    store: Arc<GuardedStore<SqliteStore>>,
    workers: [JoinHandle<()>; 2],
    remains: Remains,
}

impl Process {
    /// Starts on what is on the disk; `chance` decides about what the death before has left there.
    pub(crate) fn start(remains: Remains, chance: u64) -> Self {
        let Remains { name, ref node, ref disk, ref clock, ref policy, ref trace, bug, .. } =
            remains;
        let life = Life::new(name, node.clone(), trace.clone());
        let lost = if bug == Some(Bug::DiskLies) { 2 } else { 0 };
        let store = disk.open(chance, lost);
        let withdrawals = remains.withdrawals.clone();
        withdrawals.start(&rows(store.payouts(Page::ALL).unwrap()));
        let guard = Guard { life: life.clone(), disk: disk.clone(), withdrawals, bug };
        let store = Arc::new(GuardedStore::new(store, Arc::new(guard)));
        let mortal = MortalNode::new(node.clone(), life.clone(), bug.and_then(Bug::of_node));
        let port = Arc::new(mortal.clone());
        let ports = Ports {
            store: store.clone(),
            onion: port.clone(),
            payer: port.clone(),
            issuer: port,
            rates: Arc::new(remains.rates.clone()),
            clock: Arc::new(clock.clone()),
            entropy: Arc::new(Chance(SeededEntropy::new(chance))),
        };
        let policy = match bug {
            Some(bug) => bug.policy(policy.clone()),
            None => policy.clone(),
        };
        let driver = Driver::new(ports, Keys::new(&node.secret_key()), policy);
        mortal.start(driver.clone());
        let worker = driver.clone();
        let outbox = tokio::spawn(async move { worker.run_outbox().await });
        let workers = [outbox, tokio::spawn(driver.clone().run_subscriptions())];
        let (node, clock) = (node.clone(), clock.clone());
        Self { node, driver, clock, life, store, workers, remains }
    }

    /// It dies, if it has not.
    pub(crate) fn die(self) -> Remains {
        let ended = self.workers.iter().any(JoinHandle::is_finished);
        assert!(!ended, "{}: a worker has ended", self.remains.name);
        self.life.end();
        self.workers.iter().for_each(JoinHandle::abort);
        self.remains
    }

    /// Which promises it has withdrawn when.
    pub(crate) fn withdrawals(&self) -> &Withdrawals {
        &self.remains.withdrawals
    }

    /// Its source of rates.
    pub(crate) fn rates(&self) -> &FakeRates {
        &self.remains.rates
    }

    /// What it takes a price of a bitcoin for.
    pub(crate) fn misreads(&self, dollars: u64) -> u64 {
        if self.remains.bug == Some(Bug::RateMisread) { 2 * dollars } else { dollars }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.remains.name
    }

    /// What is on record, read past the guard.
    pub(crate) fn records(&self) -> &SqliteStore {
        self.store.unguarded()
    }

    pub(crate) fn payments(&self) -> Vec<OutgoingPayment> {
        rows(self.records().payments(Page::ALL).unwrap())
    }

    pub(crate) fn receipts(&self) -> Vec<Receipt> {
        rows(self.records().receipts(Page::ALL).unwrap())
    }

    pub(crate) fn payouts(&self) -> Vec<Payout> {
        rows(self.records().payouts(Page::ALL).unwrap())
    }
}

fn rows<T>(indexed: Vec<Indexed<T>>) -> Vec<T> {
    indexed.into_iter().map(|indexed| indexed.row).collect()
}

/// Lets a process die around each write, and within it.
struct Guard {
    life: Life,
    disk: Arc<Disk>,
    withdrawals: Withdrawals,
    bug: Option<Bug>,
}

impl StoreGuard for Guard {
    fn read(&self) -> Result<(), PortError> {
        self.life.check()
    }

    fn write(
        &self,
        what: &str,
        act: &mut dyn FnMut() -> Result<(), PortError>,
    ) -> Result<(), PortError> {
        self.life.pass(&format_args!("before writing {what}"))?;
        let began = self.disk.begin();
        act()?;
        self.withdrawals.written();
        if let Err(error) = self.life.pass(&format_args!("within writing {what}")) {
            self.disk.tear(began);
            return Err(error);
        }
        self.life.pass(&format_args!("after writing {what}"))
    }

    fn batch<'a>(&self, batch: &'a Batch) -> Cow<'a, Batch> {
        self.withdrawals.write(batch);
        match self.bug {
            Some(bug) => bug.batch(batch),
            None => Cow::Borrowed(batch),
        }
    }

    fn notes_what_was_done(&self) -> bool {
        self.bug.is_none_or(Bug::notes_what_was_done)
    }

    fn payout(&self, payout: Payout) -> Payout {
        match self.bug {
            Some(bug) => bug.payout(payout),
            None => payout,
        }
    }

    fn claims(&self, claims: Vec<OutgoingPayment>) -> Vec<OutgoingPayment> {
        match self.bug {
            Some(bug) => bug.claims(claims),
            None => claims,
        }
    }
}
