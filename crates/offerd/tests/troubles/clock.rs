//! Clocks that jump under running daemons: those of whole processes, the `lightning` crates included. It takes
//! `libfaketime`; where that is not installed, the tests say so and do nothing, unless `OFFERD_TESTS_REQUIRE_FAKETIME`
//! is set. `driver/clocks.rs` has the same for nodes in memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::client::refusal;
use crate::pair::{Pair, Role};
use crate::town::{Daemon, command, text};
use crate::until::until;
use crate::{begin, run};

/// With this set, a missing library is a failure.
const REQUIRED: &str = "OFFERD_TESTS_REQUIRE_FAKETIME";
/// Where systems keep it.
const PLACES: [&str; 4] =
    ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];

fn library() -> Option<PathBuf> {
    let places = PLACES.iter().map(|place| Path::new(place).join("faketime/libfaketimeMT.so.1"));
    let found = places.into_iter().find(|path| path.exists());
    if found.is_none() {
        let may_be_missing = std::env::var_os(REQUIRED).is_none_or(|value| value.is_empty());
        assert!(may_be_missing, "libfaketime is not installed");
        eprintln!("NOT TESTED: libfaketime is not installed");
    }
    found
}

/// A pair one of which has a clock that can be set.
struct Clocked {
    pair: Pair,
    /// How far ahead it is.
    ahead: PathBuf,
}

impl Clocked {
    fn new(who: Role, library: &Path) -> Self {
        let mut pair = Pair::new();
        let ahead = pair.dir(who).with_extension("clock");
        fs::write(&ahead, "+0").unwrap();
        pair.replace(who, |dir| {
            let mut command = command(&["run", "--dir", text(dir)]);
            command.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", &ahead);
            command.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
            Daemon::start_as(dir, command)
        });
        Self { pair, ahead }
    }

    /// Sets the clock: seconds ahead of what it is, or behind. It is there at once, all of it.
    fn jump(&self, seconds: i64) {
        let fresh = self.ahead.with_extension("new");
        fs::write(&fresh, format!("{seconds:+}")).unwrap();
        fs::rename(fresh, &self.ahead).unwrap();
    }
}

const DAY: i64 = 86_400;
/// Either way: a day, and as far as a clock that has lost its battery.
const JUMPS: [i64; 4] = [DAY, -DAY, 3_650 * DAY, -3_650 * DAY];

/// What a node thinks that the time is.
fn now(node: &Daemon) -> i64 {
    let params = json!({ "amount_msat": "any", "label": fresh(), "description": "", "expiry": 60 });
    node.call("invoice", params)["expires_at"].as_i64().unwrap() - 60
}

/// A label that was not there before.
fn fresh() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("number {}", NEXT.fetch_add(1, Ordering::Relaxed))
}

fn status(node: &Daemon, list: &str, name: &str, label: &str) -> Option<String> {
    let rows = node.call(list, json!({}));
    let row = rows[name].as_array().unwrap().iter().find(|row| row["label"] == label)?;
    row["status"].as_str().map(str::to_owned)
}

#[test]
fn a_payer_s_clock_that_jumps_while_a_payment_is_on_its_way_changes_nothing() {
    let Some(library) = library() else { return };
    let clocked = Clocked::new(Role::Customer, &library);
    let (shop, customer) = (clocked.pair.of(Role::Shop), clocked.pair.of(Role::Customer));
    for jump in JUMPS {
        let label = format!("{jump}");
        let invoice = shop.call("invoice", json!(["100sat", label, "tea"]))["bolt11"].clone();
        // The shop does not answer any more, and so the payment is on its way.
        run("kill", &["-STOP", &shop.pid()]);
        let order = json!({ "bolt11": invoice, "label": label, "retry_for": 60 });
        let paying = begin(&customer.dir, "pay", order);
        let pending = || (status(customer, "listpays", "pays", &label)? == "pending").then_some(());
        until("the payment is on its way", pending);
        let right = now(customer);
        clocked.jump(jump);
        assert!((now(customer) - right - jump).abs() < 1_000, "the clock was to jump");
        assert_eq!(status(customer, "listpays", "pays", &label).as_deref(), Some("pending"));
        run("kill", &["-CONT", &shop.pid()]);
        let paid = paying.join().unwrap().unwrap().unwrap();
        assert_eq!(paid["status"], "complete", "{jump}");
        clocked.jump(0);
        clocked.pair.ledgers_are_equal(&label);
    }
}

#[test]
fn a_payee_s_clock_that_jumps_sends_back_what_is_late_by_it_and_says_so_until_it_is_right_again() {
    let Some(library) = library() else { return };
    let clocked = Clocked::new(Role::Shop, &library);
    let (shop, customer) = (clocked.pair.of(Role::Shop), clocked.pair.of(Role::Customer));
    for jump in JUMPS {
        let label = format!("{jump}");
        let invoice =
            shop.call("invoice", json!(["100sat", label, "tea", 3_600]))["bolt11"].clone();
        clocked.jump(jump);
        let state = status(shop, "listinvoices", "invoices", &label);
        assert_eq!(state.as_deref(), Some(if jump > 0 { "expired" } else { "unpaid" }), "{jump}");
        let order = json!({ "bolt11": invoice, "label": label, "retry_for": 20 });
        if jump > 0 {
            let (code, message) = refusal(&customer.dir, "pay", order.clone());
            assert_eq!(code, 203, "{message}");
            clocked.jump(0);
        }
        let paid = customer.call("pay", order);
        assert_eq!(paid["status"], "complete", "{jump}");
        clocked.jump(0);
        clocked.pair.ledgers_are_equal(&label);
    }
}

#[test]
fn a_daemon_whose_clock_is_wrong_at_its_start_starts_and_has_everything_when_it_is_right_again() {
    let Some(library) = library() else { return };
    let mut clocked = Clocked::new(Role::Shop, &library);
    let params = json!({ "bolt11": clocked.pair.offer(), "label": "before" });
    clocked.pair.until_done("pay", &params, None);
    for jump in JUMPS {
        clocked.jump(jump);
        let ahead = clocked.ahead.clone();
        clocked.pair.replace(Role::Shop, |dir| {
            let mut command = command(&["run", "--dir", text(dir)]);
            command.env("LD_PRELOAD", &library).env("FAKETIME_TIMESTAMP_FILE", &ahead);
            command.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
            Daemon::start_as(dir, command)
        });
        let listed: Value = clocked.pair.of(Role::Shop).call("listinvoices", json!({}));
        assert!(listed["invoices"].as_array().unwrap().iter().any(|it| it["status"] == "paid"));
        clocked.jump(0);
        let params = json!({ "bolt11": clocked.pair.offer(), "label": format!("after {jump}") });
        clocked.pair.until_done("pay", &params, None);
        clocked.pair.ledgers_are_equal(&format!("{jump}"));
    }
}
