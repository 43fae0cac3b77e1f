//! What is on a page, and what is not.

use std::num::NonZeroU32;

use axum::http::StatusCode;
use bolt1::Timestamp;
use bolt12::Recurrence;
use bolt12::recurrence::TimeUnit;
use offerd_core::amount::AmountSpec;

use crate::visitor::{Site, shop_and_customer};
use crate::world::{offer_request, pass, payout_arguments, settle};

/// Markup, a change of direction, an escape sequence of terminals, a line break.
const HOSTILE: &str =
    "<script>alert(1)</script>\u{202e}\"'&\u{1b}[2J\n<img src=x onerror=alert(1)>";
/// A page weighs less, all included.
const MOST_BYTES: usize = 30 * 1024;

async fn offer_path(shop: &Site, request: offerd::driver::OfferRequest) -> (String, String) {
    let made = shop.party.driver.create_offer(request).await.unwrap();
    let encoding = made.entry.newest();
    (encoding.offer.to_string(), format!("/o/{}", encoding.offer_id()))
}

#[tokio::test(start_paused = true)]
async fn an_offer_page_says_what_is_paid_for_to_whom_and_how() {
    let (_world, shop, _) = shop_and_customer();
    let mut request = offer_request(1_234);
    request.arguments.issuer = Some("Café <Zürich>".into());
    request.arguments.quantity_max = Some(5);
    request.arguments.absolute_expiry = Some(Timestamp(4_102_444_799));
    let (code, path) = offer_path(&shop, request).await;
    let page = shop.get(&path).await;
    assert_eq!(page.status, StatusCode::OK);
    for text in [
        "<h1>coffee</h1>",
        "Café &#60;Zürich&#62;",
        "1\u{202f}234\u{202f}sat",
        "up to 5",
        "2099-12-31 23:59 UTC",
        "<svg class=\"qr\"",
        &format!("lightning:{}", code.to_uppercase()),
        &format!("data-copy=\"{code}\""),
    ] {
        assert!(page.text.contains(text), "{text} is not in {}", page.text);
    }
    let unified = shop.get(&format!("{path}?form=bitcoin")).await;
    let uri = format!("href=\"bitcoin:?lno={}\"", code.to_uppercase());
    assert!(unified.text.contains(&uri), "no invoice where items are counted: {}", unified.text);
}

#[tokio::test(start_paused = true)]
async fn texts_of_others_stay_text_on_every_page() {
    let (_world, shop, _) = shop_and_customer();
    let mut request = offer_request(1);
    request.arguments.description = Some(HOSTILE.into());
    request.arguments.issuer = Some(HOSTILE.into());
    let (_, offer) = offer_path(&shop, request.clone()).await;
    let (_, order) = shop.order(|order| order.arguments = one_time(&request)).await;
    let mut arguments = payout_arguments(5);
    arguments.description = HOSTILE.into();
    arguments.issuer = Some(HOSTILE.into());
    let payout = shop.party.try_payout(arguments).await.unwrap().payout;
    for path in [offer, order, shop.payout_path(&payout)] {
        let text = shop.get(&path).await.text;
        for acting in ["<script>", "<img", "\u{202e}", "\u{1b}"] {
            assert!(!text.contains(acting), "{acting:?} acts in {text}");
        }
        assert!(text.contains("&#60;script&#62;alert(1)&#60;/script&#62;\\u{202e}"), "{text}");
    }
}

fn one_time(request: &offerd::driver::OfferRequest) -> offerd_core::offer_book::OfferArguments {
    offerd_core::offer_book::OfferArguments { single_use: true, ..request.arguments.clone() }
}

