//! What the view of a string may have in it, from the table of fields.

use std::borrow::Cow;

use bolt12::Hrp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::field::{self, Shape};
use super::{Decoded, bolt11, draft, recurrence};

impl JsonSchema for Decoded {
    fn schema_name() -> Cow<'static, str> {
        "Decoded".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut properties = Map::new();
        let mut add = |name: String, about: &str, mut shape: Value| {
            shape["description"] = json!(about);
            properties.insert(name, shape);
        };
        let types = Hrp::ALL.map(super::type_name);
        let types: Vec<&str> = types.into_iter().chain([bolt11::TYPE, super::UNKNOWN]).collect();
        add("type".into(), "What the string is, or was meant to be.", json!({ "enum": types }));
        add(
            "valid".into(),
            "Whether it is readable, by the rules, and rightly signed; expired or not.",
            json!({ "type": "boolean" }),
        );
        add("reason".into(), "Why it is not valid.", json!({ "type": "string" }));
        add("invreq_id".into(), "The invoice request it is, or is for.", hex_of(32));
        for (name, shape) in field::all() {
            let about = format!("The field {}.", name.trim_end_matches("_msat"));
            add(name, &about, of_shape(shape));
        }
        let about = "How often an offer is to be paid.";
        add(recurrence::SCHEDULE.to_owned(), about, recurrence::schema());
        for (name, shape) in draft::schemas() {
            add(name, "Of a string of the 2021 draft of BOLT 12.", shape);
        }
        // Last, so that where a draft has used a name the description is today's.
        add("offer_id".into(), "The offer it is, or is for.", hex_of(32));
        let about = "How many decimals the currency of the amount has.";
        add("currency_minor_unit".to_owned(), about, json!({ "type": "integer", "minimum": 0 }));
        let lists = Hrp::ALL.map(super::unknown_list_name);
        for list in lists.into_iter().chain([draft::UNKNOWN_RECORDS]) {
            let about = "Fields that this program does not know.";
            add(list.to_owned(), about, unknown_records());
        }
        for (name, about, mut shape) in bolt11::schemas() {
            shape["description"] = json!(about);
            match properties.get(name).cloned() {
                // The draft has used the name for something else.
                Some(other) if other.get("type") != shape.get("type") => {
                    properties.insert(
                        name.to_owned(),
                        json!({
                            "title": "list, or hex",
                            "description": about,
                            "anyOf": [shape, other],
                        }),
                    );
                }
                Some(_) | None => {
                    properties.insert(name.to_owned(), shape);
                }
            }
        }
        json_schema!({
            "description": "What is in a string.",
            "type": "object",
            "properties": properties,
            "patternProperties": {
                "^warning_.+$": { "type": "string", "description": "What is wrong or missing, by field." },
            },
            "required": ["type", "valid"],
        })
    }
}

fn of_shape(shape: Shape) -> Value {
    match shape {
        Shape::Bytes => hex(),
        Shape::Text => json!({ "type": "string" }),
        Shape::Number | Shape::Msat => json!({ "type": "integer", "minimum": 0 }),
        Shape::Markers => {
            json!({ "type": "array", "items": { "type": "integer", "minimum": 0 } })
        }
        Shape::Chains | Shape::Hashes => json!({ "type": "array", "items": hex_of(32) }),
        Shape::Empty => json!({ "const": true, "title": "true" }),
        Shape::Point => hex_of(33),
        Shape::Paths => json!({ "type": "array", "items": path(Map::new()) }),
        Shape::PaymentPaths => {
            let priced = [("payinfo".to_owned(), pay_info())].into_iter().collect();
            json!({ "type": "array", "items": path(priced) })
        }
        Shape::PayInfos => json!({ "type": "array", "items": pay_info() }),
        Shape::Fallbacks => {
            let fallback = json!({ "version": { "type": "integer" }, "hex": hex() });
            json!({ "type": "array", "items": object(fallback, &["version", "hex"]) })
        }
        Shape::Bip353Name => {
            let text = json!({ "type": "string" });
            object(json!({ "name": text, "domain": text }), &["name", "domain"])
        }
    }
}

fn path(more: Map<String, Value>) -> Value {
    let hop = json!({ "blinded_node_id": hex_of(33), "encrypted_recipient_data": hex() });
    let hop = object(hop, &["blinded_node_id", "encrypted_recipient_data"]);
    let mut members = json!({
        "first_node_id": hex_of(33),
        "first_scid": { "type": "string", "pattern": "^[0-9]+x[0-9]+x[0-9]+$" },
        "first_scid_dir": { "enum": [0, 1], "title": "0 or 1" },
        "first_path_key": hex_of(33),
        "path": { "type": "array", "items": hop },
    });
    if let Value::Object(members) = &mut members {
        members.extend(more);
    }
    object(members, &["first_path_key", "path"])
}

fn pay_info() -> Value {
    let number = json!({ "type": "integer", "minimum": 0 });
    let members = json!({
        "fee_base_msat": number,
        "fee_proportional_millionths": number,
        "cltv_expiry_delta": number,
        "htlc_minimum_msat": number,
        "htlc_maximum_msat": number,
        "features": hex(),
    });
    let required =
        ["fee_base_msat", "fee_proportional_millionths", "cltv_expiry_delta", "features"];
    object(members, &required)
}

fn unknown_records() -> Value {
    let members = json!({
        "type": { "type": "integer", "minimum": 0 },
        "length": { "type": "integer", "minimum": 0 },
        "value": hex(),
    });
    json!({ "type": "array", "items": object(members, &["type", "length", "value"]) })
}

#[expect(clippy::needless_pass_by_value, reason = "as `json!` gives it")]
pub(super) fn object(properties: Value, required: &[&str]) -> Value {
    json!({ "type": "object", "properties": properties, "required": required })
}

pub(super) fn hex() -> Value {
    json!({ "type": "string", "title": "hex", "pattern": "^([0-9a-f]{2})*$" })
}

pub(super) fn hex_of(bytes: usize) -> Value {
    let pattern = format!("^[0-9a-f]{{{}}}$", 2 * bytes);
    json!({ "type": "string", "title": format!("{bytes} bytes hex"), "pattern": pattern })
}
