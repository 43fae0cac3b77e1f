//! `subscribe`, `listsubscriptions`, `pausesubscription`, `resumesubscription`, `cancelsubscription`,
//! `listsubscribers`, `cancelrecurringinvoice`.

use serde_json::{Value, json};

use crate::caller::Caller;
use crate::world::{World, pass, settle};

const PRICE: u64 = 1_000_000;

struct Magazine {
    _world: World,
    shop: Caller,
    reader: Caller,
    code: String,
}

async fn magazine(recurrence: &str) -> Magazine {
    let world = World::new();
    let (shop, reader) = (Caller::of(world.announced()), Caller::of(world.announced()));
    let params = json!({ "amount": PRICE, "description": "paper", "recurrence": recurrence });
    let code = shop.call("offer", params).await["bolt12"].as_str().unwrap().to_owned();
    Magazine { _world: world, shop, reader, code }
}

impl Magazine {
    async fn subscribe(&self, more: Value) -> Value {
        let mut params = json!({ "offer": self.code, "label": "paper" });
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.reader.call("subscribe", params).await
    }

    async fn listed(&self) -> Value {
        self.reader.call("listsubscriptions", json!(["paper"])).await["subscriptions"][0].clone()
    }

    async fn subscriber(&self) -> Value {
        self.shop.call("listsubscribers", json!({})).await["subscribers"][0].clone()
    }
}

#[tokio::test(start_paused = true)]
async fn a_subscription_is_made_listed_paid_and_cancelled() {
    let magazine = magazine("60seconds").await;
    let made =
        magazine.subscribe(json!({ "max_total_msat": 10 * PRICE, "payer_note": "hello" })).await;
    assert_eq!((&made["created"], &made["status"]), (&json!(true), &json!("active")));
    assert_eq!((&made["periods_paid"], &made["amount_paid_msat"]), (&json!(1), &json!(PRICE)));
    assert_eq!((&made["next_counter"], &made["payer_note"]), (&json!(1), &json!("hello")));
    let base = made["basetime"].as_u64().unwrap();
    assert_eq!(made["next_payment_at"], base + 60);
    assert_eq!(made["next_payment_until"], base + 120);
    let again =
        magazine.subscribe(json!({ "max_total_msat": 10 * PRICE, "payer_note": "hello" })).await;
    assert_eq!((&again["created"], &again["created_index"]), (&json!(false), &json!(1)));
    let params = json!({ "offer": magazine.code, "label": "paper" });
    let taken = magazine.reader.refusal("subscribe", params).await;
    assert_eq!((taken.code, taken.message.as_str()), (1000, "label already used"));
    pass(61).await;
    let listed = magazine.listed().await;
    assert_eq!(listed["periods_paid"], 2);
    let subscriber = magazine.subscriber().await;
    assert_eq!(subscriber["invreq_payer_id"], listed["invreq_payer_id"]);
    assert_eq!((&subscriber["status"], &subscriber["periods_paid"]), (&json!("active"), &json!(2)));
    assert_eq!(subscriber["paid_until"], base + 120);
    let pays = magazine.reader.call("listpays", json!({ "offer_id": listed["offer_id"] })).await;
    assert_eq!(pays["pays"].as_array().unwrap().len(), 2);

    let cancelled = magazine.reader.call("cancelsubscription", json!(["paper"])).await;
    assert_eq!(
        (&cancelled["status"], &cancelled["issuer_told"]),
        (&json!("cancelled"), &json!(false))
    );
    settle().await;
    assert_eq!(magazine.listed().await["issuer_told"], true);
    assert_eq!(magazine.subscriber().await["status"], "cancelled");
    pass(600).await;
    assert_eq!(magazine.listed().await["periods_paid"], 2);
    let ended = magazine.reader.refusal("resumesubscription", json!(["paper"])).await;
    assert_eq!((ended.code, ended.message.as_str()), (-32602, "label: was cancelled"));
}

#[tokio::test(start_paused = true)]
async fn a_subscription_is_paused_and_resumed_and_waited_for() {
    let magazine = magazine("1minute").await;
    magazine.subscribe(json!({ "remind_before": 5 })).await;
    let paused = magazine.reader.call("pausesubscription", json!(["paper"])).await;
    assert_eq!((&paused["status"], &paused["paused_why"]), (&json!("paused"), &json!("asked to")));
    assert_eq!(paused.get("next_payment_at"), None);
    pass(70).await;
    assert_eq!(magazine.listed().await["periods_paid"], 1);
    let told = json!(["subscriptions", "updated", 0]);
    let place = magazine.reader.call("wait", told).await["updated"].as_u64().unwrap();
    magazine.reader.call("resumesubscription", json!(["paper"])).await;
    settle().await;
    assert_eq!(magazine.listed().await["periods_paid"], 2);
    let next = json!(["subscriptions", "updated", place + 1]);
    let waited = magazine.reader.call("wait", next).await;
    assert_eq!(waited["subscriptions"]["label"], "paper");
    for (filter, found) in [("active", 1), ("paused", 0), ("cancelled", 0), ("ended", 0)] {
        let list = magazine.reader.call("listsubscriptions", json!({ "status": filter })).await;
        assert_eq!(list["subscriptions"].as_array().unwrap().len(), found, "{filter}");
    }
    let unknown = magazine.reader.refusal("pausesubscription", json!(["other"])).await;
    assert_eq!((unknown.code, unknown.message.as_str()), (-1, "unknown subscription"));
}

