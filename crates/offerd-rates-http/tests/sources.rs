//! Sources that are slow, wrong, malformed, redirecting, huge or gone, on a server of the test's own.

mod common;

use std::time::Duration;

use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use bolt1::Seconds;
use common::{Bench, eur, price, usd};
use offerd_core::port::Rates;
use offerd_core::rates::NoRate;
use offerd_rates_http::{Pace, Settings};

fn answers(body: &'static str) -> axum::routing::MethodRouter {
    get(move || async move { body })
}

#[tokio::test]
async fn the_median_of_what_the_sources_say_is_the_rate() {
    let bench = Bench::new(&[
        ("a", answers(r#"{"p":50000}"#)),
        ("b", answers(r#"{"p":"50100.5"}"#)),
        ("c", answers(r#"{"p":51000}"#)),
    ])
    .await;
    let rate = bench.rates.ask(usd()).await.unwrap();
    assert_eq!(rate.price, price("50100.5"));
    assert_eq!(rate.sources, ["a", "b", "c"]);
    assert_eq!(rate.as_of, bench.clock.now());
    assert_eq!(bench.rates.rate(usd()), Ok(rate));
}

#[tokio::test]
async fn a_currency_that_nobody_watches_is_unknown() {
    let bench = Bench::new(&[("a", answers(r#"{"p":50000}"#))]).await;
    assert_eq!(bench.rates.rate(eur()), Err(NoRate::Unknown(eur())));
    assert!(bench.rates.ask(eur()).await.is_ok());
}

#[tokio::test]
async fn each_failure_is_named_and_the_sources_that_work_carry_on() {
    let bench = Bench::new(&[
        ("good", answers(r#"{"p":50000}"#)),
        ("html", answers("<!doctype html><p>Too many requests")),
        ("teapot", get(|| async { (axum::http::StatusCode::TOO_MANY_REQUESTS, "slow down") })),
        ("other", answers(r#"{"q":50000}"#)),
        ("negative", answers(r#"{"p":-50000}"#)),
        ("zero", answers(r#"{"p":0}"#)),
        ("exponent", answers(r#"{"p":5e4}"#)),
        ("nan", answers(r#"{"p":"NaN"}"#)),
        ("huge", get(|| async { format!(r#"{{"p":5{}}}"#, " ".repeat(300 * 1024)) })),
        ("loop", get(|| async { Redirect::temporary("/loop").into_response() })),
        ("slow", get(|| async { std::future::pending::<&str>().await })),
    ])
    .await;
    let rate = bench.rates.ask(usd()).await.unwrap();
    assert_eq!(rate.sources, ["good"]);
    let failures: Vec<_> = bench
        .rates
        .sources(usd())
        .into_iter()
        .map(|state| (state.name, state.failure.map(|(_, why)| why)))
        .filter_map(|(name, why)| Some(format!("{name} {}", why?)))
        .collect();
    assert_eq!(
        failures,
        [
            "html answers with something that is not JSON",
            "teapot answers with status 429",
            "other its answer has no \"p\" where the pointer leads",
            "negative its value is negative",
            "zero its value is zero",
            "exponent its value has an exponent: write it out",
            "nan its value is not a decimal number",
            "huge answers with more than 262144 bytes",
            "loop redirects to where we do not go",
            "slow no answer within 1 s",
        ]
    );
}

#[tokio::test]
async fn a_redirection_is_followed() {
    let bench = Bench::new(&[
        ("old", get(|| async { Redirect::permanent("/new") })),
        ("new", answers(r#"{"p":50000}"#)),
    ])
    .await;
    assert_eq!(bench.rates.ask(usd()).await.unwrap().sources, ["new", "old"]);
}

#[tokio::test]
async fn a_source_that_is_gone_is_named_without_its_address() {
    let gone = common::free_address().await;
    let settings = Settings {
        sources: vec![format!("gone http://{gone}/?key=secret /p").parse().unwrap()],
        ..Settings::default()
    };
    let bench = Bench::with(settings, &[]).await;
    assert_eq!(bench.rates.ask(usd()).await, Err(NoRate::Unknown(usd())));
    let (_, why) = bench.rates.sources(usd()).remove(0).failure.unwrap();
    assert!(why.starts_with("cannot be reached: "), "{why}");
    assert!(!why.contains("secret"), "{why}");
}

#[tokio::test]
async fn the_last_good_rate_is_kept_until_it_is_too_old() {
    let (bench, fails) = Bench::that_can_fail().await;
    let rate = bench.rates.ask(usd()).await.unwrap();
    fails.set();
    bench.asked_again(2).await;
    assert_eq!(bench.rates.rate(usd()), Ok(rate));
    assert_eq!(
        bench.rates.sources(usd())[0].failure.as_ref().unwrap().1,
        "answers with status 503"
    );
    bench.clock.advance(Seconds(600));
    assert!(bench.rates.rate(usd()).is_ok());
    bench.clock.advance(Seconds(1));
    let (age, bound) = (Seconds(601), Seconds(600));
    assert_eq!(bench.rates.rate(usd()), Err(NoRate::Stale { currency: usd(), age, bound }));
    fails.clear();
    assert!(bench.rates_become_fresh().await);
    assert_eq!(bench.rates.sources(usd())[0].failures, 0);
}

#[tokio::test]
async fn a_source_that_lies_is_left_out_and_reported() {
    let bench = Bench::new(&[
        ("a", answers(r#"{"p":50000}"#)),
        ("b", answers(r#"{"p":50200}"#)),
        ("liar", answers(r#"{"p":5}"#)),
    ])
    .await;
    bench.all_answered(usd()).await;
    let rate = bench.rates.rate(usd()).unwrap();
    assert_eq!((rate.price, rate.sources), (price("50100"), vec!["a".into(), "b".into()]));
    let left_out: Vec<_> =
        bench.rates.sources(usd()).into_iter().map(|state| state.is_left_out).collect();
    assert_eq!(left_out, [false, false, true]);
}

#[tokio::test]
async fn a_rate_that_was_fixed_by_hand_needs_no_source() {
    let bench =
        Bench::new(&[("slow", get(|| async { std::future::pending::<&str>().await }))]).await;
    bench.rates.fix(usd(), Some(price("42000")));
    let rate = bench.rates.ask(usd()).await.unwrap();
    assert_eq!((rate.price, rate.sources), (price("42000"), vec!["fixed".into()]));
    bench.rates.fix(usd(), None);
    assert_eq!(bench.rates.rate(usd()), Err(NoRate::Unknown(usd())));
}

#[tokio::test]
async fn a_file_is_as_old_as_its_last_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rates.json");
    std::fs::write(&path, r#"{"USD": 50000.25}"#).unwrap();
    let written = std::time::UNIX_EPOCH + Duration::from_secs(common::NOW.0 - 100);
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(written).unwrap();
    let source = format!("file file://{} /{{currency}}", path.display());
    let settings = Settings { sources: vec![source.parse().unwrap()], ..Settings::default() };
    let bench = Bench::with(settings, &[]).await;
    let rate = bench.rates.ask(usd()).await.unwrap();
    assert_eq!(rate.price, price("50000.25"));
    assert_eq!(rate.as_of, common::NOW.minus(Seconds(100)));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(bench.rates.ask(eur()).await, Err(NoRate::Unknown(eur())));
    let (_, why) = bench.rates.sources(eur()).remove(0).failure.unwrap();
    assert!(why.contains("rates.json cannot be read"), "{why}");
}

#[tokio::test]
async fn sources_are_asked_through_the_proxy_alone() {
    let proxy = common::Server::start(&[("a", answers(r#"{"p":50000}"#))]).await;
    let settings = Settings {
        // No such name: only the proxy can answer for it.
        sources: vec!["a http://rates.invalid/a /p".parse().unwrap()],
        proxy: Some(format!("http://{}", proxy.address).parse().unwrap()),
        ..Settings::default()
    };
    let bench = Bench::with(settings, &[]).await;
    assert_eq!(bench.rates.ask(usd()).await.unwrap().price, price("50000"));
    assert_eq!(proxy.hits("a"), 1);
}

#[tokio::test]
async fn a_currency_that_is_watched_is_asked_again_and_again() {
    let bench = Bench::new(&[("a", answers(r#"{"p":50000}"#))]).await;
    bench.rates.watch(usd());
    bench.rates.watch(usd());
    bench.asked_again(3).await;
}

#[test]
fn a_pace_that_is_not_configured_asks_every_minute() {
    assert_eq!(Pace::default().every, Duration::from_secs(60));
}
