//! Results and errors as text.
//!
//! Whatever a stranger wrote is inert here: control characters and invisible formatting come out as escapes, in
//! JSON too.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the kinds of JSON values will stay as they are"
)]

use std::fmt::Write;

use offerd_api::schema::is_time;
use serde_json::{Map, Value, json};

use crate::color::Colors;
use crate::date;
use crate::exit::Failure;

/// How results are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// JSON, indented.
    Json,
    /// Tables and lists, long values cut, amounts in satoshi.
    Human,
    /// One line for each value, to be searched.
    Flat,
}

/// The widest a table's cell may be.
const CELL: usize = 28;

/// A result, with a line break at the end.
pub(crate) fn result(result: &Value, style: Style) -> String {
    result_in(result, style, Colors::NONE)
}

/// The same in colours, where it is for people.
pub(crate) fn result_in(result: &Value, style: Style, colors: Colors) -> String {
    match style {
        Style::Json => as_json(result),
        Style::Flat => {
            let mut lines = String::new();
            flatten("", result, &mut lines);
            lines
        }
        Style::Human => as_human(result, colors),
    }
}

/// Why there is no result, with a line break at the end.
pub(crate) fn failure(failure: &Failure, style: Style, colors: Colors) -> String {
    match failure {
        Failure::Refused(error) if style == Style::Json => as_json(&json!(error)),
        Failure::Refused(error) => {
            let message = colors.bad(&inert(&error.message));
            let mut text = format!("offer-cli: {message} (code {})\n", error.code);
            if let Some(data) = &error.data {
                text.push_str(&as_human(data, colors));
            }
            text
        }
        Failure::Declined => "offer-cli: not paid\n".to_owned(),
        Failure::Usage(what) | Failure::Unreachable(what) | Failure::NoAnswer(what) => {
            format!("offer-cli: {}\n", colors.bad(what))
        }
    }
}

fn as_json(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    let mut safe = String::with_capacity(text.len() + 1);
    for character in text.chars() {
        if character == '\n' || !is_unsafe(character) {
            safe.push(character);
        } else {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                // Writing to a string does not fail.
                let _ = write!(safe, "\\u{unit:04x}");
            }
        }
    }
    safe.push('\n');
    safe
}

/// Whether a terminal may take it for a command, or a reader for something else than it is.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// Text that a terminal shows and does not obey.
pub(crate) fn inert(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut safe, character| {
        if is_unsafe(character) {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
        safe
    })
}

/// A member's name for people: amounts are shown in satoshi, so they do not say msat.
fn heading(name: &str) -> String {
    inert(name.strip_suffix("_msat").unwrap_or(name))
}

fn flatten(path: &str, value: &Value, lines: &mut String) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                let path =
                    if path.is_empty() { inert(name) } else { format!("{path}.{}", inert(name)) };
                flatten(&path, value, lines);
            }
        }
        Value::Array(elements) if !elements.is_empty() => {
            for (index, value) in elements.iter().enumerate() {
                flatten(&format!("{path}[{index}]"), value, lines);
            }
        }
        other => {
            let _ = writeln!(lines, "{path}={}", scalar("", other));
        }
    }
}

fn as_human(value: &Value, colors: Colors) -> String {
    match value {
        Value::Object(members) => match list_of_one(members) {
            Some(list) if members.contains_key("help") => list.iter().map(explained).collect(),
            Some(list) => table(list, colors),
            None => lines(members, "", colors),
        },
        Value::Array(elements) => table(elements, colors),
        other => format!("{}\n", scalar("", other)),
    }
}

/// A method in the result of `help`: its manual where there is one, else a usage line and what it does.
fn explained(method: &Value) -> String {
    let text = |name: &str| method.get(name).and_then(Value::as_str).unwrap_or_default();
    match text("verbose") {
        "" => format!("{}\n    {}\n", inert(text("command")), inert(text("description"))),
        manual => manual.lines().map(|line| inert(line) + "\n").collect(),
    }
}

/// The list in a result that is nothing but a list.
fn list_of_one(members: &Map<String, Value>) -> Option<&[Value]> {
    let mut values = members.values();
    let list = values.next()?.as_array()?;
    let all_objects = list.iter().all(Value::is_object);
    (values.next().is_none() && all_objects).then_some(list.as_slice())
}

/// One line for each member; what is nested is indented below its name.
fn lines(members: &Map<String, Value>, indent: &str, colors: Colors) -> String {
    let widths = members.keys().map(|name| heading(name).chars().count());
    let width = widths.max().unwrap_or(0).min(CELL);
    let mut text = String::new();
    for (name, value) in members {
        let shown = heading(name);
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                let _ = writeln!(text, "{indent}{}:", colors.name(&shown));
                text.push_str(&lines(inner, &format!("{indent}  "), colors));
            }
            Value::Array(list) if list.iter().any(|element| element.is_object()) => {
                let _ = writeln!(text, "{indent}{}:", colors.name(&shown));
                for element in list {
                    let inner = element.as_object().cloned().unwrap_or_default();
                    let _ = writeln!(text, "{indent}  -");
                    text.push_str(&lines(&inner, &format!("{indent}    "), colors));
                }
            }
            other => {
                let (shown, value) = (format!("{shown:width$}"), scalar(name, other));
                let _ = writeln!(text, "{indent}{}  {}", colors.name(&shown), colors.value(&value));
            }
        }
    }
    text
}

