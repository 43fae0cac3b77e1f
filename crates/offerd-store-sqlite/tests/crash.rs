//! The process dies between any two instructions: what was committed is there, and nothing is half there.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use offerd_core::port::{KeyValueStore as _, Page, Store as _};
use offerd_core::{Batch, Effect, Event};
use offerd_store_sqlite::SqliteStore;
use offerd_testkit::sample;

/// Tells the child its file.
const FILE: &str = "OFFERD_CRASH_TEST_FILE";

/// What the child prints after its `n`th commit has returned.
const COMMITTED: &str = "committed ";

/// The child: commits until it is killed. Run by the other test only.
#[test]
#[ignore = "run by a_commit_survives_the_death_of_its_process"]
fn child() {
    let Some(file) = std::env::var_os(FILE) else { return };
    let store = SqliteStore::open(Path::new(&file)).expect("open");
    let first = store.next_payout_row().expect("next").0;
    for row in first.. {
        let payout = sample::payout(row);
        let claim = sample::claim(row, &payout);
        let batch = Batch {
            effects: vec![Effect::Pay(claim.id)],
            events: vec![Event::PayoutCreated(payout), Event::PaymentStarted(claim)],
        };
        store.commit(&batch).expect("commit");
        store.write("monitors", "", "latest", &row.to_be_bytes()).expect("write");
        let mut out = std::io::stdout().lock();
        writeln!(out, "\n{COMMITTED}{row}").and_then(|()| out.flush()).expect("say so");
    }
}

/// Lets a child commit at least `count` times, kills it, and gives the last row that it said was committed.
fn kill_after(count: u32, file: &Path) -> u32 {
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "child", "--ignored", "--nocapture"])
        .env(FILE, file)
        .stdout(Stdio::piped())
        .spawn()
        .expect("start the child");
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut rows = lines.filter_map(|line| line.ok()?.strip_prefix(COMMITTED)?.parse::<u32>().ok());
    rows.by_ref().nth(count as usize - 1).expect("so many commits");
    child.kill().expect("kill the child");
    let last = rows.last();
    let status = child.wait().expect("the end of the child");
    assert!(!status.success(), "it was killed, not finished");
    // The pipe may hold lines that were written before the kill.
    last.unwrap_or(count)
}

#[test]
fn a_commit_survives_the_death_of_its_process() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("offerd.sqlite");
    let mut expected = 0;
    for count in [1, 7, 40] {
        let said = kill_after(count, &file).max(expected);
        let store = SqliteStore::open(&file).expect("open after the crash");
        let payouts = store.payouts(Page::ALL).expect("payouts");
        let payments = store.payments(Page::ALL).expect("payments");
        let outbox = store.outbox().expect("outbox");
        let found = u32::try_from(payouts.len()).expect("few");
        assert!(found >= said, "{said} commits had returned, {found} are there");
        assert_eq!(payments.len(), payouts.len(), "half a batch");
        assert_eq!(outbox.len(), payouts.len(), "half a batch");
        let value = store.read("monitors", "", "latest").expect("read").expect("it was written");
        assert!(u32::from_be_bytes(value.try_into().expect("4 bytes")) >= said);
        for ((row, (payout, payment)), entry) in
            (1..).zip(payouts.iter().zip(&payments)).zip(&outbox)
        {
            let expected = sample::payout(row);
            assert_eq!(payment.row, sample::claim(row, &expected));
            assert_eq!(payout.row, expected);
            assert_eq!(entry.effect, Effect::Pay(payment.row.id));
        }
        expected = found;
    }
}
