//! A town of daemons in memory: a shop, its customers and a liar, over a network that loses, doubles and delays,
//! with clocks that jump and processes that die between any two calls.
//!
//! The daemons are the shipped driver over the shipped SQLite store; only the Lightning node under them is a fake.
//! Time is tokio's and stands still while anything moves, everything runs in one thread, and all chance comes from
//! one number, the seed: a run that fails can be had again by it.
//!
//! `SIM_SEEDS` sets the number of seeds, `SIM_FIRST` the first of them. A long run says how far it is, and what fails.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "each place here cares about a few events of many"
)]

mod bug;
mod call;
mod check;
mod customers;
mod disk;
mod liar;
mod listed;
mod market;
mod process;
mod proof;
mod run;
mod shop;
mod stipends;
mod town;
mod withdrawals;
mod years;

use run::{Fate, Story, live};

/// How many seeds are run where nobody says otherwise.
const SEEDS: u64 = 2_000;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.replace('_', "").parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

#[test]
fn whatever_goes_wrong_in_whatever_order_the_promises_about_money_hold() {
    let outcome = Story::Town.live_through(SEEDS);
    assert!(outcome.failures.is_empty(), "{}", outcome.report());
    assert!(outcome.paid > outcome.seeds, "too gentle or too rough: {outcome:?}");
    assert!(2 * outcome.deaths > outcome.seeds, "hardly anybody dies any more: {outcome:?}");
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in [1, 2, 1_000_003] {
        let runs = [(); 2].map(|()| live(seed, None, false));
        let [once, again] = runs.map(|fate: Fate| (fate.lines, fate.digest));
        assert_eq!(once, again, "seed {seed}");
        assert!(once.0 > 100, "seed {seed}: hardly anything happened");
    }
    assert_ne!(live(1, None, false).digest, live(2, None, false).digest);
}

/// Run by hand, with the line that a failure prints.
#[test]
#[ignore = "needs the seed of a failure in SIM_SEED"]
fn replay() {
    let Some(seed) = number("SIM_SEED") else { return };
    let story = std::env::var("SIM_STORY").map_or(Story::Town, |it| Story::named(&it).unwrap());
    let bug = std::env::var("SIM_BUG").ok().map(|name| bug::Bug::named(&name).unwrap());
    let log = tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).without_time();
    log.with_writer(std::io::stderr).with_ansi(false).init();
    let fate = story.live(seed, bug, true);
    assert!(fate.verdict.is_ok(), "seed {seed}: {}", fate.verdict.unwrap_err());
}
