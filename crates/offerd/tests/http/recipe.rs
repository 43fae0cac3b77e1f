//! The rune for a web shop, as `docs/http.md` has it.

use serde_json::{Value, json};

use crate::client::Shop;

const DOCUMENT: &str = include_str!("../../../../docs/http.md");

/// The restrictions of the recipe: the JSON behind `restrictions=` in it.
fn restrictions() -> Value {
    let (_, behind) = DOCUMENT.split_once("restrictions='").unwrap();
    let (json, _) = behind.split_once('\'').unwrap();
    serde_json::from_str(json).unwrap()
}

#[tokio::test]
async fn the_rune_of_a_web_shop_makes_offers_and_sees_payments_and_never_pays() {
    let shop = Shop::open().await;
    let made = shop.caller.call("createrune", json!({ "restrictions": restrictions() })).await;
    let rune = made["rune"].as_str().unwrap();
    assert!(made.get("warning_unrestricted_rune").is_none());
    let offer = json!({ "amount": "5sat", "description": "tea", "single_use": true, "label": "1" });
    assert_eq!(shop.call(rune, "offer", &offer.to_string()).await.status, 201);
    assert_eq!(shop.call(rune, "listinvoices", "").await.status, 201);
    assert_eq!(shop.call(rune, "listoffers", "").await.status, 201);
    let wait = shop.call(rune, "waitanyinvoice", "{\"timeout\":1}").await;
    assert_eq!((wait.status, wait.code()), (422, 904), "{wait:?}");
    for method in offerd_api::method::all() {
        if [
            "offer",
            "listoffers",
            "disableoffer",
            "listinvoices",
            "waitanyinvoice",
            "waitinvoice",
            "checkout",
            "waitoffer",
        ]
        .contains(&method.name)
        {
            continue;
        }
        let params: serde_json::Map<String, Value> = method
            .params
            .iter()
            .filter(|param| param.need == offerd_api::method::Need::Required)
            .map(|param| {
                (param.name.to_owned(), serde_json::from_str(&param.kind.example()).unwrap())
            })
            .collect();
        let answer = shop.call(rune, method.name, &Value::Object(params).to_string()).await;
        assert_eq!((answer.status, answer.code()), (403, 1502), "{}: {answer:?}", method.name);
    }
    shop.close().await;
}
