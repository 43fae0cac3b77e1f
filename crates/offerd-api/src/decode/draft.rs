//! Strings of the 2021 draft: the same prefixes, other fields, and nobody who answers them.

use bolt1::{DecodeError, DecodeErrorKind, Reader};
use bolt12::draft2021::{self, Draft, Shape};
use serde_json::{Map, Value, json};

use super::field;

/// Why it is not valid, in plain words.
const REASON: &str = "this was made after the 2021 draft of BOLT 12, which no wallet answers any more (c-lightning did \
                      until 2022): ask its maker for a new one. Its signature was not checked";

/// The draft's units of time, by their numbers.
const UNITS: [&str; 4] = ["seconds", "days", "months", "years"];
/// The name of the list of records without a name.
pub(super) const UNKNOWN_RECORDS: &str = "unknown_draft_tlvs";

/// Shows the draft's fields under the draft's names.
pub(super) fn show(draft: &Draft<'_>, view: &mut Map<String, Value>) {
    view.insert("valid".to_owned(), json!(false));
    view.insert("draft".to_owned(), json!("2021"));
    view.insert("reason".to_owned(), json!(REASON));
    let in_currency = draft.fields().any(|(field, _)| field.name == "currency");
    for (field, value) in draft.fields() {
        let is_msat = field.shape == Shape::Amount && !in_currency;
        let name = format!("{}{}", field.name, if is_msat { "_msat" } else { "" });
        match value_of(field.shape, value) {
            Ok(value) => view.insert(name, value),
            Err(error) => view
                .insert(format!("warning_invalid_{}", field.name), json!(error.kind.to_string())),
        };
    }
    let unknown: Vec<Value> = draft.unknown_records().map(|record| {
        json!({ "type": record.typ, "length": record.value.len(), "value": hex::encode(record.value) })
    }).collect();
    if !unknown.is_empty() {
        view.insert(UNKNOWN_RECORDS.to_owned(), Value::Array(unknown));
    }
}

/// What this adds to the view: names and shapes.
pub(super) fn schemas() -> impl Iterator<Item = (String, Value)> {
    let fields = draft2021::all().flat_map(|field| {
        let msat = (field.shape == Shape::Amount).then(|| format!("{}_msat", field.name));
        let names = std::iter::once(field.name.to_owned()).chain(msat);
        names.map(move |name| (name, schema_of(field.shape)))
    });
    std::iter::once(("draft".to_owned(), json!({ "const": "2021", "title": "2021" }))).chain(fields)
}

fn schema_of(shape: Shape) -> Value {
    let number = json!({ "type": "integer", "minimum": 0 });
    let flag = json!({ "type": "boolean" });
    let object = |members: Value| json!({ "type": "object", "properties": members });
    match shape {
        Shape::Bytes => json!({ "type": "string", "title": "hex", "pattern": "^([0-9a-f]{2})*$" }),
        Shape::Text => json!({ "type": "string" }),
        Shape::Number | Shape::Amount => number,
        Shape::Chains => json!({ "type": "array", "items": schema_of(Shape::Bytes) }),
        Shape::Empty => json!({ "const": true, "title": "true" }),
        Shape::Numbers => json!({ "type": "array", "items": number }),
        Shape::Recurrence => object(json!({
            "time_unit": number,
            "time_unit_name": { "enum": UNITS },
            "period": number,
        })),
        Shape::RecurrenceBase => object(json!({ "start_any_period": flag, "basetime": number })),
        Shape::Paywindow => object(json!({
            "seconds_before": number,
            "proportional_amount": flag,
            "seconds_after": number,
        })),
    }
}

fn value_of(shape: Shape, bytes: &[u8]) -> Result<Value, DecodeError> {
    let mut reader = Reader::new(bytes);
    Ok(match shape {
        Shape::Bytes => json!(hex::encode(bytes)),
        Shape::Text => json!(str::from_utf8(bytes).map_err(|_| DecodeErrorKind::InvalidUtf8)?),
        Shape::Number | Shape::Amount => json!(field::tu64(bytes)?),
        Shape::Chains => field::chains(bytes)?,
        Shape::Empty => json!(true),
        Shape::Numbers => {
            let mut numbers = Vec::new();
            while !reader.is_empty() {
                numbers.push(json!(reader.read_u64()?));
            }
            Value::Array(numbers)
        }
        Shape::Recurrence => {
            let unit = reader.read_u8()?;
            let mut shown = json!({ "time_unit": unit, "period": reader.read_tu32()? });
            if let Some(name) = UNITS.get(usize::from(unit)) {
                shown["time_unit_name"] = json!(name);
            }
            shown
        }
        Shape::RecurrenceBase => {
            let any = reader.read_u8()? != 0;
            json!({ "start_any_period": any, "basetime": reader.read_tu64()? })
        }
        Shape::Paywindow => {
            let before = reader.read_u32()?;
            let proportional = reader.read_u8()? != 0;
            json!({
                "seconds_before": before,
                "proportional_amount": proportional,
                "seconds_after": reader.read_tu32()?,
            })
        }
    })
}
