//! The same schemas as one OpenAPI document (3.1), for those who call over HTTP.

use serde_json::{Map, Value, json};

use super::request;
use crate::method::{self, Method};

/// The document of all methods.
pub fn openapi() -> Value {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    schemas.insert("Error".to_owned(), error());
    for method in method::all() {
        for (name, mut schema) in request::definitions(method) {
            point_to(&mut schema, method.name);
            schemas.insert(format!("{}.{name}", method.name), schema);
        }
        schemas.insert(format!("{}.response", method.name), method.returns.schema());
        paths.insert(format!("/v1/{}", method.name), json!({ "post": operation(method) }));
    }
    paths.insert("/v1/list-methods".to_owned(), json!({ "get": list_methods() }));
    paths.insert("/v1/events".to_owned(), json!({ "get": events() }));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "offerd",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "An offers node for the Lightning Network. Every call needs a rune in the header `Rune` \
                            (`createrune`). A rune that does not allow `offerout` is not shown strings that pay out.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "security": [{ "rune": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "rune": { "type": "apiKey", "in": "header", "name": "Rune" } },
        },
    })
}

fn operation(method: &Method) -> Value {
    let required = method.params.iter().any(|param| param.need == method::Need::Required);
    let part =
        |part: &str| json!({ "$ref": format!("#/components/schemas/{}.{part}", method.name) });
    let mut responses = refusals();
    responses.insert(
        "201".to_owned(),
        json!({
            "description": "It was done.",
            "content": { "application/json": { "schema": part("response") } },
        }),
    );
    json!({
        "operationId": method.name,
        "tags": [method.category],
        "summary": method.summary,
        "requestBody": {
            "required": required,
            "content": { "application/json": { "schema": part("request") } },
        },
        "responses": responses,
    })
}

fn list_methods() -> Value {
    let mut responses = refusals();
    responses.insert(
        "200".to_owned(),
        json!({
            "description": "The methods.",
            "content": { "application/json": { "schema": {
                "type": "object",
                "properties": { "methods": { "type": "array", "items": { "type": "object" } } },
                "required": ["methods"],
            } } },
        }),
    );
    json!({
        "operationId": "list-methods",
        "summary": "Lists the methods. Needs a rune that allows `help`.",
        "responses": responses,
    })
}

fn events() -> Value {
    let mut responses = refusals();
    responses.insert(
        "200".to_owned(),
        json!({
            "description": "A stream without end: `id` is the place in the log, `event` what has happened, `data` a JSON \
                            object with the record it is about.",
            "content": { "text/event-stream": { "schema": { "type": "string" } } },
        }),
    );
    json!({
        "operationId": "events",
        "summary": "Follows what happens by server-sent events. Needs a rune that allows `wait`.",
        "parameters": [
            {
                "name": "Last-Event-ID", "in": "header", "required": false,
                "description": "The last event that was received: goes on behind it.",
                "schema": { "type": "integer", "minimum": 0 },
            },
            {
                "name": "after", "in": "query", "required": false,
                "description": "The same for those who cannot set headers. Without either: from now on.",
                "schema": { "type": "integer", "minimum": 0 },
            },
        ],
        "responses": responses,
    })
}

/// How each call may be refused.
fn refusals() -> Map<String, Value> {
    let cases = [
        ("400", "Not JSON, or a parameter is not as it should be."),
        ("401", "The rune is missing, not ours, or no longer honoured."),
        ("403", "The rune does not allow this call."),
        ("404", "There is no such method."),
        ("405", "The wrong verb."),
        ("408", "The request took too long."),
        ("413", "The request is too large."),
        ("415", "The content-type is not application/json."),
        ("422", "The call was refused: `code` and `message` say why."),
        ("429", "The rune was used too often."),
    ];
    let schema = json!({ "$ref": "#/components/schemas/Error" });
    let content = json!({ "application/json": { "schema": schema } });
    let case = |(status, about): (&str, &str)| {
        (status.to_owned(), json!({ "description": about, "content": content }))
    };
    cases.into_iter().map(case).collect()
}

fn error() -> Value {
    json!({
        "type": "object",
        "properties": {
            "code": { "type": "integer", "description": "As in the reference." },
            "message": { "type": "string", "description": "What is wrong, in words." },
            "data": { "description": "More of it, for programs." },
        },
        "required": ["code", "message"],
        "additionalProperties": false,
    })
}

/// Makes references within a method's schema references within the document.
fn point_to(schema: &mut Value, method: &str) {
    match schema {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                match member.as_str().and_then(|target| target.strip_prefix("#/$defs/")) {
                    Some(target) if name == "$ref" => {
                        *member = json!(format!("#/components/schemas/{method}.{target}"));
                    }
                    _ => point_to(member, method),
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|inner| point_to(inner, method)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
