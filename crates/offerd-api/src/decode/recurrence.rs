//! The fields of recurrence, in either numbering: an offer's schedule in one object, as Core Lightning shows it.

use bolt1::tlv::Record;
use bolt1::{DecodeError, Reader};
use bolt12::field as number;
use serde_json::{Map, Value, json};

/// The name of an offer's schedule.
pub(super) const SCHEDULE: &str = "offer_recurrence";

/// The shape of an offer's schedule. Of a string that is not valid any part may be missing.
pub(super) fn schema() -> Value {
    let number = json!({ "type": "integer", "minimum": 0 });
    let window = json!({
        "type": "object",
        "properties": { "seconds_before": number, "seconds_after": number },
        "required": ["seconds_before", "seconds_after"],
    });
    json!({
        "type": "object",
        "properties": {
            "compulsory_field": { "type": "boolean" },
            "time_unit": number,
            "period": number,
            "time_unit_name": { "enum": ["seconds", "days", "months"] },
            "basetime": number,
            "proportional_amount": { "const": true, "title": "true" },
            "paywindow": window,
            "limit": number,
        },
    })
}

/// Adds a record of an offer's schedule to the object of it. `None` when it is no such record.
pub(super) fn insert(
    record: &Record<'_>,
    view: &mut Map<String, Value>,
) -> Option<Result<(), DecodeError>> {
    let members =
        match record.typ {
            number::OFFER_RECURRENCE_COMPULSORY
            | number::EXPERIMENTAL_OFFER_RECURRENCE_COMPULSORY => cycle(record.value, true),
            number::OFFER_RECURRENCE_OPTIONAL | number::EXPERIMENTAL_OFFER_RECURRENCE_OPTIONAL => {
                cycle(record.value, false)
            }
            number::OFFER_RECURRENCE_BASE | number::EXPERIMENTAL_OFFER_RECURRENCE_BASE => {
                base(record.value)
            }
            number::OFFER_RECURRENCE_PAYWINDOW
            | number::EXPERIMENTAL_OFFER_RECURRENCE_PAYWINDOW => paywindow(record.value),
            number::OFFER_RECURRENCE_LIMIT | number::EXPERIMENTAL_OFFER_RECURRENCE_LIMIT => {
                limit(record.value)
            }
            _ => return None,
        };
    Some(members.map(|members| {
        let schedule = view.entry(SCHEDULE).or_insert_with(|| json!({}));
        if let (Value::Object(schedule), Value::Object(members)) = (schedule, members) {
            schedule.extend(members);
        }
    }))
}

fn cycle(bytes: &[u8], compulsory: bool) -> Result<Value, DecodeError> {
    let mut reader = Reader::new(bytes);
    let (unit, period) = (reader.read_u8()?, reader.read_tu32()?);
    reader.finish()?;
    let mut shown = json!({ "compulsory_field": compulsory, "time_unit": unit, "period": period });
    let name = match unit {
        0 => Some("seconds"),
        1 => Some("days"),
        2 => Some("months"),
        _ => None,
    };
    if let Some(name) = name {
        shown["time_unit_name"] = json!(name);
    }
    Ok(shown)
}

fn base(bytes: &[u8]) -> Result<Value, DecodeError> {
    let mut reader = Reader::new(bytes);
    let proportional = reader.read_u8()? == 1;
    let mut shown = json!({ "basetime": reader.read_tu64()? });
    reader.finish()?;
    if proportional {
        shown["proportional_amount"] = json!(true);
    }
    Ok(shown)
}

fn paywindow(bytes: &[u8]) -> Result<Value, DecodeError> {
    let mut reader = Reader::new(bytes);
    let (before, after) = (reader.read_u32()?, reader.read_tu32()?);
    reader.finish()?;
    Ok(json!({ "paywindow": { "seconds_before": before, "seconds_after": after } }))
}

fn limit(bytes: &[u8]) -> Result<Value, DecodeError> {
    let mut reader = Reader::new(bytes);
    let limit = reader.read_tu32()?;
    reader.finish()?;
    Ok(json!({ "limit": limit }))
}
