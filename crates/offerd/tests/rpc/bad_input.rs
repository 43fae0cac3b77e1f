//! What each method says to wrong input: the exact code and text, and that nothing was changed.

mod currencies;
mod liquidity;
mod node;
mod offers;
mod payments;
mod payouts;
mod recurrence;

use std::collections::BTreeSet;

use offerd_api::method::{self, Kind, Need};
use offerd_testkit::sample;
use serde_json::{Map, Value, json};

use crate::caller::Caller;
use crate::world::World;

/// Method, parameters, code, text. `{LNO}` is an offer of the node that is asked, `{OUT}` a payout of it, `{PAY}` an
/// offer of somebody else; `{EVERY}` and `{STIPEND}` are an offer and a payout of somebody else that recur.
type Row = (&'static str, &'static str, i64, &'static str);

fn table() -> impl Iterator<Item = &'static Row> {
    let tables = [
        node::ROWS,
        offers::ROWS,
        recurrence::ROWS,
        currencies::ROWS,
        payouts::ROWS,
        payments::ROWS,
        liquidity::ROWS,
    ];
    tables.into_iter().flatten()
}

#[tokio::test(start_paused = true)]
async fn wrong_input_gets_the_exact_code_and_text() {
    let world = World::new();
    let (shop, other) = (Caller::of(world.announced()), Caller::of(world.announced()));
    let (own, foreign) = (shop.party.offer(1_000).await, other.party.offer(1_000).await);
    let payout = other.call("offerout", serde_json::json!(["5sat", "d"])).await;
    let payout = payout["bolt12"].as_str().unwrap();
    let every = json!({ "amount": "1000sat", "description": "d", "recurrence": "1day" });
    let every = other.call("offer", every).await;
    let stipend = json!({
        "amount": "5sat", "description": "d", "recurrence": "1day", "recurrence_limit": 2,
    });
    let stipend = other.call("offerout", stipend).await;
    let before = shop.rows();
    let mut wrong = Vec::new();
    for (method, params, code, text) in table() {
        let params = params.replace("{LNO}", &own).replace("{OUT}", payout);
        let params = params.replace("{PAY}", &foreign);
        let params = params.replace("{LSP}", &sample::point(7).to_string());
        let params = params.replace("{STIPEND}", stipend["bolt12"].as_str().unwrap());
        let params = params.replace("{EVERY}", every["bolt12"].as_str().unwrap());
        match shop.try_call(method, &params).await {
            Err(error) if error.code == *code && error.message == *text => {}
            Err(error) => {
                wrong.push(format!("{method} {params}: {} {}", error.code, error.message))
            }
            Ok(result) => wrong.push(format!("{method} {params}: accepted: {result}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(shop.rows(), before);
    assert!(!shop.api.shutdown.is_requested());
}

#[test]
fn every_method_is_in_the_table() {
    let seen: BTreeSet<_> = table().map(|(method, ..)| *method).collect();
    let missing: Vec<_> =
        method::all().map(|method| method.name).filter(|name| !seen.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// What stands for a parameter in a call that is wrong elsewhere: a value of its type.
fn with_required(method: &method::Method, change: &str, to: Option<Value>) -> Value {
    let required = method.params.iter().filter(|param| param.need == Need::Required);
    let mut call: Map<String, Value> = required
        .map(|param| (param.name.to_owned(), serde_json::from_str(&param.kind.example()).unwrap()))
        .collect();
    match to {
        Some(value) => call.insert(change.to_owned(), value),
        None => call.remove(change),
    };
    Value::Object(call)
}

/// Wrong calls of a method that follow from its table, each with the exact text: one for each thing that is missing,
/// what nobody knows, one too many, and for each parameter a value of another type and one beyond each end of its range.
fn wrong_calls(method: &method::Method) -> Vec<(Value, String)> {
    let usage = method.usage();
    let mut calls = vec![
        (json!("text"), "params: should be an array or an object".to_owned()),
        (
            with_required(method, "\u{1b}[2J", Some(json!(1))),
            format!("\\u{{1b}}[2J: unknown parameter ({usage})"),
        ),
    ];
    let most = method.positional().count();
    let what = format!("params: too many: got {}, takes at most {most} ({usage})", most + 1);
    calls.push((json!(vec![Value::Null; most + 1]), what));
    for param in method.params {
        let name = param.name;
        if let Some(what) = param.not_yet {
            let text = format!("{name}: not supported yet: {what}");
            calls.push((with_required(method, name, Some(json!(1))), text));
            continue;
        }
        let expected = param.kind.expected();
        if param.need == Need::Required {
            let text = format!("{name}: is required: {expected}");
            calls.push((with_required(method, name, None), text.clone()));
            calls.push((with_required(method, name, Some(Value::Null)), text));
        }
        let mut values = vec![json!({}), json!([[]])];
        if param.kind == Kind::CallParams {
            values = vec![json!(1), json!("{}")];
        }
        if let Kind::Integer { min, max } = param.kind {
            values.extend(min.checked_sub(1).map(|below| json!(below)));
            values.extend(max.checked_add(1).map(|above| json!(above)));
            values.push(json!("18446744073709551616"));
        }
        for value in values {
            let text = format!("{name}: {expected}");
            calls.push((with_required(method, name, Some(value)), text));
        }
    }
    calls
}

#[tokio::test(start_paused = true)]
async fn every_method_refuses_what_its_table_does_not_allow_with_the_exact_text() {
    let world = World::new();
    let shop = Caller::of(world.announced());
    let before = shop.rows();
    let mut wrong = Vec::new();
    for method in method::all() {
        for (params, text) in wrong_calls(method) {
            match shop.try_call(method.name, &params.to_string()).await {
                Err(error) if error.code == -32602 && error.message == text => {}
                other => wrong.push(format!("{} {params}: {other:?}, not {text}", method.name)),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(shop.rows(), before);
    assert!(!shop.api.shutdown.is_requested());
}