#[tokio::test(start_paused = true)]
async fn an_offer_page_tells_nobody_of_a_payment() {
    let (_world, shop, customer) = shop_and_customer();
    let (code, path) = offer_path(&shop, offer_request(1_000)).await;
    let before = shop.get(&path).await.text;
    customer.pay(&code).await.unwrap();
    settle().await;
    assert_eq!(shop.party.receipts().len(), 1);
    assert_eq!(shop.get(&path).await.text, before);
    assert_eq!(shop.get(&format!("{path}/events")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn a_price_in_a_currency_is_shown_with_what_it_comes_to_now() {
    let (_world, shop, _) = shop_and_customer();
    shop.party.rates.say("USD", "50000");
    let mut request = offer_request(1);
    request.arguments.amount = "5USD".parse::<AmountSpec>().unwrap();
    let (_, path) = offer_path(&shop, request).await;
    let page = shop.get(&path).await.text;
    assert!(page.contains("5.00\u{202f}USD"), "{page}");
    assert!(page.contains("about 10\u{202f}000\u{202f}sat now"), "{page}");
}

#[tokio::test(start_paused = true)]
async fn a_code_that_is_no_longer_good_is_not_shown() {
    let (_world, shop, _) = shop_and_customer();
    let (code, path) = offer_path(&shop, offer_request(1_000)).await;
    let id = code.parse::<bolt12::Offer>().unwrap().id();
    shop.party.driver.disable_offer(&id).await.unwrap();
    let page = shop.get(&path).await;
    assert!(page.text.contains("no longer valid") && !page.text.contains(&code));
    let (code, path) = shop.order(|order| order.lifetime = Some(bolt1::Seconds(60))).await;
    assert!(shop.get(&path).await.text.contains(&code));
    pass(61).await;
    let page = shop.get(&path).await;
    assert!(page.text.contains("has expired") && !page.text.contains(&code), "{}", page.text);
}

#[tokio::test(start_paused = true)]
async fn a_payout_page_shows_the_code_that_wallets_redeem_and_the_signed_one() {
    let (_world, shop, _) = shop_and_customer();
    let payout = shop.party.payout(5_000).await;
    let page = shop.get(&shop.payout_path(&payout)).await.text;
    let request = payout.invoice_request.as_ref().unwrap();
    let signed = payout.invoice_request_signed.as_ref().unwrap();
    for text in [
        format!("lightning:{}", request.to_qr_string()),
        signed.to_string(),
        "5\u{202f}000\u{202f}sat".to_owned(),
        "<h1>withdrawal</h1>".to_owned(),
    ] {
        assert!(page.contains(&text), "{text} is not in {page}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_page_is_small_with_all_that_belongs_to_it() {
    let (_world, shop, _) = shop_and_customer();
    let (_, offer) = offer_path(&shop, offer_request(1_000)).await;
    let (_, order) = shop.order(|_| ()).await;
    let payout = shop.payout_path(&shop.party.payout(5_000).await);
    let mut assets = 0;
    for asset in ["/assets/page.css", "/assets/page.js"] {
        let asset = shop.get(asset).await;
        assert_eq!(asset.status, StatusCode::OK);
        assets += asset.text.len();
    }
    for path in [offer, order, payout] {
        let page = shop.get(&path).await.text.len();
        assert!(page + assets < MOST_BYTES, "{path}: {page} bytes and {assets} of assets");
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_can_be_read_without_script() {
    let (_world, shop, customer) = shop_and_customer();
    let (code, path) = shop.order(|_| ()).await;
    let refresh = "<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>";
    assert!(shop.get(&path).await.text.contains(refresh));
    customer.pay(&code).await.unwrap();
    settle().await;
    let paid = shop.get(&path).await.text;
    assert!(paid.contains("Paid, thank you") && !paid.contains(refresh), "{paid}");
}

#[tokio::test(start_paused = true)]
async fn the_page_of_a_recurring_offer_says_how_often_it_is_paid() {
    let (_world, shop, _) = shop_and_customer();
    let mut request = offer_request(1_000);
    let monthly = Recurrence::every(NonZeroU32::MIN, TimeUnit::Months);
    request.arguments.recurrence = Some(monthly);
    let (_, path) = offer_path(&shop, request).await;
    let page = shop.get(&path).await.text;
    assert!(page.contains("<p class=\"about\" id=\"period\">every month</p>"), "{page}");
    assert!(page.contains("once for each period") && !page.contains("again and again"), "{page}");
}
