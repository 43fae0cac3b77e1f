//! Real daemons in trouble that is not theirs: a disk that is full, a log that fills it, a database that somebody else holds,
//! a clock that jumps, more events than anybody takes. They say what is wrong, and when it is over nothing is lost and nothing was done twice.
#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "shared/client.rs"]
mod client;
#[path = "troubles/clock.rs"]
mod clock;
#[path = "troubles/disk.rs"]
mod disk;
#[path = "troubles/flood.rs"]
mod flood;
#[path = "troubles/held.rs"]
mod held;
#[path = "troubles/logs.rs"]
mod logs;
#[path = "deaths/pair.rs"]
mod pair;
#[path = "shared/town.rs"]
mod town;
#[path = "shared/until.rs"]
mod until;
#[path = "shared/visitor.rs"]
mod visitor;

use std::path::Path;
use std::process::Command;
use std::thread::{self, JoinHandle};

use client::{Refusal, attempt};
use serde_json::Value;

/// What comes of a call: nothing where the connection broke.
type Outcome = Option<Result<Value, Refusal>>;

/// A call on a thread of its own.
fn begin(dir: &Path, method: &'static str, params: Value) -> JoinHandle<Outcome> {
    let dir = dir.to_owned();
    thread::spawn(move || attempt(&dir, method, &params).ok())
}

/// Runs a small program that must do well.
fn run(program: &str, words: &[&str]) {
    let status = Command::new(program).args(words).status().unwrap();
    assert!(status.success(), "{program} {words:?}: {status}");
}
