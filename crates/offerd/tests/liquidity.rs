//! Buying liquidity, with real daemons over their sockets and a chain: a node without a channel receives its first
//! payment through one that its provider opens for it; a node with a small one orders a larger one for money.
#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "book/chapter.rs"]
mod chapter;
#[path = "shared/client.rs"]
mod client;
#[path = "book/play.rs"]
mod play;
#[path = "../../offerd-node-ldk/tests/common/seller.rs"]
mod seller;
#[path = "shared/seller_node.rs"]
mod seller_node;
#[path = "shared/town.rs"]
mod town;
#[path = "shared/until.rs"]
mod until;

use bitcoin::hex::FromHex as _;
use client::refusal;
use seller_node::SellerNode;
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

/// Opens a channel of so many satoshi to the seller and waits until it can be used.
fn channel_with_seller(town: &Town, from: &Daemon, seller: &SellerNode, sat: u64) {
    let (id, port) = seller.uri();
    from.call("connect", json!({ "id": id, "host": "127.0.0.1", "port": port }));
    from.call("fundchannel", json!({ "id": id, "amount": sat, "announce": false }));
    town.mine(6, &[from]);
    seller.sees_the_tip(town);
    until("the channel", || (from.usable() == 1).then_some(()));
}

/// A seller, and a shop with a channel to it that names it as its provider.
fn seller_and_shop(town: &Town) -> (SellerNode, Daemon, String) {
    let seller = SellerNode::start(town);
    let (id, port) = seller.uri();
    let lsp = format!("{id}@127.0.0.1:{port}");
    let options = ["--lsp", &lsp, "--lsp-max-fee", "2000sat"];
    let shop = Daemon::start(&town.prepare("shop"), &options);
    town.fund(&shop, 2_000_000);
    channel_with_seller(town, &shop, &seller, 200_000);
    (seller, shop, lsp)
}

#[test]
fn a_channel_is_ordered_as_the_page_says() {
    if !play::can_call("how-to/order-a-channel.md", &["jq"]) {
        return;
    }
    let town = Town::new();
    let (_seller, shop, _) = seller_and_shop(&town);
    let before = format!("```console\n$ export OFFERD_DIR={}\n```\n", shop.dir.display());
    let page = include_str!("../../../docs/how-to/order-a-channel.md");
    play::play(&[chapter::steps(&before), chapter::steps(page)].concat());
    assert_eq!(order(&shop)["status"], "completed");
    shop.adds_up();
}

fn order(node: &Daemon) -> Value {
    let list = node.call("lsps-lsps1-list", json!({}));
    let [order] = &list["orders"].as_array().unwrap()[..] else { panic!("{list}") };
    order.clone()
}

