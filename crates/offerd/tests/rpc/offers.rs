//! `offer`, `listoffers`, `disableoffer`, `fetchinvoice`, `pay`, `xpay`, `listinvoices`, `listpays`.

use offerd_core::port::{NodeEvent, NodeEvents as _, PaymentFailure};
use serde_json::json;

use crate::caller::Caller;
use crate::world::{World, settle};

async fn shop_and_customer() -> (World, Caller, Caller) {
    let world = World::new();
    let (shop, customer) = (Caller::of(world.announced()), Caller::of(world.announced()));
    (world, shop, customer)
}

#[tokio::test(start_paused = true)]
async fn an_offer_is_made_once_found_again_and_listed() {
    let (_world, shop, _) = shop_and_customer().await;
    let params =
        json!({ "amount": "1000sat", "description": "coffee", "label": "c", "tags": ["a"] });
    let made = shop.call("offer", params.clone()).await;
    assert_eq!(
        (&made["created"], &made["active"], &made["used"]),
        (&json!(true), &json!(true), &json!(false))
    );
    assert_eq!(made["label"], "c");
    let again = shop.call("offer", params).await;
    assert_eq!((&again["created"], &again["offer_id"]), (&json!(false), &made["offer_id"]));
    let listed = shop.call("listoffers", json!([made["offer_id"]])).await;
    assert_eq!(listed["offers"][0]["bolt12"], made["bolt12"]);
    assert_eq!(listed["offers"][0]["description"], "coffee");
    for (filter, found) in [
        (json!({}), 1),
        (json!({ "label": "c" }), 1),
        (json!({ "label": "d" }), 0),
        (json!({ "tag": "a" }), 1),
        (json!({ "direction": "out" }), 0),
        (json!({ "offer_id": "00".repeat(32) }), 0),
        (json!({ "active_only": true, "limit": 1 }), 1),
        (json!({ "start": 2 }), 0),
        (json!({ "limit": 0 }), 0),
    ] {
        let listed = shop.call("listoffers", filter.clone()).await;
        assert_eq!(listed["offers"].as_array().unwrap().len(), found, "{filter}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fetched_invoice_is_paid_and_both_sides_list_it() {
    let (_world, shop, customer) = shop_and_customer().await;
    let offer = shop.call("offer", json!(["1000sat", "coffee"])).await;
    let fetched = customer
        .call("fetchinvoice", json!({ "offer": offer["bolt12"], "payer_note": "☕" }))
        .await;
    assert_eq!(fetched["changes"], json!({}));
    let decoded = customer.call("decode", json!([fetched["invoice"]])).await;
    assert_eq!(
        (&decoded["valid"], &decoded["invoice_amount_msat"]),
        (&json!(true), &json!(1_000_000))
    );
    let paid = customer.call("pay", json!([fetched["invoice"]])).await;
    assert_eq!((&paid["status"], &paid["amount_msat"]), (&json!("complete"), &json!(1_000_000)));
    settle().await;
    let listed = shop.call("listinvoices", json!({ "offer_id": offer["offer_id"] })).await;
    let invoice = &listed["invoices"][0];
    assert_eq!(invoice["status"], "paid");
    assert_eq!(invoice["payment_hash"], paid["payment_hash"]);
    assert_eq!(invoice["invreq_payer_note"], "☕");
    assert_eq!(invoice["local_offer_id"], offer["offer_id"]);
    assert_eq!((&invoice["created_index"], &invoice["pay_index"]), (&json!(1), &json!(1)));
    let pays = customer.call("listpays", json!({ "bolt11": fetched["invoice"] })).await;
    assert_eq!(pays["pays"][0]["preimage"], paid["payment_preimage"]);
    for (filter, found) in [("complete", 1), ("pending", 0), ("failed", 0)] {
        let pays = customer.call("listpays", json!({ "status": filter })).await;
        assert_eq!(pays["pays"].as_array().unwrap().len(), found, "{filter}");
    }
    let listed = shop.call("listoffers", json!({})).await;
    assert_eq!(listed["offers"][0]["used"], true);
}

/// One way fails, then the payment arrives in three parts while the call waits.
async fn arrives_in_three_parts(method: &str) -> (serde_json::Value, serde_json::Value) {
    let (_world, shop, customer) = shop_and_customer().await;
    let offer = shop.call("offer", json!(["1000sat", "coffee"])).await;
    shop.party.node.hold_payments();
    let deliver = async {
        settle().await;
        let payment_id = customer.party.payments().pop().unwrap().id.0;
        let (reason, text) = (PaymentFailure::Other("?".into()), "channel 7 is down".to_owned());
        let failed = NodeEvent::AttemptFailed { payment_id, reason, text };
        customer.party.driver.handle(failed).await.unwrap();
        let (preimage, fee, parts) = ([7; 32], None, Some(3));
        let sent = NodeEvent::PaymentSent { payment_id, preimage, fee, parts };
        customer.party.driver.handle(sent).await.unwrap();
    };
    let (paid, ()) = tokio::join!(customer.call(method, json!([offer["bolt12"]])), deliver);
    let listed = customer.call("listpays", json!({})).await;
    (paid, listed["pays"][0].clone())
}

#[tokio::test(start_paused = true)]
async fn in_how_many_parts_a_payment_arrived_is_told_and_kept() {
    let (paid, listed) = arrives_in_three_parts("pay").await;
    assert_eq!((&paid["status"], &paid["parts"]), (&json!("complete"), &json!(4)));
    assert_eq!(listed["number_of_parts"], 3);
    let (paid, listed) = arrives_in_three_parts("xpay").await;
    assert_eq!((&paid["successful_parts"], &paid["failed_parts"]), (&json!(3), &json!(1)));
    assert_eq!(listed["number_of_parts"], 3);
}

#[tokio::test(start_paused = true)]
async fn an_offer_is_paid_in_one_call_and_its_label_makes_it_the_same_payment() {
    let (_world, shop, customer) = shop_and_customer().await;
    let offer = shop.call("offer", json!(["any"])).await;
    let call = json!({ "invstring": offer["bolt12"], "amount_msat": "7sat", "label": "once" });
    let paid = customer.call("xpay", call.clone()).await;
    let again = customer.call("xpay", call).await;
    assert_eq!(paid["payment_preimage"], again["payment_preimage"]);
    assert_eq!(customer.rows()[2], 1);
    let other = json!({ "invstring": offer["bolt12"], "amount_msat": "8sat", "label": "once" });
    assert_eq!(customer.refusal("xpay", other).await.code, 201);
}

#[tokio::test(start_paused = true)]
async fn a_fee_limit_is_given_one_way_or_the_other() {
    let (_world, shop, customer) = shop_and_customer().await;
    let offer = shop.call("offer", json!(["1000sat", "coffee"])).await;
    for (more, refused) in [
        (json!({ "maxfee": 1, "maxfeepercent": 1 }), Some("maxfee: ")),
        (json!({ "exemptfee": 1 }), Some("exemptfee: ")),
        (json!({ "maxfeepercent": "0.5" }), None),
        (json!({ "maxfee": "0" }), None),
    ] {
        let mut call = json!({ "bolt11": offer["bolt12"] });
        call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        match refused {
            Some(name) => {
                let error = customer.refusal("pay", call).await;
                assert_eq!(error.code, -32602);
                assert!(error.message.starts_with(name), "{error}");
            }
            None => assert_eq!(customer.call("pay", call).await["status"], "complete"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_disabled_offer_is_refused_to_the_payer_and_to_its_maker() {
    let (_world, shop, customer) = shop_and_customer().await;
    let offer = shop.call("offer", json!(["1000sat", "coffee"])).await;
    let disabled = shop.call("deloffer", json!([offer["offer_id"]])).await;
    assert_eq!(disabled["active"], false);
    assert_eq!(shop.refusal("disableoffer", json!([offer["offer_id"]])).await.code, 1001);
    assert_eq!(shop.refusal("disableoffer", json!(["00".repeat(32)])).await.code, -1);
    assert_eq!(shop.refusal("offer", json!(["1000sat", "coffee"])).await.code, 1000);
    let refused = customer.refusal("fetchinvoice", json!([offer["bolt12"]])).await;
    assert_eq!(refused.code, 1004);
    assert_eq!(refused.data.unwrap()["error"], "offer no longer available");
}

#[tokio::test(start_paused = true)]
async fn an_enabled_offer_is_answered_again_and_its_invoices_are_accepted() {
    let (_world, shop, customer) = shop_and_customer().await;
    let offer = shop.call("offer", json!(["1000sat", "coffee"])).await;
    let fetched = customer.call("fetchinvoice", json!([offer["bolt12"]])).await;
    let refused = shop.refusal("enableoffer", json!([offer["offer_id"]])).await;
    assert_eq!((refused.code, refused.message.as_str()), (1006, "offer already active"));
    shop.call("disableoffer", json!([offer["offer_id"]])).await;
    assert_eq!(customer.refusal("pay", json!([fetched["invoice"]])).await.code, 203);
    let enabled = shop.call("enableoffer", json!([offer["offer_id"]])).await;
    assert_eq!((&enabled["active"], &enabled["bolt12"]), (&json!(true), &offer["bolt12"]));
    customer.call("pay", json!([fetched["invoice"]])).await;
    assert_eq!(
        shop.refusal("enableoffer", json!(["00".repeat(32)])).await.message,
        "Unknown offer"
    );
}

#[tokio::test(start_paused = true)]
async fn a_single_use_offer_that_was_paid_is_not_enabled() {
    let (_world, shop, customer) = shop_and_customer().await;
    let call = json!({ "amount": "5sat", "description": "seat 7", "single_use": true });
    let offer = shop.call("offer", call).await;
    customer.call("pay", json!([offer["bolt12"]])).await;
    settle().await;
    let refused = shop.refusal("enableoffer", json!([offer["offer_id"]])).await;
    assert_eq!(
        (refused.code, refused.message.as_str()),
        (1007, "cannot activate an used single use offer")
    );
}

#[tokio::test(start_paused = true)]
async fn invoices_are_found_by_the_tags_of_their_offer_and_come_in_pages() {
    let (_world, shop, customer) = shop_and_customer().await;
    let call = json!({
        "amount": "5sat", "description": "tea", "tags": ["hot", "table 4"], "external_id": "17"
    });
    let tea = shop.call("offer", call).await;
    let coffee = shop.call("offer", json!(["6sat", "coffee"])).await;
    for offer in [&tea, &coffee, &tea] {
        customer.call("pay", json!([offer["bolt12"]])).await;
    }
    customer.call("fetchinvoice", json!([tea["bolt12"]])).await;
    settle().await;
    for (filter, found) in [
        (json!({}), 4),
        (json!({ "tag": "hot" }), 3),
        (json!({ "tag": "cold" }), 0),
        (json!({ "external_id": "17", "status": "paid" }), 2),
        (json!({ "index": "created" }), 3),
        (json!({ "index": "created", "start": 2 }), 2),
        (json!({ "index": "updated", "start": 3 }), 1),
        (json!({ "index": "updated", "start": 1, "limit": 2 }), 2),
        (json!({ "offer_id": coffee["offer_id"] }), 1),
    ] {
        let listed = shop.call("listinvoices", filter.clone()).await;
        assert_eq!(listed["invoices"].as_array().unwrap().len(), found, "{filter}: {listed}");
    }
    let pays = customer.call("listpays", json!({ "offer_id": tea["offer_id"] })).await;
    assert_eq!(pays["pays"].as_array().unwrap().len(), 2);
    let last = customer.call("listpays", json!({ "index": "updated", "start": 3 })).await;
    assert_eq!((&last["pays"][0]["updated_index"], &last["pays"][1]), (&json!(3), &json!(null)));
}

#[tokio::test(start_paused = true)]
async fn a_code_in_a_bitcoin_uri_is_paid_fetched_and_redeemed() {
    let world = World::new();
    let (shop, customer) = (Caller::of(world.announced()), Caller::of(world.announced()));
    let tea = shop.call("offer", json!(["5sat", "tea"])).await["bolt12"].clone();
    let uri = |code: &serde_json::Value| format!("bitcoin:?lno={}", code.as_str().unwrap());
    customer.call("pay", json!([uri(&tea).to_uppercase()])).await;
    customer.call("fetchinvoice", json!([uri(&tea)])).await;
    let cash = shop.call("offerout", json!(["3sat", "cash"])).await["bolt12"].clone();
    customer.call("sendinvoice", json!([uri(&cash), "mine"])).await;
    let asked = shop.call("invoice", json!(["2sat", "l", "d"])).await["bolt11"].clone();
    let uri = format!("bitcoin:bcrt1qq?lightning={}", asked.as_str().unwrap());
    customer.call("xpay", json!([uri])).await;
    let listed = customer.call("listpays", json!([uri])).await;
    assert_eq!(listed["pays"][0]["bolt11"], asked);
    assert_eq!(shop.party.gained(), 5_000 - 3_000 + 2_000);
}