fn table(list: &[Value], colors: Colors) -> String {
    let mut columns: Vec<&String> = Vec::new();
    for (name, value) in list.iter().filter_map(Value::as_object).flatten() {
        let simple = !value.is_object() && !value.is_array();
        if simple && !columns.contains(&name) {
            columns.push(name);
        }
    }
    if columns.is_empty() {
        let rows: Vec<String> = list.iter().map(|value| scalar("", value) + "\n").collect();
        return if list.is_empty() { "nothing\n".to_owned() } else { rows.concat() };
    }
    let head = columns.iter().map(|name| cut(&heading(name))).collect::<Vec<_>>();
    let row = |element: &Value| {
        let cell = |name: &&String| {
            element.get(name.as_str()).map(|value| cut(&scalar(name, value))).unwrap_or_default()
        };
        columns.iter().map(cell).collect::<Vec<_>>()
    };
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(list.iter().map(row)).collect();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns.len()).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        let last = row.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
        let cells =
            row.iter().zip(&widths).take(last).enumerate().map(|(column, (cell, width))| {
                // Nothing is behind the last cell.
                let cell = if column + 1 == last { cell.clone() } else { format!("{cell:width$}") };
                if number == 0 { colors.name(&cell) } else { colors.value(&cell) }
            });
        let _ = writeln!(text, "{}", cells.collect::<Vec<_>>().join("  "));
    }
    text
}

/// A value in one line; amounts in satoshi and times as dates where the name says that it is one.
fn scalar(name: &str, value: &Value) -> String {
    match value {
        Value::String(text) => inert(text),
        Value::Number(number) if name.ends_with("_msat") => match number.as_u64() {
            Some(msat) if msat % 1000 == 0 => format!("{} sat", msat / 1000),
            Some(msat) => format!("{}.{:03} sat", msat / 1000, msat % 1000),
            None => number.to_string(),
        },
        Value::Number(number) if is_time(name) => {
            number.as_u64().and_then(date::for_people).unwrap_or_else(|| number.to_string())
        }
        Value::Array(list) if list.iter().all(|element| element.is_string()) => {
            list.iter().map(|element| scalar("", element)).collect::<Vec<_>>().join(", ")
        }
        other => inert(&other.to_string()),
    }
}

/// At most [`CELL`] characters; of a long one, the beginning and the end.
fn cut(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= CELL {
        return text.to_owned();
    }
    let (head, tail) = (CELL - 9, characters.len() - 8);
    let part = |range: &[char]| range.iter().collect::<String>();
    match (characters.get(..head), characters.get(tail..)) {
        (Some(head), Some(tail)) => format!("{}…{}", part(head), part(tail)),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use offerd_api::{ErrorObject, code};

    use super::*;

    #[test]
    fn json_stays_json_and_is_inert() {
        let hostile = json!({ "note": "\u{1b}[31m\u{202e}☕\u{9b}" });
        let shown = result(&hostile, Style::Json);
        assert!(shown.chars().all(|character| character == '\n' || !is_unsafe(character)));
        assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), hostile);
        assert!(shown.contains('☕'));
        for style in [Style::Human, Style::Flat] {
            let shown = result(&hostile, style);
            assert!(shown.chars().all(|character| character == '\n' || !is_unsafe(character)));
        }
    }

    #[test]
    fn a_list_becomes_a_table_and_amounts_are_in_satoshi() {
        let offers = json!({ "offers": [
            { "offer_id": "0".repeat(64), "active": true, "amount_msat": 10_000_000 },
            { "offer_id": "1".repeat(64), "active": false, "amount_msat": 1, "label": "x" },
        ] });
        let shown = result(&offers, Style::Human);
        let rows: Vec<&str> = shown.lines().collect();
        assert_eq!(rows.len(), 3);
        assert!(rows[0].starts_with("offer_id") && rows[0].ends_with("label"));
        assert!(rows[1].contains("10000 sat") && rows[2].contains("0.001 sat"));
        assert_eq!(result(&json!({ "offers": [] }), Style::Human), "nothing\n");
    }

    #[test]
    fn times_are_dates_for_people_and_seconds_for_programs() {
        for (seconds, date) in [
            (0_u64, "1970-01-01 00:00:00 UTC"),
            (951_782_399, "2000-02-28 23:59:59 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (951_868_800, "2000-03-01 00:00:00 UTC"),
            (1_795_244_728, "2026-11-21 07:05:28 UTC"),
            (4_107_542_399, "2100-02-28 23:59:59 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
            (253_402_207_200, "9999-12-30 22:00:00 UTC"),
        ] {
            let shown = result(&json!({ "paid_at": seconds }), Style::Human);
            assert_eq!(shown, format!("paid_at  {date}\n"));
        }
        let blocks = result(&json!({ "min_final_cltv_expiry": 42 }), Style::Human);
        assert_eq!(blocks, "min_final_cltv_expiry  42\n");
        let far = json!({ "offer_absolute_expiry": u64::MAX, "invoice_relative_expiry": 7_200 });
        let shown = result(&far, Style::Human);
        assert!(shown.contains("18446744073709551615") && shown.contains("  7200\n"), "{shown}");
        assert_eq!(result(&json!({ "paid_at": 0 }), Style::Flat), "paid_at=0\n");
    }

    #[test]
    fn flat_output_has_a_line_for_each_value() {
        let shown = result(&json!({ "a": [{ "b": 1 }, { "b": "x" }], "c": true }), Style::Flat);
        assert_eq!(shown, "a[0].b=1\na[1].b=x\nc=true\n");
    }

    #[test]
    fn an_error_names_its_code_and_in_json_is_an_object() {
        let refused = Failure::Refused(ErrorObject::new(code::OFFER_EXPIRED, "offer expired"));
        assert_eq!(
            failure(&refused, Style::Human, Colors::NONE),
            "offer-cli: offer expired (code 1002)\n"
        );
        let shown: Value =
            serde_json::from_str(&failure(&refused, Style::Json, Colors::NONE)).unwrap();
        assert_eq!(shown["code"], 1002);
    }
}
