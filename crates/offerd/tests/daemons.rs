//! What an operator does all day, with real daemons over their sockets and a chain: coins in and out, channels closed
//! with and without their other end, invoices, payouts, and everybody who waits for them.
#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "shared/client.rs"]
mod client;
#[path = "shared/town.rs"]
mod town;
#[path = "shared/until.rs"]
mod until;
#[path = "shared/visitor.rs"]
mod visitor;

use std::path::Path;
use std::thread::{self, JoinHandle};

use bitcoin::Transaction;
use bitcoin::consensus::encode::deserialize_hex;
use client::{call, refusal};
use serde_json::{Value, json};
use town::{Daemon, Town};
use until::until;
use visitor::{Visitor, free_address, header};

/// Two daemons with coins, and a channel between them: 600 000 sat of the shop, 400 000 of the customer.
fn shop_and_customer(town: &Town) -> (Daemon, Daemon) {
    let start = |name| Daemon::start(&town.prepare(name), &[]);
    let (shop, customer) = (start("shop"), start("customer"));
    for node in [&shop, &customer] {
        town.fund(node, 3_000_000);
    }
    town.channel(&shop, &customer, 400_000);
    (shop, customer)
}

/// A call that waits, on a thread of its own.
fn begin(dir: &Path, method: &'static str, params: Value) -> JoinHandle<Value> {
    let dir = dir.to_owned();
    thread::spawn(move || call(&dir, method, params))
}

fn told(waiting: JoinHandle<Value>) -> Value {
    waiting.join().unwrap()
}

fn transaction(result: &Value) -> Transaction {
    let tx: Transaction = deserialize_hex(result["tx"].as_str().unwrap()).unwrap();
    assert_eq!(result["txid"], tx.compute_txid().to_string());
    tx
}

fn sat_of(tx: &Transaction) -> u64 {
    tx.output.iter().map(|output| output.value.to_sat()).sum()
}

#[test]
fn coins_are_withdrawn_exactly_and_the_rest_at_once() {
    let town = Town::new();
    let node = Daemon::start(&town.prepare("shop"), &[]);
    town.fund(&node, 1_000_000);
    let outside = town.chain.faucet_address().to_string();
    let sent = node.call("withdraw", json!([outside, "250000sat", "2000perkw"]));
    let tx = transaction(&sent);
    assert!(tx.output.iter().any(|output| output.value.to_sat() == 250_000));
    town.mine(1, &[&node]);
    let fee = 1_000_000 - sat_of(&tx);
    assert_eq!(node.on_chain(), 1_000_000 - 250_000 - fee);
    let (code, message) = refusal(&node.dir, "withdraw", json!([outside, 800_000]));
    assert_eq!(code, 301, "{message}");
    let left = node.on_chain();
    let rest = transaction(&node.call("withdraw", json!([outside, "all"])));
    assert_eq!(rest.output.len(), 1);
    assert!(left - sat_of(&rest) < 2_000, "{left} {rest:?}");
    town.mine(1, &[&node]);
    assert_eq!(node.on_chain(), 0);
    let audit = node.adds_up();
    assert_eq!((&audit["have_msat"], &audit["positions"]), (&json!(0), &json!([])));
}

#[test]
fn a_channel_is_closed_by_agreement_and_both_have_their_coins_back() {
    let town = Town::new();
    let (shop, customer) = shop_and_customer(&town);
    let before = [&shop, &customer].map(Daemon::on_chain);
    let shop_id = shop.call("getinfo", json!({}))["id"].clone();
    let closed = customer.call("close", json!([shop_id]));
    assert_eq!(closed["type"], "mutual");
    let tx = transaction(&closed);
    let fee = 1_000_000 - sat_of(&tx);
    // The call answers when it is made, the chain hears of it a moment later.
    let txid = tx.compute_txid();
    until("the end in the mempool", || town.chain.mempool().contains(&txid).then_some(()));
    town.mine(1, &[&shop, &customer]);
    // Whoever opened the channel pays for its end.
    until("the customer's coins", || (customer.on_chain() == before[1] + 400_000).then_some(()));
    until("the shop's coins", || (shop.on_chain() == before[0] + 600_000 - fee).then_some(()));
    let (code, message) = refusal(&customer.dir, "close", json!([shop_id]));
    assert_eq!(code, -32602, "{message}");
    for node in [&shop, &customer] {
        node.adds_up();
    }
}

