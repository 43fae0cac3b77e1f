//! From the parameters in the table to the schema of `params`.

use serde_json::{Map, Value, json};

use super::unit_of_name;
use crate::method::{
    Kind, MAX_CODE, MAX_PER_KW, MAX_TEXT, MIN_PER_KW, Method, Need, Param, SECONDS,
};

/// Digits, and nothing else.
const DIGITS: &str = "^[0-9]+$";
/// The largest number of 18 digits.
const MOST_UNITS: u64 = 999_999_999_999_999_999;
/// A number that is not zero, written out.
const DECIMAL: &str = r"^([0-9]*[1-9][0-9]*(\.[0-9]+)?|[0-9]+\.[0-9]*[1-9][0-9]*)$";
/// An amount with or without a unit.
const AMOUNT: &str = r"^[0-9]+(msat|sat|btc|\.[0-9]{3}sat|\.[0-9]{1,11}btc)?$";
/// Block, transaction and output.
const NODE_ID: &str = "^0[23][0-9a-fA-F]{64}$";
const SHORT_CHANNEL_ID: &str = "^[0-9]+x[0-9]+x[0-9]+$";
/// An amount of a currency: how many decimals it has is the currency's business.
const CURRENCY_AMOUNT: &str = r"^[0-9]+(\.[0-9]+)?[A-Z]{3}$";

/// `request`, and what it is made of: `by_name` and `by_position`.
pub(super) fn definitions(method: &Method) -> Map<String, Value> {
    let mut definitions = Map::new();
    let mut add = |name: &str, schema: Value| definitions.insert(name.to_owned(), schema);
    add(
        "request",
        json!({ "anyOf": [{ "$ref": "#/$defs/by_name" }, { "$ref": "#/$defs/by_position" }] }),
    );
    add("by_name", by_name(method));
    add("by_position", by_position(method));
    definitions
}

fn by_name(method: &Method) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    let mut either = Vec::new();
    for param in method.params {
        properties.insert(param.name.to_owned(), property(param));
        if let Some(alias) = param.alias {
            let mut other = property(param);
            other["description"] = json!(format!("Another name of `{}`.", param.name));
            other["deprecated"] = json!(true);
            properties.insert(alias.to_owned(), other);
        }
        match (param.need, param.alias) {
            (Need::Optional | Need::Default(_), _) => {}
            (Need::Required, None) => required.push(json!(param.name)),
            (Need::Required, Some(alias)) => either.push(json!({
                "oneOf": [{ "required": [param.name] }, { "required": [alias] }],
            })),
        }
    }
    let mut schema = json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    if !either.is_empty() {
        schema["allOf"] = json!(either);
    }
    schema
}

fn by_position(method: &Method) -> Value {
    let items: Vec<Value> = method
        .positional()
        .map(|param| json!({ "$ref": format!("#/$defs/by_name/properties/{}", param.name) }))
        .collect();
    let least = method.positional().filter(|param| param.need == Need::Required).count();
    if items.is_empty() {
        return json!({ "type": "array", "maxItems": 0 });
    }
    json!({ "type": "array", "prefixItems": items, "items": false, "minItems": least })
}

fn property(param: &Param) -> Value {
    let mut schema = Map::new();
    let mut add = |name: &str, value: Value| schema.insert(name.to_owned(), value);
    if param.not_yet.is_some() {
        add("description", json!(param.explanation()));
        add("type", json!("null"));
        return Value::Object(schema);
    }
    add("title", json!(param.kind.name()));
    add("description", json!(param.about));
    if let Some(since) = param.since {
        add("x-since", json!(since));
    }
    if let Some(unit) = unit(param) {
        add("x-unit", json!(unit));
    }
    if let Need::Default(default) = param.need
        && let Ok(default) = serde_json::from_str(default)
    {
        add("default", default);
    }
    let mut forms = forms(param.kind);
    if param.need != Need::Required {
        // The same as leaving it out.
        forms.push(json!({ "type": "null" }));
    }
    match forms.as_slice() {
        [Value::Object(only)] => schema.extend(only.clone()),
        _ => {
            schema.insert("anyOf".to_owned(), json!(forms));
        }
    }
    Value::Object(schema)
}

