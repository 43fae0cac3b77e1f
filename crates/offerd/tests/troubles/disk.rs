//! A disk that is full. It is made so for one process alone: no file of it may be longer than a byte, and writing more
//! is an error instead of its end.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::client::attempt;
use crate::pair::{Pair, Role};
use crate::town::{Daemon, command, text};
use crate::{begin, run};

/// Starts a daemon whose disk can be made full. Its log goes through a pipe, as to the journal: on a full disk too.
fn start(dir: &Path) -> Daemon {
    let daemon = command(&["run", "--dir", text(dir)]);
    let script = "trap '' XFSZ; mkfifo \"$0\" && { cat \"$0\" >&2 & } && exec \"$@\" 2>\"$0\"";
    let mut shell = Command::new("sh");
    shell.args(["-c", script, text(&dir.with_extension("pipe"))]).arg(daemon.get_program());
    shell.args(daemon.get_args()).env("HOME", "/nonexistent");
    Daemon::start_as(dir, shell)
}

/// Nothing more can be written, or everything again.
fn set_full(daemon: &Daemon, full: bool) {
    let limit = if full { "--fsize=1:unlimited" } else { "--fsize=unlimited:unlimited" };
    run("prlimit", &["--pid", &daemon.pid(), limit]);
}

fn count(dir: &Path, method: &str, list: &str) -> usize {
    let rows = attempt(dir, method, &json!({})).unwrap().unwrap();
    rows[list].as_array().unwrap().len()
}

#[test]
fn a_promise_that_cannot_be_written_is_not_given_and_the_reason_is_told() {
    let mut pair = Pair::new();
    pair.replace(Role::Shop, start);
    let dir = pair.dir(Role::Shop);
    set_full(pair.of(Role::Shop), true);
    for (method, params, listed, list) in [
        ("offerout", json!(["100sat", "withdrawal"]), "listpayouts", "payouts"),
        ("offer", json!(["100sat", "tea"]), "listoffers", "offers"),
        ("invoice", json!(["100sat", "label", "tea"]), "listinvoices", "invoices"),
    ] {
        let (code, message) = attempt(&dir, method, &params).unwrap().unwrap_err();
        assert_eq!(code, -1, "{method}: {message}");
        assert!(message.contains("nothing was written"), "{method}: {message}");
        assert_eq!(count(&dir, listed, list), 0);
    }
    set_full(pair.of(Role::Shop), false);
    let code = pair.payout(&json!({ "amount": "100sat", "description": "withdrawal" }));
    pair.until_done("sendinvoice", &json!({ "invreq": code, "label": "mine" }), None);
    pair.ledgers_are_equal("after a full disk");
}

fn order(pair: &Pair) -> Value {
    json!({ "bolt11": pair.offer(), "label": "coffee", "retry_for": 20 })
}

#[test]
fn a_payer_whose_disk_is_full_pays_nothing_says_so_and_pays_once_when_there_is_room() {
    let mut pair = Pair::new();
    pair.replace(Role::Customer, start);
    let (order, dir) = (order(&pair), pair.dir(Role::Customer));
    set_full(pair.of(Role::Customer), true);
    let (code, message) = attempt(&dir, "pay", &order).unwrap().unwrap_err();
    assert!(code == -1 && message.contains("nothing was written"), "{code} {message}");
    set_full(pair.of(Role::Customer), false);
    pair.until_done("pay", &order, None);
    assert_eq!(count(&dir, "listpays", "pays"), 1);
    pair.ledgers_are_equal("after a full disk");
}

#[test]
fn a_payee_whose_disk_is_full_takes_nothing_stops_with_the_reason_and_is_paid_once_afterwards() {
    let mut pair = Pair::new();
    pair.replace(Role::Shop, start);
    let order = order(&pair);
    set_full(pair.of(Role::Shop), true);
    let paying = begin(&pair.dir(Role::Customer), "pay", order.clone());
    let log = pair.revive(Role::Shop);
    let reason = log.lines().find(|line| line.starts_with("offerd: ")).unwrap_or(&log);
    assert!(reason.starts_with("offerd: the node has stopped: "), "{reason}");
    assert!(reason.contains("cannot write"), "{reason}");
    // Whoever pays does not hear that it has failed: nobody knew.
    let outcome = paying.join().unwrap().unwrap();
    assert!(outcome.is_ok(), "{outcome:?}");
    pair.until_done("pay", &order, None);
    pair.ledgers_are_equal("after a full disk");
    let paid = pair.of(Role::Shop).call("listinvoices", json!({}));
    assert_eq!(paid["invoices"].as_array().unwrap().len(), 1);
}
