//! Currencies as a caller sees them.

use serde_json::{Value, json};

use crate::caller::Caller;
use crate::world::{World, settle};

fn market() -> (World, Caller, Caller) {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    shop.rates.say("USD", "50000.0124");
    customer.rates.say("USD", "50100");
    (world, Caller::of(shop), Caller::of(customer))
}

#[tokio::test(start_paused = true)]
async fn rates_are_asked_converted_and_listed_as_core_lightning_does() {
    let (_world, shop, _customer) = market();
    assert_eq!(shop.call("currencyconvert", json!([5, "usd"])).await, json!({ "msat": 9_999_998 }));
    assert_eq!(
        shop.call("currencyconvert", json!(["0.5", "USD"])).await,
        json!({ "msat": 1_000_000 })
    );
    assert_eq!(shop.call("currencyrate", json!(["Usd"])).await, json!({ "rate": 50_000.012 }));
    assert_eq!(
        shop.call("currencyrate", json!(["USD", "test"])).await,
        json!({ "rate": 50_000.012 })
    );
    let listed = shop.call("listcurrencyrates", json!(["USD"])).await;
    assert_eq!(listed["currencyrates"][0]["source"], "test");
    assert_eq!(listed["currencyrates"][0]["amount"], 50_000.012);
    assert_eq!(
        (&listed["sources"][0]["health"], &listed["rate_sources"]),
        (&json!("ok"), &json!(["test"]))
    );
    let unknown = shop.call("listcurrencyrates", json!(["EUR"])).await;
    assert_eq!(unknown["currencyrates"], json!([]));
    assert_eq!(unknown["no_rate"], "no values available for currency EUR");
    assert_eq!(unknown["sources"][0]["health"], "unknown");
}

#[tokio::test(start_paused = true)]
async fn a_rate_that_is_set_counts_until_it_is_given_back() {
    let (_world, shop, _customer) = market();
    let set = shop.call("setrate", json!(["EUR", "61000.50"])).await;
    assert_eq!(set, json!({ "currency": "EUR", "rate": "61000.500000" }));
    assert_eq!(shop.call("currencyrate", json!(["EUR"])).await, json!({ "rate": 61_000.5 }));
    assert_eq!(shop.call("setrate", json!(["EUR"])).await, json!({ "currency": "EUR" }));
    assert_eq!(shop.refusal("currencyrate", json!(["EUR"])).await.code, -1);
}

#[tokio::test(start_paused = true)]
async fn both_sides_of_a_payment_show_its_price_its_rate_and_its_worth() {
    let (_world, shop, customer) = market();
    shop.call("setrate", json!(["USD", 50_000])).await;
    let offer = shop.call("offer", json!(["5USD", "coffee"])).await["bolt12"].clone();
    let again = shop.call("offer", json!(["5.00USD", "coffee"])).await;
    assert_eq!((&again["created"], &again["bolt12"]), (&json!(false), &offer));
    let fetched = customer.call("fetchinvoice", json!([offer])).await;
    assert_eq!(fetched["changes"]["amount_msat"], 10_000_000);
    let own = json!({
        "price": "5.00USD",
        "expected_msat": 9_980_040,
        "rate": "50100.000000",
        "rate_age_seconds": 0,
        "rate_sources": ["test"],
    });
    assert_eq!(fetched["priced"], own);
    let waiting = shop.call("listinvoices", json!({ "status": "unpaid" })).await;
    assert_eq!(waiting["invoices"][0]["priced"]["price"], "5.00USD");
    let paid = customer.call("pay", json!([offer])).await;
    assert_eq!((&paid["amount_msat"], &paid["priced"]), (&json!(10_000_000), &own));
    settle().await;
    let received = shop.call("listinvoices", json!({ "status": "paid" })).await;
    let received = &received["invoices"][0];
    assert_eq!(received["priced"]["rate"], "50000.000000");
    assert_eq!(received["priced"]["expected_msat"], 10_000_000);
    assert_eq!(received["worth"], "5.00USD");
    let sent = customer.call("listpays", json!({ "status": "complete" })).await;
    assert_eq!((&sent["pays"][0]["worth"], &sent["pays"][0]["priced"]), (&json!("5.01USD"), &own));
}

#[tokio::test(start_paused = true)]
async fn fetching_shows_a_price_that_no_own_rate_can_judge() {
    let (_world, shop, customer) = market();
    let offer = shop.call("offer", json!(["5USD", "coffee"])).await["bolt12"].clone();
    customer.party.rates.fall_silent("USD");
    let fetched = customer.call("fetchinvoice", json!([offer])).await;
    assert_eq!(fetched["priced"], json!({ "price": "5.00USD" }));
    let few = json!({ "offer": offer, "max_amount_msat": 1 });
    let error = customer.refusal("fetchinvoice", few).await;
    assert_eq!(error.code, 206);
    let data: &Value = error.data.as_deref().unwrap();
    assert_eq!((&data["asked_msat"], &data["allowed_msat"]), (&json!(9_999_998), &json!(1)));
    let error = customer.refusal("pay", json!([offer])).await;
    assert!(error.message.starts_with("max_amount_msat: is required"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_payout_in_dollars_shows_its_price_and_its_cap() {
    let (_world, atm, customer) = market();
    atm.call("setrate", json!(["USD", 50_000])).await;
    let made = atm.call("offerout", json!(["20USD", "cash"])).await;
    assert_eq!(
        (&made["price"], &made["max_amount_msat"]),
        (&json!("20.00USD"), &json!(48_000_000))
    );
    assert!(made["warning_only_offerd"].is_string());
    customer.call("sendinvoice", json!([made["bolt12"], "mine"])).await;
    let listed = atm.call("listpayouts", json!({})).await;
    let payout = &listed["payouts"][0];
    assert_eq!(payout["price"], "20.00USD");
    assert_eq!(payout["claims"][0]["priced"]["rate"], "50000.000000");
    // The customer asked what it comes to by a rate of its own.
    assert_eq!(payout["claims"][0]["amount_msat"], 39_920_159);
    assert_eq!(payout["claims"][0]["worth"], "19.96USD");
}
