//! The operator's pages as a browser without script meets them: what they show, to whom, and what their buttons do.

use offerd_core::payout::PayoutArguments;
use offerd_core::port::Page;
use serde_json::Value;

use crate::client::Answer;
use crate::screen::Browser;
use crate::world::{offer_request, payout_arguments, settle};

const LISTS: [&str; 5] = ["offers", "payouts", "invoices", "payments", "subscriptions"];

/// The fields of the form on a page whose button says `word`.
fn fields(page: &Answer, word: &str) -> Vec<(String, String)> {
    let (before, _) = page.text.split_once(&format!(">{word}</button>")).unwrap();
    let (_, form) = before.rsplit_once("<form ").unwrap();
    let hidden = form.split("<input type=\"hidden\" name=\"").skip(1);
    let pair = |input: &str| {
        let (name, rest) = input.split_once("\" value=\"")?;
        Some((name.to_owned(), rest.split('"').next()?.to_owned()))
    };
    hidden.filter_map(pair).collect()
}

impl Browser {
    pub(crate) async fn press(&self, page: &Answer, word: &str) -> Answer {
        let fields = fields(page, word);
        let fields: Vec<_> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post("/operator/act", &fields).await
    }
}

#[tokio::test]
async fn nobody_sees_anything_without_signing_in() {
    let browser = Browser::signed_in(&[]).await;
    for path in ["", "/offers", "/offers/00", "/webhooks", "/charts", "/new", "/events"] {
        let request =
            format!("GET /operator{path} HTTP/1.1\r\nhost: here:1\r\nconnection: close\r\n\r\n");
        let answer = browser.screen.send(request.as_bytes()).await;
        assert_eq!(answer.status, 303, "{path} {answer:?}");
        assert!(answer.head.contains("location: /sign-in"), "{path} {answer:?}");
    }
}

#[tokio::test]
async fn every_page_is_strict_kept_by_nobody_and_leads_to_the_others() {
    let browser = Browser::signed_in(&[]).await;
    let lists = LISTS.map(|list| format!("/operator/{list}"));
    for path in lists.iter().map(String::as_str).chain([
        "/operator",
        "/operator/charts",
        "/operator/new",
        "/operator/webhooks",
    ]) {
        let page = browser.get(path).await;
        assert_eq!(page.status, 200, "{path} {page:?}");
        assert!(page.head.contains("default-src 'none'"), "{page:?}");
        assert!(page.head.contains("cache-control: no-store"), "{page:?}");
        assert!(!page.text.contains("style=") && !page.text.contains("<script>"), "{page:?}");
        assert!(lists.iter().all(|list| page.text.contains(&format!("href=\"{list}\""))));
    }
    assert_eq!(browser.get("/operator/recipes").await.status, 404);
    assert_eq!(browser.get("/operator/offers/00").await.status, 422);
}

#[tokio::test]
async fn a_rune_without_rights_is_told_so_on_each_page_and_shown_nothing() {
    let browser = Browser::signed_in(&["method=getinfo|method=help"]).await;
    browser.screen.caller.party.offer(5).await;
    let glance = browser.get("/operator").await;
    assert_eq!(glance.status, 200, "{glance:?}");
    assert_eq!(glance.text.matches("Your rune does not allow this").count(), 5, "{glance:?}");
    assert!(glance.text.contains("<dt>Chain</dt>"), "what it allows is shown");
    for list in LISTS {
        let page = browser.get(&format!("/operator/{list}")).await;
        assert_eq!(page.status, 422, "{page:?}");
        assert!(page.text.contains("Your rune does not allow this"), "{page:?}");
        assert!(!page.text.contains("coffee"), "{page:?}");
    }
    let webhooks = browser.get("/operator/webhooks").await;
    assert!(webhooks.text.contains("Your rune does not allow this"), "{webhooks:?}");
}

#[tokio::test]
async fn an_offer_is_disabled_and_enabled_on_its_page() {
    let browser = Browser::signed_in(&[]).await;
    let driver = &browser.screen.caller.party.driver;
    let id = driver.create_offer(offer_request(5)).await.unwrap().entry.newest().offer.id();
    let list = browser.get("/operator/offers").await;
    let link = format!("/operator/offers/{id}");
    assert!(list.text.contains(&format!("href=\"{link}\">coffee</a>")), "{list:?}");
    let page = browser.get(&link).await;
    assert!(page.text.contains("5\u{202f}sat"), "{page:?}");
    let done = browser.press(&page, "Disable").await;
    assert_eq!(done.status, 303, "{done:?}");
    assert!(done.head.contains(&format!("location: {link}")), "{done:?}");
    assert!(!driver.store().offer_by_id(&id).unwrap().unwrap().active);
    let twice = browser.press(&page, "Disable").await;
    assert_eq!(twice.status, 422, "{twice:?}");
    assert!(twice.text.contains("role=\"alert\"") && twice.text.contains(">Enable</button>"));
    let page = browser.get(&link).await;
    assert_eq!(browser.press(&page, "Enable").await.status, 303);
    assert!(driver.store().offer_by_id(&id).unwrap().unwrap().active);
}

