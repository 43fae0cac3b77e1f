//! What goes on between a shop and a customer while one of them dies at a failpoint, and is done when it has come again.

use std::thread;

use serde_json::{Value, json};

use crate::client;
use crate::pair::{Pair, Role};
use crate::until::until;

/// Blocks that a payment may be held for beyond what its path takes: fewer than its payee needs to take it.
const SPARE: u64 = 36;

pub(crate) fn pay(pair: &mut Pair, failpoint: &str, who: Role, label: &str) {
    let offer = pair.offer();
    let params = json!({ "bolt11": offer, "label": label, "retry_for": 20 });
    pair.until_done("pay", &params, Some((who, failpoint)));
}

pub(crate) fn redeem(pair: &mut Pair, failpoint: &str, who: Role, label: &str) {
    let code = pair.payout(&json!({ "amount": "100sat", "description": "withdrawal" }));
    let params = json!({ "invreq": code, "label": label, "timeout": 20 });
    pair.until_done("sendinvoice", &params, Some((who, failpoint)));
}

pub(crate) fn refund(pair: &mut Pair, failpoint: &str, who: Role, label: &str) {
    let paid = pair.paid_hash(label);
    let refund = json!({ "amount": "100sat", "description": "sorry", "refund_for": paid });
    let at_payout = failpoint.ends_with("payout-created");
    if at_payout {
        pair.shop_dies_at(failpoint, "offerout", &refund);
    }
    let code = pair.payout(&refund);
    let params = json!({ "invreq": code, "label": label, "timeout": 20 });
    pair.until_done("sendinvoice", &params, (!at_payout).then_some((who, failpoint)));
}

/// The shop sends a payment back, for its offer was disabled after the invoice was made.
pub(crate) fn send_back(pair: &mut Pair, failpoint: &str, who: Role, label: &str) {
    let order = json!({ "amount": "300sat", "description": label });
    let offer = pair.of(Role::Shop).call("offer", order);
    let fetched = pair.of(Role::Customer).call("fetchinvoice", json!([offer["bolt12"]]));
    pair.of(Role::Shop).call("disableoffer", json!([offer["offer_id"]]));
    let params = json!({ "bolt11": fetched["invoice"], "label": label, "retry_for": 20 });
    pair.dies_in(who, failpoint, Role::Customer, "pay", &params);
    let dir = pair.dir(Role::Customer);
    until("the end of the payment", || {
        let listed = client::attempt(&dir, "listpays", &json!({ "label": label })).ok()?.ok()?;
        let rows = listed["pays"].as_array()?;
        rows.iter().all(|pay| pay["status"] == "failed").then_some(())
    });
}

/// The customer's invoice is refused, for the payout was disabled; its label is free for another.
pub(crate) fn refused(pair: &mut Pair, failpoint: &str, who: Role, label: &str) {
    let order = json!({ "amount": "100sat", "description": "withdrawal" });
    let made = pair.of(Role::Shop).call("offerout", order.clone());
    pair.of(Role::Shop).call("disableoffer", json!([made["offer_id"]]));
    let with = |code: &Value| json!({ "invreq": code, "label": label, "timeout": 20 });
    let params = with(&made["bolt12"]);
    pair.dies_in(who, failpoint, Role::Customer, "sendinvoice", &params);
    let again = client::attempt(&pair.dir(Role::Customer), "sendinvoice", &params).unwrap();
    assert!(again.is_err(), "{failpoint}: {again:?}");
    let other = pair.payout(&order);
    pair.until_done("sendinvoice", &with(&other), None);
}

/// The shop withdraws a payout, or opens it again.
pub(crate) fn withdraw(pair: &mut Pair, failpoint: &str, _: Role, label: &str) {
    let order = json!({ "amount": "100sat", "description": "withdrawal" });
    let made = pair.of(Role::Shop).call("offerout", order);
    let id = json!([made["offer_id"]]);
    let opens = failpoint.ends_with("payout-enabled");
    if opens {
        pair.of(Role::Shop).call("disableoffer", id.clone());
    }
    let method = if opens { "enableoffer" } else { "disableoffer" };
    pair.shop_dies_at(failpoint, method, &id);
    // Said again; it may be so already.
    drop(client::attempt(&pair.dir(Role::Shop), method, &id));
    let params = json!({ "invreq": made["bolt12"], "label": label, "timeout": 20 });
    if !opens {
        let refused = client::attempt(&pair.dir(Role::Customer), "sendinvoice", &params).unwrap();
        assert!(refused.is_err(), "{failpoint}: {refused:?}");
        pair.of(Role::Shop).call("enableoffer", id);
    }
    pair.until_done("sendinvoice", &params, None);
}