#[test]
fn a_channel_is_closed_without_its_other_end_and_the_coins_come_back_later() {
    let town = Town::new();
    let (shop, customer) = shop_and_customer(&town);
    let before = customer.on_chain();
    let shop_id = shop.call("getinfo", json!({}))["id"].clone();
    shop.kill();
    let closed = customer.call("close", json!([shop_id, 1]));
    assert_eq!(closed["type"], "unilateral");
    transaction(&closed);
    let closing = customer.adds_up();
    assert_eq!(closing["positions"][0]["status"], "closing");
    until("the coins, when their delay is over", || {
        town.mine(6, &[&customer]);
        customer.adds_up();
        let gained = customer.on_chain().checked_sub(before)?;
        (gained > 390_000).then_some(())
    });
    assert!(customer.on_chain() < before + 400_000, "somebody paid for the way back");
    customer.adds_up();
}

#[test]
fn whoever_waits_is_told_of_invoices_offers_and_payouts() {
    let town = Town::new();
    let (shop, customer) = shop_and_customer(&town);

    let made = shop.call("invoice", json!(["21sat", "order 17", "two teas"]));
    let waiting = [
        begin(&shop.dir, "waitinvoice", json!(["order 17"])),
        begin(&shop.dir, "waitanyinvoice", json!([0])),
    ];
    let changed = begin(&shop.dir, "wait", json!(["invoices", "updated", 1]));
    let shown = customer.call("decode", json!([made["bolt11"]]));
    assert_eq!((&shown["type"], &shown["amount_msat"]), (&json!("bolt11 invoice"), &json!(21_000)));
    assert_eq!((&shown["currency"], &shown["description"]), (&json!("bcrt"), &json!("two teas")));
    let paid = customer.call("pay", json!([made["bolt11"]]));
    assert_eq!(paid["status"], "complete");
    for invoice in waiting.map(told) {
        assert_eq!((&invoice["label"], &invoice["pay_index"]), (&json!("order 17"), &json!(1)));
        assert_eq!(invoice["payment_preimage"], paid["payment_preimage"]);
    }
    assert_eq!(told(changed)["invoices"]["status"], "paid");

    let offer = shop.call("offer", json!(["5sat", "coffee"]));
    let sold = begin(&shop.dir, "waitoffer", json!([offer["offer_id"]]));
    let paid = customer.call("xpay", json!([offer["bolt12"]]));
    let sold = told(sold);
    assert_eq!(sold["amount_received_msat"], 5_000);
    assert_eq!(sold["payment_preimage"], paid["payment_preimage"]);

    let payout = shop.call("offerout", json!(["9sat", "refund"]));
    let redeemed = begin(&shop.dir, "waitpayout", json!([payout["offer_id"]]));
    let changed = begin(&shop.dir, "wait", json!(["payouts", "updated", 2]));
    let got = customer.call("sendinvoice", json!([payout["bolt12"], "mine"]));
    assert_eq!((&got["status"], &got["amount_received_msat"]), (&json!("paid"), &json!(9_000)));
    assert_eq!(told(redeemed)["state"], "spent");
    assert_eq!(told(changed)["payouts"]["offer_id"], payout["offer_id"]);

    // All of it is still told after the process was killed.
    let dir = shop.dir.clone();
    shop.kill();
    let shop = Daemon::start(&dir, &[]);
    let listed = shop.call("listinvoices", json!({ "offer_id": offer["offer_id"] }));
    assert_eq!(listed["invoices"][0]["payment_preimage"], paid["payment_preimage"]);
    let told = shop.call("waitanyinvoice", json!([1]));
    assert_eq!(told["pay_index"], 2);
    for node in [&shop, &customer] {
        node.adds_up();
    }
}