#[tokio::test]
async fn a_button_does_nothing_without_the_token_or_the_right_or_for_another_method() {
    let browser = Browser::signed_in(&["method^list|method=enableoffer"]).await;
    let driver = &browser.screen.caller.party.driver;
    let id = driver.create_offer(offer_request(5)).await.unwrap().entry.newest().offer.id();
    let page = browser.get(&format!("/operator/offers/{id}")).await;
    let refused = browser.press(&page, "Disable").await;
    assert!(refused.text.contains("Your rune does not allow this"), "{refused:?}");
    let id = id.to_string();
    let forged = [("method", "disableoffer"), ("offer_id", id.as_str()), ("kind", "offers")];
    assert_eq!(browser.post("/operator/act", &forged).await.status, 403);
    let token = fields(&page, "Disable").remove(0).1;
    let other = [("token", token.as_str()), ("method", "withdraw")];
    assert_eq!(browser.post("/operator/act", &other).await.status, 400);
    let known = driver.store().offers(Page::ALL).unwrap();
    assert!(known.iter().all(|offer| offer.row.active));
}

#[tokio::test]
async fn a_redemption_is_approved_on_the_page_of_its_payout() {
    let browser = Browser::signed_in(&[]).await;
    let party = &browser.screen.caller.party;
    let arguments = PayoutArguments { approve: true, ..payout_arguments(7) };
    let payout = party.try_payout(arguments).await.unwrap().payout;
    let string = payout.offer.as_ref().unwrap().to_string();
    let customer = browser.screen.world.announced();
    let redeeming = customer.spawn_redeem(&string, "mine");
    while party.driver.store().awaiting_claims().unwrap().is_empty() {
        settle().await;
    }
    let list = browser.get("/operator/payouts").await;
    assert!(list.text.contains("1 to approve"), "{list:?}");
    let page = browser.get(&format!("/operator/payouts/{}", payout.row.0)).await;
    let done = browser.press(&page, "Approve").await;
    assert_eq!(done.status, 303, "{done:?}");
    redeeming.await.unwrap().unwrap();
    let page = browser.get(&format!("/operator/payouts/{}", payout.row.0)).await;
    assert!(page.text.contains("<h2>Redemption 1</h2>") && page.text.contains("<dd>paid</dd>"));
    assert!(!page.text.contains(">Approve</button>"), "{page:?}");
}

#[tokio::test]
async fn lists_are_in_pages_and_found_in_by_words() {
    let browser = Browser::signed_in(&[]).await;
    let driver = &browser.screen.caller.party.driver;
    for number in 1..=51_u32 {
        let mut request = offer_request(5);
        request.arguments.description = Some(format!("tea number {number}!"));
        driver.create_offer(request).await.unwrap();
    }
    let first = browser.get("/operator/offers").await;
    assert!(first.text.contains("tea number 51!") && !first.text.contains("tea number 1!"));
    let older = browser.get("/operator/offers?to=1").await;
    assert!(
        first.text.contains("href=\"/operator/offers?to=1&#38;find=&#38;state=\">Older</a>"),
        "{first:?}"
    );
    assert!(older.text.contains("tea number 1!") && !older.text.contains("tea number 2!"));
    let found = browser.get("/operator/offers?find=NUMBER+1%21").await;
    assert!(found.text.contains("tea number 1!") && !found.text.contains("tea number 51!"));
    let none = browser.get("/operator/offers?find=%3Cb%3E").await;
    assert!(none.text.contains("“&#60;b&#62;”"), "what was looked for stays text: {none:?}");
}

