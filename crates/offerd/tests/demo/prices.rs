//! A price that moves between invoice and payment, between real nodes.

use std::path::Path;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Refusal, attempt, call};
use crate::process::{Demo, signal};
use crate::until::until;

/// A slice of time in which one side alone runs.
const SLICE: Duration = Duration::from_millis(50);
/// Slices in which a request that has arrived is answered.
const ANSWER: usize = 20;

fn unpaid(shop: &Path) -> usize {
    let list = call(shop, "listinvoices", json!({ "status": "unpaid" }));
    list["invoices"].as_array().unwrap().len()
}

/// The customer pays, and between the invoice and the payment the price moves at the shop. The two processes run one
/// after the other meanwhile, so that it is always between.
fn pay_while_the_price_moves(demo: &Demo, code: &Value, moved_to: &str) -> Result<Value, Refusal> {
    let (shop, customer) = (demo.node("shop"), demo.node("customer"));
    let (shop_pid, customer_pid) = (demo.pid("shop"), demo.pid("customer"));
    let before = unpaid(&shop);
    signal("-STOP", shop_pid);
    let paying = {
        let params = json!({ "bolt11": code });
        thread::spawn(move || attempt(&customer, "pay", &params))
    };
    until("the shop has made an invoice", || {
        thread::sleep(SLICE);
        signal("-STOP", customer_pid);
        signal("-CONT", shop_pid);
        let made = (0..ANSWER).any(|_| {
            thread::sleep(SLICE);
            unpaid(&shop) > before
        });
        if !made {
            signal("-STOP", shop_pid);
            signal("-CONT", customer_pid);
        }
        made.then_some(())
    });
    call(&shop, "setrate", json!(["USD", moved_to]));
    signal("-CONT", customer_pid);
    paying.join().unwrap().unwrap()
}

fn received(shop: &Path) -> Vec<u64> {
    let list = call(shop, "listinvoices", json!({ "status": "paid" }));
    let list = list["invoices"].as_array().unwrap().iter();
    list.map(|invoice| invoice["amount_received_msat"].as_u64().unwrap()).collect()
}

#[test]
fn a_price_that_moves_three_per_cent_is_settled_by_the_nodes_and_thirty_stops_them() {
    let demo = Demo::start();
    let (shop, customer) = (demo.node("shop"), demo.node("customer"));
    let offer = call(&shop, "offer", json!(["5USD", "coffee"]));

    let paid = pay_while_the_price_moves(&demo, &offer["bolt12"], "48500").unwrap();
    assert_eq!((&paid["status"], &paid["amount_msat"]), (&json!("complete"), &json!(10_309_279)));
    assert_eq!(paid["priced"]["expected_msat"], 9_980_040);
    until("the shop has it", || (received(&shop) == [10_309_279]).then_some(()));
    let pays = call(&customer, "listpays", json!({}));
    let pays = pays["pays"].as_array().unwrap().iter();
    let tries: Vec<_> =
        pays.map(|pay| (pay["status"].as_str(), pay["amount_msat"].as_u64())).collect();
    let [first, second] =
        [(Some("failed"), Some(10_000_000)), (Some("complete"), Some(10_309_279))];
    assert_eq!(tries, [first, second]);

    call(&shop, "setrate", json!(["USD", 50_000]));
    let refused = pay_while_the_price_moves(&demo, &offer["bolt12"], "35000");
    let (code, message) = refused.unwrap_err();
    assert_eq!(code, 206, "{message}");
    assert!(message.contains("14285715msat") && message.contains("10479042msat"), "{message}");
    assert_eq!(received(&shop), [10_309_279]);
}
