//! The store keeps the contract.

use offerd_store_sqlite::SqliteStore;
use offerd_testkit::store_contract;

fn empty_store() -> SqliteStore {
    SqliteStore::open_in_memory().expect("open")
}

store_contract!(empty_store);