#[test]
fn a_channel_is_ordered_paid_like_anything_else_and_received_through_over_restarts() {
    let town = Town::new();
    let (seller, shop, lsp) = seller_and_shop(&town);
    let (dir, options) = (shop.dir.clone(), ["--lsp", &lsp, "--lsp-max-fee", "2000sat"]);
    let customer = Daemon::start(&town.prepare("customer"), &[]);
    town.fund(&customer, 2_000_000);
    channel_with_seller(&town, &customer, &seller, 1_000_000);

    let sold = shop.call("lsps-lsps1-getinfo", json!({}));
    assert_eq!(sold["max_initial_lsp_balance_msat"], 10_000_000_000_u64);
    let dear = json!({ "lsp_balance": "1000000sat", "maxfee": "1999sat" });
    let (code, message) = refusal(&dir, "lsps-lsps1-order", dear);
    assert_eq!(
        (code, message.as_str()),
        (206, "the order costs 2000000msat, the most allowed is 1999000msat")
    );
    let made = shop.call("lsps-lsps1-order", json!(["1000000sat", "30000sat"]));
    assert_eq!(
        (&made["fee_msat"], &made["order_total_msat"]),
        (&json!(2_000_000), &json!(32_000_000))
    );
    let invoice = made["payment"]["bolt11"]["invoice"].clone();
    assert_eq!(made["pay_with"], json!([format!("pay {}", invoice.as_str().unwrap())]));
    // It dies before it has paid.
    shop.kill();
    let shop = Daemon::start(&dir, &options);
    assert_eq!(
        (&order(&shop)["status"], &order(&shop)["payment"]),
        (&json!("created"), &made["payment"])
    );
    until("the first channel is back", || (shop.usable() == 1).then_some(()));
    let paid = shop.call("pay", json!([invoice]));
    assert_eq!((&paid["status"], &paid["amount_msat"]), (&json!("complete"), &json!(32_000_000)));
    let done = until("the channel is there", || {
        Some(order(&shop)).filter(|order| order["status"] == "completed")
    });
    assert_eq!(done["payment"]["bolt11"]["status"], "paid");
    assert!(done.get("pay_with").is_none(), "nobody is to pay it again: {done}");

    // After one more death it is there, and more comes through it than the first could bring.
    shop.kill();
    let shop = Daemon::start(&dir, &options);
    town.mine(6, &[&shop, &customer]);
    seller.sees_the_tip(&town);
    until("both channels", || (shop.usable() == 2 && customer.usable() == 1).then_some(()));
    let channels = shop.call("listpeerchannels", json!({}));
    let mut channels = channels["channels"].as_array().unwrap().iter();
    let bought = channels.find(|channel| channel["opener"] == "remote").unwrap();
    let funding =
        format!("{}:{}", bought["funding_txid"].as_str().unwrap(), bought["funding_outnum"]);
    assert_eq!(done["channel"]["funding_outpoint"], funding.as_str());
    assert_eq!(
        (&bought["total_msat"], &bought["to_us_msat"]),
        (&json!(1_030_000_000), &json!(30_000_000))
    );
    until("a large payment", || {
        // Until the seller has said what it asks for forwarding over the new channel, no invoice shows that one.
        let label =
            format!("sale {}", shop.call("listinvoices", json!({}))["invoices"].as_array()?.len());
        let sale = shop.call("invoice", json!(["600000sat", label, "ten teapots"]));
        let paid = client::attempt(&customer.dir, "pay", &json!([sale["bolt11"]])).unwrap();
        paid.is_ok().then_some(())
    });
    let audit = shop.adds_up();
    let line = |lines: &str, name: &str| {
        let lines = audit[lines].as_array().unwrap().iter();
        lines.clone().find(|line| line["name"] == name).map(|line| line["amount_msat"].clone())
    };
    assert_eq!(line("came_in", "pushed_to_us"), Some(json!(30_000_000)));
    customer.adds_up();
}

#[test]
fn an_order_is_paid_by_its_offer_too() {
    let town = Town::new();
    let seller = SellerNode::start(&town);
    let (id, port) = seller.uri();
    let lsp = format!("{id}@127.0.0.1:{port}");
    let shop = Daemon::start(&town.prepare("shop"), &["--lsp", &lsp]);
    let till = Daemon::start(&town.prepare("till"), &[]);
    for node in [&shop, &till] {
        town.fund(node, 2_000_000);
    }
    town.channel(&shop, &till, 0);
    // The seller takes offers with another node than that which opens its channels.
    let fee = format!("{}sat", seller::FEE_SAT);
    let another = till.call("offer", json!(["1999sat", "a channel"]))["bolt12"].clone();
    seller.seller.take_offer(another.as_str().unwrap().to_owned());
    let order_a_channel = || shop.call("lsps-lsps1-order", json!({ "lsp_balance": "400000sat" }));
    let made = order_a_channel();
    let warning = made["warning_payment"].as_str().unwrap();
    assert!(warning.contains("bolt12 is for 1999000msat, the order's total is"), "{warning}");
    assert_eq!(made["pay_with"].as_array().unwrap().len(), 1);

    let offer = till.call("offer", json!([fee, "a channel"]))["bolt12"].clone();
    seller.seller.take_offer(offer.as_str().unwrap().to_owned());
    let made = order_a_channel();
    let by_offer = json!(format!("pay {}", offer.as_str().unwrap()));
    assert!(made["pay_with"].as_array().unwrap().contains(&by_offer), "{made}");
    assert_eq!(made["payment"]["bolt12"]["offer"], offer);
    let paid = shop.call("pay", json!([offer]));
    assert_eq!((&paid["status"], &paid["amount_msat"]), (&json!("complete"), &json!(2_000_000)));
    let invoice = shop.call("decode", json!([made["payment"]["bolt11"]["invoice"]]));
    let hash = <[u8; 32]>::from_hex(invoice["payment_hash"].as_str().unwrap()).unwrap();
    seller.deliver(hash, "bolt12");
    let done = until("the channel is there", || {
        let list = shop.call("lsps-lsps1-list", json!([made["order_id"]]));
        Some(list["orders"][0].clone()).filter(|order| order["status"] == "completed")
    });
    assert_eq!(done["payment"]["bolt12"]["status"], "paid");
    town.mine(6, &[&shop, &till]);
    seller.sees_the_tip(&town);
    until("both channels", || (shop.usable() == 2).then_some(()));
    shop.adds_up();
    till.adds_up();
}