/// The unit of a plain number.
fn unit(param: &Param) -> Option<&'static str> {
    match param.kind {
        Kind::Amount | Kind::Msat | Kind::Fee => Some("msat"),
        Kind::SatOrAll => Some("sat"),
        Kind::Percent => Some("percent"),
        SECONDS => Some("seconds"),
        Kind::Integer { .. } => unit_of_name(param.name),
        Kind::Code
        | Kind::Text
        | Kind::PlainText
        | Kind::Label
        | Kind::Decimal
        | Kind::Currency
        | Kind::Boolean
        | Kind::Hash
        | Kind::Hex
        | Kind::NodeId
        | Kind::NodeIds
        | Kind::Choice(_)
        | Kind::TextList
        | Kind::Channels
        | Kind::Restrictions
        | Kind::CallParams
        | Kind::FeeRate
        | Kind::Any => None,
    }
}

/// The forms that a value of this type may have.
fn forms(kind: Kind) -> Vec<Value> {
    let text = |pattern: &str| json!({ "type": "string", "pattern": pattern });
    let text_up_to = |most: usize| json!({ "type": "string", "maxLength": most });
    let whole_from =
        |least: u64| json!({ "type": "integer", "minimum": least, "maximum": u64::MAX });
    match kind {
        Kind::Amount => {
            vec![whole_from(1), json!({ "const": "any" }), text(AMOUNT), text(CURRENCY_AMOUNT)]
        }
        Kind::Msat => vec![whole_from(1), text(AMOUNT)],
        Kind::Fee => vec![whole_from(0), text(AMOUNT)],
        Kind::SatOrAll => vec![whole_from(1), json!({ "const": "all" }), text(AMOUNT)],
        Kind::FeeRate => vec![
            json!({ "enum": ["minimum", "slow", "normal", "urgent"] }),
            text("^[0-9]+(perkw|perkb)?$"),
            json!({ "type": "integer", "minimum": 4 * MIN_PER_KW, "maximum": 4 * MAX_PER_KW + 3 }),
        ],
        Kind::Code => vec![text_up_to(MAX_CODE)],
        Kind::Text | Kind::PlainText => vec![text_up_to(MAX_TEXT)],
        Kind::Label => vec![text_up_to(MAX_TEXT), whole_from(0)],
        Kind::Integer { min, max } => {
            vec![json!({ "type": "integer", "minimum": min, "maximum": max }), text(DIGITS)]
        }
        Kind::Percent => {
            vec![json!({ "type": "number", "minimum": 0, "maximum": 100 }), text("^[0-9.]+$")]
        }
        Kind::Decimal => {
            vec![
                json!({ "type": "number", "exclusiveMinimum": 0, "maximum": MOST_UNITS }),
                text(DECIMAL),
            ]
        }
        Kind::Currency => vec![text("^[A-Za-z]{3}$")],
        Kind::Boolean => vec![json!({ "type": "boolean" }), json!({ "enum": ["true", "false"] })],
        Kind::Hash => vec![text("^[0-9a-fA-F]{64}$")],
        Kind::Hex => vec![text("^([0-9a-fA-F]{2})+$")],
        Kind::NodeId => vec![text(NODE_ID)],
        Kind::NodeIds => vec![json!({
            "type": "array",
            "items": text(NODE_ID),
            "maxItems": 16,
            "uniqueItems": true,
        })],
        Kind::Choice(words) => vec![json!({ "enum": words })],
        Kind::TextList => vec![json!({
            "type": "array",
            "items": { "anyOf": [text_up_to(MAX_TEXT), whole_from(0)] },
            "maxItems": 64,
        })],
        Kind::Channels => vec![
            json!({ "type": "boolean" }),
            json!({ "enum": ["true", "false"] }),
            text(SHORT_CHANNEL_ID),
            json!({
                "type": "array",
                "items": text(SHORT_CHANNEL_ID),
                "maxItems": 64,
            }),
        ],
        Kind::Restrictions => vec![
            json!({ "const": "readonly" }),
            json!({
                "type": "array",
                "items": { "anyOf": [
                    text_up_to(MAX_TEXT),
                    { "type": "array", "items": text_up_to(MAX_TEXT), "minItems": 1, "maxItems": 64 },
                ] },
                "minItems": 1,
                "maxItems": 64,
            }),
        ],
        Kind::CallParams => vec![json!({ "type": "array" }), json!({ "type": "object" })],
        Kind::Any => vec![json!({})],
    }
}
