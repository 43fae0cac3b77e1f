//! JSON Schemas (2020-12) of the methods: what a call may be, and what it gives.
//!
//! Nothing is said twice. A request's schema is made from the table's [`Param`]s, a result's from the Rust type that
//! the table names in [`Method::returns`]: its fields, their documentation, and for what the types do not say by
//! themselves an attribute beside the field (a [`shape`], or the words that a text may be). Units follow from the
//! fields' names. Help, manual pages, the reference and the checks in the tests all come from here.
//!
//! What a schema cannot say (lengths in bytes, amounts that overflow, points that are not on the curve) the daemon
//! still checks: every call that it takes fits its schema, not the other way round.
//!
//! [`Param`]: crate::method::Param
//! [`Method::returns`]: crate::method::Method::returns

mod openapi;
mod outline;
mod request;
mod response;
pub mod shape;

pub use openapi::openapi;
pub use outline::{Line, outline};
pub use response::Returns;

use serde_json::{Value, json};

use crate::method::Method;

/// The dialect.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of a method: of an object with a `request`, which is what `params` may be, and the `response`, which is
/// what `result` is then.
pub fn of(method: &Method) -> Value {
    let mut defs = request::definitions(method);
    defs.insert("response".to_owned(), method.returns.schema());
    json!({
        "$schema": DIALECT,
        "title": method.name,
        "description": method.summary,
        "x-category": method.category,
        "x-since": method.since,
        "x-aliases": method.aliases,
        "type": "object",
        "properties": {
            "request": { "$ref": "#/$defs/request" },
            "response": { "$ref": "#/$defs/response" },
        },
        "required": ["request", "response"],
        "additionalProperties": false,
        "$defs": defs,
    })
}

/// The schema of a method's `params` alone.
pub fn of_request(method: &Method) -> Value {
    json!({
        "$schema": DIALECT,
        "$ref": "#/$defs/request",
        "$defs": request::definitions(method),
    })
}

/// The schema of a method's `result` alone.
pub fn of_response(method: &Method) -> Value {
    let mut schema = method.returns.schema();
    if let Value::Object(members) = &mut schema {
        members.insert("$schema".to_owned(), json!(DIALECT));
    }
    schema
}

/// The unit of a point in time.
const TIME: &str = "seconds since 1970, UTC";
/// Units by the endings of names, of parameters and of members of results.
const UNITS: &[(&str, &str)] = &[
    ("_msat", "msat"),
    ("_sat", "sat"),
    ("_at", TIME),
    ("_relative_expiry", "seconds"),
    ("_cltv_expiry", "blocks"),
    ("_expiry", TIME),
    ("_seconds", "seconds"),
    ("_blocks", "blocks"),
    ("_ppm", "millionths"),
];

/// The unit that a name says.
fn unit_of_name(name: &str) -> Option<&'static str> {
    UNITS.iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, unit)| *unit)
}

/// Whether a member's name says that it is a point in time, in seconds since 1970.
pub fn is_time(name: &str) -> bool {
    unit_of_name(name) == Some(TIME)
}

#[cfg(test)]
mod tests;
