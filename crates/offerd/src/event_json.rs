//! One line of the log of events as programs get it, whether they follow the stream or are called by a webhook.

use offerd_core::port::LogEntry;
use serde_json::{Map, Value, json};

/// Its place, its kind, what it is about, when it was, and what the line says beyond that.
pub(crate) fn of(line: &LogEntry) -> Value {
    let mut members = Map::new();
    members.insert("id".to_owned(), json!(line.id));
    members.insert("kind".to_owned(), json!(line.kind));
    members.insert("subject".to_owned(), json!(line.subject));
    if let Some(at) = line.at {
        members.insert("at".to_owned(), json!(at.0));
    }
    if let Ok(Value::Object(body)) = serde_json::from_str(&line.body) {
        members.extend(body);
    }
    Value::Object(members)
}
