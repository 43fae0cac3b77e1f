//! The store in memory keeps the contract.

use offerd_core::port::PortErrorKind;
use offerd_core::port::Store as _;
use offerd_core::{Batch, Event};
use offerd_testkit::contract::store::Snapshot;
use offerd_testkit::{MemoryStore, sample, store_contract};

store_contract!(MemoryStore::new);

#[test]
fn a_store_told_to_fail_fails_that_often_and_changes_nothing() {
    let store = MemoryStore::new();
    let batch = Batch::of(Event::OfferCreated(sample::offer_entry(1)));
    store.fail_commits(2);
    for _ in 0..2 {
        let error = store.commit(&batch).expect_err("the test wished it");
        assert_eq!(error.kind, PortErrorKind::Unavailable);
    }
    assert_eq!(Snapshot::of(&store), Snapshot::of(&MemoryStore::new()));
    store.commit(&batch).expect("not any more");
    assert_eq!(store.events(), batch.events);
}
