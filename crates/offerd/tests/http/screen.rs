//! The customer's screen as a browser without script meets it: forms, redirections, one cookie.

use std::num::NonZeroU32;

use bolt12::Recurrence;
use bolt12::recurrence::TimeUnit;
use serde_json::json;

use crate::client::{Answer, Shop};
use crate::world::{Party, offer_request, payout_arguments};

/// A browser at the screen of a customer, and a shop beside him.
pub(crate) struct Browser {
    pub(crate) screen: Shop,
    shop: Party,
    cookie: String,
}

impl Browser {
    /// Signed in with a rune of these restrictions.
    pub(crate) async fn signed_in(restrictions: &[&str]) -> Self {
        Self::signed_in_at(Shop::open().await, restrictions).await
    }

    /// The same at this door.
    pub(crate) async fn signed_in_at(screen: Shop, restrictions: &[&str]) -> Self {
        let shop = screen.world.announced();
        let mut browser = Self { screen, shop, cookie: String::new() };
        let rune = browser.screen.rune(restrictions);
        let answer = browser.post("/sign-in", &[("rune", &rune)]).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        browser.cookie = cookie_of(&answer);
        browser
    }

    async fn ask(&self, verb: &str, path: &str, more: &str, body: &str) -> Answer {
        let request = format!(
            "{verb} {path} HTTP/1.1\r\nhost: here:1\r\ncookie: {}\r\n{more}content-length: {}\r\n\
             connection: close\r\n\r\n{body}",
            self.cookie,
            body.len()
        );
        self.screen.send(request.as_bytes()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "", "").await
    }

    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.ask("POST", path, "origin: http://here:1\r\n", &encoded(fields)).await
    }

    /// Fills in the form on a page, whose hidden fields go with it, and sends it.
    async fn submit(&self, page: &Answer, path: &str, fields: &[(&str, &str)]) -> Answer {
        assert!(page.text.contains(&format!("action=\"{path}\"")), "{path}: {page:?}");
        let hidden = ["token", "code", "label"].map(|name| (name, hidden(page, name)));
        let hidden = hidden.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?)));
        let fields: Vec<_> = fields.iter().copied().chain(hidden).collect();
        self.post(path, &fields).await
    }

    /// What a code leads to.
    async fn give(&self, code: &str) -> Answer {
        let start = self.get("/customer").await;
        self.submit(&start, "/customer/code", &[("code", code)]).await
    }

    /// Follows a redirection until what it leads to no longer moves.
    async fn follow(&self, answer: &Answer) -> Answer {
        assert_eq!(answer.status, 303, "{answer:?}");
        loop {
            let page = self.get(location(answer)).await;
            if !page.text.contains("http-equiv=\"refresh\"") {
                return page;
            }
        }
    }
}

fn encoded(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let mut lines = answer.head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(known, _)| *known == name).map(|(_, value)| value)
}

fn location(answer: &Answer) -> &str {
    header(answer, "location").unwrap_or_default()
}

fn cookie_of(answer: &Answer) -> String {
    let set = header(answer, "set-cookie").unwrap();
    assert!(set.contains("httponly") && set.contains("samesite=strict"), "{set}");
    set.split(';').next().unwrap().to_owned()
}

/// The value of a hidden field.
fn hidden(page: &Answer, name: &str) -> Option<String> {
    let (_, rest) =
        page.text.split_once(&format!("<input type=\"hidden\" name=\"{name}\" value=\""))?;
    Some(rest.split('"').next()?.to_owned())
}