#[test]
fn a_peer_is_sent_away_where_it_has_no_channel_and_otherwise_by_force_and_settings_are_told() {
    let town = Town::new();
    let (shop, customer) = shop_and_customer(&town);
    let stranger = Daemon::start(&town.prepare("stranger"), &[]);
    let id = |node: &Daemon| node.call("getinfo", json!({}))["id"].clone();
    let at = shop.call("getinfo", json!({}))["binding"][0]["port"].clone();
    let to = json!({ "id": id(&shop), "host": "127.0.0.1", "port": at });
    stranger.call("connect", to);
    let peers = |node: &Daemon| {
        let list = node.call("listpeers", json!({}));
        let all = list["peers"].as_array().unwrap().clone();
        all.into_iter().filter(|peer| peer["connected"] == true).count()
    };
    until("the stranger is there", || (peers(&shop) == 2).then_some(()));
    shop.call("disconnect", json!([id(&stranger)]));
    until("the stranger is gone", || (peers(&shop) == 1).then_some(()));
    refusal(&shop.dir, "disconnect", json!([id(&stranger)]));
    refusal(&shop.dir, "disconnect", json!([id(&customer)]));
    shop.call("disconnect", json!([id(&customer), true]));
    // Whoever has a channel comes back by itself.
    until("the channel", || (shop.usable() == 1).then_some(()));

    let told = shop.call("listconfigs", json!(["alias"]));
    assert_eq!(told["configs"]["alias"]["value_str"], "shop");
    let all = shop.call("listconfigs", json!({}));
    assert!(all["configs"].as_object().unwrap().len() > 10);
    assert_eq!(all["configs"]["network"]["value_str"], "regtest");
    for node in [&shop, &customer] {
        node.adds_up();
    }
}

#[test]
fn an_invoice_says_what_its_maker_chose_and_is_paid_by_the_preimage_that_was_chosen() {
    let town = Town::new();
    let (shop, customer) = shop_and_customer(&town);
    let address = shop.call("newaddr", json!({}))["bech32"].clone();
    let preimage = "07".repeat(32);
    let made = shop.call(
        "invoice",
        json!({
            "amount_msat": "30sat", "label": "l", "description": "d".repeat(700), "deschashonly": true,
            "fallbacks": [address], "preimage": preimage, "cltv": 77, "exposeprivatechannels": true,
        }),
    );
    let shown = customer.call("decode", json!([made["bolt11"]]));
    assert_eq!(
        (&shown["min_final_cltv_expiry"], &shown["fallbacks"][0]["addr"]),
        (&json!(77), &address)
    );
    assert!(shown.get("description").is_none() && shown["description_hash"].is_string());
    assert_eq!(shown["routes"].as_array().unwrap().len(), 1);
    let for_this = |text: &str| json!({ "bolt11": made["bolt11"], "description": text });
    let (code, message) = refusal(&customer.dir, "pay", for_this("d"));
    let expected = "description: is not what the invoice says that it is for";
    assert_eq!((code, message.as_str()), (-32602, expected));
    let paid = customer.call("pay", for_this(&"d".repeat(700)));
    assert_eq!(paid["payment_preimage"], preimage);
    let hidden = json!({
        "amount_msat": "any", "label": "m", "description": "d", "exposeprivatechannels": false,
    });
    let made = shop.call("invoice", hidden);
    assert!(customer.call("decode", json!([made["bolt11"]])).get("routes").is_none());
    for (name, value) in [
        ("fallbacks", json!(["bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"])),
        ("exposeprivatechannels", json!(["1x1x1"])),
        ("cltv", json!(5)),
    ] {
        let mut wrong = json!({ "amount_msat": 1, "label": "n", "description": "d" });
        wrong[name] = value;
        let (code, message) = refusal(&shop.dir, "invoice", wrong);
        assert!(code == -32602 && message.starts_with(&format!("{name}: ")), "{code} {message}");
    }
    for node in [&shop, &customer] {
        node.adds_up();
    }
}

