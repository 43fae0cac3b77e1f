//! Prices in currencies, between two parties whose rates are their own.

use bolt1::Msat;
use bolt12::QuantityMax;
use offerd::driver::{CallError, OfferRequest, PayCall, PayOutcome};
use offerd_core::Misuse;
use offerd_core::amount::AmountSpec;
use offerd_core::invoice_book::RedeemArguments;
use offerd_core::payment::{FailureKind, OutgoingPayment, PaymentEnd, PaymentState};
use offerd_core::payout::{Payout, PayoutArguments};

use offerd_testkit::SeededEntropy;

use crate::world::{
    Party, World, offer_request, pass, pay_call, payout_arguments, redemption, refusal, sat, settle,
};

/// A shop, and a customer who sees the same market: a bitcoin costs 50 000 dollars.
fn market() -> (World, Party, Party) {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    shop.rates.say("USD", "50000");
    customer.rates.say("USD", "50000");
    (world, shop, customer)
}

fn amount(text: &str) -> AmountSpec {
    text.parse().unwrap()
}

async fn offer(shop: &Party, price: &str, quantity_max: Option<u64>) -> String {
    let mut request: OfferRequest = offer_request(1);
    request.arguments.amount = amount(price);
    request.arguments.quantity_max = quantity_max;
    let made = shop.driver.create_offer(request).await.unwrap();
    let counted = made.entry.newest().offer.quantity_max();
    assert_eq!(counted.is_some(), quantity_max.is_some(), "{counted:?}");
    assert!(!matches!(counted, Some(QuantityMax::Unbounded)));
    made.entry.newest().offer.to_string()
}

async fn payout(atm: &Party, price: &str) -> Payout {
    let arguments = PayoutArguments { amount: amount(price), ..payout_arguments(1) };
    atm.try_payout(arguments).await.unwrap().payout
}

fn msat(msat: u64) -> Msat {
    Msat::new(msat).unwrap()
}

/// Pays while `meanwhile` happens between the invoice and the payment.
async fn pay_with_a_pause(
    customer: &Party,
    call: PayCall,
    meanwhile: impl AsyncFnOnce(),
) -> Result<PayOutcome, CallError> {
    customer.watch.wish(|wishes| wishes.pay_hangs = true);
    let paying = customer.spawn_pay(call);
    settle().await;
    assert_eq!(customer.watch.orders().len(), 1, "nothing was begun");
    meanwhile().await;
    customer.watch.wish(|wishes| wishes.pay_hangs = false);
    paying.await.unwrap()
}

fn failed_as(payment: &OutgoingPayment) -> Option<FailureKind> {
    match &payment.state {
        PaymentState::Ended(PaymentEnd::Failed { reason, .. }) => Some(reason.kind),
        PaymentState::Ended(PaymentEnd::Paid { .. })
        | PaymentState::Pending { .. }
        | PaymentState::Awaiting => None,
    }
}

#[tokio::test(start_paused = true)]
async fn coffee_for_five_dollars_is_paid_at_the_shops_rate_and_both_keep_their_own() {
    let (_world, shop, customer) = market();
    customer.rates.say("USD", "50100");
    let offer = offer(&shop, "5USD", None).await;
    let paid = customer.pay(&offer).await.unwrap().payment;
    assert_eq!(paid.amount, sat(10_000));
    let own = paid.priced.clone().unwrap();
    assert_eq!(own.price.to_string(), "5.00USD");
    assert_eq!(own.expected(), Some(msat(9_980_040)));
    assert_eq!(paid.worth.map(|worth| worth.to_string()), Some("5.01USD".into()));
    settle().await;
    let receipt = shop.receipts().pop().unwrap();
    let priced = receipt.priced.unwrap();
    assert_eq!(priced.price.to_string(), "5.00USD");
    let rate = priced.rate.unwrap();
    assert_eq!(
        (rate.price.to_string(), rate.sources),
        ("50000.000000".into(), vec!["test".into()])
    );
    assert_eq!(receipt.worth.map(|worth| worth.to_string()), Some("5.00USD".into()));
}