#[tokio::test]
async fn an_offer_is_paid_from_the_screen_and_its_receipt_is_kept() {
    let browser = Browser::signed_in(&[]).await;
    let mut request = offer_request(1_000);
    request.arguments.issuer = Some("Café <b>".into());
    let made = browser.shop.driver.create_offer(request).await.unwrap();
    let offer = made.entry.newest().offer.to_string();
    let page = browser.give(&format!(" lightning:{} ", offer.to_uppercase())).await;
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.text.contains("<h1>coffee</h1>") && page.text.contains("1\u{202f}000\u{202f}sat"));
    assert!(page.text.contains("Café &#60;b&#62;"), "texts of others are escaped");
    let page =
        browser.submit(&page, "/customer/ask", &[("note", "no sugar"), ("amount", "1200")]).await;
    assert!(page.text.contains("no sugar") && page.text.contains("Pay 1\u{202f}200\u{202f}sat"));
    assert_eq!(browser.shop.gained(), 0, "nothing is paid before somebody has agreed");
    let paid = browser.submit(&page, "/customer/pay", &[]).await;
    let receipt = browser.follow(&paid).await;
    assert!(receipt.text.contains("data-state=\"paid\""), "{receipt:?}");
    assert_eq!(browser.shop.gained(), 1_200_000);
    for kept in ["1\u{202f}200\u{202f}sat", "no sugar", "Preimage", "lnp1", "lni1"] {
        assert!(receipt.text.contains(kept), "{kept}: {receipt:?}");
    }
    let again = browser.submit(&page, "/customer/pay", &[]).await;
    browser.follow(&again).await;
    assert_eq!(browser.shop.gained(), 1_200_000, "the same form is the same payment");
    let list = browser.get("/customer/payments").await;
    assert!(list.text.contains(&format!("href=\"{}\"", location(&paid))), "{list:?}");
}

#[tokio::test]
async fn a_receipt_is_there_after_the_browser_has_signed_in_anew() {
    let mut browser = Browser::signed_in(&[]).await;
    let offer = browser.shop.offer(5).await;
    let page = browser.give(&offer).await;
    let page = browser.submit(&page, "/customer/ask", &[]).await;
    let paid = browser.submit(&page, "/customer/pay", &[]).await;
    browser.follow(&paid).await;
    let start = browser.get("/customer").await;
    let out = browser.submit(&start, "/sign-out", &[]).await;
    assert_eq!(location(&out), "/sign-in");
    assert_eq!(location(&browser.get(location(&paid)).await), "/sign-in", "it is signed out");
    let rune = browser.screen.rune(&[]);
    browser.cookie = cookie_of(&browser.post("/sign-in", &[("rune", &rune)]).await);
    let receipt = browser.get(location(&paid)).await;
    assert!(receipt.text.contains("data-state=\"paid\"") && receipt.text.contains("lnp1"));
}

#[tokio::test]
async fn a_payout_is_collected_from_the_screen_by_either_string() {
    let browser = Browser::signed_in(&[]).await;
    let payouts = [browser.shop.payout(5_000).await, browser.shop.payout(6_000).await];
    let codes = [
        payouts[0].invoice_request.as_ref().unwrap().to_string(),
        payouts[1].offer.as_ref().unwrap().to_string(),
    ];
    for code in &codes {
        let page = browser.give(code).await;
        assert!(page.text.contains("withdrawal") && page.text.contains("pays you"), "{page:?}");
        let begun = browser.submit(&page, "/customer/collect", &[]).await;
        let done = browser.follow(&begun).await;
        assert!(done.text.contains("data-state=\"paid\""), "{done:?}");
    }
    assert_eq!(browser.shop.gained(), -11_000_000);
    let page = browser.give(&codes[0]).await;
    let refused = browser.submit(&page, "/customer/collect", &[]).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(refused.text.contains("already redeemed"), "{refused:?}");
}

#[tokio::test]
async fn a_payout_of_any_amount_asks_how_much() {
    let browser = Browser::signed_in(&[]).await;
    let mut arguments = payout_arguments(1);
    arguments.amount = offerd_core::amount::AmountSpec::Any;
    let payout = browser.shop.try_payout(arguments).await.unwrap().payout;
    let page = browser.give(&payout.offer.as_ref().unwrap().to_string()).await;
    let wrong = browser.submit(&page, "/customer/collect", &[("amount", "much")]).await;
    assert!(wrong.text.contains("id=\"amount-wrong\"") && wrong.text.contains("value=\"much\""));
    let begun = browser.submit(&wrong, "/customer/collect", &[("amount", "70")]).await;
    assert!(browser.follow(&begun).await.text.contains("data-state=\"paid\""));
    assert_eq!(browser.shop.gained(), -70_000);
}

