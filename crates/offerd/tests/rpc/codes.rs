//! Which code stands for which failure.

use serde_json::json;

use crate::caller::Caller;
use crate::world::World;

#[tokio::test(start_paused = true)]
async fn an_issuer_that_does_not_answer_is_a_timeout_that_says_what_was_tried() {
    let world = World::new();
    let (shop, customer) = (Caller::of(world.announced()), Caller::of(world.announced()));
    let offer = shop.call("offer", json!(["1000sat", "coffee"])).await;
    shop.party.node.crash();
    let error =
        customer.refusal("fetchinvoice", json!({ "offer": offer["bolt12"], "timeout": 10 })).await;
    assert!([1003, 1005].contains(&error.code), "{error}");
    assert!(error.data.unwrap()["attempts"].is_array());
}

#[tokio::test(start_paused = true)]
async fn strings_of_the_wrong_kind_are_wrong_parameters() {
    let world = World::new();
    let (shop, customer) = (Caller::of(world.announced()), Caller::of(world.announced()));
    let payout = shop.call("offerout", json!(["5sat", "x"])).await;
    let offer = shop.call("offer", json!(["5sat", "x"])).await;
    for (method, string) in [
        ("fetchinvoice", &payout["bolt12"]),
        ("fetchinvoice", &payout["invoice_request"]),
        ("fetchinvoice", &json!("coffee")),
        ("pay", &payout["invoice_request"]),
        ("pay", &json!("lno1qq")),
        ("xpay", &json!("")),
    ] {
        let error = customer.refusal(method, json!([string])).await;
        assert_eq!(error.code, -32602, "{method} {string}: {error}");
    }
    for string in [&offer["bolt12"], &json!("coffee")] {
        let error = customer.refusal("sendinvoice", json!([string, "label"])).await;
        assert_eq!(error.code, -32602, "{string}: {error}");
    }
    let error = customer.refusal("pay", json!(["coffee"])).await;
    assert!(error.message.starts_with("bolt11: "), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_costs_more_than_allowed_names_both_amounts() {
    let world = World::new();
    let (shop, customer) = (Caller::of(world.announced()), Caller::of(world.announced()));
    let offer = shop.call("offer", json!(["1000sat", "coffee"])).await;
    let call = json!({ "invstring": offer["bolt12"], "max_amount_msat": "999sat" });
    let error = customer.refusal("xpay", call).await;
    assert_eq!(error.code, 206);
    assert_eq!(*error.data.unwrap(), json!({ "asked_msat": 1_000_000, "allowed_msat": 999_000 }));
    assert_eq!(customer.rows()[2], 0);
}

#[tokio::test(start_paused = true)]
async fn amounts_and_quantities_that_do_not_fit_the_offer_are_refused() {
    let world = World::new();
    let (shop, customer) = (Caller::of(world.announced()), Caller::of(world.announced()));
    let any = shop.call("offer", json!(["any"])).await["bolt12"].clone();
    let many = shop
        .call("offer", json!({ "amount": "5sat", "description": "x", "quantity_max": 3 }))
        .await["bolt12"]
        .clone();
    for call in [
        json!({ "offer": any }),
        json!({ "offer": any, "amount_msat": "1sat", "quantity": 2 }),
        json!({ "offer": many }),
        json!({ "offer": many, "quantity": 4 }),
        json!({ "offer": many, "quantity": 1, "amount_msat": "4sat" }),
    ] {
        let error = customer.refusal("fetchinvoice", call.clone()).await;
        assert!([-32602, 1004].contains(&error.code), "{call}: {error}");
    }
    let fetched = customer.call("fetchinvoice", json!({ "offer": many, "quantity": "2" })).await;
    let decoded = customer.call("decode", json!([fetched["invoice"]])).await;
    assert_eq!(
        (&decoded["invreq_quantity"], &decoded["invoice_amount_msat"]),
        (&json!(2), &json!(10_000))
    );
}
