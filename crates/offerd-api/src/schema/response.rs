//! From the type of a result to its schema.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::unit_of_name;

/// What a method gives, as a type that describes itself. Named in the table of methods:
/// `returns: Returns::of::<OfferList>()`.
#[derive(Clone, Copy, Debug)]
pub struct Returns(fn() -> Value);

impl Returns {
    /// What serialises as `T` does.
    pub const fn of<T: JsonSchema>() -> Self {
        Self(describe::<T>)
    }

    /// The schema.
    pub fn schema(self) -> Value {
        (self.0)()
    }
}

fn describe<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let schema = settings.into_generator().into_root_schema_for::<T>();
    let mut schema = Value::from(schema);
    tidy(&mut schema);
    schema
}

/// What the types do not say, and all results keep to: no member that is not described, none that is `null` instead
/// of being left out, and units by name.
fn tidy(schema: &mut Value) {
    let Value::Object(members) = schema else { return };
    for noise in ["default", "format"] {
        members.remove(noise);
    }
    never_null(members);
    if members.get("type") == Some(&json!("object")) {
        members.remove("title");
    }
    if let Some(Value::Object(properties)) = members.get_mut("properties") {
        for (name, property) in properties {
            tidy(property);
            add_unit(name, property);
        }
    }
    if members.get("type") == Some(&json!("object")) {
        members.entry("additionalProperties").or_insert(json!(false));
    }
    if let Some(Value::Array(choices)) = members.get_mut("anyOf") {
        choices.iter_mut().for_each(tidy);
    }
    for inner in ["items", "additionalProperties"] {
        if let Some(inner) = members.get_mut(inner) {
            tidy(inner);
        }
    }
}

/// What may be absent is absent, so `null` is never among the types.
fn never_null(members: &mut Map<String, Value>) {
    let null = json!("null");
    if let Some(Value::Array(types)) = members.get_mut("type") {
        types.retain(|kind| *kind != null);
        if let [only] = types.as_slice() {
            let only = only.clone();
            members.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = members.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type") != Some(&null));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            members.remove("anyOf");
            for (name, value) in only {
                members.entry(name).or_insert(value);
            }
        }
    }
}

fn add_unit(name: &str, property: &mut Value) {
    if let (Some(unit), Value::Object(property)) = (unit_of_name(name), property)
        && property.get("type") == Some(&json!("integer"))
    {
        property.insert("x-unit".to_owned(), json!(unit));
    }
}
