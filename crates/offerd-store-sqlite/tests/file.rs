//! The file: what is kept, who may open it, and what happens when it is not what it should be.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use offerd_core::change::{ChangeKind, Subject, Subsystem};
use offerd_core::port::{Page, PortErrorKind, Store};
use offerd_core::subscriber::{Subscriber, SubscriberChange, SubscriberState};
use offerd_core::{Batch, Event, OfferRow};
use offerd_store_sqlite::SqliteStore;
use offerd_testkit::contract::store::{Snapshot, fill};
use offerd_testkit::sample;
use rusqlite::Connection;
use tempfile::TempDir;

struct Place {
    dir: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("a directory") }
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("offerd.sqlite")
    }

    fn open(&self) -> SqliteStore {
        SqliteStore::open(&self.file()).expect("open")
    }

    /// A file with one of everything, not open.
    fn filled() -> Self {
        let place = Self::new();
        fill(&place.open());
        place
    }

    /// What somebody else does to the file.
    fn tamper(&self, sql: &str) {
        let db = Connection::open(self.file()).expect("open");
        // Whoever damages a file does not ask its rules either.
        db.execute_batch(&format!(
            "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; {sql}"
        ))
        .expect("tamper");
    }
}

fn refused(path: &Path, kind: PortErrorKind, says: &str) {
    let error = SqliteStore::open(path).expect_err("it should not open");
    assert_eq!(error.kind, kind, "{error}");
    assert!(error.to_string().contains(says), "{error}");
}

#[test]
fn what_was_committed_is_there_when_the_file_is_opened_again() {
    let place = Place::new();
    let store = place.open();
    fill(&store);
    let before = Snapshot::of(&store);
    drop(store);
    assert_eq!(Snapshot::of(&place.open()), before);
}

#[test]
fn numbers_go_on_after_the_file_was_opened_again() {
    let place = Place::filled();
    let store = place.open();
    let rows = (
        store.next_offer_row().expect("next").0,
        store.next_payout_row().expect("next").0,
        store.next_invoice_row().expect("next").0,
    );
    assert_eq!(rows, (3, 4, 3));
    let last = store.outbox().expect("outbox").pop().expect("something is owed");
    store.effect_done(last.id).expect("done");
    drop(store);
    let store = place.open();
    store.commit(&Batch::default().and_then(last.effect)).expect("commit");
    assert!(store.outbox().expect("outbox").pop().expect("owed again").id > last.id);
}

