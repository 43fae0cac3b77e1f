//! What happens on a page while it is open.

use std::time::Duration;

use axum::http::StatusCode;
use bolt1::Seconds;
use offerd::web::MOST_STREAMS;
use offerd_testkit::sample;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::visitor::shop_and_customer;
use crate::world::{pay_call, payout_arguments, redemption, settle};

#[tokio::test(start_paused = true)]
async fn an_order_turns_to_paid_while_its_page_is_open_and_leads_back_to_the_shop() {
    let (_world, shop, customer) = shop_and_customer();
    let back = "https://shop.example/thanks?order=17&x=1";
    let (code, path) = shop.order(|order| order.return_url = Some(back.into())).await;
    let mut page = shop.follow(&format!("{path}/events")).await;
    let first = page.next().await.unwrap();
    assert_eq!(first["state"], "waiting");
    assert!(first["html"].as_str().unwrap().contains(&code));
    customer.watch.wish(|wishes| wishes.pay_hangs = true);
    let paying = customer.spawn_pay(pay_call(&code));
    assert_eq!(page.state().await, "invoice_sent");
    customer.watch.wish(|wishes| wishes.pay_hangs = false);
    paying.await.unwrap().unwrap();
    let mut last = page.next().await.unwrap();
    if last["state"] == "arriving" {
        last = page.next().await.unwrap();
    }
    assert_eq!((&last["state"], &last["ended"]), (&json!("paid"), &json!(true)));
    let (sentence, html) = (last["sentence"].as_str().unwrap(), last["html"].as_str().unwrap());
    assert!(sentence.contains("Paid, thank you: 1\u{202f}000\u{202f}sat"), "{sentence}");
    assert!(html.contains("href=\"https://shop.example/thanks?order=17&#38;x=1\""), "{html}");
    assert!(!html.contains(&code), "{html}");
    assert_eq!(page.next().await, None, "nothing follows");
}

#[tokio::test(start_paused = true)]
async fn a_shops_program_reads_where_an_order_stands() {
    let (_world, shop, customer) = shop_and_customer();
    let (code, path) = shop.order(|order| order.external_id = Some("order 17".into())).await;
    let status = async || -> Value {
        let page = shop.get(&format!("{path}/status")).await;
        assert_eq!(page.header("content-type"), "application/json");
        serde_json::from_str(&page.text).unwrap()
    };
    let waiting = json!({ "status": "waiting", "paid": false, "external_id": "order 17" });
    assert_eq!(status().await, waiting);
    customer.pay(&code).await.unwrap();
    settle().await;
    let paid = status().await;
    assert_eq!((&paid["status"], &paid["paid"]), (&json!("paid"), &json!(true)));
    assert_eq!(paid["amount_received_msat"], 1_000_000);
    assert!(paid["paid_at"].is_u64());
}

#[tokio::test(start_paused = true)]
async fn one_order_is_not_told_of_another() {
    let (_world, shop, customer) = shop_and_customer();
    let (code, path) = shop.order(|_| ()).await;
    let (_, other) = shop.order(|_| ()).await;
    let mut paid = shop.follow(&format!("{path}/events")).await;
    let mut waiting = shop.follow(&format!("{other}/events")).await;
    assert_eq!((paid.state().await, waiting.state().await), ("waiting".into(), "waiting".into()));
    customer.pay(&code).await.unwrap();
    while paid.state().await != "paid" {}
    assert!(timeout(Duration::from_secs(60), waiting.next()).await.is_err(), "told of another");
}

#[tokio::test(start_paused = true)]
async fn a_payout_turns_to_paid_and_its_code_is_never_shown_again() {
    let (_world, shop, customer) = shop_and_customer();
    let payout = shop.party.payout(5_000).await;
    let code = payout.invoice_request.as_ref().unwrap().to_string();
    let path = shop.payout_path(&payout);
    let mut page = shop.follow(&format!("{path}/events")).await;
    assert!(page.next().await.unwrap()["html"].as_str().unwrap().contains(&code));
    customer.redeem(&code, "mine").await.unwrap();
    let mut shown = page.next().await.unwrap();
    while shown["state"] != "paid" {
        assert_eq!(shown["state"], "paying");
        assert!(!shown.to_string().contains(&code), "{shown}");
        shown = page.next().await.unwrap();
    }
    assert!(shown["sentence"].as_str().unwrap().starts_with("Paid: 5\u{202f}000\u{202f}sat, 20"));
    assert!(!shown.to_string().to_lowercase().contains("lnr1"), "{shown}");
    let later = shop.get(&path).await.text.to_lowercase();
    assert!(!later.contains("lnr1") && !later.contains("lno1"), "{later}");
}

#[tokio::test(start_paused = true)]
async fn a_payout_waits_for_approval_is_withdrawn_and_expires_before_the_visitors_eyes() {
    let (_world, shop, customer) = shop_and_customer();
    let mut arguments = payout_arguments(5_000);
    arguments.approve = true;
    let payout = shop.party.try_payout(arguments).await.unwrap().payout;
    let mut page = shop.follow(&format!("{}/events", shop.payout_path(&payout))).await;
    assert_eq!(page.state().await, "waiting");
    let code = payout.invoice_request.as_ref().unwrap().to_string();
    let redeeming = customer.spawn_redeem_within(&code, "mine", 5);
    assert_eq!(page.state().await, "awaiting");
    let id = payout.offer_id();
    shop.party.driver.disable_payout(id.as_ref(), None).await.unwrap();
    let withdrawn = page.next().await.unwrap();
    assert_eq!((&withdrawn["state"], &withdrawn["html"]), (&json!("disabled"), &json!("")));
    redeeming.abort();
    let mut arguments = payout_arguments(5_000);
    arguments.absolute_expiry = Some(sample::NOW.plus(Seconds(90)));
    let payout = shop.party.try_payout(arguments).await.unwrap().payout;
    let mut page = shop.follow(&format!("{}/events", shop.payout_path(&payout))).await;
    assert_eq!(page.state().await, "waiting");
    assert_eq!(page.state().await, "expired");
    assert_eq!(page.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_code_is_hidden_while_it_is_being_paid() {
    let (_world, shop, customer) = shop_and_customer();
    let payout = shop.party.payout(5_000).await;
    let code = payout.invoice_request.as_ref().unwrap().to_string();
    let mut page = shop.follow(&format!("{}/events", shop.payout_path(&payout))).await;
    assert_eq!(page.state().await, "waiting");
    shop.party.watch.wish(|wishes| wishes.pay_hangs = true);
    let arguments = redemption(&code, "mine");
    let driver = customer.driver.clone();
    let redeeming = tokio::spawn(async move { driver.send_invoice(arguments).await });
    let paying = page.next().await.unwrap();
    assert_eq!((&paying["state"], &paying["html"]), (&json!("paying"), &json!("")));
    redeeming.abort();
}

#[tokio::test(start_paused = true)]
async fn streams_end_with_the_daemon_and_have_a_bound() {
    let (_world, shop, _) = shop_and_customer();
    let (_, path) = shop.order(|_| ()).await;
    let path = format!("{path}/events");
    let mut streams = Vec::new();
    for _ in 0..MOST_STREAMS {
        streams.push(shop.follow(&path).await);
    }
    assert_eq!(shop.get(&path).await.status, StatusCode::SERVICE_UNAVAILABLE);
    drop(streams.pop());
    let mut page = shop.follow(&path).await;
    assert_eq!(page.state().await, "waiting");
    shop.shutdown.request();
    assert_eq!(page.next().await, None);
}