#[tokio::test]
async fn an_invoice_of_bolt_11_is_shown_before_it_is_paid() {
    // An example of BOLT 11.
    const COFFEE: &str = "lnbc2500u1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqf\
                          qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpu9qrsgquk0rl77nj30yxdy8j9\
                          vdx85fkpmdla2087ne0xh8nhedh8w27kyke0lp53ut353s06fv3qfegext0eh0ymjpf39tuven09sam30g4vgpfn\
                          a3rh";
    let browser = Browser::signed_in(&[]).await;
    let page = browser.give(&format!("bitcoin:bc1qq?lightning={COFFEE}")).await;
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.text.contains("<h1>1 cup coffee</h1>"), "{page:?}");
    assert!(page.text.contains("Pay 250\u{202f}000\u{202f}sat"), "{page:?}");
    let refused = browser.submit(&page, "/customer/pay", &[]).await;
    assert_eq!(refused.status, 422, "the node in memory knows its own invoices alone: {refused:?}");
    assert!(refused.text.contains("role=\"alert\""), "{refused:?}");
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_what_was_typed_stays() {
    let browser = Browser::signed_in(&[]).await;
    let offer = browser.shop.offer(1_000).await;
    let mistyped = format!("{}x", &offer[..offer.len() - 1]);
    for (code, why) in [
        ("hello <b>", "no code that can be paid"),
        (mistyped.as_str(), "no code that can be paid"),
        ("bitcoin:bc1qq", "neither lno= nor lightning="),
        ("anna@example.org", "BIP 353"),
        ("", "Paste a code"),
    ] {
        let page = browser.give(code).await;
        assert_eq!(page.status, 422, "{code}");
        assert!(page.text.contains("aria-describedby=\"code-wrong\""), "{code}");
        assert!(page.text.contains(why), "{code}: {page:?}");
        let kept = code.replace('<', "&#60;").replace('>', "&#62;");
        assert!(page.text.contains(&format!(">{kept}</textarea>")), "{code}: {page:?}");
    }
    let page = browser.give(&offer).await;
    for (amount, why) in [("ten", "Should be a number of satoshi"), ("1", "")] {
        let typed = [("amount", amount), ("note", "for Anna")];
        let wrong = browser.submit(&page, "/customer/ask", &typed).await;
        assert_eq!(wrong.status, 422, "{wrong:?}");
        assert!(wrong.text.contains("role=\"alert\"") && wrong.text.contains(why), "{wrong:?}");
        assert!(wrong.text.contains(&format!("value=\"{amount}\"")), "{wrong:?}");
        assert!(wrong.text.contains("value=\"for Anna\""), "{wrong:?}");
    }
}

#[tokio::test]
async fn a_payment_that_fails_says_why_and_spends_nothing() {
    let browser = Browser::signed_in(&[]).await;
    let balance = browser.screen.caller.party.node.balance();
    let offer = browser.shop.offer(balance.as_u64() / 1_000 + 1).await;
    let page = browser.give(&offer).await;
    let page = browser.submit(&page, "/customer/ask", &[]).await;
    let answer = browser.submit(&page, "/customer/pay", &[]).await;
    let told = if answer.status == 303 { browser.follow(&answer).await } else { answer };
    assert!(told.text.contains("role=\"alert\"") || told.text.contains("data-state=\"failed\""));
    assert_eq!(browser.screen.caller.party.node.balance(), balance);
}

#[tokio::test]
async fn the_rune_decides_what_may_be_done_here() {
    let browser = Browser::signed_in(&["method/pay", "method/listpays"]).await;
    let offer = browser.shop.offer(1_000).await;
    let page = browser.give(&offer).await;
    let page = browser.submit(&page, "/customer/ask", &[]).await;
    let refused = browser.submit(&page, "/customer/pay", &[]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("Your rune does not allow this"), "{refused:?}");
    assert_eq!(browser.shop.gained(), 0);
    let list = browser.get("/customer/payments").await;
    assert!(list.text.contains("Your rune does not allow this"), "{list:?}");
    let bounded = Browser::signed_in(&["method=fetchinvoice|pnameamount_msat<1000000"]).await;
    for (sat, status) in [(1_000, 422), (999, 303)] {
        let offer = bounded.shop.offer(sat).await;
        let page = bounded.give(&offer).await;
        let page = bounded.submit(&page, "/customer/ask", &[]).await;
        let answer = bounded.submit(&page, "/customer/pay", &[]).await;
        assert_eq!(answer.status, status, "{sat}: {answer:?}");
    }
}

