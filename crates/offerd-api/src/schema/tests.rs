use serde_json::{Value, json};

use super::*;
use crate::method;

fn validator(schema: &Value) -> jsonschema::Validator {
    jsonschema::draft202012::options().build(schema).unwrap()
}

fn request(name: &str) -> jsonschema::Validator {
    validator(&of_request(method::find(name).unwrap()))
}

#[test]
fn every_method_has_a_schema_that_is_one() {
    for method in method::all() {
        for schema in [of(method), of_request(method), of_response(method)] {
            if let Err(error) = jsonschema::draft202012::meta::validate(&schema) {
                panic!("{}: {error}", method.name);
            }
            validator(&schema);
        }
    }
}

#[test]
fn the_example_of_every_parameter_is_a_request() {
    for method in method::all() {
        let members = method.params.iter().filter(|param| param.not_yet.is_none());
        let members: serde_json::Map<String, Value> = members
            .map(|param| {
                (param.name.to_owned(), serde_json::from_str(&param.kind.example()).unwrap())
            })
            .collect();
        let call = Value::Object(members);
        if let Err(error) = validator(&of_request(method)).validate(&call) {
            panic!("{} {call}: {error}", method.name);
        }
    }
}

#[test]
fn by_name_and_by_position_the_required_ones_must_be_there() {
    let offerout = request("offerout");
    for (call, fits) in [
        (json!(["10000sat", "withdrawal from ATM"]), true),
        (json!(["any", "x", null, 17]), true),
        (json!({ "amount": 1, "description": "x", "vendor": "me" }), true),
        (json!(["10000sat"]), false),
        (json!([]), false),
        (json!({ "amount": 1 }), false),
        (json!({ "amount": 1, "description": "x", "nonsense": 1 }), false),
        (json!({ "amount": 0, "description": "x" }), false),
        (json!({ "amount": "5satoshi", "description": "x" }), false),
        (json!({ "amount": "1.5sat", "description": "x" }), false),
        (json!({ "amount": "1.500sat", "description": null }), false),
        (json!({ "amount": 1, "description": "x", "quantity_max": 3 }), true),
        (json!({ "amount": 1, "description": "x", "quantity_max": "many" }), false),
        (json!("10000sat"), false),
    ] {
        assert_eq!(offerout.is_valid(&call), fits, "{call}");
    }
    let pay = request("pay");
    assert!(pay.is_valid(&json!({ "bolt11": "lni1" })));
    assert!(pay.is_valid(&json!({ "invstring": "lni1" })));
    assert!(!pay.is_valid(&json!({ "bolt11": "lni1", "invstring": "lni1" })));
    assert!(!pay.is_valid(&json!({})));
    assert!(!request("getinfo").is_valid(&json!([1])));
    assert!(request("getinfo").is_valid(&json!([])));
}

#[test]
fn a_result_has_no_member_that_is_not_described_and_none_that_is_null() {
    let schema = validator(&of_response(method::find("fetchinvoice").unwrap()));
    let invoice = "lni1qq";
    assert!(schema.is_valid(&json!({ "invoice": invoice, "changes": {} })));
    assert!(schema.is_valid(&json!({ "invoice": invoice, "changes": { "amount_msat": 1 } })));
    for wrong in [
        json!({ "invoice": invoice }),
        json!({ "invoice": "lno1qq", "changes": {} }),
        json!({ "invoice": invoice, "changes": {}, "more": 1 }),
        json!({ "invoice": invoice, "changes": { "more": 1 } }),
        json!({ "invoice": invoice, "changes": { "amount_msat": null } }),
        json!({ "invoice": invoice, "changes": { "amount_msat": "1msat" } }),
    ] {
        assert!(!schema.is_valid(&wrong), "{wrong}");
    }
}

#[test]
fn a_result_that_has_nothing_to_tell_has_no_members() {
    let schema = validator(&of_response(method::find("notifications").unwrap()));
    assert!(schema.is_valid(&json!({})));
    assert!(!schema.is_valid(&json!({ "more": 1 })));
    let schema = validator(&of_response(method::find("stop").unwrap()));
    assert!(schema.is_valid(&json!("Shutdown complete")));
    assert!(!schema.is_valid(&json!("later")));
}

#[test]
fn every_member_of_a_result_says_what_it_is() {
    for method in method::all() {
        for line in outline(&method.returns.schema()).iter().filter(|line| line.depth == 0) {
            assert!(!line.about.is_empty() && !line.kind.is_empty(), "{}: {line:?}", method.name);
        }
    }
}

#[test]
fn units_follow_from_names() {
    let schema = of(method::find("sendinvoice").unwrap());
    let response = &schema["$defs"]["response"]["properties"];
    assert_eq!(response["amount_msat"]["x-unit"], "msat");
    assert_eq!(response["paid_at"]["x-unit"], "seconds since 1970, UTC");
    assert_eq!(schema["$defs"]["by_name"]["properties"]["timeout"]["x-unit"], "seconds");
}

/// All texts in a JSON value.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(elements) => elements.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

#[test]
fn what_decode_shows_of_every_test_vector_fits_its_schema() {
    let schema = validator(&of_response(method::find("decode").unwrap()));
    let mut folders = vec![concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors").into()];
    let mut shown = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir::<std::path::PathBuf>(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let vectors = std::fs::read_to_string(&path).unwrap();
            let Ok(vectors) = serde_json::from_str::<Value>(&vectors) else { continue };
            for text in texts(&vectors) {
                let view = Value::Object(crate::decode::decode(text).view);
                if let Err(error) = schema.validate(&view) {
                    panic!("{}: {error} in {view}", path.display());
                }
                shown += usize::from(view["valid"] == true);
            }
        }
    }
    assert!(shown > 20, "valid strings among the vectors: {shown}");
}
