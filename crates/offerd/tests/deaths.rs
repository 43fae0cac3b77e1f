//! Real daemons that die at each step of receiving, paying, redeeming and refunding, and at any moment under load:
//! when they have come again, the ledgers of both sides are equal.
//!
//! `DEATHS` sets how often a daemon is killed under load.
#![cfg(all(feature = "demo", debug_assertions))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "deaths/acts.rs"]
mod acts;
#[path = "shared/client.rs"]
mod client;
#[path = "../src/driver/fail_step.rs"]
mod fail_step;
#[path = "deaths/pair.rs"]
mod pair;
#[path = "deaths/subscriptions.rs"]
mod subscriptions;
#[path = "shared/town.rs"]
mod town;
#[path = "shared/until.rs"]
mod until;

use std::thread;

use acts::{approve, deny, lose, pay, put_off, redeem, refund, refused, send_back, withdraw};
use fail_step::FailStep::{self, *};
use pair::{Pair, Role};
use serde_json::json;
use subscriptions::{cannot_pay, change_mind, remind, subscribe};

/// What is committed or done when money comes in.
const RECEIVING: &[FailStep] = &[ReceiptClaiming, Accept, EffectDone, ReceiptPaid];
/// What is committed or done when money goes out.
const PAYING: &[FailStep] = &[PaymentStarted, EffectDone, Pay, PaymentEnded];

/// Lets `who` die before and after each of the steps while `act` goes on, and compares the ledgers each time.
fn dies_at_each(steps: &[FailStep], who: Role, act: impl Fn(&mut Pair, &str, Role, &str)) {
    let mut pair = Pair::new();
    for step in steps {
        for moment in ["before", "after"] {
            let failpoint = format!("{moment} {}", step.name());
            act(&mut pair, &failpoint, who, &format!("{failpoint} of {who:?}"));
            pair.ledgers_are_equal(&failpoint);
        }
    }
}

/// A test for each line: who dies, while what goes on, at which steps.
macro_rules! deaths {
    ($($name:ident: $who:ident, $act:ident, $steps:expr;)+) => {
        $(
            #[test]
            fn $name() {
                dies_at_each($steps, Role::$who, $act);
            }
        )+

        /// A step that is added to the driver is one of these, or this fails.
        #[test]
        fn at_every_step_where_a_process_can_die_one_does() {
            let tested: [&[FailStep]; _] = [$($steps),+];
            let spared = FailStep::ALL.iter().filter(|step| !tested.concat().contains(step));
            assert_eq!(spared.collect::<Vec<_>>(), Vec::<&FailStep>::new());
        }
    };
}

deaths! {
    a_shop_that_dies_at_any_step_of_receiving_is_paid_once: Shop, pay, RECEIVING;
    a_payer_that_dies_at_any_step_of_paying_pays_once: Customer, pay, PAYING;
    a_shop_that_dies_at_any_step_of_sending_a_payment_back_keeps_nothing:
        Shop, send_back, &[Refuse];
    a_payer_that_dies_when_its_payment_comes_back_has_it_back:
        Customer, send_back, &[PaymentAttemptFailed, PaymentEnded];
    a_shop_that_dies_when_a_payment_went_back_before_it_was_taken_is_paid_later:
        Shop, lose, &[ReceiptLost];
    a_shop_that_dies_at_any_step_of_paying_a_redeemer_pays_once: Shop, redeem, PAYING;
    a_shop_that_dies_when_it_puts_a_payment_off_pays_once: Shop, put_off, &[PaymentPutOff];
    a_redeemer_that_dies_at_any_step_is_paid_once:
        Customer, redeem, &[InvoiceMade, ReceiptClaiming, Accept, EffectDone, ReceiptPaid];
    a_redeemer_that_dies_when_it_is_refused_has_its_label_back:
        Customer, refused, &[InvoiceRefused];
    a_shop_that_dies_when_it_withdraws_a_payout_or_opens_it_again_pays_once:
        Shop, withdraw, &[PayoutDisabled, PayoutEnabled];
    a_shop_that_dies_at_any_step_of_approving_pays_once:
        Shop, approve, &[PaymentApproved, EffectDone, Pay];
    a_shop_that_dies_at_any_step_of_turning_a_redemption_down_tells_its_redeemer:
        Shop, deny, &[TellRedeemer, EffectDone];
    a_shop_that_dies_at_any_step_of_refunding_refunds_once:
        Shop, refund, &[PayoutCreated, PaymentStarted, EffectDone, Pay, PaymentEnded];
    a_subscriber_that_dies_at_any_step_pays_each_period_once: Customer, subscribe, &[
        SubscriptionCreated, SubscriptionPaying, SubscriptionPaid, SubscriptionEnded,
        PaymentStarted, EffectDone, Pay, PaymentEnded,
    ];
    a_shop_that_dies_when_a_period_is_paid_has_each_on_record_once:
        Shop, subscribe, &[SeriesChanged];
    a_subscriber_that_dies_when_it_is_reminded_pays_each_period_once:
        Customer, remind, &[SubscriptionReminder];
    a_subscriber_that_dies_when_a_period_cannot_be_paid_pays_nothing:
        Customer, cannot_pay, &[SubscriptionFailed];
    a_subscriber_that_dies_at_its_second_thoughts_pays_each_period_once: Customer, change_mind,
        &[SubscriptionPaused, SubscriptionResumed, SubscriptionCancelled, SubscriptionTold];
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