#[tokio::test]
async fn nothing_is_behind_the_door_without_signing_in() {
    let mut browser = Browser::signed_in(&[]).await;
    let rune = browser.screen.rune(&[]);
    let signed_in = std::mem::take(&mut browser.cookie);
    let label = format!("screen-{}", "0".repeat(32));
    for path in [
        "/customer",
        "/customer/payments",
        &format!("/customer/payments/{label}"),
        "/customer/errands/x/events",
    ] {
        for cookie in ["", "offerd_session1=00", "offerd_session1="] {
            browser.cookie = cookie.to_owned();
            let answer = browser.get(path).await;
            assert_eq!((answer.status, location(&answer)), (303, "/sign-in"), "{path} {cookie}");
        }
    }
    for wrong in ["", "AAAA", "?", &format!("{}A", &rune[..rune.len() - 1])] {
        let answer = browser.post("/sign-in", &[("rune", wrong)]).await;
        assert_eq!(answer.status, 401, "{wrong}");
        assert!(
            answer.text.contains("id=\"rune-wrong\"") && header(&answer, "set-cookie").is_none()
        );
    }
    browser.cookie = signed_in;
    assert_eq!(browser.get("/customer").await.status, 200);
    browser.screen.caller.call("blacklistrune", json!({ "start": 0, "end": 9 })).await;
    assert_eq!(
        location(&browser.get("/customer").await),
        "/sign-in",
        "its rune is honoured no more"
    );
}

#[tokio::test]
async fn forms_of_other_sites_and_of_other_sessions_are_refused() {
    let browser = Browser::signed_in(&[]).await;
    let offer = browser.shop.offer(1_000).await;
    let page = browser.give(&offer).await;
    let page = browser.submit(&page, "/customer/ask", &[]).await;
    let field = |name| hidden(&page, name).unwrap();
    let (token, code, label) = (field("token"), field("code"), field("label"));
    let body = |token: &str| encoded(&[("token", token), ("code", &code), ("label", &label)]);
    let other = Browser::signed_in(&[]).await;
    let foreign = hidden(&other.get("/customer").await, "token").unwrap();
    for (headers, token) in [
        ("origin: https://evil.example\r\n", token.as_str()),
        ("origin: null\r\n", &token),
        ("origin: http://here:2\r\n", &token),
        (
            "sec-fetch-site: cross-site\r\nsec-fetch-mode: navigate\r\nsec-fetch-dest: document\r\n",
            &token,
        ),
        ("sec-fetch-site: same-site\r\n", &token),
        ("origin: http://here:1\r\n", ""),
        ("origin: http://here:1\r\n", &foreign),
    ] {
        let answer = browser.ask("POST", "/customer/pay", headers, &body(token)).await;
        assert_eq!(answer.status, 403, "{headers} {token}: {answer:?}");
    }
    assert_eq!(browser.shop.gained(), 0);
    let framed =
        "sec-fetch-site: cross-site\r\nsec-fetch-mode: navigate\r\nsec-fetch-dest: iframe\r\n";
    assert_eq!(browser.ask("GET", "/customer", framed, "").await.status, 403);
    let answer = browser.ask("POST", "/customer/pay", "", &body(&token)).await;
    assert_eq!(answer.status, 303, "the form itself is fine: {answer:?}");
}

