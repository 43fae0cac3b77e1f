//! Providers of liquidity that answer what nobody should: the call ends in time and says so, and nothing was bought.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test, what is not so ends it")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use offerd_node_ldk::LspError;
use secp256k1::{Secp256k1, SecretKey};
use serde_json::{Value, json};

use common::raw_peer::{Raw, UNKNOWN_EVEN};
use common::raw_provider::{lsps, provider, result};
use common::{World, eventually, msat, patiently};

/// What a provider says to a request; `None` for nothing.
type Answer = fn(&Value) -> Option<Raw>;

/// A menu of one, with this in the place of one of its fields.
fn menu(request: &Value, field: &str, value: Value) -> Option<Raw> {
    let mut terms = json!({
        "min_fee_msat": "546000", "proportional": 1200, "valid_until": "2050-02-23T08:47:30.511Z",
        "min_lifetime": 1008, "max_client_to_self_delay": 2016, "min_payment_size_msat": "1000",
        "max_payment_size_msat": "1000000", "promise": "abcdefghijklmnopqrstuvwxyz",
    });
    terms[field] = value;
    result(request, json!({ "opening_fee_params_menu": [terms] }))
}

fn honest(request: &Value) -> Option<Raw> {
    menu(request, "proportional", json!(1_200))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_answer_ends_the_call_and_the_provider_may_come_again() {
    let world = World::new().await;
    let client = world.node().await;
    let lies: [Answer; 6] = [
        |_| lsps("no JSON"),
        |_| lsps("[".repeat(60_000)),
        |_| lsps(json!({ "jsonrpc": "2.0", "id": "another", "result": {} }).to_string()),
        |request| result(request, json!({})),
        |request| menu(request, "min_fee_msat", json!(546_000)),
        |request| menu(request, "valid_until", json!("soon")),
    ];
    for (number, lie) in lies.into_iter().enumerate() {
        let (id, connection) = provider(&client, lie).await;
        let told = patiently("an end", client.opening_terms(id, None, None)).await;
        assert!(matches!(told, Err(LspError::Unreadable)), "{number}: {told:?}");
        patiently("the end of the connection", connection).await.unwrap();
    }
    let (id, _connection) = provider(&client, honest).await;
    let menu = client.opening_terms(id, None, None).await.unwrap();
    assert_eq!(menu[0].fee(msat(1_000_000)), Some(msat(546_000)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_hangs_up_says_nothing_or_no_is_named() {
    let world = World::new().await;
    let client = world.node().await;
    let (id, connection) = provider(&client, |_| Some(UNKNOWN_EVEN)).await;
    let told = patiently("an end", client.opening_terms(id, None, None)).await;
    assert!(matches!(told, Err(LspError::Gone)), "{told:?}");
    patiently("the end of the connection", connection).await.unwrap();

    let (id, connection) = provider(&client, |_| None).await;
    let told = patiently("an end", client.opening_terms(id, None, None)).await;
    assert!(matches!(told, Err(LspError::NoAnswer)), "{told:?}");
    client.disconnect(id);
    patiently("the end of the connection", connection).await.unwrap();

    let refuse: Answer = |request| {
        let error = json!({ "code": 200, "message": "\u{1b}[2J".repeat(1_000) });
        lsps(json!({ "jsonrpc": "2.0", "id": request["id"], "error": error }).to_string())
    };
    let (id, _connection) = provider(&client, refuse).await;
    let told = patiently("an end", client.opening_terms(id, None, None)).await;
    let Err(LspError::Refused { code: 200, message }) = told else { panic!("{told:?}") };
    assert!(message.len() < 1_000 && !message.contains('\u{1b}'), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_that_no_payer_could_use_is_not_bought() {
    let world = World::new().await;
    let client = world.node().await;
    let sell: Answer = |request| match request["method"].as_str() {
        Some("lsps2.get_info") => honest(request),
        _ => result(
            request,
            json!({ "jit_channel_scid": "29451x4815x1", "lsp_cltv_expiry_delta": 2_017 }),
        ),
    };
    let (id, _connection) = provider(&client, sell).await;
    let menu = client.opening_terms(id, None, None).await.unwrap();
    let told = client.buy_opening(id, &menu[0], msat(1_000_000), msat(546_000)).await;
    assert!(matches!(told, Err(LspError::Delay { delay: 2_017, .. })), "{told:?}");
    assert!(client.agreements().unwrap().is_empty());
    // Nobody knows where this one is.
    let secret = SecretKey::from_slice(&[1; 32]).unwrap();
    let nobody = secret.public_key(&Secp256k1::new());
    let told = client.opening_terms(nobody, None, None).await;
    assert!(matches!(told, Err(LspError::Connect(_))), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_asks_and_goes_away_takes_nobody_else_s_turn() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let world = World::new().await;
    let client = Arc::new(world.node().await);
    let silent: Answer = |_| {
        ASKED.fetch_add(1, Ordering::SeqCst);
        None
    };
    let (id, _connection) = provider(&client, silent).await;
    // More than may wait for answers at once.
    for number in 1..=40 {
        let asking = Arc::clone(&client);
        let call = tokio::spawn(async move { asking.opening_terms(id, None, None).await });
        eventually("the question", || ASKED.load(Ordering::SeqCst) == number || call.is_finished())
            .await;
        assert!(!call.is_finished(), "{number}: {:?}", call.await);
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
    }
}
