//! What needs the connection: a disk that is full, a caller that panics.

use std::panic::{AssertUnwindSafe, catch_unwind};

use offerd_core::port::{KeyValueStore as _, PortErrorKind, Store as _};
use offerd_core::{Batch, Event};
use offerd_testkit::contract::store::{Snapshot, fill};
use offerd_testkit::sample;

use super::SqliteStore;

#[test]
fn a_full_disk_is_an_error_that_says_so_and_nothing_is_half_written() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = SqliteStore::open(&dir.path().join("store")).expect("open");
    fill(&store);
    let before = Snapshot::of(&store);
    let pages: i64 = store
        .db()
        .query_row("PRAGMA page_count", [], |row| row.get(0))
        .expect("the size of the file");
    store.db().pragma_update(None, "max_page_count", pages).expect("no more than that");

    let error = store.write("monitors", "", "big", &[7; 100_000]).expect_err("no room");
    assert_eq!(error.kind, PortErrorKind::Unavailable);
    assert!(error.to_string().contains("free some space"), "{error}");
    let events = (10..200).map(|row| Event::OfferCreated(sample::offer_entry(row))).collect();
    let error = store.commit(&Batch { events, effects: Vec::new() }).expect_err("no room");
    assert_eq!(error.kind, PortErrorKind::Unavailable);
    assert_eq!(Snapshot::of(&store), before);

    store.db().pragma_update(None, "max_page_count", 1_000_000).expect("room again");
    store.commit(&Batch::of(Event::OfferCreated(sample::offer_entry(10)))).expect("commit");
}

#[test]
fn a_caller_that_panics_does_not_lock_others_out() {
    let store = SqliteStore::open_in_memory().expect("open");
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _db = store.db();
        panic!("with the connection in its hands");
    }));
    assert!(panicked.is_err());
    fill(&store);
}

#[test]
fn commits_are_on_disk_when_they_return() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = SqliteStore::open(&dir.path().join("store")).expect("open");
    let db = store.db();
    let pragma = |name| db.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let full = 2;
    assert_eq!(pragma("synchronous").expect("pragma"), full);
    assert_eq!(pragma("foreign_keys").expect("pragma"), 1);
    let mode: String = db.query_row("PRAGMA journal_mode", [], |row| row.get(0)).expect("pragma");
    assert_eq!(mode, "wal");
}
