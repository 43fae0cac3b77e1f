//! What is refused, and what every answer says to the browser.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};

use crate::visitor::shop_and_customer;
use crate::world::offer_request;

#[tokio::test(start_paused = true)]
async fn whatever_does_not_exist_is_the_same_plain_page() {
    let (_world, shop, _) = shop_and_customer();
    let (code, order) = shop.order(|_| ()).await;
    let payout = shop.party.payout(1_000).await;
    let id = |offer: &bolt12::Offer| offer.id().to_string();
    let single_use = id(&code.parse().unwrap());
    let promise = id(payout.offer.as_ref().unwrap());
    let order_name = order.strip_prefix("/c/").unwrap();
    let payout_path = shop.payout_path(&payout);
    let payout_name = payout_path.strip_prefix("/w/").unwrap();
    let nothing = shop.get("/nothing").await;
    assert!(nothing.text.contains("nothing at this address"));
    for path in [
        "/".to_owned(),
        "/o/".to_owned(),
        "/o/zz".to_owned(),
        format!("/o/{}", "00".repeat(32)),
        format!("/o/{}", "00".repeat(33)),
        format!("/o/{single_use}"),
        format!("/o/{promise}"),
        format!("/c/{payout_name}"),
        format!("/w/{order_name}"),
        format!("/w/{order_name}/events"),
        format!("/c/{}", "00".repeat(20)),
        format!("/c/{}/status", "00".repeat(20)),
        format!("/c/{}", order_name.to_uppercase()),
        format!("/w/{payout_name}/status"),
        "/c/%00%ff".to_owned(),
        "/o/%ff".to_owned(),
        "/w/%c3%28/events".to_owned(),
        "/c/%ff/status".to_owned(),
        "/c/..%2f..%2fetc".to_owned(),
    ] {
        let page = shop.get(&path).await;
        assert_eq!((page.status, &page.text), (StatusCode::NOT_FOUND, &nothing.text), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_answer_keeps_the_browser_within_bounds() {
    let (_world, shop, _) = shop_and_customer();
    let made = shop.party.driver.create_offer(offer_request(1)).await.unwrap();
    let offer = format!("/o/{}", made.entry.newest().offer_id());
    let (_, order) = shop.order(|_| ()).await;
    let payout = shop.payout_path(&shop.party.payout(5_000).await);
    for path in [offer.as_str(), &order, &payout, "/nothing"] {
        let page = shop.get(path).await;
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(page.header("x-frame-options"), "DENY", "{path}");
        for inline in ["<style", " style=", " onclick", "<script>", "http:", "https:"] {
            assert!(!page.text.contains(inline), "{inline} in {path}");
        }
    }
    assert!(shop.get("/assets/page.js").await.header("cache-control").contains("max-age"));
}

#[tokio::test(start_paused = true)]
async fn what_no_page_is_for_is_refused() {
    let (_world, shop, _) = shop_and_customer();
    let (_, order) = shop.order(|_| ()).await;
    let get = |path: &str| Request::builder().method(Method::GET).uri(path);
    let empty = Body::empty;
    for (request, status) in [
        (Request::post(&order).body(empty()), StatusCode::METHOD_NOT_ALLOWED),
        (Request::delete(&order).body(empty()), StatusCode::METHOD_NOT_ALLOWED),
        (get(&format!("/c/{}", "a".repeat(600))).body(empty()), StatusCode::URI_TOO_LONG),
        (get(&order).header("content-length", "9").body(empty()), StatusCode::PAYLOAD_TOO_LARGE),
        (
            get(&order).header("transfer-encoding", "chunked").body(empty()),
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
    ] {
        assert_eq!(shop.ask(request.unwrap()).await.status, status);
    }
}

#[tokio::test(start_paused = true)]
async fn another_site_may_link_to_a_page_and_not_read_or_frame_it() {
    let (_world, shop, _) = shop_and_customer();
    let (_, order) = shop.order(|_| ()).await;
    for (site, mode, dest, status) in [
        ("cross-site", "navigate", "document", StatusCode::OK),
        ("none", "navigate", "document", StatusCode::OK),
        ("same-origin", "cors", "empty", StatusCode::OK),
        ("cross-site", "navigate", "iframe", StatusCode::FORBIDDEN),
        ("cross-site", "no-cors", "image", StatusCode::FORBIDDEN),
        ("cross-site", "cors", "empty", StatusCode::FORBIDDEN),
        ("same-site", "cors", "empty", StatusCode::FORBIDDEN),
    ] {
        let request = Request::get(&order)
            .header("sec-fetch-site", site)
            .header("sec-fetch-mode", mode)
            .header("sec-fetch-dest", dest)
            .body(Body::empty());
        assert_eq!(shop.ask(request.unwrap()).await.status, status, "{site} {mode} {dest}");
    }
}
