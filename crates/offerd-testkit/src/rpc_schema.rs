//! What goes over the JSON-RPC, held against the methods' schemas.

use jsonschema::Validator;
use offerd_api::method::{self, Method};
use offerd_api::schema;
use serde_json::Value;

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
