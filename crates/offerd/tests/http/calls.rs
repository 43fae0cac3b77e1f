//! Calls, as whoever has a rune makes them.

use offerd_api::method;
use offerd_testkit::rpc_schema::check_response;
use serde_json::{Value, json};

use crate::client::Shop;

#[tokio::test]
async fn a_call_over_http_is_the_call_over_the_socket() {
    let shop = Shop::open().await;
    let rune = shop.rune(&[]);
    let named = json!({ "amount": "5sat", "description": "tea" }).to_string();
    let made = shop.call(&rune, "offer", &named).await;
    assert_eq!((made.status, made.json()["created"].as_bool()), (201, Some(true)), "{made:?}");
    check_response("offer", &made.json()).unwrap();
    let again = shop.call(&rune, "offer", "[\"5sat\", \"tea\"]").await;
    assert_eq!(again.json()["created"], false);
    let over_socket = shop.caller.call("listoffers", json!({})).await;
    assert_eq!(shop.call(&rune, "listoffers", "").await.json(), over_socket);
    assert_eq!(shop.call(&rune, "deloffer", "{\"offer_id\":\"00\"}").await.code(), -32602);
    shop.close().await;
}

#[tokio::test]
async fn the_status_says_whose_fault_it_is() {
    let shop = Shop::open().await;
    let rune = shop.rune(&[]);
    for (method, params, status, code) in [
        ("offer", "{\"amount\":\"5sat\"", 400, -32700),
        ("offer", "\"any\"", 400, -32602),
        ("offer", "{\"amount\":\"5satoshi\"}", 400, -32602),
        ("nonsense", "{}", 404, -32601),
        ("disableoffer", &format!("[\"{}\"]", "00".repeat(32)), 422, -1),
    ] {
        let answer = shop.call(&rune, method, params).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{method} {params} {answer:?}");
        assert!(answer.head.contains("content-type: application/json"), "{answer:?}");
    }
    let answer = shop.get(&rune, "/v1/offer").await;
    assert_eq!((answer.status, answer.code()), (405, -32600), "{answer:?}");
    shop.close().await;
}

#[tokio::test]
async fn the_methods_are_listed_and_described_to_those_who_may_have_help() {
    let shop = Shop::open().await;
    let rune = shop.rune(&["method=help"]);
    let listed = shop.get(&rune, "/v1/list-methods").await;
    assert_eq!(listed.status, 200, "{listed:?}");
    let names = listed.json()["methods"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["name"].clone())
        .collect::<Vec<_>>();
    let expected: Vec<Value> = method::all().map(|method| json!(method.name)).collect();
    assert_eq!(names, expected);
    let document = shop.get(&rune, "/openapi.json").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    for method in method::all() {
        let operation = &document["paths"][format!("/v1/{}", method.name)]["post"];
        assert_eq!(operation["operationId"], method.name);
    }
    let other = shop.rune(&["method=offer"]);
    for path in ["/v1/list-methods", "/openapi.json", "/v1/events"] {
        assert_eq!(shop.get(&other, path).await.status, 403, "{path}");
        assert_eq!(shop.get("", path).await.status, 401, "{path}");
    }
    shop.close().await;
}

#[tokio::test]
async fn every_reference_in_the_document_leads_somewhere() {
    fn walk(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|member| walk(member, found));
            }
            Value::Array(elements) => elements.iter().for_each(|element| walk(element, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let document = offerd_api::schema::openapi();
    let mut found = Vec::new();
    walk(&document, &mut found);
    assert!(found.len() > 100, "{}", found.len());
    for target in found {
        let pointer = target.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{target}");
    }
}

#[tokio::test]
async fn a_call_that_waits_ends_with_the_door() {
    let shop = Shop::open().await;
    let rune = shop.rune(&[]);
    let mut stream = shop.connect().await;
    let call = crate::client::post("waitanyinvoice", &rune, "{}");
    tokio::io::AsyncWriteExt::write_all(&mut stream, call.as_bytes()).await.unwrap();
    let other = shop.call(&rune, "getinfo", "").await;
    assert_eq!(other.status, 201, "{other:?}");
    let begun = std::time::Instant::now();
    shop.close().await;
    assert!(begun.elapsed().as_secs() < 8, "{:?}", begun.elapsed());
    let told = crate::client::all(&mut stream).await;
    assert!(told.is_empty() || String::from_utf8_lossy(&told).contains("shutting down"));
}
