//! Real daemons that die at each step of receiving, paying, redeeming and refunding, and at any moment under load:
//! when they have come again, the ledgers of both sides are equal.
//!
//! `DEATHS` sets how often a daemon is killed under load.
#![cfg(all(feature = "demo", debug_assertions))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "shared/client.rs"]
mod client;
#[path = "deaths/pair.rs"]
mod pair;
#[path = "shared/town.rs"]
mod town;
#[path = "shared/until.rs"]
mod until;

use std::thread;

use pair::{Pair, Role};
use serde_json::json;
use until::until;

/// What is committed or done when money comes in.
const RECEIVING: [&str; 4] = ["receipt-claiming", "accept", "effect-done", "receipt-paid"];
/// What is committed or done when money goes out.
const PAYING: [&str; 4] = ["payment-started", "effect-done", "pay", "payment-ended"];

/// Lets `who` die before and after each of the steps while `act` goes on, and compares the ledgers each time.
fn dies_at_each(steps: &[&str], who: Role, act: impl Fn(&mut Pair, &str, Role, &str)) {
    let mut pair = Pair::new();
    for step in steps {
        for moment in ["before", "after"] {
            let failpoint = format!("{moment} {step}");
            act(&mut pair, &failpoint, who, &format!("{failpoint} of {who:?}"));
            pair.ledgers_are_equal(&failpoint);
        }
    }
}

fn pay(pair: &mut Pair, failpoint: &str, who: Role, label: &str) {
    let offer = pair.offer();
    let params = json!({ "bolt11": offer, "label": label, "retry_for": 20 });
    pair.until_done("pay", &params, Some((who, failpoint)));
}

fn redeem(pair: &mut Pair, failpoint: &str, who: Role, label: &str) {
    let code = pair.payout(&json!({ "amount": "100sat", "description": "withdrawal" }));
    let params = json!({ "invreq": code, "label": label, "timeout": 20 });
    pair.until_done("sendinvoice", &params, Some((who, failpoint)));
}

