//! `wait`, `waitinvoice`, `waitanyinvoice`, `waitoffer`.

use std::time::Duration;

use offerd::rpc::Calls as _;
use offerd_api::ErrorObject;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::caller::Caller;
use crate::world::{World, settle};

/// A shop with two offers, and a customer.
async fn shop() -> (World, Caller, Caller, [Value; 2]) {
    let world = World::new();
    let (shop, customer) = (Caller::of(world.announced()), Caller::of(world.announced()));
    let tea = shop.call("offer", json!(["5sat", "tea"])).await;
    let coffee = shop.call("offer", json!(["6sat", "coffee"])).await;
    (world, shop, customer, [tea, coffee])
}

/// A call on its way.
fn begin(caller: &Caller, method: &'static str, params: Value) -> Waiting {
    let api = caller.api.clone();
    tokio::spawn(async move {
        let params: Box<RawValue> = serde_json::from_str(&params.to_string()).unwrap();
        api.call(method, Some(&params)).await
    })
}

type Waiting = JoinHandle<Result<Value, ErrorObject>>;

#[tokio::test(start_paused = true)]
async fn every_payment_is_told_once_and_in_order_to_whoever_counts_on() {
    let (_world, shop, customer, [tea, coffee]) = shop().await;
    for offer in [&tea, &coffee, &tea] {
        customer.call("pay", json!([offer["bolt12"]])).await;
    }
    settle().await;
    let mut told = Vec::new();
    let mut last = json!(0);
    // The process ends and starts again in the middle; whoever counts goes on.
    let shop = Caller::of(shop.party.restart());
    for _ in 0..3 {
        let paid = shop.call("waitanyinvoice", json!([last])).await;
        assert_eq!(paid["status"], "paid");
        last = paid["pay_index"].clone();
        told.push(paid["amount_received_msat"].as_u64().unwrap());
    }
    assert_eq!((told, last), (vec![5_000, 6_000, 5_000], json!(3)));
    let in_vain = shop.refusal("waitanyinvoice", json!([3, 10])).await;
    assert_eq!((in_vain.code, in_vain.message.as_str()), (904, "timed out: nothing was paid"));
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_an_offer_wakes_up_for_that_offer_alone() {
    let (_world, shop, customer, [tea, coffee]) = shop().await;
    let waiting = begin(&shop, "waitoffer", json!([tea["offer_id"]]));
    settle().await;
    customer.call("pay", json!([coffee["bolt12"]])).await;
    settle().await;
    assert!(!waiting.is_finished());
    customer.call("pay", json!([tea["bolt12"]])).await;
    let paid = waiting.await.unwrap().unwrap();
    assert_eq!(paid["local_offer_id"], tea["offer_id"]);
    assert_eq!((&paid["status"], &paid["pay_index"]), (&json!("paid"), &json!(2)));
    let next = json!({ "offer_id": tea["offer_id"], "lastpay_index": 2, "timeout": 5 });
    assert_eq!(shop.refusal("waitoffer", next).await.code, 904);
    let unknown = shop.refusal("waitoffer", json!(["00".repeat(32)])).await;
    assert_eq!((unknown.code, unknown.message.as_str()), (-1, "Unknown offer"));
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_an_invoice_ends_with_its_payment() {
    let (_world, shop, customer, [tea, _]) = shop().await;
    let fetched = customer.call("fetchinvoice", json!([tea["bolt12"]])).await;
    let listed = shop.call("listinvoices", json!([])).await;
    let label = listed["invoices"][0]["label"].clone();
    let waiting = [0, 1].map(|_| begin(&shop, "waitinvoice", json!([label])));
    settle().await;
    assert!(!waiting.iter().any(Waiting::is_finished));
    customer.call("pay", json!([fetched["invoice"]])).await;
    for waiting in waiting {
        let paid = waiting.await.unwrap().unwrap();
        assert_eq!((&paid["label"], &paid["status"]), (&label, &json!("paid")));
        assert_eq!(paid["bolt12"], fetched["invoice"]);
    }
    // What was paid is told again at once.
    assert_eq!(shop.call("waitinvoice", json!([label])).await["status"], "paid");
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_an_invoice_ends_with_its_life() {
    let (_world, shop, customer, [tea, _]) = shop().await;
    customer.call("fetchinvoice", json!([tea["bolt12"]])).await;
    let listed = shop.call("listinvoices", json!([])).await;
    let label = listed["invoices"][0]["label"].clone();
    let expired = shop.refusal("waitinvoice", json!([label])).await;
    assert_eq!(
        (expired.code, expired.message.as_str()),
        (903, "invoice expired before it was paid")
    );
    assert_eq!(expired.data.unwrap()["status"], "expired");
    let unknown = shop.refusal("waitinvoice", json!(["nonsense"])).await;
    assert_eq!((unknown.code, unknown.message.as_str()), (-1, "Label not found"));
}

#[tokio::test(start_paused = true)]
async fn changes_are_counted_by_list_and_kind() {
    let (_world, shop, customer, [tea, coffee]) = shop().await;
    let counts = async |caller: &Caller, list: &str| {
        let mut counts = Vec::new();
        for index in ["created", "updated", "deleted"] {
            let told = caller.call("wait", json!([list, index, 0])).await;
            counts.push(told[index].as_u64().unwrap());
        }
        counts
    };
    assert_eq!(counts(&shop, "offers").await, [2, 0, 0]);
    assert_eq!(counts(&shop, "invoices").await, [0, 0, 0]);
    let made = begin(&shop, "wait", json!(["invoices", "created", 1]));
    let paid = begin(&shop, "wait", json!(["invoices", "updated", 1]));
    let sent = begin(&customer, "wait", json!(["sendpays", "updated", 1]));
    settle().await;
    assert!(![&made, &paid, &sent].into_iter().any(Waiting::is_finished));
    let payment = customer.call("pay", json!([tea["bolt12"], null, "lunch"])).await;
    settle().await;
    let (made, paid) = (made.await.unwrap().unwrap(), paid.await.unwrap().unwrap());
    assert_eq!((&made["created"], &paid["updated"]), (&json!(1), &json!(1)));
    assert_eq!(paid["invoices"]["status"], "paid");
    assert_eq!(paid["invoices"]["description"], "tea");
    let sent = sent.await.unwrap().unwrap();
    assert_eq!(sent["sendpays"]["payment_hash"], payment["payment_hash"]);
    assert_eq!(
        (&sent["sendpays"]["status"], &sent["sendpays"]["label"]),
        (&json!("complete"), &json!("lunch"))
    );
    assert_eq!(counts(&shop, "invoices").await, [1, 1, 0]);
    assert_eq!(counts(&customer, "sendpays").await, [1, 1, 0]);
    shop.call("disableoffer", json!([coffee["offer_id"]])).await;
    // The payment has changed its offer too, and comes first.
    let told = shop.call("wait", json!(["offers", "updated", 2])).await;
    assert_eq!(
        (&told["offers"]["offer_id"], &told["offers"]["active"]),
        (&coffee["offer_id"], &json!(false))
    );
    let never = shop.refusal("wait", json!(["offers", "deleted", 1])).await;
    assert_eq!(
        (never.code, never.message.as_str()),
        (-32602, "indexname: nothing is ever deleted: should be `created` or `updated`")
    );
}

#[tokio::test(start_paused = true)]
async fn there_is_room_for_so_many_waits_and_no_more() {
    let (_world, shop, _, _) = shop().await;
    let waits: Vec<Waiting> =
        (0..1_024).map(|_| begin(&shop, "waitanyinvoice", json!([]))).collect();
    settle().await;
    let refused = shop.refusal("waitanyinvoice", json!([])).await;
    assert_eq!(
        (refused.code, refused.message.as_str()),
        (-1, "too many calls are waiting already: try again later")
    );
    // A caller that hangs up leaves its place.
    waits.into_iter().for_each(|waiting| waiting.abort());
    settle().await;
    let waiting = begin(&shop, "waitanyinvoice", json!([]));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!waiting.is_finished());
}

#[tokio::test(start_paused = true)]
async fn a_payout_is_followed_from_its_making_to_its_redemption() {
    let world = World::new();
    let (atm, customer) = (Caller::of(world.announced()), Caller::of(world.announced()));
    let made = begin(&atm, "wait", json!(["payouts", "created", 1]));
    settle().await;
    let payout = atm.call("offerout", json!(["5sat", "cash", null, "till 1"])).await;
    let told = made.await.unwrap().unwrap();
    assert_eq!((&told["created"], &told["payouts"]["state"]), (&json!(1), &json!("open")));
    assert_eq!(told["payouts"]["offer_id"], payout["offer_id"]);
    assert_eq!(told["payouts"]["label"], "till 1");
    let other = atm.call("offerout", json!(["6sat", "cash"])).await;
    let redeemed = begin(&atm, "wait", json!(["payouts", "updated", 2]));
    customer.call("sendinvoice", json!([payout["bolt12"], "mine"])).await;
    let told = redeemed.await.unwrap().unwrap();
    assert_eq!((&told["updated"], &told["payouts"]["state"]), (&json!(2), &json!("spent")));
    atm.call("disableoffer", json!([other["offer_id"]])).await;
    let told = atm.call("wait", json!(["payouts", "updated", 3])).await;
    assert_eq!(told["payouts"]["state"], "disabled");
    // The list counts on by the same places.
    let newest = atm.call("listpayouts", json!({ "index": "updated", "start": 3 })).await;
    let [entry] = newest["payouts"].as_array().unwrap().as_slice() else { panic!("{newest}") };
    assert_eq!((&entry["offer_id"], &entry["updated_index"]), (&other["offer_id"], &json!(3)));
    let both = atm.call("listpayouts", json!({ "index": "updated" })).await;
    assert_eq!(both["payouts"][0]["offer_id"], payout["offer_id"]);
    let second = atm.call("listpayouts", json!({ "start": 2, "limit": 1 })).await;
    assert_eq!(second["payouts"][0]["created_index"], 2);
}
