//! Buying liquidity, with real daemons over their sockets and a chain: a node without a channel receives its first
//! payment through one that its provider opens for it.
#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "shared/client.rs"]
mod client;
#[path = "shared/town.rs"]
mod town;
#[path = "shared/until.rs"]
mod until;

use client::refusal;
use serde_json::{Value, json};
use town::{Daemon, Town};
use until::until;

/// A provider, a customer with a channel to it, and what the provider is called by.
fn provider_and_customer(town: &Town) -> (Daemon, Daemon, String) {
    let service = ["--lsps2-service", "--lsps2-min-fee", "2500sat", "--lsps2-token", "friend"];
    let provider = Daemon::start(&town.prepare("provider"), &service);
    let customer = Daemon::start(&town.prepare("customer"), &[]);
    for node in [&provider, &customer] {
        for _ in 0..2 {
            town.fund(node, 3_000_000);
        }
    }
    town.channel(&customer, &provider, 100_000);
    let info = provider.call("getinfo", json!({}));
    let lsp = format!("{}@127.0.0.1:{}", info["id"].as_str().unwrap(), info["binding"][0]["port"]);
    (provider, customer, lsp)
}

fn opening(node: &Daemon) -> Value {
    let list = node.call("lsps-lsps2-list", json!({}));
    let [opening] = &list["openings"].as_array().unwrap()[..] else { panic!("{list}") };
    opening.clone()
}

#[test]
fn a_fresh_node_buys_a_channel_and_receives_through_it_over_restarts() {
    let town = Town::new();
    let (provider, customer, lsp) = provider_and_customer(&town);
    let dir = town.prepare("shop");
    let options = ["--lsp", &lsp, "--lsp-token", "friend", "--lsp-max-fee", "2500sat"];
    let shop = Daemon::start(&dir, &options);
    let menu = shop.call("lsps-lsps2-getinfo", json!({}));
    assert_eq!(menu["opening_fee_params_menu"][0]["min_fee_msat"], 2_500_000);
    let made = shop.call("lsps-lsps2-invoice", json!(["100000sat", "first", "ten teas"]));
    assert_eq!(
        (&made["amount_msat"], &made["opening_fee_msat"]),
        (&json!(100_000_000), &json!(2_500_000))
    );
    assert_eq!(opening(&shop)["status"], "waiting");
    // Both die before anybody pays; what was agreed is kept on both sides.
    shop.kill();
    let provider_dir = provider.dir.clone();
    provider.kill();
    let service = ["--lsps2-service", "--lsps2-min-fee", "2500sat", "--lsps2-token", "friend"];
    let provider = Daemon::start(&provider_dir, &service);
    let shop = Daemon::start(&dir, &options);
    until("both are back", || (provider.peers() == 2 && customer.usable() == 1).then_some(()));

    let paid = customer.call("pay", json!([made["bolt11"]]));
    assert_eq!(paid["status"], "complete");
    let invoice = until("the payment", || {
        let list = shop.call("listinvoices", json!(["first"]));
        (list["invoices"][0]["status"] == "paid").then(|| list["invoices"][0].clone())
    });
    assert_eq!(invoice["amount_msat"], 100_000_000);
    assert_eq!(invoice["amount_received_msat"], 97_500_000);
    let bought = opening(&shop);
    assert_eq!((&bought["status"], &bought["kept_msat"]), (&json!("arrived"), &json!(2_500_000)));
    assert_eq!(bought["payment_hash"], invoice["payment_hash"]);
    until("the rest is in the channel", || {
        ((shop.usable(), shop.in_channels()) == (1, 97_500_000)).then_some(())
    });

    // After one more death the channel is there, and pays.
    shop.kill();
    let shop = Daemon::start(&dir, &options);
    town.mine(6, &[&provider, &customer, &shop]);
    until("the channel", || (shop.usable() == 1).then_some(()));
    let back = customer.call("invoice", json!(["1000sat", "back", "change"]));
    assert_eq!(shop.call("pay", json!([back["bolt11"]]))["status"], "complete");
    for node in [&provider, &customer, &shop] {
        node.adds_up();
    }
}

#[test]
fn terms_above_the_limit_and_wrong_tokens_are_refused_and_nothing_is_left_behind() {
    let town = Town::new();
    let (_provider, customer, lsp) = provider_and_customer(&town);
    let shop = Daemon::start(&town.prepare("shop"), &["--lsp", &lsp, "--lsp-token", "friend"]);
    let call = json!({ "amount_msat": "100000sat", "label": "a", "description": "d", "maxfee": "2499sat" });
    let (code, message) = refusal(&shop.dir, "lsps-lsps2-invoice", call);
    assert_eq!(code, 206, "{message}");
    assert_eq!(message, "the provider would keep 2500000msat, the most allowed is 2499000msat");
    let call = json!({ "token": "stranger" });
    let (code, message) = refusal(&shop.dir, "lsps-lsps2-getinfo", call);
    assert!(code == -1 && message.starts_with("the provider refuses, with code 200"), "{message}");
    // The customer sells nothing: it says nothing.
    let info = customer.call("getinfo", json!({}));
    let other =
        format!("{}@127.0.0.1:{}", info["id"].as_str().unwrap(), info["binding"][0]["port"]);
    let (code, message) = refusal(&shop.dir, "lsps-lsps2-getinfo", json!({ "lsp_id": other }));
    assert!(
        code == -1 && message.starts_with("the provider has not answered in time"),
        "{message}"
    );
    assert_eq!(shop.call("lsps-lsps2-list", json!({}))["openings"], json!([]));
    assert_eq!(shop.call("listinvoices", json!({}))["invoices"], json!([]));
}
