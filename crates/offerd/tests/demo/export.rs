//! The export of each node adds up to its audit.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::client::call;
use crate::process::Demo;
use crate::until::until;

/// The rows of `offer-cli export`.
fn export(dir: &Path) -> Vec<Value> {
    let client = Path::new(env!("CARGO_BIN_EXE_offerd")).with_file_name("offer-cli");
    assert!(client.exists(), "build the workspace first: {} is missing", client.display());
    let output = Command::new(client).arg("--dir").arg(dir).arg("export").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn line(audit: &Value, side: &str, name: &str) -> i64 {
    let lines = audit[side].as_array().unwrap();
    lines.iter().find(|line| line["name"] == name).unwrap()["amount_msat"].as_i64().unwrap()
}

/// What a member of all rows of a direction comes to.
fn sum(rows: &[Value], direction: &str, member: &str) -> i64 {
    let rows = rows.iter().filter(|row| row["direction"] == direction);
    rows.map(|row| row[member].as_i64().unwrap()).sum()
}

#[test]
fn what_each_node_exports_adds_up_to_what_its_audit_counts() {
    let mut demo = Demo::start();
    let [shop, atm, customer] = ["shop", "atm", "customer"].map(|name| demo.node(name));
    let order = json!({
        "amount": "7000sat", "description": "=tea", "external_id": "order-7", "tags": ["bar", "evening"],
    });
    let offer = call(&shop, "offer", order);
    for label in ["one", "two"] {
        call(&customer, "pay", json!({ "bolt11": offer["bolt12"], "label": label }));
    }
    let payout = call(
        &atm,
        "offerout",
        json!({ "amount": "5000sat", "description": "cash", "label": "till 1" }),
    );
    call(&customer, "sendinvoice", json!({ "invreq": payout["bolt12"], "label": "mine" }));
    // Whoever forwarded or sent is the last to know that it is over.
    let settled = |dir: &Path, direction: &str, count: usize| {
        until("the rows", || {
            let rows = export(dir);
            let found = rows.iter().filter(|row| row["direction"] == direction).count();
            (found >= count).then_some(rows)
        })
    };
    for (dir, direction, count) in
        [(&shop, "received", 2), (&atm, "forwarded", 2), (&atm, "paid", 1), (&customer, "paid", 2)]
    {
        let rows = settled(dir, direction, count);
        let audit = until("the books", || {
            let audit = call(dir, "audit", json!({}));
            (audit["balanced"] == true).then_some(audit)
        });
        assert_eq!(sum(&rows, "received", "amount_msat"), line(&audit, "came_in", "received"));
        assert_eq!(sum(&rows, "forwarded", "fee_msat"), line(&audit, "came_in", "forwarding_fees"));
        assert_eq!(sum(&rows, "paid", "amount_msat"), line(&audit, "went_out", "paid"));
        assert_eq!(sum(&rows, "paid", "fee_msat"), line(&audit, "went_out", "routing_fees"));
        let changes: i64 = rows.iter().map(|row| row["change_msat"].as_i64().unwrap()).sum();
        let counted = line(&audit, "came_in", "received")
            + line(&audit, "came_in", "forwarding_fees")
            - line(&audit, "went_out", "paid")
            - line(&audit, "went_out", "routing_fees");
        assert_eq!(changes, counted, "{rows:#?}");
    }
    assert!(sum(&export(&atm), "forwarded", "fee_msat") > 0);
    assert_eq!(sum(&export(&atm), "paid", "amount_msat"), 5_000_000);
    let paid = export(&atm).into_iter().find(|row| row["direction"] == "paid").unwrap();
    assert_eq!(paid["label"], "till 1");
    let sold = &export(&shop)[0];
    assert_eq!(
        (&sold["external_id"], &sold["tags"]),
        (&json!("order-7"), &json!(["bar", "evening"]))
    );
    assert!(demo.end("-TERM").success());
}
