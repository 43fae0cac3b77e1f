//! `checkout`, and where its order shows.

use serde_json::json;

use crate::caller::Caller;
use crate::world::{World, pass, settle};

#[tokio::test(start_paused = true)]
async fn an_order_has_a_page_and_its_number_shows_wherever_its_payment_does() {
    let world = World::new();
    let (shop, customer) = (Caller::of(world.announced()), Caller::of(world.announced()));
    let call = json!({
        "amount": "1000sat", "description": "two teas", "external_id": "order 17",
        "return_url": "https://shop.example/thanks?order=17", "expiry": 600
    });
    let order = shop.call("checkout", call).await;
    let page = order["checkout_url"].as_str().unwrap();
    assert!(page.starts_with("https://pay.example.com/c/") && page.len() == 66, "{page}");
    assert_eq!(order["status_url"], format!("{page}/status"));
    assert_eq!(order["external_id"], "order 17");
    let waiting = shop.party.driver.clone();
    let wait = tokio::spawn(async move { waiting.wait_for_receipt(0, None, None).await });
    customer.call("pay", json!([order["bolt12"]])).await;
    settle().await;
    wait.await.unwrap().unwrap().unwrap();
    let waited = shop.call("waitanyinvoice", json!([0])).await;
    assert_eq!(waited["external_id"], "order 17");
    let listed = shop.call("listinvoices", json!({ "external_id": "order 17" })).await;
    assert_eq!(listed["invoices"][0]["status"], "paid");
    assert_eq!(listed["invoices"][0]["external_id"], "order 17");
    let again = customer.refusal("pay", json!({ "bolt11": order["bolt12"], "label": "x" })).await;
    assert_ne!(again.code, 0, "an order is paid once");
    assert_eq!(shop.rows()[4], 1);
}

#[tokio::test(start_paused = true)]
async fn the_same_order_under_the_same_label_is_made_once_whenever_it_is_asked_for() {
    let world = World::new();
    let shop = Caller::of(world.announced());
    let call = json!({ "amount": "1000sat", "description": "tea", "label": "17", "expiry": 60 });
    let order = shop.call("checkout", call.clone()).await;
    pass(5).await;
    let again = shop.call("checkout", call).await;
    assert_eq!((&again["created"], &again["bolt12"]), (&json!(false), &order["bolt12"]));
    assert_eq!(again["checkout_url"], order["checkout_url"]);
    assert_eq!(again["expires_at"], order["expires_at"], "a repeated call does not prolong it");
    let other = json!({ "amount": "1001sat", "description": "tea", "label": "17" });
    assert_eq!(shop.refusal("checkout", other).await.code, 1000);
}

#[tokio::test(start_paused = true)]
async fn without_pages_an_order_says_that_it_has_none() {
    let world = World::new();
    let mut shop = Caller::of(world.announced());
    shop.api.pages = None;
    let order = shop.call("checkout", json!(["5sat", "tea"])).await;
    assert!(order["warning_no_pages"].as_str().unwrap().contains("pages-listen"));
    assert_eq!(order.get("checkout_url"), None);
}