/// The shop approves a redemption.
pub(crate) fn approve(pair: &mut Pair, failpoint: &str, _: Role, label: &str) {
    let order = json!({ "amount": "100sat", "description": "withdrawal", "approve": true });
    let made = pair.of(Role::Shop).call("offerout", order);
    let params = json!({ "invreq": made["bolt12"], "label": label, "timeout": 10 });
    pair.arm(Role::Shop, failpoint);
    let (customer, shop) = (pair.dir(Role::Customer), pair.dir(Role::Shop));
    let sent = params.clone();
    let redeeming = thread::spawn(move || drop(client::attempt(&customer, "sendinvoice", &sent)));
    let hash = candidate(pair, &made);
    let decision = json!({ "offer_id": made["offer_id"], "payment_hash": hash });
    drop(client::attempt(&shop, "approvepayout", &decision));
    pair.revive(Role::Shop);
    drop(client::attempt(&shop, "approvepayout", &decision));
    redeeming.join().unwrap();
    pair.until_done("sendinvoice", &params, None);
}

/// The shop turns a redemption down; its redeemer hears it, at the latest when it sends its invoice again, and its label
/// is free for another.
pub(crate) fn deny(pair: &mut Pair, failpoint: &str, who: Role, label: &str) {
    let order = json!({ "amount": "100sat", "description": "withdrawal", "approve": true });
    let made = pair.of(Role::Shop).call("offerout", order);
    let params = json!({ "invreq": made["bolt12"], "label": label, "timeout": 60 });
    pair.arm(who, failpoint);
    let customer = pair.dir(Role::Customer);
    let redeeming = thread::spawn(move || client::attempt(&customer, "sendinvoice", &params));
    let hash = candidate(pair, &made);
    let decision = json!({ "offer_id": made["offer_id"], "payment_hash": hash });
    drop(client::attempt(&pair.dir(Role::Shop), "denypayout", &decision));
    pair.revive(who);
    let (_, refusal) = redeeming.join().unwrap().unwrap().unwrap_err();
    assert!(refusal.contains("not approved"), "{failpoint}: {refusal}");
    let other = pair.payout(&json!({ "amount": "100sat", "description": "withdrawal" }));
    pair.until_done("sendinvoice", &json!({ "invreq": other, "label": label, "timeout": 5 }), None);
}

/// The payment hash of the redemption that waits for the shop's word.
fn candidate(pair: &Pair, made: &Value) -> Value {
    let shop = pair.dir(Role::Shop);
    until("the redemption", || {
        let listed = client::call(&shop, "listpayouts", json!({ "offer_id": made["offer_id"] }));
        let claims = listed["payouts"][0]["claims"].as_array()?.clone();
        Some(claims.first()?["payment_hash"].clone())
    })
}

/// A claim is committed, and then its redeemer is not there: it is tried again later.
pub(crate) fn put_off(pair: &mut Pair, failpoint: &str, who: Role, label: &str) {
    let code = pair.payout(&json!({ "amount": "100sat", "description": "withdrawal" }));
    let params = json!({ "invreq": code, "label": label, "timeout": 20 });
    pair.begin_to_die(who, "after payment-started", "sendinvoice", &params);
    pair.gone(Role::Customer);
    pair.dies_alone(who, failpoint);
    pair.come_back();
    pair.until_done("sendinvoice", &params, None);
}

/// A payment was to be taken, and then the shop is not there until it has to go back.
pub(crate) fn lose(pair: &mut Pair, failpoint: &str, who: Role, label: &str) {
    let offer = pair.offer();
    let customer = pair.of(Role::Customer);
    let fetched = customer.call("fetchinvoice", json!([offer]))["invoice"].clone();
    let shown = customer.call("decode", json!([fetched]));
    let delay = shown["invoice_paths"][0]["payinfo"]["cltv_expiry_delta"].as_u64().unwrap();
    // Little longer than it must, so that it is known when it is too late.
    let most = delay + SPARE;
    let params = json!({ "bolt11": fetched, "label": label, "retry_for": 20, "maxdelay": most });
    pair.begin_to_die(who, "before accept", "pay", &params);
    pair.mine(delay - 1);
    pair.dies_alone(who, failpoint);
    pair.come_back();
    let customer = pair.dir(Role::Customer);
    until("the payment is back", || {
        let listed = client::call(&customer, "listpays", json!({ "label": label }));
        (listed["pays"][0]["status"] == "failed").then_some(())
    });
    let again = json!({ "bolt11": offer, "label": format!("{label}, again"), "retry_for": 20 });
    pair.until_done("pay", &again, None);
}
