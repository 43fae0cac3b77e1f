//! Figures: who gets them, what they say, what they never say, and the dashboard that shows them.

use std::collections::{BTreeMap, BTreeSet};

use offerd::driver::OfferRequest;
use offerd_core::payout::PayoutArguments;
use serde_json::Value;

use crate::client::{Answer, Shop};
use crate::world::{offer_request, pay_call, payout_arguments, settle};

/// The dashboard that is delivered.
const DASHBOARD: &str = include_str!("../../../../packaging/grafana/offerd.json");
/// Figures that are for alerts and looking things up, and would be a flat line on a dashboard.
const NOT_SHOWN: [&str; 3] =
    ["offerd_build_info", "offerd_chain_reachable", "process_start_time_seconds"];

impl Shop {
    async fn scrape(&self) -> Figures {
        let answer = self.get(&self.rune(&["method=metrics"]), "/metrics").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.head.contains("application/openmetrics-text; version=1.0.0"), "{answer:?}");
        assert!(answer.text.ends_with("# EOF\n"), "{answer:?}");
        Figures(answer.text)
    }

    async fn get_metrics_with(&self, header: &str) -> Answer {
        let request =
            format!("GET /metrics HTTP/1.1\r\nhost: a\r\n{header}connection: close\r\n\r\n");
        self.send(request.as_bytes()).await
    }
}

/// The text of a scrape.
struct Figures(String);

impl Figures {
    /// The value of one, with its labels as they are written.
    fn of(&self, name: &str) -> Option<f64> {
        let mut values =
            self.0.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        values.next().map(|value| value.parse().unwrap())
    }

    fn families(&self) -> BTreeMap<String, String> {
        let types = self.0.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        types.map(|line| line.split_once(' ').unwrap()).map(|(n, t)| (n.into(), t.into())).collect()
    }