#[test]
fn the_file_and_its_log_are_for_the_owner_alone() {
    let place = Place::new();
    let _store = place.open();
    let files: Vec<_> = fs::read_dir(place.dir.path()).expect("list").collect();
    assert!(files.len() >= 2, "the file and its log");
    for file in files {
        let mode = file.expect("entry").metadata().expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_file_that_others_could_read_is_taken_back() {
    let place = Place::filled();
    fs::set_permissions(place.file(), fs::Permissions::from_mode(0o644)).expect("chmod");
    let _store = place.open();
    let mode = fs::metadata(place.file()).expect("metadata").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_file_that_is_open_cannot_be_opened_again() {
    let place = Place::new();
    let store = place.open();
    refused(&place.file(), PortErrorKind::Unavailable, "another process has the file open");
    fill(&store);
    refused(&place.file(), PortErrorKind::Unavailable, "another process has the file open");
    drop(store);
    place.open();
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let place = Place::filled();
    place.tamper("PRAGMA user_version = 999");
    refused(&place.file(), PortErrorKind::Rejected, "its schema has version 999");
    place.tamper("PRAGMA user_version = 6");
    assert_eq!(place.open().offers(Page::ALL).expect("offers").len(), 2);
}

#[test]
fn a_database_of_another_program_is_refused_and_left_alone() {
    let place = Place::new();
    place.tamper("CREATE TABLE recipes (name TEXT)");
    refused(&place.file(), PortErrorKind::Rejected, "another program");
    place.tamper("INSERT INTO recipes VALUES ('soup')");
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let place = Place::new();
    let letter = "Dear reader, ".repeat(100);
    fs::write(place.file(), &letter).expect("write");
    refused(&place.file(), PortErrorKind::Corrupt, "restore it from a backup");
    assert_eq!(fs::read_to_string(place.file()).expect("read"), letter);
}

#[test]
fn a_file_in_no_directory_is_refused() {
    let place = Place::new();
    let path = place.dir.path().join("missing/offerd.sqlite");
    refused(&path, PortErrorKind::Unavailable, "missing/offerd.sqlite");
}

#[test]
fn a_damaged_row_is_named_and_not_believed() {
    let damage = [
        (
            "UPDATE offers SET arguments_key = x'00' WHERE row = 1",
            "table offers, row 1, column arguments_key",
        ),
        ("UPDATE offers SET tags = '[1]' WHERE row = 1", "table offers, row 1, column tags"),
        (
            "UPDATE offer_encodings SET bytes = x'0102' WHERE id = 1",
            "table offer_encodings, id 1, column bytes",
        ),
        ("UPDATE offer_encodings SET offer_id = zeroblob(32) WHERE id = 1", "column offer_id"),
        ("DELETE FROM offer_encodings WHERE id = 1", "no encoding"),
        (
            "UPDATE payouts SET offer_id = zeroblob(32) WHERE row = 2",
            "table payouts, row 2, column offer_id",
        ),
        (
            "UPDATE payouts SET invreq_id = NULL WHERE row = 2",
            "table payouts, row 2, column invreq_id",
        ),
        ("UPDATE payouts SET state = 'ready' WHERE row = 2", "table payouts, row 2, column state"),
        ("UPDATE payouts SET amount_msat = 2100000000000000001 WHERE row = 2", "all the bitcoin"),
        (
            "UPDATE payouts SET amount_msat = -1 WHERE row = 2",
            "table payouts, row 2, column amount_msat",
        ),
        (
            "UPDATE payments SET preimage = NULL WHERE created_index = 1",
            "table payments, created_index 1, column preimage",
        ),
        (
            "UPDATE payments SET purpose = 'order', payout = NULL, state = 'x' WHERE created_index = 1",
            "column state",
        ),
        ("UPDATE payments SET attempts = 4294967296 WHERE created_index = 3", "column attempts"),
        (
            "UPDATE own_invoices SET invoice = x'' WHERE row = 1",
            "table own_invoices, row 1, column invoice",
        ),
        (
            "UPDATE receipts SET payer_id = zeroblob(33) WHERE created_index = 1",
            "table receipts, created_index 1, column payer_id",
        ),
        ("UPDATE receipts SET quantity = '-1' WHERE created_index = 1", "column quantity"),
        ("UPDATE receipts SET own_invoice = 1 WHERE created_index = 1", "exactly one of"),
        (
            "UPDATE receipts SET ended_at_unix = NULL WHERE created_index = 1",
            "column ended_at_unix",
        ),
        ("UPDATE outbox SET subject = x'00' WHERE id = 1", "table outbox, id 1, column subject"),
        ("UPDATE outbox SET effect = 'sing' WHERE id = 1", "table outbox, id 1, column effect"),
    ];
    for (sql, says) in damage {
        let place = Place::filled();
        place.tamper(sql);
        let store = place.open();
        let errors = [
            store.offers(Page::ALL).err(),
            store.payouts(Page::ALL).err(),
            store.payments(Page::ALL).err(),
            store.own_invoices(Page::ALL).err(),
            store.receipts(Page::ALL).err(),
            store.outbox().err(),
        ];
        let errors: Vec<_> = errors.into_iter().flatten().collect();
        assert_eq!(errors.len(), 1, "{sql}: {errors:?}");
        assert_eq!(errors[0].kind, PortErrorKind::Corrupt, "{sql}");
        assert!(errors[0].to_string().contains(says), "{sql}: {}", errors[0]);
    }
}

#[test]
fn a_time_that_no_column_can_hold_is_refused_whole() {
    let place = Place::new();
    let store = place.open();
    let late = offerd_core::payout::Payout {
        absolute_expiry: Some(bolt1::Timestamp(u64::MAX)),
        ..sample::payout(1)
    };
    let error = store.commit(&Batch::of(Event::PayoutCreated(late))).expect_err("too late");
    assert_eq!(error.kind, PortErrorKind::Rejected);
    assert_eq!(store.payouts(Page::ALL).expect("payouts"), []);
}

#[test]
fn the_log_tells_what_happened_and_gives_nothing_away() {
    let place = Place::filled();
    let db = Connection::open(place.file()).expect("open");
    let mut statement =
        db.prepare("SELECT kind, subject || ' ' || body FROM events ORDER BY seq").expect("log");
    let lines: Vec<(String, String)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .and_then(Iterator::collect)
        .expect("lines");
    let kinds: Vec<_> = lines.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(
        kinds,
        [
            "offer_created",
            "offer_created",
            "offer_disabled",
            "invoice_made",
            "invoice_made",
            "invoice_refused",
            "payout_created",
            "payout_created",
            "payout_created",
            "payout_disabled",
            "payment_started",
            "payment_started",
            "payment_paid",
            "payment_failed",
            "payment_started",
            "payment_put_off",
            "receipt_claiming",
            "receipt_claiming",
            "receipt_paid",
            "subscription.started",
            "subscription.created",
        ]
    );
    let payout = sample::payout(1);
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let secrets = [
        payout.offer.expect("an offer").to_string(),
        payout.invoice_request.expect("a request").to_string(),
        payout.invoice_request_signed.expect("a request").to_string(),
        hex(&payout.nonce),
        hex(&payout.path_id.expect("a path")),
        hex(&sample::bytes::<32>("preimage", 1)),
        sample::own_invoice(1).redeems().unwrap_or_default().to_owned(),
    ];
    for (kind, line) in &lines {
        for secret in &secrets {
            assert!(!line.contains(secret), "{kind} gives {secret} away: {line}");
        }
        assert!(!line.contains("lno1") && !line.contains("lnr1"), "{kind}: {line}");
    }
}

#[test]
fn a_file_of_the_same_version_with_other_tables_is_refused_by_the_first_that_differs() {
    for (sql, name) in [
        ("ALTER TABLE receipts DROP COLUMN preimage", "receipts"),
        ("ALTER TABLE offers ADD COLUMN colour TEXT", "offers"),
        ("DROP TRIGGER one_order_for_a_request", "one_order_for_a_request"),
        ("CREATE TABLE notes (text TEXT)", "notes"),
    ] {
        let place = Place::filled();
        place.tamper(sql);
        let says = format!("an unreleased offerd: its schema has the number 6, but `{name}`");
        refused(&place.file(), PortErrorKind::Rejected, &says);
        let looked_at = SqliteStore::inspect(&place.file()).expect_err("it should not open");
        assert!(looked_at.to_string().contains(&says), "{looked_at}");
    }
}

#[test]
fn a_file_of_the_first_schema_is_brought_to_the_newest() {
    let place = Place::new();
    place.tamper(include_str!("../migrations/0001_initial.sql"));
    place.tamper(
        "INSERT INTO changes VALUES ('offers', 'created', 1, 'offer/1'); PRAGMA user_version = 1",
    );
    let store = place.open();
    let first = store.subject_at(Subsystem::Offers, ChangeKind::Created, 1).expect("change");
    assert_eq!(first, Some(Subject::Offer(OfferRow(1))));
    assert_eq!(store.subscribers(Page::ALL).expect("series"), []);
}

#[test]
fn each_thing_that_happens_to_a_series_is_told_by_a_name_of_its_own() {
    let place = Place::new();
    let store = place.open();
    let (at, record) = (sample::NOW, sample::subscriber(1));
    store.commit(&Batch::of(Event::OfferCreated(sample::offer_entry(1)))).expect("an offer");
    let happens = [
        (SubscriberChange::Started, SubscriberState::Active),
        (SubscriberChange::Paid, SubscriberState::Active),
        (SubscriberChange::Overdue, SubscriberState::Overdue { at }),
        (SubscriberChange::Cancelled, SubscriberState::Cancelled { at }),
        (SubscriberChange::Ended, SubscriberState::Ended { at }),
    ];
    for (change, state) in happens {
        let due_at = record.due_at.filter(|_| state == SubscriberState::Active);
        let record = Subscriber { state, due_at, ..record.clone() };
        store.commit(&Batch::of(Event::SubscriberChanged { change, record })).expect("taken");
    }
    drop(store);
    let db = Connection::open(place.file()).expect("open");
    let mut statement = db
        .prepare("SELECT kind FROM events WHERE subject = 'subscriber/1' ORDER BY seq")
        .expect("log");
    let kinds: Vec<String> =
        statement.query_map([], |row| row.get(0)).and_then(Iterator::collect).expect("names");
    let words = ["started", "paid", "overdue", "cancelled", "ended"];
    assert_eq!(kinds, words.map(|word| format!("subscription.{word}")));
}
