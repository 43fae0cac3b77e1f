//! Codes for wallets that know no offers: an invoice of BOLT 11 beside the offer, and what happens if both are tried.

use bolt1::Seconds;
use offerd_core::amount::AmountSpec;
use offerd_core::port::{Page as Rows, Store as _};

use crate::visitor::{Page, Site, shop_and_customer};
use crate::world::{offer_request, pass, settle};

/// The invoice of BOLT 11 that a page shows.
fn bolt11(page: &Page) -> Option<String> {
    let (_, rest) = page.text.split_once("<p class=\"string\">lnbc")?;
    let bolt11 = format!("lnbc{}", rest.split('<').next()?);
    let in_uri = format!("&#38;lightning={}\"", bolt11.to_uppercase());
    assert!(page.text.contains(&in_uri), "{in_uri} is not in {}", page.text);
    Some(bolt11)
}

async fn unified(site: &Site, path: &str) -> Page {
    site.get(&format!("{path}?form=bitcoin")).await
}

async fn standing(site: &Site) -> (String, String) {
    let made = site.party.driver.create_offer(offer_request(1_000)).await.unwrap();
    let encoding = made.entry.newest();
    (encoding.offer.to_string(), format!("/o/{}", encoding.offer_id()))
}

#[tokio::test(start_paused = true)]
async fn an_order_is_paid_by_its_bolt_11_and_then_by_nothing_else() {
    let (_world, shop, customer) = shop_and_customer();
    let (code, path) = shop.order(|order| order.external_id = Some("order 17".into())).await;
    let page = unified(&shop, &path).await;
    let invoice = bolt11(&page).unwrap();
    assert_eq!(bolt11(&unified(&shop, &path).await), Some(invoice.clone()), "one order, one code");
    customer.pay(&invoice).await.unwrap();
    settle().await;
    assert_eq!((shop.party.gained(), customer.gained()), (1_000_000, -1_000_000));
    let page = unified(&shop, &path).await;
    assert!(page.text.contains("data-state=\"paid\"") && bolt11(&page).is_none(), "{}", page.text);
    let status = shop.get(&format!("{path}/status")).await.text;
    assert!(status.contains("\"paid\":true") && status.contains("order 17"), "{status}");
    customer.pay(&code).await.unwrap_err();
    assert_eq!(customer.gained(), -1_000_000, "it is paid once");
    let receipts = shop.party.receipts();
    assert_eq!(receipts.len(), 1, "and on record as a payment of the order: {receipts:?}");
}

#[tokio::test(start_paused = true)]
async fn the_bolt_11_of_an_order_that_was_paid_by_its_offer_goes_back() {
    let (_world, shop, customer) = shop_and_customer();
    let (code, path) = shop.order(|_| ()).await;
    let invoice = bolt11(&unified(&shop, &path).await).unwrap();
    customer.pay(&code).await.unwrap();
    customer.pay(&invoice).await.unwrap_err();
    assert_eq!((shop.party.gained(), customer.gained()), (1_000_000, -1_000_000));
}

#[tokio::test(start_paused = true)]
async fn of_both_at_once_one_arrives_and_one_goes_back() {
    let (world, shop, customer) = shop_and_customer();
    let other = world.announced();
    let (code, path) = shop.order(|_| ()).await;
    let invoice = bolt11(&unified(&shop, &path).await).unwrap();
    let (one, two) = tokio::join!(customer.pay(&code), other.pay(&invoice));
    assert_ne!(one.is_ok(), two.is_ok(), "exactly one of them pays");
    assert_eq!(shop.party.gained(), 1_000_000);
    assert_eq!(customer.gained() + other.gained(), -1_000_000);
}

#[tokio::test(start_paused = true)]
async fn viewers_of_a_standing_offer_do_not_share_an_invoice() {
    let (_world, shop, customer) = shop_and_customer();
    let (code, path) = standing(&shop).await;
    let one = bolt11(&unified(&shop, &path).await).unwrap();
    let other = bolt11(&unified(&shop, &path).await).unwrap();
    assert_ne!(one, other);
    for way in [&one, &other, &code] {
        customer.pay(way).await.unwrap();
    }
    settle().await;
    assert_eq!(shop.party.gained(), 3_000_000);
    assert_eq!(shop.party.receipts().len(), 3);
    assert!(
        shop.party.store.own_invoices(Rows::ALL).unwrap().is_empty(),
        "looking at a page writes nothing down"
    );
}

#[tokio::test(start_paused = true)]
async fn an_invoice_beside_an_offer_ends_with_it_and_by_itself() {
    let (_world, shop, customer) = shop_and_customer();
    let (code, path) = standing(&shop).await;
    let late = bolt11(&unified(&shop, &path).await).unwrap();
    pass(901).await;
    customer.pay(&late).await.unwrap_err();
    let withdrawn = bolt11(&unified(&shop, &path).await).unwrap();
    let id = code.parse::<bolt12::Offer>().unwrap().id();
    shop.party.driver.disable_offer(&id).await.unwrap();
    customer.pay(&withdrawn).await.unwrap_err();
    assert!(bolt11(&unified(&shop, &path).await).is_none());
    assert_eq!((shop.party.gained(), customer.gained()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_forgotten_invoice_goes_back_and_an_accepted_one_is_taken_after_a_restart() {
    let (_world, mut shop, customer) = shop_and_customer();
    let (_, path) = shop.order(|_| ()).await;
    let forgotten = bolt11(&unified(&shop, &path).await).unwrap();
    shop = Site::of(shop.party.restart());
    customer.pay(&forgotten).await.unwrap_err();
    assert_eq!(customer.gained(), 0);
    let invoice = bolt11(&unified(&shop, &path).await).unwrap();
    shop.party.watch.wish(|wishes| wishes.accept_fails = true);
    let paying = customer.spawn_pay(crate::world::pay_call(&invoice));
    settle().await;
    assert_eq!(shop.party.receipts().len(), 1, "it is accepted and not taken");
    shop = Site::of(shop.party.restart());
    shop.party.watch.wish(|wishes| wishes.accept_fails = false);
    paying.await.unwrap().unwrap();
    assert_eq!((shop.party.gained(), customer.gained()), (1_000_000, -1_000_000));
    assert!(shop.get(&path).await.text.contains("data-state=\"paid\""));
}

#[tokio::test(start_paused = true)]
async fn where_one_payment_of_bolt_11_cannot_do_there_is_none() {
    let (_world, shop, _) = shop_and_customer();
    let mut counted = offer_request(1);
    counted.arguments.quantity_max = Some(5);
    let mut priced = offer_request(1);
    priced.arguments.amount = "5USD".parse::<AmountSpec>().unwrap();
    shop.party.rates.say("USD", "50000");
    for (request, shown) in [(counted, false), (priced, true)] {
        let made = shop.party.driver.create_offer(request).await.unwrap();
        let path = format!("/o/{}", made.entry.newest().offer_id());
        let page = unified(&shop, &path).await;
        assert_eq!(bolt11(&page).is_some(), shown, "{}", page.text);
        assert!(page.text.contains("bitcoin:?lno=LNO1"), "{}", page.text);
    }
    let (_, order) = shop.order(|order| order.lifetime = Some(Seconds(60))).await;
    pass(61).await;
    assert!(bolt11(&unified(&shop, &order).await).is_none(), "it has expired");
}
