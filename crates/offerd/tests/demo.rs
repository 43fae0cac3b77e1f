//! The built program, from `offerd demo` to its end: what the story must show, and what must hold when processes die
//! in the middle.

#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "shared/client.rs"]
mod client;
#[path = "demo/export.rs"]
mod export;
#[path = "demo/prices.rs"]
mod prices;
#[path = "demo/process.rs"]
mod process;
#[path = "shared/python.rs"]
mod python;
#[path = "shared/until.rs"]
mod until;

use std::fs;
use std::path::Path;
use std::process::Command;

use client::{attempt, call, refusal};
use process::{Demo, Restarted, Started, is_running, run_demo, signal, until_quiet};
use serde_json::{Value, json};
use until::until;

/// What the pairs pay each other.
const MILLION_SAT: u64 = 1_000_000_000;

fn find<'a>(events: &'a [Value], step: &str, event: &str) -> &'a Value {
    let found = events.iter().find(|object| object["step"] == step && object["event"] == event);
    found.unwrap_or_else(|| panic!("{step} tells of no {event}"))
}

fn all<'a>(events: &'a [Value], step: &str, event: &str) -> Vec<&'a Value> {
    events.iter().filter(|object| object["step"] == step && object["event"] == event).collect()
}

fn balance(dir: &Path) -> u64 {
    let list = call(dir, "listpeerchannels", json!({}));
    let channels = list["channels"].as_array().unwrap().iter();
    channels.map(|channel| channel["to_us_msat"].as_u64().unwrap()).sum()
}

/// The payee's record of a payment, once it is over.
fn receipt(payee: &Path, paid: &Value) -> Option<Value> {
    let list = call(payee, "listinvoices", json!({ "payment_hash": paid["payment_hash"] }));
    let list = list["invoices"].as_array().unwrap();
    assert!(list.len() <= 1, "{list:?}");
    list.iter().find(|invoice| invoice["status"] == "paid").cloned()
}

