//! A database that somebody else holds.

use offerd_api::layout::DATABASE;
use offerd_store_sqlite::SqliteStore;
use serde_json::json;

use crate::town::{Daemon, Town, complaint, run, text};

#[test]
fn a_database_that_another_program_holds_is_named_and_nothing_is_lost() {
    let town = Town::new();
    let dir = town.prepare("shop");
    let shop = Daemon::start(&dir, &[]);
    let offer = shop.call("offer", json!(["1sat", "tea"]))["offer_id"].clone();
    // While the daemon has it, nobody else gets in.
    let error = SqliteStore::open(&dir.join(DATABASE)).unwrap_err().to_string();
    assert!(error.contains("another process has the file open"), "{error}");
    assert_eq!(shop.call("listoffers", json!([offer]))["offers"].as_array().unwrap().len(), 1);
    shop.kill();
    let other = SqliteStore::open(&dir.join(DATABASE)).unwrap();
    for words in [&["run", "--dir", text(&dir)][..], &["--check", "--dir", text(&dir)]] {
        let output = run(words);
        assert_eq!(output.status.code(), Some(1));
        let told = [output.stdout.clone(), output.stderr.clone()].concat();
        let told = String::from_utf8_lossy(&told).into_owned();
        assert!(told.contains(text(&dir.join(DATABASE))), "{told}");
        assert!(told.contains("another process has the file open: stop it first"), "{told}");
        let said = complaint(&output);
        let lines = said.lines().filter(|line| line.starts_with("offerd: "));
        assert!(lines.count() <= 1, "{said}");
    }
    drop(other);
    let shop = Daemon::start(&dir, &[]);
    assert_eq!(shop.call("listoffers", json!([offer]))["offers"].as_array().unwrap().len(), 1);
}
