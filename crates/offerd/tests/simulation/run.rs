//! Living through seeds.

use std::any::Any;
use std::fmt::Write as _;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use offerd_testkit::Trace;

use crate::bug::Bug;
use crate::check::{Invariant, Violation, violations};
use crate::disk;
use crate::town::Town;

/// So much happens in a town before it all ends.
const STEPS: usize = 20;

/// Failures that are listed.
const LISTED: usize = 5;

/// What became of a town.
#[derive(Debug)]
pub(crate) struct Fate {
    /// What was broken, in words.
    pub(crate) verdict: Result<(), String>,
    /// The promises that were broken.
    pub(crate) broken: Vec<Invariant>,
    pub(crate) lines: u64,
    pub(crate) digest: u64,
    /// Payments that arrived.
    pub(crate) paid: u64,
    /// Processes that died at a call.
    pub(crate) deaths: u64,
}

/// Lives through one seed, alone in its thread.
pub(crate) fn live(seed: u64, bug: Option<Bug>, prints: bool) -> Fate {
    in_a_thread(async {
        let trace = Trace::new(prints);
        let mut town = Town::new(seed, bug, trace.clone()).await;
        for _ in 0..STEPS {
            town.step().await;
        }
        town.end().await;
        let found = violations(&town);
        fate(town, &trace, &found)
    })
}

/// Lives a life whose time stands still while anything moves, and sees to it that nothing of it is left.
pub(crate) fn in_a_thread(life: impl Future<Output = Fate>) -> Fate {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let held = disk::in_use();
    let fate = runtime.block_on(life);
    drop(runtime);
    assert_eq!(disk::in_use(), held, "somebody still holds a store");
    fate
}

/// What became of a town in which everything has ended, with all that was found wrong.
pub(crate) fn fate(town: Town, trace: &Trace, found: &[Violation]) -> Fate {
    let mut broken: Vec<_> = found.iter().map(|violation| violation.0).collect();
    broken.sort_unstable();
    broken.dedup();
    let verdict = match found {
        [] => Ok(()),
        found => Err(found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
    };
    let (lines, digest) = trace.digest();
    let paid = town.processes().flat_map(|process| process.payments());
    let paid = paid.filter(|payment| payment.is_paid()).count() as u64;
    let deaths = town.deaths;
    town.close();
    Fate { verdict, broken, lines, digest, paid, deaths }
}

/// What became of many.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) seeds: u64,
    pub(crate) paid: u64,
    pub(crate) deaths: u64,
    /// Seeds that failed, and how.
    pub(crate) failures: Vec<(u64, String)>,
}

impl Outcome {
    /// The failures, each with the line that replays it.
    pub(crate) fn report(&self) -> String {
        let mut text = format!("{} of {} seeds fail\n", self.failures.len(), self.seeds);
        for (seed, verdict) in self.failures.iter().take(LISTED) {
            // Writing into a string does not fail.
            let _ = write!(
                text,
                "\nseed {seed}: {verdict}\n  SIM_SEED={seed} cargo test -p offerd --test simulation \
                 replay -- --exact --ignored --nocapture\n"
            );
        }
        text
    }
}

/// Lives through all these seeds, on every core.
pub(crate) fn failing_seeds(seeds: Range<u64>, life: impl Fn(u64) -> Fate + Sync) -> Outcome {
    let outcome = Mutex::new(Outcome::default());
    any_seed(seeds, |seed| {
        let fate = catch_unwind(AssertUnwindSafe(|| life(seed)));
        let mut outcome = outcome.lock().unwrap();
        outcome.seeds += 1;
        let verdict = match fate {
            Ok(fate) => {
                outcome.paid += fate.paid;
                outcome.deaths += fate.deaths;
                fate.verdict
            }
            Err(panic) => Err(panic_text(&*panic)),
        };
        outcome.failures.extend(verdict.err().map(|verdict| (seed, verdict)));
        false
    });
    outcome.into_inner().unwrap()
}

/// Whether this is so of any of these seeds, which are tried on every core until one is found.
pub(crate) fn any_seed(seeds: Range<u64>, is_so: impl Fn(u64) -> bool + Sync) -> bool {
    let (next, found) = (AtomicU64::new(seeds.start), AtomicBool::new(false));
    let work = || {
        while !found.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return;
            }
            if is_so(seed) {
                found.store(true, Ordering::Relaxed);
            }
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..cores).for_each(|_| drop(scope.spawn(work))));
    found.into_inner()
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}