#[test]
fn the_story_is_told_to_its_end_and_both_sides_agree() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("d");
    let run = run_demo(&["--once", "--json", "--dir", path.to_str().unwrap()]);
    assert!(run.status.success(), "{}\n{}", run.stderr, run.stdout);
    let events: Vec<Value> =
        run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(events.iter().all(|event| event["step"].is_string() && event["text"].is_string()));
    let steps: Vec<_> = events.iter().filter(|event| event["event"] == "step").collect();
    let numbers: Vec<_> = steps.iter().map(|step| step["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=8).collect::<Vec<u64>>());

    let paid = find(&events, "pay", "paid");
    assert_eq!(paid["sent_msat"], 10_000_000);
    assert_eq!(paid["received_msat"], 10_000_000);
    let redeemed = find(&events, "payout", "redeemed");
    assert_eq!(redeemed["received_msat"], 10_000_000);
    let refused = all(&events, "payout_again", "refused");
    let by: Vec<_> = refused.iter().map(|event| (&event["by"], &event["string"])).collect();
    assert_eq!(by, [(&json!("customer"), &json!("lno")), (&json!("shop"), &json!("lnr"))]);
    assert!(refused.iter().all(|event| event["code"] == 1004), "{refused:?}");
    assert_eq!(find(&events, "payout_again", "paid_once")["claims"], 1);
    let issues = all(&events, "subscription", "issue_paid");
    assert_eq!(issues.len(), 3);
    let cancelled = find(&events, "subscription", "cancelled");
    assert_eq!(
        (&cancelled["periods_paid"], &cancelled["received_msat"]),
        (&json!(3), &json!(1_500_000))
    );
    assert_eq!(find(&events, "donation", "donated")["payer_note"], "Best coffee in town");
    for (event, code) in [("broken_code", -32602), ("mistyped_code", 1005), ("expired_code", 1002)]
    {
        assert_eq!(find(&events, "mistakes", event)["code"], code);
    }
    let audits = all(&events, "audit", "audited");
    let of: Vec<_> = audits.iter().map(|told| &told["node"]).collect();
    assert_eq!(of, ["shop", "atm", "customer"]);
    assert!(audits.iter().all(|told| told["audit"]["difference_msat"] == 0), "{audits:?}");
    assert!(events.iter().any(|event| event["event"] == "done"));
}

#[test]
fn the_story_s_balances_add_up_and_a_third_node_forwards() {
    let run = run_demo(&["--once", "--json"]);
    assert!(run.status.success(), "{}\n{}", run.stderr, run.stdout);
    let events: Vec<Value> =
        run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<[u64; 3]> = events
        .iter()
        .filter(|event| event["event"] == "balances")
        .map(|event| {
            ["shop_msat", "atm_msat", "customer_msat"].map(|name| event[name].as_u64().unwrap())
        })
        .collect();
    let sums: Vec<u64> = told.iter().map(|balances| balances.iter().sum()).collect();
    assert!(sums.windows(2).all(|pair| pair[0] == pair[1]), "{told:?}");

    let forwarded = find(&events, "pay", "forwarded");
    let fee = forwarded["fee_msat"].as_u64().unwrap();
    assert!(fee > 0);
    assert_eq!(forwarded["shop_peers"], forwarded["customer_peers"]);
    let nodes = find(&events, "network", "ready")["nodes"].as_array().unwrap();
    let folder = Path::new(nodes[0]["dir"].as_str().unwrap()).parent().unwrap();
    assert!(!folder.exists(), "the temporary folder stays behind");
    let atm = nodes.iter().find(|node| node["name"] == "atm").unwrap();
    assert_eq!(forwarded["shop_peers"], json!([atm["id"]]));
    let changes = |from: usize, to: usize| {
        let change = |node: usize| i128::from(told[to][node]) - i128::from(told[from][node]);
        [change(0), change(1), change(2)]
    };
    let fee = i128::from(fee);
    assert_eq!(changes(1, 2), [10_000_000, fee, -10_000_000 - fee], "the coffee");
    assert_eq!(changes(2, 3), [0, -10_000_000, 10_000_000], "the payout");
    assert_eq!(changes(3, 4), [0, 0, 0], "the refused redemptions");
    assert_eq!(changes(4, 5)[0], 1_500_000, "the magazine");
    assert_eq!(changes(5, 6)[0], 2_100_000, "the tip");
    assert_eq!(changes(6, 7), [0, 0, 0], "the mistakes");
}

#[test]
fn everybody_can_pay_everybody_a_million_satoshis() {
    let mut demo = Demo::start();
    let names = ["shop", "atm", "customer"];
    for payee in names {
        let params = json!({ "amount": MILLION_SAT, "description": "a million" });
        let offer = call(&demo.node(payee), "offer", params);
        for payer in names.into_iter().filter(|payer| *payer != payee) {
            let paid = call(&demo.node(payer), "pay", json!({ "bolt11": offer["bolt12"] }));
            assert_eq!(paid["status"], "complete", "{payer} to {payee}");
            let receipt =
                until("the payee shows the payment", || receipt(&demo.node(payee), &paid));
            assert_eq!(receipt["amount_received_msat"], MILLION_SAT);
        }
    }
    let pids = demo.pids();
    assert!(demo.end("-TERM").success());
    assert!(!pids.into_iter().any(is_running), "a node outlives the demo");
}

#[test]
fn a_node_shows_both_directions_of_channels_that_are_not_its_own() {
    let mut demo = Demo::start();
    let id = |name| call(&demo.node(name), "getinfo", json!({}))["id"].clone();
    let (shop, atm) = (id("shop"), id("atm"));
    let ends = |params: Value| {
        let list = call(&demo.node("customer"), "listchannels", params);
        let channels = list["channels"].as_array().unwrap().iter();
        channels.map(|c| (c["source"].clone(), c["destination"].clone())).collect::<Vec<_>>()
    };
    let to_shop = vec![(atm.clone(), shop.clone())];
    assert_eq!(ends(json!({ "destination": shop })), to_shop, "from the first moment");
    assert_eq!(ends(json!({ "source": atm })), to_shop);
    let both = until("the terms of both ends are known", || {
        Some(ends(json!({}))).filter(|channels| channels.len() == 2)
    });
    assert!(both.contains(&(shop.clone(), atm.clone())), "{both:?}");

    let list = call(&demo.node("customer"), "listchannels", json!({ "source": shop }));
    let channel = &list["channels"][0];
    let of_shop = call(&demo.node("shop"), "listpeerchannels", json!({}))["channels"][0].clone();
    assert_eq!(channel["short_channel_id"], of_shop["short_channel_id"]);
    assert_eq!(channel["amount_msat"], of_shop["total_msat"], "the chain was asked");
    assert_eq!((&channel["public"], &channel["active"]), (&json!(true), &json!(true)));
    let none = ends(json!({ "short_channel_id": "1x1x1" }));
    assert_eq!(none, [], "the customer's own is not announced");
    assert!(demo.end("-TERM").success());
}

#[test]
fn an_invoice_is_payable_after_its_issuer_was_killed_right_after_the_reply() {
    let mut demo = Demo::start();
    let (shop, customer) = (demo.node("shop"), demo.node("customer"));
    let offer = call(&shop, "offer", json!({ "amount": "5000sat", "description": "tea" }));
    let fetched = call(&customer, "fetchinvoice", json!({ "offer": offer["bolt12"] }));
    demo.kill_node("shop");
    let _shop_again = Restarted::start(&shop);

    let paid = call(&customer, "pay", json!({ "bolt11": fetched["invoice"] }));
    assert_eq!(paid["status"], "complete");
    let recorded = until("the shop records the payment", || receipt(&shop, &paid));
    assert_eq!(recorded["amount_received_msat"], 5_000_000);

    let again = call(&customer, "pay", json!({ "bolt11": fetched["invoice"] }));
    assert_eq!(again["payment_preimage"], paid["payment_preimage"], "the same payment");
    assert_eq!(receipt(&shop, &paid).unwrap(), recorded, "recorded once");
}

#[test]
fn a_claimed_payout_is_paid_once_although_its_issuer_was_killed() {
    let mut demo = Demo::start();
    let (atm, customer) = (demo.node("atm"), demo.node("customer"));
    let before = balance(&customer);
    let params = json!({ "amount": "7000sat", "description": "withdrawal" });
    let payout = call(&atm, "offerout", params);
    let redeem = json!({ "invreq": payout["bolt12"], "label": "cash" });
    let claims = || -> Option<Vec<Value>> {
        let list = attempt(&atm, "listpayouts", &json!({ "offer_id": payout["offer_id"] }));
        list.ok()?.ok()?["payouts"][0]["claims"].as_array().cloned()
    };

    let customer_pid = demo.pid("customer");
    let redeeming = {
        let (customer, redeem) = (customer.clone(), redeem.clone());
        std::thread::spawn(move || attempt(&customer, "sendinvoice", &redeem))
    };
    until("the claim is on record", || claims().filter(|claims| !claims.is_empty()));
    // The redeemer holds still, so that the payment stays on its way while the issuer dies.
    signal("-STOP", customer_pid);
    until_quiet(&atm);
    demo.kill_node("atm");
    signal("-CONT", customer_pid);
    let _atm_again = Restarted::start(&atm);

    let paid = until("the claim has come to its end", || {
        claims().filter(|claims| claims.iter().any(|claim| claim["state"] == "paid"))
    });
    assert_eq!(paid.len(), 1, "{paid:?}");
    until("the money has arrived", || (balance(&customer) == before + 7_000_000).then_some(()));
    drop(redeeming.join().unwrap());
    let again = call(&customer, "sendinvoice", redeem);
    assert_eq!(again["status"], "paid", "the same label is the same redemption");
    let other = json!({ "invreq": payout["bolt12"], "label": "more cash" });
    let (code, message) = refusal(&customer, "sendinvoice", other);
    assert_eq!((code, message.contains("redeemed")), (1004, true), "{message}");
    assert_eq!(claims().unwrap().len(), 1);
    assert_eq!(balance(&customer), before + 7_000_000);
}

#[test]
fn no_node_outlives_a_demo_that_was_killed() {
    let mut demo = Demo::start();
    let pids = demo.pids();
    assert!(pids.iter().all(|pid| is_running(*pid)));
    assert!(!demo.end("-KILL").success());
    until("the nodes have ended", || (!pids.iter().any(|pid| is_running(*pid))).then_some(()));
}

#[test]
fn a_network_without_a_story_says_ready_in_a_line_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let mut demo = Started::new(&["demo", "--no-story", "--dir", dir.path().to_str().unwrap()]);
    assert_eq!(demo.line_with("ready"), "ready");
    for name in ["shop", "atm", "customer"] {
        call(&dir.path().join(name), "getinfo", json!({}));
    }
    assert!(demo.end().success());
}

