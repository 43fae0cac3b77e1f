//! A result's schema as lines for people: one for each member, nested ones below.

use serde_json::Value;

/// One member of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How deep it is nested; 0 for members of the result itself.
    pub depth: usize,
    /// Its name, with `[]` behind it for a list; `*` stands for any letters.
    pub name: String,
    /// What it is, in a few words, with its unit.
    pub kind: String,
    /// Whether it may be absent.
    pub optional: bool,
    /// What it is about.
    pub about: String,
}

impl Line {
    /// What it is, and whether it may be absent.
    pub fn terms(&self) -> String {
        format!("{}{}", self.kind, if self.optional { "; may be absent" } else { "" })
    }
}

/// The members of what a schema describes, in their order. For a result that has none, a line without a name.
pub fn outline(schema: &Value) -> Vec<Line> {
    let mut lines = Vec::new();
    if schema.get("type").and_then(Value::as_str) == Some("object") {
        members(schema, 0, &mut lines);
    } else {
        lines.push(Line {
            depth: 0,
            name: String::new(),
            kind: kind(schema),
            optional: false,
            about: text(schema, "description"),
        });
    }
    lines
}

fn members(schema: &Value, depth: usize, lines: &mut Vec<Line>) {
    let none = Vec::new();
    let required = schema.get("required").and_then(Value::as_array).unwrap_or(&none);
    let named = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    for (name, member) in named {
        let optional = !required.iter().any(|known| known == name);
        push(name.clone(), member, optional, depth, lines);
    }
    let by_pattern = schema.get("patternProperties").and_then(Value::as_object);
    for (pattern, member) in by_pattern.into_iter().flatten() {
        let name = pattern.trim_start_matches('^').trim_end_matches('$').replace(".+", "*");
        push(name, member, true, depth, lines);
    }
    if let Some(member) = schema.get("additionalProperties").filter(|member| member.is_object()) {
        push("*".to_owned(), member, true, depth, lines);
    }
}

fn push(name: String, member: &Value, optional: bool, depth: usize, lines: &mut Vec<Line>) {
    let items = member.get("items");
    let name = if items.is_some() { name + "[]" } else { name };
    let about = text(member, "description");
    lines.push(Line { depth, name, kind: kind(member), optional, about });
    members(items.unwrap_or(member), depth + 1, lines);
}

fn text(schema: &Value, name: &str) -> String {
    let text = schema.get(name).and_then(Value::as_str).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn kind(schema: &Value) -> String {
    let title = text(schema, "title");
    if !title.is_empty() {
        return title;
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        return words.join("|");
    }
    let plain = match text(schema, "type").as_str() {
        "array" => {
            let of = schema.get("items").map(kind).unwrap_or_default();
            return format!("list of {of}");
        }
        "boolean" => "true or false".to_owned(),
        "string" => "text".to_owned(),
        "" => "JSON".to_owned(),
        other => other.to_owned(),
    };
    match text(schema, "x-unit").as_str() {
        "" => plain,
        unit => format!("{plain}, {unit}"),
    }
}