#[tokio::test(start_paused = true)]
async fn subscribers_are_listed_by_offer_and_by_how_they_stand() {
    let magazine = magazine("60seconds").await;
    let made = magazine.subscribe(json!({ "max_periods": 1 })).await;
    assert_eq!(made["status"], "ended");
    let list = async |params: Value| {
        let list = magazine.shop.call("listsubscribers", params).await;
        list["subscribers"].as_array().unwrap().len()
    };
    for (params, found) in [
        (json!({ "offer_id": made["offer_id"] }), 1),
        (json!({ "offer_id": "00".repeat(32) }), 0),
        (json!({ "status": "active" }), 1),
        (json!({ "status": "overdue" }), 0),
        (json!({ "start": 2 }), 0),
        (json!({ "limit": 0 }), 0),
    ] {
        assert_eq!(list(params.clone()).await, found, "{params}");
    }
    pass(121).await;
    assert_eq!(list(json!({ "status": "overdue" })).await, 1);
    let params = json!({
        "offer": magazine.code, "recurrence_counter": 1, "recurrence_label": "paper",
    });
    let sent = magazine.reader.call("cancelrecurringinvoice", params).await;
    assert!(sent["bolt12"].as_str().unwrap().starts_with("lnr1"), "{sent}");
    settle().await;
    assert_eq!(list(json!({ "status": "cancelled" })).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_period_that_is_asked_for_by_hand_comes_with_what_follows_it() {
    let magazine = magazine("60seconds").await;
    let ask = async |code: &str, counter: u32| {
        let params = json!({
            "offer": code, "recurrence_counter": counter, "recurrence_label": "by hand",
        });
        magazine.reader.call("fetchinvoice", params).await
    };
    let first = ask(&magazine.code, 0).await;
    let start = first["next_period"]["starttime"].as_u64().unwrap();
    let following = |counter: u32| {
        let start = start + 60 * u64::from(counter - 1);
        json!({
            "counter": counter, "starttime": start, "endtime": start + 59,
            "paywindow_start": start - 60, "paywindow_end": start + 59,
        })
    };
    assert_eq!(first["next_period"], following(1));
    magazine.reader.call("pay", json!([first["invoice"]])).await;
    assert_eq!(ask(&magazine.code, 1).await["next_period"], following(2));

    let params = json!({
        "amount": PRICE, "description": "two issues", "recurrence": "60seconds",
        "recurrence_paywindow": "-10+5", "recurrence_limit": 1,
    });
    let windowed = magazine.shop.call("offer", params).await;
    let windowed = windowed["bolt12"].as_str().unwrap();
    let first = ask(windowed, 0).await;
    let next = &first["next_period"];
    let start = next["starttime"].as_u64().unwrap();
    assert_eq!(
        (&next["paywindow_start"], &next["paywindow_end"]),
        (&json!(start - 10), &json!(start + 5))
    );
    magazine.reader.call("pay", json!([first["invoice"]])).await;
    pass(55).await;
    assert_eq!(ask(windowed, 1).await.get("next_period"), None, "it was the last one");
}

#[tokio::test(start_paused = true)]
async fn every_unit_of_time_makes_a_period_that_decode_shows() {
    let magazine = magazine("1day").await;
    for (recurrence, unit, period) in [
        ("30seconds", "seconds", 30),
        ("5minutes", "seconds", 300),
        ("2hours", "seconds", 7_200),
        ("1day", "days", 1),
        ("2weeks", "days", 14),
        ("1month", "months", 1),
        ("2years", "months", 24),
    ] {
        let params =
            json!({ "amount": PRICE, "description": recurrence, "recurrence": recurrence });
        let made = magazine.shop.call("offer", params).await;
        let decoded = magazine.reader.call("decode", json!([made["bolt12"]])).await;
        let shown = &decoded["offer_recurrence"];
        assert_eq!((&shown["time_unit_name"], &shown["period"]), (&json!(unit), &json!(period)));
    }
}
