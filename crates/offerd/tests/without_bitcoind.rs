//! Daemons that see the chain through a server of others.
#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "shared/client.rs"]
mod client;
#[path = "shared/town.rs"]
mod town;
#[path = "shared/until.rs"]
mod until;

use std::path::Path;

use serde_json::json;
use town::{Daemon, Town, complaint, run, text};
use until::until;

/// What `offerd check` or a start says in this folder.
fn refused(dir: &Path) -> String {
    let output = run(&["run", "--dir", text(dir)]);
    assert!(!output.status.success());
    complaint(&output)
}

#[test]
fn an_offer_is_paid_between_daemons_that_have_no_bitcoind() {
    let town = Town::new();
    let server = town.esplora(0);
    let (chain, port) = (format!("esplora-url = {:?}\n", server.url()), server.addr().port());
    let [shop, customer] =
        ["shop", "customer"].map(|name| Daemon::start(&town.prepare_on(name, &chain), &[]));
    for node in [&shop, &customer] {
        town.fund(node, 3_000_000);
    }
    town.channel(&shop, &customer, 400_000);
    customer.pay(&shop, 20_000);

    town.end(server);
    until("the complaint", || {
        shop.call("getinfo", json!({})).get("warning_bitcoind_sync").map(|_| ())
    });
    let server = town.esplora(port);
    until("the end of it", || {
        shop.call("getinfo", json!({})).get("warning_bitcoind_sync").is_none().then_some(())
    });
    town.mine(1, &[&shop, &customer]);
    customer.pay(&shop, 10_000);
    for node in [&shop, &customer] {
        node.adds_up();
    }
    town.end(server);
}

#[test]
fn an_offer_is_paid_between_daemons_that_ask_electrum_and_esplora() {
    let town = Town::new();
    let (electrum, esplora) = (town.electrum(), town.esplora(0));
    let lines = [
        ("shop", format!("electrum-url = {:?}\n", electrum.url())),
        ("customer", format!("esplora-url = {:?}\n", esplora.url())),
    ];
    let [shop, customer] =
        lines.map(|(name, chain)| Daemon::start(&town.prepare_on(name, &chain), &[]));
    for node in [&shop, &customer] {
        town.fund(node, 3_000_000);
    }
    town.channel(&shop, &customer, 400_000);
    customer.pay(&shop, 20_000);
    for node in [&shop, &customer] {
        node.adds_up();
    }
}

#[test]
fn a_start_without_the_server_or_with_two_sources_says_what_is_wrong() {
    let town = Town::new();
    let server = town.esplora(0);
    let url = server.url();
    town.end(server);
    let dir = town.prepare_on("shop", &format!("esplora-url = {url:?}\n"));
    let why = refused(&dir);
    assert!(why.contains(&format!("chain: Esplora at {url}: no answer: ")), "{why}");
    let both = format!("esplora-url = {url:?}\n[bitcoind]\nport = 18443\n");
    let why = refused(&town.prepare_on("both", &both));
    assert!(why.contains("offerd.toml:4: esplora-url: goes not with bitcoind-port"), "{why}");
}

#[test]
fn a_recovery_is_not_begun_where_there_are_no_whole_blocks() {
    let town = Town::new();
    let server = town.esplora(0);
    let dir = town.prepare_on("shop", &format!("esplora-url = {:?}\n", server.url()));
    let shop = Daemon::start(&dir, &[]);
    town.fund(&shop, 1_000_000);
    let payout = shop.call("offerout", json!({ "amount": "1000sat", "description": "a gift" }));
    shop.kill();
    let output = run(&["run", "--dir", text(&dir), "--recover"]);
    assert_eq!(output.status.code(), Some(1));
    let why = complaint(&output);
    let expected = format!("Esplora at {} has no whole blocks, which a recovery", server.url());
    assert!(why.contains(&expected), "{why}");
    // Nothing was given up: it starts as ever.
    let shop = Daemon::start(&dir, &[]);
    assert!(shop.call("getinfo", json!({})).get("recovery").is_none());
    let payouts = shop.call("listpayouts", json!({ "offer_id": payout["offer_id"] }));
    assert_eq!(payouts["payouts"][0]["state"], "open");
    assert_eq!(shop.on_chain(), 1_000_000);
    town.end(server);
}
