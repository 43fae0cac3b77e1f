//! `POST /v1/METHOD`: one call.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use offerd_api::{ErrorObject, code, method};
use offerd_core::rune::Rune;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use super::Seat;
use super::api::Door;
use super::authority::{Shown, allow, is_master, may_call};
use super::reply::Refused;
use crate::rpc::carry_out;
use crate::rpc::rune::Facts;

/// Methods that give out runes, or take them away.
const KEYMASTERS: [&str; 3] = ["blacklistrune", "createrune", "showrunes"];

/// Carries it out. The body is an object of parameters by name, an array by position, or empty.
pub(super) async fn call(
    State(door): State<Door>,
    Extension(seat): Extension<Seat>,
    shown: Shown,
    path: Result<Path<String>, axum::extract::rejection::PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    let _hold = seat.hold();
    let name = path.map(|Path(name)| name).unwrap_or_default();
    let Some(method) = method::find(&name) else {
        let name: String = name.chars().take(64).collect();
        let message = format!("Unknown command '{}'", name.escape_debug());
        return Err(Refused::of(ErrorObject::new(code::METHOD_NOT_FOUND, message)));
    };
    check_type(&headers)?;
    let body = door.limits.read(body).await.map_err(|error| {
        Refused::new(error.status(), ErrorObject::new(code::INVALID_REQUEST, error.to_string()))
    })?;
    let params = read(&body)?;
    let result = perform(&door, &shown, method, params.as_deref()).await?;
    Ok((StatusCode::CREATED, axum::Json(result)).into_response())
}

/// The same for whoever holds this rune and has come in another way: the rune decides as it does over HTTP.
pub(crate) async fn by_name(
    door: &Door,
    rune: &Rune,
    name: &str,
    params: Value,
) -> Result<Value, ErrorObject> {
    let unknown = || ErrorObject::new(code::METHOD_NOT_FOUND, format!("Unknown command '{name}'"));
    let method = method::find(name).ok_or_else(unknown)?;
    let raw = to_raw_value(&params)
        .map_err(|error| ErrorObject::new(code::INVALID_REQUEST, error.to_string()))?;
    let performed = perform(door, &Shown(rune.clone()), method, Some(&raw)).await;
    performed.map_err(|refused| refused.error)
}

/// Whether a rune allows this method without parameters; if so, it counts as used.
pub(crate) fn may(door: &Door, rune: &Rune, name: &str) -> Result<(), ErrorObject> {
    let allowed = allow(door, &Shown(rune.clone()), &Facts::of_unknown(name));
    allowed.map_err(|refused| refused.error)
}

async fn perform(
    door: &Door,
    shown: &Shown,
    method: &method::Method,
    params: Option<&RawValue>,
) -> Result<Value, Refused> {
    let facts = Facts::of(method.name, params, door.driver.policy()).map_err(Refused::of)?;
    guard_runes(shown, method.name, params)?;
    allow(door, shown, &facts)?;
    let outcome = carry_out(&*door.calls, method.name, params, &door.shutdown).await;
    let mut result = outcome.map_err(Refused::of)?;
    if !may_call(shown, "offerout") {
        hide_payouts(&mut result);
    }
    Ok(result)
}

/// JSON, or nothing said about it.
fn check_type(headers: &HeaderMap) -> Result<(), Refused> {
    let Some(given) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let kind = given.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let message = "content-type: should be application/json";
    let error = ErrorObject::new(code::INVALID_REQUEST, message);
    Err(Refused::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, error))
}

fn read(body: &[u8]) -> Result<Option<Box<RawValue>>, Refused> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    serde_json::from_slice(body).map(Some).map_err(|error| {
        let message = format!("the body is not JSON: {error}");
        Refused::of(ErrorObject::new(code::PARSE_ERROR, message))
    })
}

/// Whoever holds a rune with restrictions must not get one without: not by making one, and not by being shown one.
/// Restricting one that he has is anybody's right.
fn guard_runes(shown: &Shown, method: &str, params: Option<&RawValue>) -> Result<(), Refused> {
    if !KEYMASTERS.contains(&method) || is_master(shown) {
        return Ok(());
    }
    let restricts = method == "createrune" && names_a_rune(params);
    if restricts {
        return Ok(());
    }
    let message = format!("Not permitted: {method} takes a rune without restrictions");
    Err(Refused::of(ErrorObject::new(code::RUNE_NOT_PERMITTED, message)))
}

fn names_a_rune(params: Option<&RawValue>) -> bool {
    let params = params.and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
    let rune = match &params {
        Some(Value::Object(members)) => members.get("rune"),
        Some(Value::Array(elements)) => elements.first(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => None,
    };
    rune.is_some_and(Value::is_string)
}

/// Takes out the strings that pay out: they are money, for those alone who may make them.
fn hide_payouts(result: &mut Value) {
    match result {
        Value::Object(members) => {
            members.retain(|_, member| !pays_out(member));
            members.values_mut().for_each(hide_payouts);
        }
        Value::Array(elements) => {
            elements.retain(|element| !pays_out(element));
            elements.iter_mut().for_each(hide_payouts);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn pays_out(value: &Value) -> bool {
    let Value::String(text) = value else { return false };
    if text.starts_with("lnr1") {
        return true;
    }
    let offer = text.starts_with("lno1").then(|| text.parse::<bolt12::Offer>().ok()).flatten();
    offer.is_some_and(|offer| offer.is_send_invoice())
}
