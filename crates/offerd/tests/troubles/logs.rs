//! A log that cannot be written, and one that would fill the disk.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::pair::{Pair, Role};
use crate::town::{Daemon, text};

/// What a daemon said on its standard error.
fn said(dir: &Path) -> String {
    fs::read_to_string(dir.with_extension("log")).unwrap()
}

#[test]
fn a_log_without_room_is_told_of_once_by_name_and_payments_go_on() {
    let mut pair = Pair::new();
    pair.replace(Role::Shop, |dir| Daemon::start(dir, &["--log-file", "/dev/full"]));
    for label in ["one", "two"] {
        let order = json!({ "bolt11": pair.offer(), "label": label, "retry_for": 20 });
        pair.until_done("pay", &order, None);
    }
    let code = pair.payout(&json!({ "amount": "100sat", "description": "withdrawal" }));
    pair.until_done("sendinvoice", &json!({ "invreq": code, "label": "mine" }), None);
    pair.ledgers_are_equal("with a full log");
    let told = said(&pair.dir(Role::Shop));
    let about: Vec<&str> = told.lines().filter(|line| line.contains("log-file")).collect();
    assert_eq!(about.len(), 1, "{told}");
    let named = "offerd: log-file: /dev/full: No space left on device";
    assert!(about[0].starts_with(named), "{told}");
}

#[test]
fn a_log_of_everything_stays_within_its_bound_and_payments_go_on() {
    const MOST: u64 = 1_048_576;
    let mut pair = Pair::new();
    let (log, aside) = (pair.dir(Role::Shop).join("log"), pair.dir(Role::Shop).join("log.1"));
    pair.replace(Role::Shop, |dir| {
        let log = dir.join("log");
        let bound = ["--log-max-mib", "1", "--log-level", "trace", "--log-file", text(&log)];
        Daemon::start(dir, &bound)
    });
    let mut number = 0;
    while !aside.exists() {
        assert!(number < 60, "{} is short: {:?}", log.display(), fs::metadata(&log));
        number += 1;
        let label = format!("cup {number}");
        let order = json!({ "bolt11": pair.offer(), "label": label, "retry_for": 20 });
        pair.until_done("pay", &order, None);
    }
    for file in [&log, &aside] {
        let length = fs::metadata(file).unwrap().len();
        assert!(length <= MOST, "{}: {length}", file.display());
    }
    pair.ledgers_are_equal("after a long log");
}
