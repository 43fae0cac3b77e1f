//! Living through seeds.

use std::any::Any;
use std::fmt::Write as _;
use std::ops::Range;
use std::panic::catch_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use offerd_testkit::Trace;

use crate::bug::Bug;
use crate::check::{Invariant, Violation, violations};
use crate::listed::listed;
use crate::town::Town;
use crate::{disk, stipends, years};

/// So much happens in a town before it all ends.
const STEPS: usize = 20;

/// Failures that are listed.
const LISTED: usize = 5;

/// After so many seeds is said how far it is.
const TOLD: u64 = 10_000;

listed! {
    /// What is lived through.
    Story {
        /// A short life in which anything may happen.
        Town,
        /// Promises that are kept period by period.
        Stipends,
        /// Subscriptions through months and years.
        Years,
    }
}

impl Story {
    /// The story of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|story| format!("{story:?}") == name)
    }

    /// Lives through one seed of it.
    pub(crate) fn live(self, seed: u64, bug: Option<Bug>, prints: bool) -> Fate {
        match self {
            Self::Town => live(seed, bug, prints),
            Self::Stipends => stipends::live(seed, bug, prints),
            Self::Years => years::live(seed, bug, prints),
        }
    }

    /// Lives through so many seeds, or through those that the environment names, of which the long stories take one in
    /// twenty.
    pub(crate) fn live_through(self, unless_told: u64) -> Outcome {
        let first = crate::number("SIM_FIRST").unwrap_or(0);
        let share = if self == Self::Town { 1 } else { 20 };
        let seeds = crate::number("SIM_SEEDS").map_or(unless_told, |seeds| seeds / share);
        let outcome = failing_seeds(self, first..first + seeds);
        let Outcome { seeds, paid, deaths, .. } = outcome;
        println!("{self:?}: {seeds} seeds from {first} on, {paid} payments, {deaths} deaths");
        outcome
    }
}

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
#[derive(Debug)]
pub(crate) struct Outcome {
    story: Story,
    pub(crate) seeds: u64,
    pub(crate) paid: u64,
    pub(crate) deaths: u64,
    /// Seeds that failed, and how.
    pub(crate) failures: Vec<(u64, String)>,
}

impl Outcome {
    fn of(story: Story) -> Self {
        Self { story, seeds: 0, paid: 0, deaths: 0, failures: Vec::new() }
    }

    /// The failures, each with the line that replays it.
    pub(crate) fn report(&self) -> String {
        let mut text = format!("{} of {} seeds fail\n", self.failures.len(), self.seeds);
        for (seed, verdict) in self.failures.iter().take(LISTED) {
            // Writing into a string does not fail.
            let _ = write!(text, "\n{}", self.failure(*seed, verdict));
        }
        text
    }

    fn failure(&self, seed: u64, verdict: &str) -> String {
        let story = self.story;
        format!(
            "seed {seed}: {verdict}\n  SIM_STORY={story:?} SIM_SEED={seed} cargo test -p offerd --test \
             simulation replay -- --exact --ignored --nocapture\n"
        )
    }

    /// One more seed. A failure is said at once, and now and then how far it is: a long run may not come to its end.
    fn note(&mut self, seed: u64, verdict: Result<(), String>) {
        self.seeds += 1;
        if let Err(verdict) = verdict {
            eprintln!("{}", self.failure(seed, &verdict));
            self.failures.push((seed, verdict));
        }
        if self.seeds.is_multiple_of(TOLD) {
            eprintln!("{:?}: {} seeds, {} fail", self.story, self.seeds, self.failures.len());
        }
    }
}

/// Lives through all these seeds, on every core.
fn failing_seeds(story: Story, seeds: Range<u64>) -> Outcome {
    let outcome = Mutex::new(Outcome::of(story));
    any_seed(seeds, |seed| {
        let fate = catch_unwind(|| story.live(seed, None, false));
        let mut outcome = outcome.lock().unwrap();
        let verdict = match fate {
            Ok(fate) => {
                outcome.paid += fate.paid;
                outcome.deaths += fate.deaths;
                fate.verdict
            }
            Err(panic) => Err(panic_text(&*panic)),
        };
        outcome.note(seed, verdict);
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

#[test]
fn a_failure_is_told_with_the_line_that_replays_it() {
    let mut outcome = Outcome::of(Story::Years);
    outcome.note(6, Ok(()));
    outcome.note(7, Err("PaidTwice: twice".to_owned()));
    let told = outcome.report();
    assert!(told.starts_with("1 of 2 seeds fail\n\nseed 7: PaidTwice: twice\n"), "{told}");
    assert!(told.contains("SIM_STORY=Years SIM_SEED=7 cargo test"), "{told}");
    assert!(Story::ALL.iter().all(|story| Story::named(&format!("{story:?}")) == Some(*story)));
}