#[tokio::test]
async fn forms_that_no_page_sends_change_nothing() {
    let browser = Browser::signed_in(&[]).await;
    let offer = browser.shop.offer(1_000).await;
    let token = hidden(&browser.get("/customer").await, "token").unwrap();
    let invoice = browser.screen.caller.call("fetchinvoice", json!({ "offer": offer })).await;
    let invoice = invoice["invoice"].as_str().unwrap();
    for (path, code, label) in [
        ("/customer/pay", invoice, "order 17"),
        ("/customer/pay", invoice, ""),
        ("/customer/pay", offer.as_str(), &format!("screen-{}", "0".repeat(32))),
        ("/customer/collect", invoice, &format!("screen-{}", "0".repeat(32))),
        ("/customer/ask", invoice, ""),
    ] {
        let fields = [("token", token.as_str()), ("code", code), ("label", label)];
        assert_eq!(browser.post(path, &fields).await.status, 400, "{path} {label}");
    }
    let long = "x".repeat(40_000);
    let answer = browser.post("/customer/code", &[("token", &token), ("code", &long)]).await;
    assert_eq!(answer.status, 413);
    let missing = browser.get(&format!("/customer/payments/screen-{}", "0".repeat(32))).await;
    assert_eq!(missing.status, 404);
    assert_eq!(browser.shop.gained(), 0);
}

#[tokio::test]
async fn pictures_are_looked_at_for_those_alone_who_are_signed_in() {
    let browser = Browser::signed_in(&[]).await;
    let token = hidden(&browser.get("/customer").await, "token").unwrap();
    let with_token = format!("origin: http://here:1\r\nx-form-token: {token}\r\n");
    let none = browser.ask("POST", "/customer/picture", &with_token, "no picture").await;
    assert_eq!(none.status, 422);
    assert!(none.json()["error"].as_str().unwrap().contains("cannot be read"));
    let without = browser.ask("POST", "/customer/picture", "", "no picture").await;
    assert_eq!(without.status, 403);
    let huge = "x".repeat(5 << 20);
    assert_eq!(browser.ask("POST", "/customer/picture", &with_token, &huge).await.status, 413);
}

