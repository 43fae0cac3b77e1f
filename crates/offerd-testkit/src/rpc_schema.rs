//! What goes over the JSON-RPC, held against the methods' schemas.

use jsonschema::Validator;
use offerd_api::method::{self, Method};
use offerd_api::schema;
use serde_json::{Value, json};

/// Whether these `params` fit the schema of the method of this name.
///
/// # Errors
/// What does not fit, and where; or that there is no such method.
pub fn check_request(name: &str, params: &Value) -> Result<(), String> {
    check(name, "request", params, schema::of_request)
}

/// Whether this `result` fits the schema of the method of this name.
///
/// # Errors
/// What does not fit, and where; or that there is no such method.
pub fn check_response(name: &str, result: &Value) -> Result<(), String> {
    check(name, "response", result, schema::of_response)
}

/// Whether this `result`, of which a filter has left out what was not wanted, fits the schema of the method of this
/// name: what is there must be as the schema says, and nothing must be.
///
/// # Errors
/// What does not fit, and where; or that there is no such method.
pub fn check_filtered(name: &str, result: &Value) -> Result<(), String> {
    check(name, "filtered response", result, |method| {
        let mut schema = schema::of_response(method);
        require_nothing(&mut schema);
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            properties.insert("warning_parameter_filter".to_owned(), json!({ "type": "string" }));
        }
        schema
    })
}

fn require_nothing(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            // A member of a result may be called so, but is no list.
            members.retain(|name, value| name != "required" || !value.is_array());
            members.values_mut().for_each(require_nothing);
        }
        Value::Array(elements) => elements.iter_mut().for_each(require_nothing),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn check(
    name: &str,
    side: &str,
    value: &Value,
    schema: fn(&Method) -> Value,
) -> Result<(), String> {
    let method = method::find(name).ok_or_else(|| format!("{name}: no schema"))?;
    let validator: Validator = jsonschema::draft202012::options()
        .build(&schema(method))
        .map_err(|error| format!("{name}: the schema of the {side}: {error}"))?;
    let found: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    if found.is_empty() {
        return Ok(());
    }
    Err(format!("{name}: the {side} does not fit its schema: {}\n{value}", found.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filtered_result_may_lack_anything_but_must_not_be_wrong() {
        for fits in [
            json!({}),
            json!({ "offers": [{ "label": "a" }, {}] }),
            json!({ "warning_parameter_filter": "…" }),
        ] {
            assert_eq!(check_filtered("listoffers", &fits), Ok(()), "{fits}");
        }
        for wrong in [
            json!([]),
            json!({ "colour": "red" }),
            json!({ "offers": [{ "label": 1 }] }),
            json!({ "offers": [{ "warning_parameter_filter": "…" }] }),
        ] {
            assert!(check_filtered("listoffers", &wrong).is_err(), "{wrong}");
        }
    }
}