#[tokio::test(start_paused = true)]
async fn a_price_that_moves_three_per_cent_is_settled_without_a_person() {
    let (_world, shop, customer) = market();
    let offer = offer(&shop, "5USD", None).await;
    let moved = async || shop.rates.say("USD", "48500");
    let paid = pay_with_a_pause(&customer, pay_call(&offer), moved).await.unwrap();
    assert_eq!(paid.payment.amount, msat(10_309_279));
    let tries: Vec<_> = customer.payments();
    assert_eq!(
        tries.iter().map(failed_as).collect::<Vec<_>>(),
        [Some(FailureKind::RefusedByPayee), None]
    );
    settle().await;
    assert_eq!(shop.gained(), 10_309_279);
    assert_eq!((customer.paid(), shop.receipts().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_price_that_moves_thirty_per_cent_stops_and_the_error_names_both_amounts() {
    let (_world, shop, customer) = market();
    let offer = offer(&shop, "5USD", None).await;
    let moved = async || {
        shop.rates.say("USD", "35000");
        // What the customer has allowed does not move with the customer's own rate.
        customer.rates.say("USD", "35000");
    };
    let error = pay_with_a_pause(&customer, pay_call(&offer), moved).await.unwrap_err();
    let CallError::Misuse(Misuse::TooExpensive { asked, allowed }) = &error else {
        panic!("{error:?}")
    };
    assert_eq!((*asked, *allowed), (msat(14_285_715), msat(10_500_000)));
    assert!(error.to_string().contains("14285715") && error.to_string().contains("10500000"));
    settle().await;
    assert_eq!((shop.gained(), customer.gained(), customer.paid()), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_drift_that_the_caller_allows_settles_what_is_usually_too_much() {
    let (_world, shop, customer) = market();
    let offer = offer(&shop, "5USD", None).await;
    let call = PayCall { max_rate_drift_ppm: Some(500_000), ..pay_call(&offer) };
    let moved = async || shop.rates.say("USD", "35000");
    let paid = pay_with_a_pause(&customer, call, moved).await.unwrap();
    assert_eq!(paid.payment.amount, msat(14_285_715));
}

#[tokio::test(start_paused = true)]
async fn a_price_that_falls_or_moves_little_is_paid_as_it_was_quoted() {
    for moved_to in ["60000", "49600"] {
        let (_world, shop, customer) = market();
        let offer = offer(&shop, "5USD", None).await;
        let moved = async || shop.rates.say("USD", moved_to);
        let paid = pay_with_a_pause(&customer, pay_call(&offer), moved).await.unwrap();
        assert_eq!((paid.payment.amount, customer.payments().len()), (sat(10_000), 1));
    }
}

#[tokio::test(start_paused = true)]
async fn an_invoice_for_a_price_lives_ten_minutes_and_then_another_is_fetched() {
    let (_world, shop, customer) = market();
    let offer = offer(&shop, "5USD", None).await;
    let call = PayCall { retry_for: std::time::Duration::from_secs(3_000), ..pay_call(&offer) };
    let paid = pay_with_a_pause(&customer, call, async || pass(601).await).await.unwrap();
    let first = customer.payments().remove(0);
    let invoice = first.invoice.bolt12().unwrap();
    assert_eq!(invoice.expires_at().since(invoice.created_at()).0, 600);
    assert!(failed_as(&first).is_some());
    assert_eq!((paid.payment.amount, customer.paid()), (sat(10_000), 1));
}

#[tokio::test(start_paused = true)]
async fn who_has_no_rate_is_asked_for_a_maximum_and_pays_up_to_it() {
    let (_world, shop, customer) = market();
    customer.rates.fall_silent("USD");
    let offer = offer(&shop, "5USD", None).await;
    let drift = PayCall { max_rate_drift_ppm: Some(1), ..pay_call(&offer) };
    for call in [pay_call(&offer), drift] {
        let error = customer.driver.pay(call).await.unwrap_err().to_string();
        assert!(
            error.starts_with("max_amount_msat: is required: the offer costs 5.00USD"),
            "{error}"
        );
    }
    let most = |most| PayCall { max_amount: Some(most), ..pay_call(&offer) };
    let error = customer.driver.pay(most(msat(9_999_999))).await.unwrap_err();
    let (asked, allowed) = (sat(10_000), msat(9_999_999));
    assert!(
        matches!(error, CallError::Misuse(found) if found == Misuse::TooExpensive { asked, allowed })
    );
    assert!(customer.payments().is_empty());
    let paid = customer.driver.pay(most(sat(10_000))).await.unwrap().payment;
    assert_eq!(
        paid.priced.map(|priced| (priced.price.to_string(), priced.rate)),
        Some(("5.00USD".into(), None))
    );
    assert_eq!(paid.worth, None);
}

#[tokio::test(start_paused = true)]
async fn an_issuer_without_a_rate_refuses_and_says_of_which_currency() {
    let (_world, shop, customer) = market();
    let offer = offer(&shop, "5USD", None).await;
    shop.rates.fall_silent("USD");
    let (why, field) = refusal(customer.pay(&offer).await);
    assert_eq!(why, "no current rate of USD is known here: try again later");
    assert_eq!(field, Some(6));
}

#[tokio::test(start_paused = true)]
async fn an_offer_in_a_currency_without_a_rate_or_unknown_to_the_standard_is_not_made() {
    let (_world, shop, _customer) = market();
    for (price, expected) in [
        ("5EUR", "amount: no values available for currency EUR"),
        ("5ZZZ", "amount: unknown currency ZZZ"),
        ("1.5USD", "amount: currency USD takes no decimals or 2"),
        ("0USD", "amount: an amount of zero"),
        ("999999999999999999USD", "amount: too large an amount of USD"),
    ] {
        let mut request = offer_request(1);
        request.arguments.amount = amount(price);
        let error = shop.driver.create_offer(request).await.unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_price_is_that_of_all_items_rounded_up_once() {
    let (_world, shop, customer) = market();
    shop.rates.say("USD", "67321.45");
    customer.rates.say("USD", "67321.45");
    let offer = offer(&shop, "0.01USD", Some(10)).await;
    let call = PayCall { quantity: Some(3), ..pay_call(&offer) };
    // One cent is 14 854.1096… msat: three of them 44 562.3288…, not three times 14 855.
    let paid = customer.driver.pay(call).await.unwrap().payment;
    assert_eq!(paid.amount, msat(44_563));
    settle().await;
    let receipt = shop.receipts().pop().unwrap();
    assert_eq!(receipt.priced.map(|priced| priced.price.to_string()), Some("0.03USD".into()));
}

#[tokio::test(start_paused = true)]
async fn a_tip_in_bitcoin_is_fine_and_less_than_the_price_is_not() {
    let (_world, shop, customer) = market();
    let offer = offer(&shop, "5USD", None).await;
    let little = PayCall { amount: Some(sat(9_999)), ..pay_call(&offer) };
    let (why, field) = refusal(customer.driver.pay(little).await);
    assert_eq!((why.as_str(), field), ("amount must be at least 10000000msat", Some(82)));
    let tip = PayCall { amount: Some(sat(12_000)), ..pay_call(&offer) };
    assert_eq!(customer.driver.pay(tip).await.unwrap().payment.amount, sat(12_000));
}

#[tokio::test(start_paused = true)]
async fn the_rate_survives_a_crash_between_invoice_and_payment() {
    let (_world, shop, customer) = market();
    let offer = offer(&shop, "5USD", None).await;
    customer.watch.wish(|wishes| wishes.pay_hangs = true);
    let call = PayCall { payer_note: Some("two sugars\nplease".into()), ..pay_call(&offer) };
    let paying = customer.spawn_pay(call);
    settle().await;
    let shop = shop.restart();
    shop.rates.say("USD", "50500");
    customer.watch.wish(|wishes| wishes.pay_hangs = false);
    paying.await.unwrap().unwrap();
    settle().await;
    let receipt = shop.receipts().pop().unwrap();
    assert_eq!(receipt.payer_note.as_deref(), Some("two sugars\nplease"));
    let rate = receipt.priced.unwrap().rate.unwrap();
    assert_eq!((rate.price.to_string(), rate.sources.len()), ("50000.000000".into(), 0));
    assert_eq!(receipt.worth.map(|worth| worth.to_string()), Some("5.05USD".into()));
}

#[tokio::test(start_paused = true)]
async fn a_payout_in_dollars_pays_what_they_come_to_when_it_is_redeemed() {
    let (_world, atm, customer) = market();
    let payout = payout(&atm, "20USD").await;
    assert!(payout.invoice_request.is_none());
    for party in [&atm, &customer] {
        party.rates.say("USD", "48000");
    }
    let string = payout.offer.unwrap().to_string();
    let redeemed = customer.redeem(&string, "cash").await.unwrap();
    assert_eq!(redeemed.receipt.amount, msat(41_666_666));
    let claim = atm.payments().remove(0);
    assert_eq!(claim.priced.map(|priced| priced.price.to_string()), Some("20.00USD".into()));
    assert_eq!(refusal(customer.redeem(&string, "again").await).0, "already redeemed");
}

#[tokio::test(start_paused = true)]
async fn two_rates_that_differ_a_little_settle_on_the_payers() {
    let (_world, atm, customer) = market();
    let payout = payout(&atm, "20USD").await;
    customer.rates.say("USD", "49000");
    let string = payout.offer.unwrap().to_string();
    let redeemed = customer.redeem(&string, "cash").await.unwrap();
    assert_eq!((redeemed.receipt.amount, atm.paid()), (sat(40_000), 1));
}

#[tokio::test(start_paused = true)]
async fn a_payout_in_dollars_never_costs_more_than_its_cap() {
    let (_world, atm, customer) = market();
    let payout = payout(&atm, "20USD").await;
    assert_eq!(payout.amount.at_most(), sat(48_000));
    for party in [&atm, &customer] {
        party.rates.say("USD", "25000");
    }
    let string = payout.offer.unwrap().to_string();
    // Far below what the redeemer expects: not taken without a word.
    let (why, field) = refusal(customer.redeem(&string, "cash").await);
    assert_eq!(why, "at the current rate this code pays at most 48000000msat");
    assert_eq!((field, atm.paid()), (Some(170), 0));
    let ask = |amount| RedeemArguments { amount: Some(amount), ..redemption(&string, "by hand") };
    assert!(customer.driver.send_invoice(ask(msat(48_000_001))).await.is_err());
    let redeemed = customer.driver.send_invoice(ask(sat(48_000))).await.unwrap();
    assert_eq!((redeemed.receipt.amount, atm.paid()), (sat(48_000), 1));
}

#[tokio::test(start_paused = true)]
async fn a_payout_in_dollars_waits_for_a_rate_and_its_redeemer_for_an_amount() {
    let (_world, atm, customer) = market();
    let payout = payout(&atm, "20USD").await;
    let string = payout.offer.unwrap().to_string();
    atm.rates.fall_silent("USD");
    let (why, field) = refusal(customer.redeem(&string, "cash").await);
    assert_eq!(
        (why.as_str(), field),
        ("no current rate of USD is known here: try again later", Some(6))
    );
    customer.rates.fall_silent("USD");
    let error = customer.redeem(&string, "cash").await.unwrap_err().to_string();
    assert!(error.starts_with("amount_msat: is required: the code pays 20.00USD"), "{error}");
    assert!(atm.payments().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_rate_that_was_set_by_hand_outlives_the_process() {
    let (_world, shop, _customer) = market();
    let eur = bolt12::Currency::new("EUR").unwrap();
    let price = offerd_core::rates::PerBitcoin::from_price("61000.5".parse().unwrap()).unwrap();
    shop.driver.set_rate(eur, Some(price)).unwrap();
    shop.rates.fall_silent("EUR");
    let shop = shop.restart();
    assert_eq!(shop.driver.rates().rate(eur).unwrap().price, price);
    shop.driver.set_rate(eur, None).unwrap();
    let shop = shop.restart();
    assert!(shop.driver.rates().rate(eur).is_err());
}

#[tokio::test(start_paused = true)]
async fn rates_that_anything_is_priced_by_are_kept_fresh_from_the_start() {
    let (_world, shop, _customer) = market();
    shop.rates.say("EUR", "45000");
    offer(&shop, "5USD", None).await;
    offer(&shop, "6USD", None).await;
    payout(&shop, "20EUR").await;
    shop.rates.take_watched();
    let shop = shop.restart();
    let watched: Vec<_> = shop.rates.take_watched().iter().map(ToString::to_string).collect();
    assert_eq!(watched, ["EUR", "USD"]);
}

/// A walk in small steps and a few large ones, in dollars.
fn step(price: u64, entropy: &SeededEntropy) -> u64 {
    let mut byte = [0; 2];
    entropy.fill(&mut byte);
    let ppm = match byte[0] % 8 {
        0 => 300_000,
        1 | 2 => 40_000,
        _ => 8_000,
    };
    let change = price * ppm / 1_000_000;
    if byte[1] % 2 == 0 { price + change } else { price - change }.clamp(20_000, 200_000)
}

#[tokio::test(start_paused = true)]
async fn whatever_way_rates_walk_nobody_pays_more_than_allowed_or_gets_less_than_the_price() {
    for seed in 0..40 {
        let (_world, shop, customer) = market();
        let offer = offer(&shop, "5USD", None).await;
        let entropy = SeededEntropy::new(seed);
        let (mut now, mut paid) = (50_000, 0);
        for _ in 0..6 {
            customer.rates.say("USD", &now.to_string());
            // 5 dollars, and the 5 % that a payer allows when nothing else is said.
            let expected = (5 * 100_000_000_000_u64).div_ceil(now);
            let allowed = expected + expected / 20;
            now = step(now, &entropy);
            shop.rates.say("USD", &now.to_string());
            customer.watch.wish(|wishes| wishes.pay_hangs = true);
            let paying = customer.spawn_pay(pay_call(&offer));
            settle().await;
            now = step(now, &entropy);
            shop.rates.say("USD", &now.to_string());
            customer.watch.wish(|wishes| wishes.pay_hangs = false);
            let outcome = paying.await.unwrap();
            settle().await;
            let receipts = shop.receipts();
            match outcome {
                Ok(outcome) => {
                    paid += 1;
                    let amount = outcome.payment.amount.as_u64();
                    assert!(amount <= allowed, "seed {seed}: paid {amount}, allowed {allowed}");
                    let receipt = receipts.last().unwrap();
                    // At the rate that was accepted, and within the tolerance at that of the arrival.
                    let quoted = receipt.priced.as_ref().unwrap().expected().unwrap().as_u64();
                    assert!(receipt.amount.as_u64() >= quoted, "seed {seed}");
                    let due = (5 * 100_000_000_000_u64).div_ceil(now);
                    assert!(amount >= due - due / 100, "seed {seed}: got {amount}, due {due}");
                }
                Err(CallError::Misuse(Misuse::TooExpensive { asked, .. })) => {
                    assert!(asked.as_u64() > allowed, "seed {seed}");
                }
                Err(other) => panic!("seed {seed}: {other:?}"),
            }
            assert_eq!(receipts.len(), paid, "seed {seed}");
            assert_eq!(customer.paid(), paid, "seed {seed}");
        }
    }
}