    /// The names by which figures are asked for.
    fn names(&self) -> BTreeSet<String> {
        let named = |(name, kind): (String, String)| match kind.as_str() {
            "counter" => format!("{name}_total"),
            _ => name,
        };
        self.families().into_iter().map(named).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn figures_are_for_runes_that_allow_them_in_either_header() {
    let shop = Shop::open().await;
    let rune = shop.rune(&["method=metrics"]);
    for (header, status) in [
        (String::new(), 401),
        (format!("rune: {rune}\r\n"), 200),
        (format!("authorization: Bearer {rune}\r\n"), 200),
        (format!("authorization: bearer {rune}\r\n"), 200),
        (format!("authorization: Basic {rune}\r\n"), 401),
        (format!("authorization: {rune}\r\n"), 401),
        (format!("rune: {rune}\r\nauthorization: Bearer {rune}\r\n"), 401),
        (format!("rune: {}\r\n", shop.rune(&[])), 200),
    ] {
        let answer = shop.get_metrics_with(&header).await;
        assert_eq!(answer.status, status, "{header} {answer:?}");
    }
    let other = shop.rune(&["method=getinfo"]);
    assert_eq!(shop.get(&other, "/metrics").await.status, 403);
    assert_eq!(shop.call(&rune, "getinfo", "").await.status, 403);
    shop.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_sale_is_counted_from_request_to_payment() {
    let shop = Shop::open().await;
    let customer = shop.world.announced();
    let before = shop.scrape().await;
    assert_eq!(before.of("offerd_invoice_requests_total{outcome=\"answered\"}"), Some(0.0));
    let offer = shop.caller.party.offer(5).await;
    customer.pay(&offer).await.unwrap();
    settle().await;
    let after = shop.scrape().await;
    for (name, value) in [
        ("offerd_invoice_requests_total{outcome=\"answered\"}", 1.0),
        ("offerd_invoices_made_total", 1.0),
        ("offerd_receipts_total{state=\"paid\"}", 1.0),
        ("offerd_receipts_total{state=\"lost\"}", 0.0),
        ("offerd_received_msat_total", 5_000.0),
        ("offerd_receipts_claiming", 0.0),
        ("offerd_outbox", 0.0),
        ("offerd_store_bytes", 4_096.0),
    ] {
        assert_eq!(after.of(name), Some(value), "{name}\n{}", after.0);
    }
    assert!(after.of("offerd_events_total") > before.of("offerd_events_total"));
    shop.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_request_is_counted_by_why() {
    let shop = Shop::open().await;
    let customer = shop.world.announced();
    let party = &shop.caller.party;
    let entry = party.driver.create_offer(offer_request(5)).await.unwrap().entry;
    party.driver.disable_offer(&entry.newest().offer.id()).await.unwrap();
    customer.pay(&entry.newest().offer.to_string()).await.unwrap_err();
    let figures = shop.scrape().await;
    let refused = "offerd_invoice_requests_total{outcome=\"no_longer_available\"}";
    assert!(figures.of(refused) >= Some(1.0), "{}", figures.0);
    shop.close().await;
}

#[tokio::test(start_paused = true)]
async fn payouts_are_promised_then_paid_then_refused() {
    let shop = Shop::open().await;
    let customer = shop.world.announced();
    let party = &shop.caller.party;
    let payout = party.payout(7).await;
    let string = payout.offer.as_ref().unwrap().to_string();
    let promised = shop.scrape().await;
    assert_eq!(promised.of("offerd_open_payouts"), Some(1.0));
    assert_eq!(promised.of("offerd_open_payouts_at_most_msat"), Some(7_000.0));
    customer.redeem(&string, "mine").await.unwrap();
    settle().await;
    shop.world.announced().redeem(&string, "mine too").await.unwrap_err();
    let paid = shop.scrape().await;
    for (name, value) in [
        ("offerd_open_payouts", 0.0),
        ("offerd_redemptions_total{outcome=\"claimed\"}", 1.0),
        ("offerd_redemptions_total{outcome=\"already_redeemed\"}", 1.0),
        ("offerd_payout_payments_total{state=\"paid\"}", 1.0),
        ("offerd_payouts_paid_msat_total", 7_000.0),
        ("offerd_orders_total{state=\"paid\"}", 0.0),
    ] {
        assert_eq!(paid.of(name), Some(value), "{name}\n{}", paid.0);
    }
    shop.close().await;
}

#[tokio::test(start_paused = true)]
async fn nothing_that_others_chose_and_no_secret_is_in_the_figures() {
    let shop = Shop::open().await;
    let customer = shop.world.announced();
    let secret = "words-of-somebody";
    let label = Some(secret.to_owned());
    let request = OfferRequest { label: label.clone(), ..offer_request(5) };
    let made = shop.caller.party.driver.create_offer(request).await.unwrap();
    let mut call = pay_call(&made.entry.newest().offer.to_string());
    call.payer_note = label.clone();
    customer.driver.pay(call).await.unwrap();
    let payout = PayoutArguments { label, ..payout_arguments(3) };
    let payout = shop.caller.party.try_payout(payout).await.unwrap().payout;
    let figures = shop.scrape().await;
    let string = payout.offer.unwrap().to_string();
    for hidden in [secret, &string, "lno1", "lnr1", &shop.rune(&["method=metrics"])] {
        assert!(!figures.0.contains(hidden), "{hidden}\n{}", figures.0);
    }
    shop.close().await;
}

#[tokio::test(start_paused = true)]
async fn each_family_says_what_it_is_and_ends_in_its_unit() {
    let shop = Shop::open().await;
    let figures = shop.scrape().await;
    let has = |prefix: &str, name: &str| figures.0.contains(&format!("# {prefix} {name} "));
    for (name, kind) in figures.families() {
        assert!(has("HELP", &name), "{name}");
        assert!(["counter", "gauge"].contains(&kind.as_str()), "{name} is a {kind}");
        assert!(name.starts_with("offerd_") || name.starts_with("process_"), "{name}");
        let unit = ["_msat", "_seconds", "_bytes"].iter().find(|unit| name.ends_with(**unit));
        assert_eq!(unit.is_some(), has("UNIT", &name), "{name}");
    }
    shop.close().await;
}

#[tokio::test(start_paused = true)]
async fn the_dashboard_shows_all_figures_and_no_others() {
    let shop = Shop::open().await;
    let names = shop.scrape().await.names();
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let mut asked = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let words = target["expr"].as_str().unwrap();
            let words = words.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let ours = |word: &&str| word.starts_with("offerd_") || word.starts_with("process_");
            asked.extend(words.filter(ours).map(str::to_owned));
        }
    }
    let shown = names.iter().filter(|name| !NOT_SHOWN.contains(&name.as_str()));
    assert_eq!(asked, shown.cloned().collect());
    assert!(NOT_SHOWN.iter().all(|name| names.contains(*name)));
    shop.close().await;
}