fn refund(pair: &mut Pair, failpoint: &str, who: Role, label: &str) {
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
fn send_back(pair: &mut Pair, failpoint: &str, who: Role, label: &str) {
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
fn refused(pair: &mut Pair, failpoint: &str, who: Role, label: &str) {
    let order = json!({ "amount": "100sat", "description": "withdrawal" });
    let made = pair.of(Role::Shop).call("offerout", order.clone());
    pair.of(Role::Shop).call("disableoffer", json!([made["offer_id"]]));
    let with = |code: &serde_json::Value| json!({ "invreq": code, "label": label, "timeout": 20 });
    let params = with(&made["bolt12"]);
    pair.dies_in(who, failpoint, Role::Customer, "sendinvoice", &params);
    let again = client::attempt(&pair.dir(Role::Customer), "sendinvoice", &params).unwrap();
    assert!(again.is_err(), "{failpoint}: {again:?}");
    let other = pair.payout(&order);
    pair.until_done("sendinvoice", &with(&other), None);
}

/// The shop withdraws a payout, or opens it again.
fn withdraw(pair: &mut Pair, failpoint: &str, _: Role, label: &str) {
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
fn approve(pair: &mut Pair, failpoint: &str, _: Role, label: &str) {
    let order = json!({ "amount": "100sat", "description": "withdrawal", "approve": true });
    let made = pair.of(Role::Shop).call("offerout", order);
    let params = json!({ "invreq": made["bolt12"], "label": label, "timeout": 10 });
    pair.arm(Role::Shop, failpoint);
    let (customer, shop) = (pair.dir(Role::Customer), pair.dir(Role::Shop));
    let sent = params.clone();
    let redeeming = thread::spawn(move || drop(client::attempt(&customer, "sendinvoice", &sent)));
    let hash = until("the redemption", || {
        let listed = client::call(&shop, "listpayouts", json!({ "offer_id": made["offer_id"] }));
        let claims = listed["payouts"][0]["claims"].as_array()?.clone();
        Some(claims.first()?["payment_hash"].clone())
    });
    let decision = json!({ "offer_id": made["offer_id"], "payment_hash": hash });
    drop(client::attempt(&shop, "approvepayout", &decision));
    pair.revive(Role::Shop);
    drop(client::attempt(&shop, "approvepayout", &decision));
    redeeming.join().unwrap();
    pair.until_done("sendinvoice", &params, None);
}

#[test]
fn a_shop_that_dies_at_any_step_of_sending_a_payment_back_keeps_nothing() {
    dies_at_each(&["refuse"], Role::Shop, send_back);
}

#[test]
fn a_payer_that_dies_when_its_payment_comes_back_has_it_back() {
    dies_at_each(&["payment-ended"], Role::Customer, send_back);
}

#[test]
fn a_redeemer_that_dies_when_it_is_refused_has_its_label_back() {
    dies_at_each(&["invoice-refused"], Role::Customer, refused);
}

#[test]
fn a_shop_that_dies_when_it_withdraws_a_payout_or_opens_it_again_pays_once() {
    dies_at_each(&["payout-disabled", "payout-enabled"], Role::Shop, withdraw);
}

#[test]
fn a_shop_that_dies_at_any_step_of_approving_pays_once() {
    dies_at_each(&["payment-approved", "effect-done", "pay"], Role::Shop, approve);
}

#[test]
fn a_shop_that_dies_at_any_step_of_receiving_is_paid_once() {
    dies_at_each(&RECEIVING, Role::Shop, pay);
}

#[test]
fn a_payer_that_dies_at_any_step_of_paying_pays_once() {
    dies_at_each(&PAYING, Role::Customer, pay);
}

#[test]
fn a_shop_that_dies_at_any_step_of_paying_a_redeemer_pays_once() {
    dies_at_each(&PAYING, Role::Shop, redeem);
}

/// What is committed for a subscription of one payment.
const SUBSCRIBING: [&str; 4] =
    ["subscription.created", "subscription.paying", "subscription.paid", "subscription.ended"];

/// Subscribes to an offer of the shop for one payment, and waits until that is made.
fn subscribe(pair: &mut Pair, failpoint: &str, who: Role, label: &str) {
    let order = json!({ "amount": "300sat", "description": "paper", "recurrence": "1day" });
    let offer = pair.of(Role::Shop).call("offer", order)["bolt12"].clone();
    let params = json!({ "offer": offer, "label": label, "max_periods": 1, "retry_for": 20 });
    pair.until_done("subscribe", &params, Some((who, failpoint)));
}

#[test]
fn a_subscriber_that_dies_at_any_step_pays_each_period_once() {
    let steps = [SUBSCRIBING.as_slice(), PAYING.as_slice()].concat();
    dies_at_each(&steps, Role::Customer, subscribe);
}

#[test]
fn a_redeemer_that_dies_at_any_step_is_paid_once() {
    let steps = [&["invoice-made"], RECEIVING.as_slice()].concat();
    dies_at_each(&steps, Role::Customer, redeem);
}

#[test]
fn a_shop_that_dies_at_any_step_of_refunding_refunds_once() {
    let steps = [&["payout-created"], PAYING.as_slice()].concat();
    dies_at_each(&steps, Role::Shop, refund);
}

#[test]
fn daemons_that_are_killed_at_random_under_load_agree_afterwards() {
    let deaths = std::env::var("DEATHS").map_or(10, |deaths| deaths.parse().unwrap());
    let mut pair = Pair::new();
    let mut moments = fastrand(17);
    for death in 0..deaths {
        let mut calls = Vec::new();
        for number in 0..4 {
            let label = format!("{death}-{number}");
            let (method, params) = if number % 2 == 0 {
                let offer = pair.offer();
                ("pay", json!({ "bolt11": offer, "label": label, "retry_for": 20 }))
            } else {
                let order = json!({ "amount": "10sat", "description": "withdrawal" });
                let code = pair.payout(&order);
                ("sendinvoice", json!({ "invreq": code, "label": label, "timeout": 20 }))
            };
            calls.push((method, params));
        }
        let dir = pair.dir(Role::Customer);
        let running = calls.clone().into_iter().map(|(method, params)| {
            let dir = dir.clone();
            // What becomes of it is seen afterwards.
            thread::spawn(move || drop(client::attempt(&dir, method, &params)))
        });
        let running: Vec<_> = running.collect();
        let who = if moments().is_multiple_of(2) { Role::Shop } else { Role::Customer };
        // Any moment will do: nothing depends on which it is.
        thread::sleep(std::time::Duration::from_millis(moments() % 700));
        pair.kill_and_restart(who);
        running.into_iter().for_each(|call| call.join().unwrap());
        for (method, params) in &calls {
            pair.until_done(method, params, None);
        }
        pair.ledgers_are_equal(&format!("death {death} of {who:?}"));
    }
}

/// Numbers that look like chance, the same on every run.
fn fastrand(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state >> 33
    }
}