#[tokio::test]
async fn every_answer_of_a_screen_keeps_the_browser_within_bounds() {
    let browser = Browser::signed_in(&[]).await;
    for path in ["/customer", "/customer/payments", "/sign-in", "/customer/payments/x"] {
        let page = browser.get(path).await;
        let policy = header(&page, "content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(policy.contains("form-action 'self'") && policy.contains("frame-ancestors 'none'"));
        assert_eq!(header(&page, "cache-control"), Some("no-store"), "{path}");
        assert_eq!(header(&page, "referrer-policy"), Some("same-origin"), "{path}");
        assert!(header(&page, "permissions-policy").unwrap().contains("camera=(self)"));
        for inline in ["<style", " style=", " onclick", "<script>", "http:", "https:"] {
            assert!(!page.text.contains(inline), "{inline} in {path}");
        }
    }
    assert_eq!(location(&browser.get("/").await), "/operator");
}

#[tokio::test]
async fn a_rune_leads_to_the_pages_it_is_for_and_one_that_allows_nothing_is_refused_by_name() {
    let mut browser = Browser::signed_in(&[]).await;
    browser.cookie.clear();
    for (restrictions, first) in [
        (&[][..], "/operator"),
        (&["method=getinfo|method^list"], "/operator"),
        (&["method=fetchinvoice|method=pay|method=sendinvoice|method^list"], "/customer"),
    ] {
        let rune = browser.screen.rune(restrictions);
        let answer = browser.post("/sign-in", &[("rune", &rune)]).await;
        assert_eq!((answer.status, location(&answer)), (303, first), "{answer:?}");
        browser.cookie = cookie_of(&answer);
        assert_eq!(location(&browser.get("/").await), first);
        assert_eq!(browser.get(first).await.status, 200);
    }
    browser.cookie.clear();
    for (restriction, why) in [
        (
            "method=nothing",
            "This rune allows nothing that is done here: method is not equal to nothing.",
        ),
        ("time<1", "time is greater or equal to 1."),
    ] {
        let rune = browser.screen.rune(&[restriction]);
        let answer = browser.post("/sign-in", &[("rune", &rune)]).await;
        assert_eq!(answer.status, 403, "{answer:?}");
        assert!(
            answer.text.contains("id=\"rune-wrong\"") && answer.text.contains(why),
            "{answer:?}"
        );
        assert!(header(&answer, "set-cookie").is_none() && !answer.text.contains(&rune));
    }
}

#[tokio::test]
async fn what_a_session_paid_is_not_shown_to_another_by_its_events() {
    let mut browser = Browser::signed_in(&[]).await;
    let offer = browser.shop.offer(1_000).await;
    browser.screen.caller.party.watch.wish(|wishes| wishes.pay_hangs = true);
    let page = browser.give(&offer).await;
    let page = browser.submit(&page, "/customer/ask", &[]).await;
    let paid = browser.submit(&page, "/customer/pay", &[]).await;
    let watched = browser.get(location(&paid)).await;
    assert!(watched.text.contains("data-state=\"paying\""), "{watched:?}");
    let (_, rest) = watched.text.split_once("data-events=\"").unwrap();
    let events = rest.split('"').next().unwrap().to_owned();
    let rune = browser.screen.rune(&["method=getinfo"]);
    let fresh = cookie_of(&browser.post("/sign-in", &[("rune", &rune)]).await);
    let own = std::mem::replace(&mut browser.cookie, fresh);
    assert_eq!(browser.get(&events).await.status, 404);
    let other = browser.get(location(&paid)).await;
    assert!(!other.text.contains("coffee") && other.text.contains("Not permitted"), "{other:?}");
    browser.cookie = own;
    browser.screen.caller.party.watch.wish(|wishes| wishes.pay_hangs = false);
    let told = browser.get(&events).await;
    assert!(told.text.contains("\"state\":\"paid\""), "{told:?}");
}

#[tokio::test]
async fn every_screen_is_small_with_all_that_belongs_to_it() {
    const MOST_BYTES: usize = 30 * 1024;
    let browser = Browser::signed_in(&[]).await;
    let mut assets = 0;
    for asset in ["page.css", "page.js", "screen.css", "screen.js"] {
        let asset = browser.get(&format!("/assets/{asset}")).await;
        assert_eq!(asset.status, 200);
        assets += asset.text.len();
    }
    let offer = browser.shop.offer(1_000).await;
    let form = browser.give(&offer).await;
    let confirm = browser.submit(&form, "/customer/ask", &[]).await;
    let paid = browser.submit(&confirm, "/customer/pay", &[]).await;
    let receipt = browser.follow(&paid).await;
    let start = browser.get("/customer").await;
    for page in [start, form, confirm, receipt] {
        let bytes = page.text.len() + assets;
        assert!(bytes < MOST_BYTES, "{bytes} bytes, {assets} of them style and script");
    }
}

#[tokio::test]
async fn an_offer_that_recurs_is_subscribed_to_within_caps_and_cancelled() {
    let browser = Browser::signed_in(&[]).await;
    let mut request = offer_request(1_000);
    request.arguments.recurrence = Some(Recurrence::every(NonZeroU32::MIN, TimeUnit::Months));
    let made = browser.shop.driver.create_offer(request).await.unwrap();
    let page = browser.give(&made.entry.newest().offer.to_string()).await;
    assert!(page.text.contains("every month"), "{page:?}");
    let wrong = [("max_total", "much"), ("note", "for Anna")];
    let refused = browser.submit(&page, "/customer/subscribe", &wrong).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(refused.text.contains("id=\"max_total-wrong\"") && refused.text.contains("for Anna"));
    let caps = [("max_per_period", "1000"), ("max_total", "3000"), ("max_periods", "3")];
    let begun = browser.submit(&refused, "/customer/subscribe", &caps).await;
    assert_eq!((begun.status, location(&begun)), (303, "/customer/subscriptions"), "{begun:?}");
    let schedule = loop {
        let schedule = browser.get("/customer/subscriptions").await;
        if schedule.text.contains("in one payment") {
            break schedule;
        }
    };
    assert_eq!(browser.shop.gained(), 1_000_000);
    for shown in
        ["coffee", "every month", "<dt>Next</dt>", "at most 3\u{202f}000\u{202f}sat in all"]
    {
        assert!(schedule.text.contains(shown), "{shown}: {schedule:?}");
    }
    let gone = browser.submit(&schedule, "/customer/subscriptions/cancel", &[]).await;
    assert_eq!(location(&gone), "/customer/subscriptions", "{gone:?}");
    let schedule = browser.get("/customer/subscriptions").await;
    assert!(schedule.text.contains("cancelled") && !schedule.text.contains("<dt>Next</dt>"));
}
