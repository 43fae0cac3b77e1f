//! `offerout`, `invoicerequest`, `sendinvoice`, `listpayouts` and their kin.

use serde_json::json;

use crate::caller::Caller;
use crate::world::{World, settle};

#[tokio::test(start_paused = true)]
async fn a_payout_is_redeemed_once_by_either_string() {
    let world = World::new();
    let (atm, customer) = (Caller::of(world.announced()), Caller::of(world.announced()));
    let made = atm.call("offerout", json!(["10000sat", "withdrawal from ATM"])).await;
    for (name, value) in
        [("active", true), ("single_use", true), ("used", false), ("created", true)]
    {
        assert_eq!(made[name], value, "{name}");
    }
    assert!(made["bolt12"].as_str().unwrap().starts_with("lno1"));
    assert!(made["invoice_request"].as_str().unwrap().starts_with("lnr1"));
    let redeemed = customer.call("sendinvoice", json!([made["bolt12"], "mine"])).await;
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
    assert_eq!(opened["active"], true);
    customer.call("sendinvoice", json!([made["bolt12"], "mine"])).await;
    settle().await;
    assert_eq!(atm.refusal("enableoffer", json!([offer_id])).await.code, 1007);
    let unknown = atm.refusal("enableinvoicerequest", json!(["00".repeat(32)])).await;
    assert_eq!((unknown.code, unknown.message.as_str()), (-1, "Unknown invoice_request"));
}

#[tokio::test(start_paused = true)]
async fn a_refund_names_what_it_refunds_and_is_collected_by_its_payer() {
    let world = World::new();
    let (shop, customer) = (Caller::of(world.announced()), Caller::of(world.announced()));
    let offer = shop.call("offer", json!(["1000sat", "coffee"])).await;
    let paid = customer.call("pay", json!([offer["bolt12"]])).await;
    settle().await;
    let refund = |amount: &str, refund_for| json!({ "amount": amount, "description": "refund", "refund_for": refund_for });
    let untrue =
        [json!("00".repeat(32)), json!("lni1qq"), json!("coffee"), offer["bolt12"].clone()];
    for refund_for in untrue {
        let refused = shop.refusal("offerout", refund("1sat", refund_for)).await;
        assert_eq!(refused.code, -32602);
        assert!(refused.message.starts_with("refund_for: "), "{}", refused.message);
    }
    let superfluous = json!({ "amount": "1sat", "description": "x", "allow_more": true });
    assert!(shop.refusal("offerout", superfluous).await.message.starts_with("allow_more: "));
    let by_hash = shop.call("offerout", refund("400sat", paid["payment_hash"].clone())).await;
    assert!(by_hash.get("invoice_request").is_none() && by_hash["warning_only_offerd"].is_string());
    let by_invoice = shop.call("offerout", refund("600sat", paid["bolt12"].clone())).await;
    let above = shop.refusal("offerout", refund("1sat", paid["bolt12"].clone())).await;
    assert!(above.message.contains("allow_more"), "{}", above.message);
    for made in [&by_hash, &by_invoice] {
        customer.call("sendinvoice", json!([made["bolt12"], made["offer_id"]])).await;
    }
    settle().await;
    let listed = shop.call("listpayouts", json!({})).await;
    for payout in listed["payouts"].as_array().unwrap() {
        assert_eq!(
            (&payout["refund_for"], &payout["state"]),
            (&paid["payment_hash"], &json!("spent"))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_redemption_that_waits_is_approved_or_denied_by_its_payment_hash() {
    let world = World::new();
    let (desk, customer) = (Caller::of(world.announced()), world.announced());
    let call = json!({ "amount": "5sat", "description": "prize", "approve": true });
    let made = desk.call("offerout", call).await;
    let code = made["bolt12"].as_str().unwrap().to_owned();
    let redeeming = customer.spawn_redeem(&code, "first");
    settle().await;
    let listed = desk.call("listpayouts", json!({ "offer_id": made["offer_id"] })).await;
    let payout = &listed["payouts"][0];
    assert_eq!(
        (&payout["approve"], &payout["claims"][0]["state"]),
        (&json!(true), &json!("awaiting"))
    );
    assert_eq!(desk.call("listpays", json!({})).await["pays"], json!([]));
    let hash = payout["claims"][0]["payment_hash"].clone();
    let denied = desk.call("denypayout", json!([made["offer_id"], hash])).await;
    assert_eq!((&denied["state"], &denied["reason"]), (&json!("failed"), &json!("denied")));
    drop(redeeming.await.unwrap());
    let redeeming = customer.spawn_redeem(&code, "second");
    settle().await;
    let listed = desk.call("listpayouts", json!({ "offer_id": made["offer_id"] })).await;
    let hash = listed["payouts"][0]["claims"][1]["payment_hash"].clone();
    let approved = desk
        .call("approvepayout", json!({ "invreq_id": made["invreq_id"], "payment_hash": hash }))
        .await;
    assert_eq!(approved["state"], "claimed");
    let waited = desk.call("waitpayout", json!([made["offer_id"], hash])).await;
    assert_eq!(
        (&waited["state"], &waited["claims"][1]["state"]),
        (&json!("spent"), &json!("paid"))
    );
    redeeming.await.unwrap().unwrap();
    let unknown = desk.refusal("approvepayout", json!([made["offer_id"], "00".repeat(32)])).await;
    assert_eq!(unknown.code, -1);
}

#[tokio::test(start_paused = true)]
async fn a_request_of_several_uses_says_how_many() {
    let world = World::new();
    let desk = Caller::of(world.announced());
    let call = |more: serde_json::Value| {
        let mut call = json!({ "amount": "5sat", "description": "gift", "single_use": false });
        call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        call
    };
    let made = desk.call("invoicerequest", call(json!({ "max_uses": 2 }))).await;
    assert_eq!(made["single_use"], false);
    for label in ["a", "b"] {
        let party = world.announced();
        party.redeem(made["bolt12"].as_str().unwrap(), label).await.unwrap();
    }
    settle().await;
    let listed = desk.call("listpayouts", json!({})).await;
    let payout = &listed["payouts"][0];
    assert_eq!((&payout["state"], &payout["max_uses"]), (&json!("spent"), &json!(2)));
    let bounded = desk.call("invoicerequest", call(json!({ "max_total_msat": "50sat" }))).await;
    assert_eq!(bounded["active"], true);
    for (more, named) in [
        (json!({}), "single_use"),
        (json!({ "max_uses": 0 }), "max_uses"),
        (json!({ "max_total_msat": "4sat" }), "max_total_msat"),
        (json!({ "single_use": true, "max_uses": 2 }), "max_uses"),
    ] {
        let refused = desk.refusal("invoicerequest", call(more)).await;
        assert!(refused.message.starts_with(named), "{}", refused.message);
    }
}
