//! What the table of methods says holds for every method.

use std::time::Duration;

use offerd_api::method::{self, Kind, Method, Need, Param};
use offerd_testkit::rpc_schema::check_request;
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::world::World;

/// Values of wrong types and ranges.
const HOSTILE: [&str; 9] = [
    "{}",
    "[{}]",
    "[]",
    "-1",
    "1.5",
    "1e400",
    "18446744073709551616",
    "\"\\ud800\"",
    "[[[[[[[[]]]]]]]]",
];

/// A value that the parameter takes, made of real strings where it needs one.
fn sample(param: &Param, offer: &str) -> String {
    if param.kind == Kind::Code { format!("{offer:?}") } else { param.kind.example() }
}

fn call_with(method: &Method, offer: &str, all: bool) -> String {
    let wanted = |param: &&Param| param.not_yet.is_none() && (all || param.need == Need::Required);
    let members: Vec<String> = method
        .params
        .iter()
        .filter(wanted)
        .map(|param| format!("{:?}:{}", param.name, sample(param, offer)))
        .collect();
    format!("{{{}}}", members.join(","))
}

#[tokio::test(start_paused = true)]
async fn a_wrong_parameter_of_any_method_changes_nothing() {
    let world = World::new();
    let shop = Caller::of(world.announced());
    let offer = shop.party.offer(1_000).await;
    let before = shop.rows();
    for method in method::all() {
        for param in method.params {
            for value in HOSTILE {
                let takes = matches!(
                    (param.kind, value),
                    (Kind::TextList | Kind::NodeIds | Kind::Channels, "[]")
                        | (Kind::CallParams, "{}" | "[{}]" | "[]" | "[[[[[[[[]]]]]]]]")
                        | (Kind::Percent | Kind::Decimal, "1.5")
                );
                if takes {
                    continue;
                }
                let call = call_with(method, &offer, false);
                let mut members: serde_json::Map<String, Value> =
                    serde_json::from_str(&call).unwrap();
                members.remove(param.name);
                let rest = Value::Object(members).to_string();
                let comma = if rest == "{}" { "" } else { "," };
                let call = format!("{{{:?}:{value}{comma}{}", param.name, &rest[1..]);
                let error = shop.try_call(method.name, &call).await.expect_err(&call);
                assert_eq!(error.code, -32602, "{} {call}: {error}", method.name);
                assert!(error.message.starts_with(param.name), "{} {call}: {error}", method.name);
                // Lone surrogates and numbers beyond all range are no JSON for anybody else.
                if let Ok(call) = serde_json::from_str::<Value>(&call) {
                    let misfit = check_request(method.name, &call);
                    assert!(misfit.is_err(), "{} {call} fits its schema", method.name);
                }
            }
        }
    }
    assert_eq!(shop.rows(), before);
    assert!(!shop.api.shutdown.is_requested());
}

#[tokio::test(start_paused = true)]
async fn every_method_understands_all_its_parameters() {
    let world = World::new();
    let (shop, customer) = (Caller::of(world.announced()), Caller::of(world.announced()));
    let offer = shop.party.offer(1_000).await;
    for method in method::all() {
        for all in [false, true] {
            let call = call_with(method, &offer, all);
            // Those that wait are left after a while.
            let called = customer.try_call(method.name, &call);
            let called = tokio::time::timeout(Duration::from_secs(1_000), called).await;
            if let Ok(Err(error)) = called {
                assert!(
                    !error.message.contains("internal error"),
                    "{} {call}: {error}",
                    method.name
                );
            }
        }
    }
    assert!(customer.api.shutdown.is_requested(), "stop was among them");
}

#[tokio::test(start_paused = true)]
async fn help_lists_every_method_and_explains_one() {
    let shop = Caller::of(World::new().announced());
    let all = shop.call("help", json!({})).await;
    assert_eq!(all["help"].as_array().unwrap().len(), method::all().count());
    let one = shop.call("help", json!(["deloffer"])).await;
    assert!(one["help"][0]["command"].as_str().unwrap().starts_with("disableoffer offer_id"));
    assert!(one["help"][0]["verbose"].as_str().unwrap().contains("Also called: deloffer"));
    assert_eq!(shop.refusal("help", json!(["nonsense"])).await.code, -32601);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_method_is_named() {
    let shop = Caller::of(World::new().announced());
    let error = shop.refusal("Offer\u{1b}[31m", json!({})).await;
    assert_eq!(
        (error.code, error.message.as_str()),
        (-32601, "Unknown command 'Offer\\u{1b}[31m'")
    );
}