#[tokio::test]
async fn lists_are_narrowed_to_a_state_and_say_how_old_each_is() {
    let browser = Browser::signed_in(&[]).await;
    let party = &browser.screen.caller.party;
    let mut ids = Vec::new();
    for name in ["tea", "cake"] {
        let mut request = offer_request(5);
        request.arguments.description = Some(name.into());
        request.tags = vec![format!("bar of {name}")];
        ids.push(party.driver.create_offer(request).await.unwrap().entry.newest().offer.id());
    }
    party.driver.disable_offer(&ids[0]).await.unwrap();
    for (query, shown, hidden) in [
        ("?state=disabled", "tea", ">cake<"),
        ("?state=active", "cake", ">tea<"),
        ("?find=bar+of+TEA", "tea", ">cake<"),
    ] {
        let list = browser.get(&format!("/operator/offers{query}")).await;
        assert!(list.text.contains(&format!(">{shown}</a>")), "{query} {list:?}");
        assert!(!list.text.contains(hidden), "{query} {list:?}");
        assert!(list.text.contains(" UTC (just now), "), "{query} {list:?}");
    }
    let both = browser.get("/operator/offers?find=tea&state=active").await;
    assert!(both.text.contains("There are none with “tea” that are active."), "{both:?}");
    assert!(both.text.contains("<option selected>active</option>"), "{both:?}");
    let unknown = browser.get("/operator/offers?state=sold").await;
    assert!(unknown.text.contains(">tea</a>") && unknown.text.contains(">cake</a>"));
    let other = browser.screen.world.announced();
    other.pay(&party.offer(5).await).await.unwrap();
    party.pay(&other.offer(6).await).await.unwrap();
    settle().await;
    for (list, state, another) in
        [("invoices", "paid", "unpaid"), ("payments", "complete", "failed")]
    {
        let page = browser.get(&format!("/operator/{list}?state={state}")).await;
        assert!(page.text.contains("(just now), "), "{list} {page:?}");
        let page = browser.get(&format!("/operator/{list}?state={another}")).await;
        assert!(page.text.contains(&format!("There are none that are {another}.")), "{page:?}");
    }
    for state in ["to approve", "open", "spent", "expired"] {
        let page =
            browser.get(&format!("/operator/payouts?state={}", state.replace(' ', "+"))).await;
        assert!(page.text.contains(&format!("There are none that are {state}.")), "{page:?}");
    }
}

#[tokio::test]
async fn the_first_page_tells_the_health_of_chain_rates_messages_and_promises() {
    let browser = Browser::signed_in(&[]).await;
    let party = &browser.screen.caller.party;
    let page = browser.get("/operator").await;
    assert!(page.text.contains("<dt>Chain</dt><dd>block 0, mined "), "{page:?}");
    assert!(page.text.contains("<dt>Peers</dt>"), "{page:?}");
    assert!(page.text.contains("Open payouts may take"), "{page:?}");
    assert!(page.text.contains("Nothing is priced in a currency."), "{page:?}");
    party.rates.say("EUR", "50000");
    let mut request = offer_request(5);
    request.arguments.amount = "4.50EUR".parse().unwrap();
    party.driver.create_offer(request).await.unwrap();
    let page = browser.get("/operator").await;
    assert!(page.text.contains("A bitcoin is 50000.00\u{202f}EUR, just now"), "{page:?}");
    let fine = "<th scope=\"row\">test</th><td>ok</td><td>just now</td>";
    assert!(page.text.contains(fine), "{page:?}");
    party.rates.fall_silent("EUR");
    let page = browser.get("/operator").await;
    let none = "<span class=\"wrong\">EUR: no values available for currency EUR</span>";
    assert!(page.text.contains(none), "{page:?}");
    let blind = Browser::signed_in(&["method=getinfo|method=listfunds"]).await;
    let page = blind.get("/operator").await;
    assert!(page.text.contains("<h3>Rates</h3>\n<p class=\"wrong\">"), "{page:?}");
    assert!(!page.text.contains("A bitcoin is"), "{page:?}");
}

#[tokio::test]
async fn what_was_received_and_paid_has_a_page_each() {
    let browser = Browser::signed_in(&[]).await;
    let party = &browser.screen.caller.party;
    let other = browser.screen.world.announced();
    other.pay(&party.offer(5).await).await.unwrap();
    party.pay(&other.offer(6).await).await.unwrap();
    settle().await;
    for (list, member, amount) in [("invoices", "invoices", "5"), ("payments", "pays", "6")] {
        let page = browser.get(&format!("/operator/{list}")).await;
        assert!(page.text.contains(&format!("{amount}\u{202f}sat")), "{list} {page:?}");
        let method = if list == "invoices" { "listinvoices" } else { "listpays" };
        let listed: Value = browser.screen.caller.call(method, serde_json::json!({})).await;
        let hash = listed[member][0]["payment_hash"].as_str().unwrap();
        let page = browser.get(&format!("/operator/{list}/{hash}")).await;
        assert_eq!(page.status, 200, "{page:?}");
        assert!(page.text.contains(&format!("<dd>{hash}</dd>")), "{page:?}");
    }
}