#[test]
fn what_one_has_signed_the_other_checks() {
    let town = Town::new();
    let (shop, customer) = shop_and_customer(&town);
    let id = shop.call("getinfo", json!({}))["id"].clone();
    let signed = shop.call("signmessage", json!(["it was me"]));
    let check = |text: &str| {
        customer.call("checkmessage", json!([text, signed["zbase"], id]))["verified"].clone()
    };
    assert_eq!((check("it was me"), check("it was you")), (json!(true), json!(false)));
    for node in [&shop, &customer] {
        node.adds_up();
    }
}

#[test]
fn onion_messages_are_counted_on_both_sides() {
    let town = Town::new();
    let (shop, customer) = shop_and_customer(&town);
    let count = |node: &Daemon, which: &str| {
        node.call("getinfo", json!({}))["onion_messages"][which].as_u64().unwrap()
    };
    for node in [&shop, &customer] {
        assert_eq!((count(node, "sent"), count(node, "received")), (0, 0));
    }
    let offer = shop.call("offer", json!(["1sat", "coffee"]));
    customer.call("fetchinvoice", json!([offer["bolt12"]]));
    // A message that was slow may have been sent again.
    assert!(count(&customer, "sent") >= 1 && count(&customer, "received") >= 1);
    until("all that was sent", || {
        let (asked, heard) = (count(&customer, "sent"), count(&shop, "received"));
        let (answered, told) = (count(&shop, "sent"), count(&customer, "received"));
        (asked == heard && answered == told).then_some(())
    });
    for node in [&shop, &customer] {
        assert_eq!(count(node, "forwarded"), 0);
        assert_eq!(node.call("getinfo", json!({}))["onion_messages"]["dropped"], json!({}));
    }
    for node in [&shop, &customer] {
        node.adds_up();
    }
}

/// The subscription of this daemon.
fn subscription(node: &Daemon) -> Value {
    node.call("listsubscriptions", json!({}))["subscriptions"][0].clone()
}

#[test]
fn a_subscription_of_seconds_goes_on_through_deaths_on_either_side_and_ends_when_it_is_told() {
    let town = Town::new();
    let (shop, customer) = shop_and_customer(&town);
    let order = json!({
        "amount": "1000sat", "description": "paper", "recurrence": "5seconds",
        "recurrence_paywindow": "-1+60",
    });
    let offer = shop.call("offer", order)["bolt12"].clone();
    let made = customer.call("subscribe", json!({ "offer": offer, "label": "paper" }));
    assert_eq!((&made["status"], &made["periods_paid"]), (&json!("active"), &json!(1)));
    let paid = |node: &Daemon| subscription(node)["periods_paid"].as_u64().unwrap();
    let reaches = |node: &Daemon, most: u64| {
        until("the next period", || (paid(node) >= most).then_some(()));
    };
    reaches(&customer, 2);
    let dir = customer.dir.clone();
    customer.kill();
    let customer = Daemon::start(&dir, &[]);
    reaches(&customer, 3);
    let dir = shop.dir.clone();
    shop.kill();
    let shop = Daemon::start(&dir, &[]);
    reaches(&customer, 4);
    customer.call("cancelsubscription", json!(["paper"]));
    let reader = until("the shop hears of it", || {
        let readers = shop.call("listsubscribers", json!({ "status": "cancelled" }));
        readers["subscribers"].as_array().unwrap().first().cloned()
    });
    let known = subscription(&customer);
    assert_eq!(known["status"], "cancelled");
    assert_eq!(known["periods_paid"], reader["periods_paid"]);
    assert_eq!(known["amount_paid_msat"], reader["amount_received_msat"]);
    let pays = customer.call("listpays", json!({ "status": "complete" }));
    assert_eq!(known["periods_paid"], pays["pays"].as_array().unwrap().len());
    for node in [&shop, &customer] {
        node.adds_up();
    }
}

