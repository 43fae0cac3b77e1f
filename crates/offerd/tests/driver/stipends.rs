//! Payouts that recur: a period is redeemed once, by whoever redeemed the first.

use std::time::Duration;

use bolt1::Timestamp;
use bolt12::{Paywindow, Recurrence, RecurrenceBase, TimeUnit};
use offerd::driver::CallError;
use offerd_core::Misuse;
use offerd_core::invoice_book::RedeemArguments;
use offerd_core::payout::{Payout, PayoutArguments, PromiseState};
use offerd_core::port::Store as _;
use offerd_testkit::sample;

use crate::world::{Party, World, pass, payout_arguments, redemption, refusal, sat, settle};

const COUNTER: Option<u64> = Some(2_000_000_092);

fn every_minute(last: u32) -> Recurrence {
    let every = Recurrence::every(60.try_into().unwrap(), TimeUnit::Seconds);
    Recurrence { limit: last.try_into().ok(), ..every }
}

async fn stipend(payer: &Party, recurrence: Recurrence) -> Payout {
    let arguments = PayoutArguments { recurrence: Some(recurrence), ..payout_arguments(1_000) };
    payer.try_payout(arguments).await.unwrap().payout
}

fn code(payout: &Payout) -> String {
    assert_eq!(payout.invoice_request, None);
    payout.offer.as_ref().unwrap().to_string()
}

/// Redeems a period under a label of its own; `None`: the one that runs.
async fn redeem(
    payee: &Party,
    payout: &Payout,
    label: &str,
    period: Option<u32>,
) -> Result<(), CallError> {
    let arguments = RedeemArguments { period, ..redemption(&code(payout), label) };
    payee.driver.send_invoice(arguments).await.map(drop)
}