#[test]
fn a_chain_alone_serves_a_node_by_its_cookie_and_pays_whom_it_was_told_to() {
    const ADDRESS: &str = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
    let dir = tempfile::tempdir().unwrap();
    let cookie = dir.path().join("cookie");
    let cookie = cookie.to_str().unwrap();
    let gift = format!("{ADDRESS}=50000");
    let args = ["regtest", "--port", "0", "--cookie", cookie, "--faucet", &gift];
    let mut chain = Started::new(&args);
    let greeting = chain.line_with("http://127.0.0.1:");
    let port = greeting.split("127.0.0.1:").nth(1).unwrap();
    let port: String = port.chars().take_while(char::is_ascii_digit).collect();
    chain.line_with("ready");

    let node = dir.path().join("node");
    let node_dir = node.to_str().unwrap();
    let mut args = vec!["run", "--dir", node_dir, "--network", "regtest", "--listen", "none"];
    args.extend(["--bitcoind-port", &port, "--bitcoind-cookie", cookie]);
    let mut daemon = Started::new(&args);
    daemon.line_with("socket");
    let info = until("the node answers", || attempt(&node, "getinfo", &json!({})).ok()?.ok());
    assert_eq!(info["blockheight"], 111, "110 of the chain, one with the gift");
    assert!(daemon.end().success());
    assert!(chain.end().success());
    assert!(!Path::new(cookie).exists());
}

#[test]
fn folders_in_use_are_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("thesis.tex"), "x").unwrap();
    let run = run_demo(&["--once", "--dir", dir.path().to_str().unwrap()]);
    assert_eq!(run.status.code(), Some(1));
    assert!(run.stderr.contains("is not empty"), "{}", run.stderr);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn pyln_client_from_pypi_drives_the_network_unmodified() {
    let python = match python::with_packages("pyln") {
        Ok(python) => python,
        Err(why) if python::may_be_missing("OFFERD_TESTS_REQUIRE_PYLN") => {
            eprintln!("pyln-client: SKIPPED, it could not be installed: {why}");
            return;
        }
        Err(why) => panic!("pyln-client could not be installed: {why}"),
    };
    let demo = Demo::start();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pyln/drive.py");
    let output = Command::new(python).arg(script).arg(demo.dir.path()).output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told);
    assert!(output.status.success() && told.contains("done"), "{told}");
}
