//! `offerout`, `invoicerequest`, `sendinvoice`, `listpayouts` and their kin.

use serde_json::json;

use crate::caller::{Caller, assert_promised};
use crate::world::{World, settle};

#[tokio::test(start_paused = true)]
async fn a_payout_is_redeemed_once_by_either_string() {
    let world = World::new();
    let (atm, customer) = (Caller::of(world.announced()), Caller::of(world.announced()));
    let made = atm.call("offerout", json!(["10000sat", "withdrawal from ATM"])).await;
    assert_promised("offerout", &made);
    for (name, value) in
        [("active", true), ("single_use", true), ("used", false), ("created", true)]
    {
        assert_eq!(made[name], value, "{name}");
    }
    assert!(made["bolt12"].as_str().unwrap().starts_with("lno1"));
    assert!(made["invoice_request"].as_str().unwrap().starts_with("lnr1"));
    let redeemed = customer.call("sendinvoice", json!([made["bolt12"], "mine"])).await;
    assert_promised("sendinvoice", &redeemed);
    assert_eq!((&redeemed["status"], &redeemed["label"]), (&json!("paid"), &json!("mine")));
    assert_eq!(redeemed["amount_received_msat"], 10_000_000);
    settle().await;
    for string in ["bolt12", "invoice_request", "invoice_request_signed"] {
        let refused = customer.refusal("sendinvoice", json!([made[string], string])).await;
        assert_eq!(refused.code, 1004, "{string}");
        assert_eq!(refused.data.unwrap()["error"], "already redeemed");
    }
    let listed = atm.call("listpayouts", json!({ "offer_id": made["offer_id"] })).await;
    assert_eq!(listed["payouts"][0]["state"], "spent");
    assert_eq!(listed["payouts"][0]["claims"].as_array().unwrap().len(), 1);
    assert_eq!(listed["payouts"][0]["claims"][0]["payment_hash"], redeemed["payment_hash"]);
    let listed = atm.call("listoffers", json!([made["offer_id"]])).await;
    assert_eq!(
        (&listed["offers"][0]["used"], &listed["offers"][0]["active"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(listed["offers"][0]["direction"], "out");
    let pays = atm.call("listpays", json!({})).await;
    assert_eq!(pays["pays"][0]["payout_offer_id"], made["offer_id"]);
}

#[tokio::test(start_paused = true)]
async fn a_label_never_makes_two_payouts_and_says_which_it_made() {
    let atm = Caller::of(World::new().announced());
    let call = json!({ "amount": "5sat", "description": "d", "label": "l" });
    let made = atm.call("offerout", call.clone()).await;
    for (amount, same) in [("5sat", true), ("6sat", false)] {
        let mut call = call.clone();
        call["amount"] = json!(amount);
        let refused = atm.refusal("offerout", call).await;
        assert_eq!(refused.code, 1000);
        let data = refused.data.unwrap();
        assert_eq!((&data["offer_id"], &data["same_arguments"]), (&made["offer_id"], &json!(same)));
    }
    assert_eq!(atm.rows()[1], 1);
}

#[tokio::test(start_paused = true)]
async fn any_amount_has_a_limit_and_only_offerd_can_redeem_it() {
    let world = World::new();
    let (atm, customer) = (Caller::of(world.announced()), Caller::of(world.announced()));
    let made = atm.call("offerout", json!(["any", "tip"])).await;
    assert_eq!(made["max_amount_msat"], 10_000_000);
    assert!(made.get("invoice_request").is_none() && made["warning_only_offerd"].is_string());
    let call = json!({ "amount": "any", "description": "tip", "max_amount_msat": "5sat" });
    assert_eq!(atm.call("offerout", call).await["max_amount_msat"], 5_000);
    let missing = customer.refusal("sendinvoice", json!([made["bolt12"], "a"])).await;
    assert_eq!(missing.code, -32602);
    let paid = customer.call("sendinvoice", json!([made["bolt12"], "a", "3sat"])).await;
    assert_eq!(paid["amount_received_msat"], 3_000);
    let fixed = json!({ "amount": 1, "description": "x", "max_amount_msat": 5 });
    assert!(atm.refusal("offerout", fixed).await.message.starts_with("max_amount_msat: "));
}

#[tokio::test(start_paused = true)]
async fn an_invoice_request_is_listed_redeemed_and_disabled_by_its_own_id() {
    let world = World::new();
    let (atm, customer) = (Caller::of(world.announced()), Caller::of(world.announced()));
    let made = atm.call("invoicerequest", json!(["5sat", "gift"])).await;
    assert_promised("invoicerequest", &made);
    assert!(made["bolt12"].as_str().unwrap().starts_with("lnr1"));
    let other = atm.call("invoicerequest", json!(["5sat", "gift"])).await;
    assert_ne!(made["invreq_id"], other["invreq_id"]);
    let disabled = atm.call("disableinvoicerequest", json!([other["invreq_id"]])).await;
    assert_eq!(disabled["active"], false);
    assert_eq!(atm.refusal("disableinvoicerequest", json!([other["invreq_id"]])).await.code, 1001);
    let refused = customer.refusal("sendinvoice", json!([other["bolt12"], "other"])).await;
    assert_eq!(refused.data.unwrap()["error"], "offer no longer available");
    assert_eq!(customer.call("sendinvoice", json!([made["bolt12"], 17])).await["label"], "17");
    settle().await;
    let listed = atm.call("listinvoicerequests", json!([made["invreq_id"]])).await;
    assert_eq!(listed["invoicerequests"][0]["used"], true);
    let active = atm.call("listinvoicerequests", json!({ "active_only": true })).await;
    assert_eq!(active["invoicerequests"], json!([]));
    let reusable = json!({ "amount": 5, "description": "x", "single_use": false });
    assert_eq!(atm.refusal("invoicerequest", reusable).await.code, -32602);
}

#[tokio::test(start_paused = true)]
async fn a_withdrawn_payout_is_opened_again_and_a_spent_one_is_not() {
    let world = World::new();
    let (atm, customer) = (Caller::of(world.announced()), Caller::of(world.announced()));
    let made = atm.call("offerout", json!(["5sat", "gift"])).await;
    let (offer_id, invreq_id) = (&made["offer_id"], &made["invreq_id"]);
    assert_eq!(atm.refusal("enableoffer", json!([offer_id])).await.code, 1006);
    assert_eq!(atm.refusal("enableinvoicerequest", json!([invreq_id])).await.code, 1006);
    atm.call("disableoffer", json!([offer_id])).await;
    let opened = atm.call("enableinvoicerequest", json!([invreq_id])).await;
    assert_promised("enableinvoicerequest", &opened);
    assert_eq!(opened["active"], true);
    customer.call("sendinvoice", json!([made["bolt12"], "mine"])).await;
    settle().await;
    assert_eq!(atm.refusal("enableoffer", json!([offer_id])).await.code, 1007);
    let unknown = atm.refusal("enableinvoicerequest", json!(["00".repeat(32)])).await;
    assert_eq!((unknown.code, unknown.message.as_str()), (-1, "Unknown invoice_request"));
}