fn blamed(result: Result<(), CallError>) -> (&'static str, String) {
    match result {
        Err(CallError::Misuse(Misuse::Parameter { parameter, expected })) => (parameter, expected),
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn each_period_of_a_stipend_is_redeemed_once_and_the_last_one_spends_it() {
    let world = World::new();
    let (payer, payee) = (world.announced(), world.announced());
    let payout = stipend(&payer, every_minute(2)).await;
    for period in 0..3 {
        redeem(&payee, &payout, &format!("month {period}"), None).await.unwrap();
        let again = redeem(&payee, &payout, &format!("again {period}"), Some(period)).await;
        assert_eq!(refusal(again), ("already redeemed".into(), None));
        assert_eq!(payee.gained(), 1_000_000 * i64::from(period + 1));
        pass(61).await;
    }
    let kept = payer.store.payout(payout.row).unwrap().unwrap();
    assert_eq!(kept.state, PromiseState::Spent);
    let (name, why) = blamed(redeem(&payee, &payout, "more", Some(3)).await);
    assert_eq!((name, why.as_str()), ("recurrence_counter", "the last period of this code is 2"));
}

#[tokio::test(start_paused = true)]
async fn a_period_is_redeemed_in_its_time_and_a_missed_one_is_lost() {
    let world = World::new();
    let (payer, payee) = (world.announced(), world.announced());
    let payout = stipend(&payer, every_minute(3)).await;
    let (name, why) = blamed(redeem(&payee, &payout, "early", Some(1)).await);
    assert_eq!(name, "recurrence_counter");
    assert!(why.starts_with("too early"), "{why}");
    payee.watch.wish(|wishes| wishes.seconds_ahead = 60);
    let (said, field) = refusal(redeem(&payee, &payout, "early", Some(1)).await);
    assert!(said.starts_with("too early"), "{said}");
    assert_eq!(field, COUNTER);
    payee.watch.wish(|wishes| wishes.seconds_ahead = 0);
    pass(125).await;
    let (_, why) = blamed(redeem(&payee, &payout, "late", Some(0)).await);
    assert!(why.starts_with("too late"), "{why}");
    payee.watch.wish(|wishes| wishes.seconds_ahead = -120);
    let (said, field) = refusal(redeem(&payee, &payout, "late", Some(0)).await);
    assert!(said.starts_with("too late"), "{said}");
    assert_eq!(field, COUNTER);
    payee.watch.wish(|wishes| wishes.seconds_ahead = 0);
    redeem(&payee, &payout, "in time", None).await.unwrap();
    assert_eq!(payee.gained(), 1_000_000);
}

#[tokio::test(start_paused = true)]
async fn nobody_else_redeems_a_later_period() {
    let world = World::new();
    let (payer, payee, thief) = (world.announced(), world.announced(), world.announced());
    let payout = stipend(&payer, every_minute(3)).await;
    redeem(&payee, &payout, "mine", None).await.unwrap();
    pass(60).await;
    let (_, field) = refusal(redeem(&thief, &payout, "mine now", None).await);
    assert_eq!(field, Some(bolt12::field::INVOICE_NODE_ID));
    redeem(&payee, &payout, "mine too", None).await.unwrap();
    assert_eq!((payee.gained(), thief.gained()), (2_000_000, 0));
}

#[tokio::test(start_paused = true)]
async fn a_restart_in_a_period_pays_it_no_second_time() {
    let world = World::new();
    let (payer, payee) = (world.announced(), world.announced());
    let base = Some(RecurrenceBase { basetime: Timestamp(sample::NOW.0), proportional: false });
    let paywindow = Some(Paywindow { seconds_before: 10, seconds_after: 30 });
    let payout = stipend(&payer, Recurrence { base, paywindow, ..every_minute(3) }).await;
    payee.watch.wish(|wishes| wishes.accept_fails = true);
    let waiting = payee.spawn_redeem_within(&code(&payout), "a", 5);
    waiting.await.unwrap().unwrap_err();
    let payer = payer.restart();
    let (said, _) = refusal(redeem(&payee, &payout, "b", Some(0)).await);
    assert_eq!(said, "already being redeemed");
    payee.watch.wish(|wishes| wishes.accept_fails = false);
    pass(50).await;
    assert_eq!(payee.gained(), 1_000_000);
    tokio::time::timeout(Duration::from_secs(5), redeem(&payee, &payout, "c", Some(1)))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((payee.gained(), payer.gained()), (2_000_000, -2_000_000));
}

#[tokio::test(start_paused = true)]
async fn each_period_of_a_stipend_waits_for_approval_and_is_paid_once_it_has_it() {
    let world = World::new();
    let (payer, payee) = (world.announced(), world.announced());
    let arguments = PayoutArguments {
        recurrence: Some(every_minute(2)),
        approve: true,
        ..payout_arguments(1_000)
    };
    let payout = payer.try_payout(arguments).await.unwrap().payout;
    let id = payout.offer_id().unwrap().0;
    let waiting = || payer.store.awaiting_claims().unwrap();
    for period in 0..3 {
        let call = payee.spawn_redeem(&code(&payout), &format!("month {period}"));
        settle().await;
        let claims = waiting();
        assert_eq!((claims.len(), payee.gained()), (1, 1_000_000 * i64::from(period)));
        payer.driver.approve_payout(id, claims[0].payment_hash()).await.unwrap();
        call.await.unwrap().unwrap();
        let again = redeem(&payee, &payout, &format!("again {period}"), Some(period)).await;
        assert_eq!(refusal(again).0, "already redeemed");
        assert_eq!(waiting(), []);
        pass(61).await;
    }
    assert_eq!((payee.gained(), payer.gained()), (3_000_000, -3_000_000));
}

#[tokio::test(start_paused = true)]
async fn who_was_not_approved_in_one_period_may_be_in_the_next() {
    let world = World::new();
    let (payer, payee) = (world.announced(), world.announced());
    let arguments = PayoutArguments {
        recurrence: Some(every_minute(1)),
        approve: true,
        ..payout_arguments(1_000)
    };
    let payout = payer.try_payout(arguments).await.unwrap().payout;
    let id = payout.offer_id().unwrap().0;
    let denied = payee.spawn_redeem(&code(&payout), "month 0");
    settle().await;
    let [claim] = payer.store.awaiting_claims().unwrap().try_into().unwrap();
    payer.driver.deny_payout(id, claim.payment_hash()).await.unwrap();
    assert_eq!(refusal(denied.await.unwrap()).0, "not approved");
    pass(61).await;
    let approved = payee.spawn_redeem(&code(&payout), "month 1");
    settle().await;
    let [claim] = payer.store.awaiting_claims().unwrap().try_into().unwrap();
    payer.driver.approve_payout(id, claim.payment_hash()).await.unwrap();
    approved.await.unwrap().unwrap();
    assert_eq!(payee.gained(), 1_000_000);
}

#[tokio::test(start_paused = true)]
async fn a_salary_in_a_currency_pays_in_each_period_what_it_comes_to_then() {
    let world = World::new();
    let (payer, payee) = (world.announced(), world.announced());
    let rates = |dollars: &str| [&payer, &payee].map(|side| side.rates.say("USD", dollars));
    rates("50000");
    let salary = |limit| PayoutArguments {
        amount: "5USD".parse().unwrap(),
        max_amount: Some(sat(25_000)),
        recurrence: Some(every_minute(limit)),
        ..payout_arguments(1)
    };
    let payout = payer.try_payout(salary(3)).await.unwrap().payout;
    redeem(&payee, &payout, "month 0", None).await.unwrap();
    assert_eq!(payee.gained(), 10_000_000);
    rates("25000");
    pass(61).await;
    redeem(&payee, &payout, "month 1", None).await.unwrap();
    assert_eq!(payee.gained(), 30_000_000);
    // Above the cap nothing is paid, whatever the price.
    rates("10000");
    pass(60).await;
    redeem(&payee, &payout, "month 2", None).await.unwrap_err();
    assert_eq!(payee.gained(), 30_000_000);
    payer.rates.fall_silent("USD");
    pass(60).await;
    redeem(&payee, &payout, "month 3", None).await.unwrap_err();
    assert_eq!((payee.gained(), payer.gained()), (30_000_000, -30_000_000));
}

#[tokio::test(start_paused = true)]
async fn a_stipend_without_an_end_or_above_what_is_allowed_is_refused_by_name() {
    let world = World::new();
    let (payer, payee) = (world.announced(), world.announced());
    let try_it = async |sat, recurrence| {
        let arguments = PayoutArguments { recurrence: Some(recurrence), ..payout_arguments(sat) };
        blamed(payer.try_payout(arguments).await.map(drop))
    };
    let endless = Recurrence { limit: None, ..every_minute(1) };
    assert_eq!(try_it(1, endless).await.0, "recurrence_limit");
    let most = payer.driver.policy().payout_max.as_sat_floor();
    assert_eq!(try_it(most, every_minute(1)).await.0, "recurrence_limit");
    let plain = payer.payout(1_000).await;
    let once = RedeemArguments {
        period: Some(0),
        ..redemption(&plain.offer.as_ref().unwrap().to_string(), "once")
    };
    let redeemed = payee.driver.send_invoice(once).await.map(drop);
    assert_eq!(
        blamed(redeemed),
        ("recurrence_counter", "unnecessary: the code does not recur".into())
    );
    assert_eq!(payee.gained(), 0);
}