#[tokio::test]
async fn offers_and_payouts_are_made_from_forms_that_keep_what_was_typed() {
    let browser = Browser::signed_in(&[]).await;
    let new = browser.get("/operator/new").await;
    let token = &fields(&new, "Make an offer")[0].1;
    let send = async |method: &str, amount: &str| {
        let fields = [
            ("token", token.as_str()),
            ("method", method),
            ("amount", amount),
            ("description", "tea & <b>"),
        ];
        browser.post("/operator/act", &fields).await
    };
    for (method, list) in [("offer", "offers"), ("offerout", "payouts")] {
        let wrong = send(method, "much").await;
        assert_eq!(wrong.status, 422, "{wrong:?}");
        let form = if method == "offer" { "offer" } else { "payout" };
        assert!(wrong.text.contains(&format!("id=\"{form}-amount-wrong\"")), "{wrong:?}");
        assert_eq!(wrong.text.matches("value=\"tea &#38; &#60;b&#62;\"").count(), 1, "{wrong:?}");
        let made = send(method, "7sat").await;
        assert_eq!(made.status, 303, "{made:?}");
        let location = made.head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
        assert!(location.starts_with(&format!("/operator/{list}/")), "{location}");
        let page = browser.get(location).await;
        assert!(page.text.contains("<h1>tea &#38; &#60;b&#62;</h1>"), "{page:?}");
        assert!(page.text.contains("7\u{202f}sat"), "{page:?}");
    }
}

#[tokio::test]
async fn a_payment_is_refunded_once_from_its_page() {
    let browser = Browser::signed_in(&[]).await;
    let party = &browser.screen.caller.party;
    let payer = browser.screen.world.announced();
    payer.pay(&party.offer(5).await).await.unwrap();
    settle().await;
    let hash = party.receipts()[0].payment_hash;
    let page = browser.get(&format!("/operator/invoices/{hash}")).await;
    let made = browser.press(&page, "Refund").await;
    assert_eq!(made.status, 303, "{made:?}");
    let location = made.head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
    let payout = browser.get(location).await;
    assert!(payout.text.contains("<h1>Refund: coffee</h1>"), "{payout:?}");
    assert!(payout.text.contains(&format!("<dt>refund for</dt><dd>{hash}</dd>")), "{payout:?}");
    let twice = browser.press(&page, "Refund").await;
    assert_eq!(twice.status, 422, "{twice:?}");
    assert!(twice.text.contains("role=\"alert\""), "{twice:?}");
}

#[tokio::test]
async fn charts_show_the_day_s_sums_and_how_many_requests_were_paid() {
    let browser = Browser::signed_in(&[]).await;
    let party = &browser.screen.caller.party;
    let payer = browser.screen.world.announced();
    payer.pay(&party.offer(5).await).await.unwrap();
    payer.pay(&party.offer(6).await).await.unwrap();
    settle().await;
    let page = browser.get("/operator/charts").await;
    assert!(page.text.contains("<p>11\u{202f}sat in the last 30 days (UTC).</p>"), "{page:?}");
    assert!(page.text.contains("<p>0\u{202f}sat in the last 30 days (UTC).</p>"), "{page:?}");
    assert_eq!(page.text.matches("height=\"100\"").count(), 1, "one bar is the highest");
    for step in ["Requests", "Answered", "Invoices made", "Paid"] {
        let row = format!("<tr><th scope=\"row\">{step}</th><td>2</td>");
        assert!(page.text.contains(&row), "{step} {page:?}");
    }
    let blind = Browser::signed_in(&["method=listpays"]).await;
    let page = blind.get("/operator/charts").await;
    assert_eq!(page.text.matches("Your rune does not allow this").count(), 1, "{page:?}");
    assert!(!page.text.contains("Answered"), "{page:?}");
}

#[tokio::test]
async fn the_page_is_told_when_something_has_happened_if_the_rune_may_wait() {
    let blind = Browser::signed_in(&["method=getinfo"]).await;
    assert_eq!(blind.get("/operator/events").await.status, 403);
    let browser = Browser::signed_in(&[]).await;
    let following = browser.get("/operator/events");
    let working = async {
        settle().await;
        browser.screen.caller.party.offer(5).await;
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        browser.screen.shutdown.request();
    };
    let (told, ()) = tokio::join!(following, working);
    assert_eq!(told.status, 200, "{told:?}");
    assert!(told.text.contains("event: changed\ndata: 1"), "a browser needs data: {told:?}");
}