#[test]
fn a_stipend_of_seconds_is_redeemed_period_by_period() {
    let town = Town::new();
    let (shop, customer) = shop_and_customer(&town);
    let order = json!({
        "amount": "1000sat", "description": "stipend", "recurrence": "4seconds", "recurrence_limit": 2,
        "recurrence_paywindow": "-0+60",
    });
    let made = shop.call("offerout", order);
    assert_eq!(made["single_use"], false);
    let before = customer.in_channels();
    for period in 0..3_u64 {
        let label = format!("period {period}");
        let params = json!({
            "invreq": made["bolt12"], "label": label, "recurrence_counter": period,
        });
        let redeemed = until("its period", || {
            client::attempt(&customer.dir, "sendinvoice", &params).ok()?.ok()
        });
        assert_eq!(redeemed["status"], "paid");
        let again =
            json!({ "invreq": made["bolt12"], "label": "again", "recurrence_counter": period });
        refusal(&customer.dir, "sendinvoice", again);
    }
    until("the money", || (customer.in_channels() == before + 3_000_000).then_some(()));
    let kept = until("the end of the promise", || {
        let list = shop.call("listpayouts", json!({ "offer_id": made["offer_id"] }));
        let kept = list["payouts"][0].clone();
        (kept["state"] == "spent").then_some(kept)
    });
    let claims = kept["claims"].as_array().unwrap().iter();
    let periods: Vec<_> = claims.map(|claim| claim["recurrence_counter"].as_u64()).collect();
    assert_eq!(periods, [Some(0), Some(1), Some(2)]);
    for node in [&shop, &customer] {
        node.adds_up();
    }
}

#[test]
fn an_invoice_of_bolt_11_is_paid_from_the_screen_and_its_receipt_is_kept() {
    let town = Town::new();
    let (shop, customer) = shop_and_customer(&town);
    let (dir, door) = (customer.dir.clone(), free_address());
    customer.kill();
    let customer = Daemon::start(&dir, &["--http-listen", &door]);
    until("the channel is back", || (customer.usable() > 0).then_some(()));
    let order = json!({ "amount_msat": "1500sat", "label": "tea", "description": "two teas" });
    let invoice = shop.call("invoice", order)["bolt11"].as_str().unwrap().to_owned();
    let rune = customer.call("createrune", json!({}))["rune"].as_str().unwrap().to_owned();
    let visitor = Visitor::signed_in(&door, &rune);
    let start = visitor.get("/customer");
    let shown = visitor.submit(&start, "/customer/code", &[("code", &invoice)]);
    assert!(shown.contains("<h1>two teas</h1>"), "{shown}");
    assert!(shown.contains("Pay 1\u{202f}500\u{202f}sat"), "{shown}");
    let begun = visitor.submit(&shown, "/customer/pay", &[]);
    let receipt = header(&begun, "location").unwrap_or_else(|| panic!("{begun}"));
    let receipt = until("it is paid", || {
        let page = visitor.get(receipt);
        page.contains("data-state=\"paid\"").then_some(page)
    });
    let pays = customer.call("listpays", json!({ "status": "complete" }));
    let preimage = pays["pays"][0]["preimage"].as_str().unwrap();
    for kept in ["1\u{202f}500\u{202f}sat", "two teas", preimage, &invoice] {
        assert!(receipt.contains(kept), "{kept} is not on {receipt}");
    }
    visitor.submit(&shown, "/customer/pay", &[]);
    let paid = shop.call("listinvoices", json!({ "label": "tea" }));
    assert_eq!(paid["invoices"][0]["status"], "paid");
    let left = 400_000_000 - 1_500_000;
    until("what it has cost", || (customer.in_channels() == left).then_some(()));
    let pays = customer.call("listpays", json!({}));
    assert_eq!(pays["pays"].as_array().unwrap().len(), 1, "the same form pays once");
    for node in [&shop, &customer] {
        node.adds_up();
    }
}
