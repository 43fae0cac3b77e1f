//! The rune that comes with a request.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use offerd_api::{ErrorObject, code};
use offerd_core::rune::Rune;

use super::api::Door;
use super::reply::Refused;
use crate::driver::RuneRefusal;
use crate::rpc::rune::Facts;
use crate::rpc::{fault_object, rune_object};

/// The header that it comes in.
const HEADER: &str = "rune";

/// A rune of ours that is honoured. What it allows is another question: [`allow`].
#[derive(Clone, Debug)]
pub(super) struct Shown(pub(super) Rune);

impl FromRequestParts<Door> for Shown {
    type Rejection = Refused;

    /// Before anything of the body is read.
    async fn from_request_parts(parts: &mut Parts, door: &Door) -> Result<Self, Refused> {
        let rune = read(&parts.headers)?;
        let authentic = door.driver.authentic(&rune);
        match authentic.map_err(|error| Refused::of(fault_object(&error)))? {
            Ok(()) => Ok(Self(rune)),
            Err(refusal) => Err(Refused::of(rune_object(&refusal))),
        }
    }
}

/// What `Authorization` carries, if it is of the one scheme that we know.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, rune) = value.trim_start().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(rune)
}

/// From the header `Rune`, or `Authorization: Bearer`, which some programs know alone.
fn read(headers: &HeaderMap) -> Result<Rune, Refused> {
    let refuse = |why: &str| {
        let message = format!("Not authorized: {why}");
        Refused::new(StatusCode::UNAUTHORIZED, ErrorObject::new(code::RUNE_NOT_AUTHORIZED, message))
    };
    let bearers = headers.get_all(AUTHORIZATION).iter();
    let mut values = headers.get_all(HEADER).iter().chain(bearers);
    let value = values.next().ok_or_else(|| refuse("the header Rune is missing"))?;
    if values.next().is_some() {
        return Err(refuse("the header Rune is there twice"));
    }
    let text = value.to_str().map_err(|_| refuse("the header Rune should be base64"))?;
    let text = match headers.get(AUTHORIZATION) {
        Some(_) => bearer(text)
            .ok_or_else(|| refuse("the header Authorization should be `Bearer` and a rune"))?,
        None => text,
    };
    text.trim().parse().map_err(|error| refuse(&format!("the header Rune {error}")))
}

/// Whether a rune allows this call; if so, it counts as used.
pub(super) fn allow(door: &Door, shown: &Shown, facts: &Facts) -> Result<(), Refused> {
    let allowed = facts.ask(|asked| door.driver.use_rune(&shown.0, asked));
    match allowed.map_err(|error| Refused::of(fault_object(&error)))? {
        Ok(()) => Ok(()),
        Err(refusal @ RuneRefusal::TooSoon(_)) => {
            Err(Refused::new(StatusCode::TOO_MANY_REQUESTS, rune_object(&refusal)))
        }
        Err(refusal) => Err(Refused::of(rune_object(&refusal))),
    }
}

/// Whether a rune allows a method with some parameters or others, at some time or other.
pub(super) fn may_call(shown: &Shown, method: &str) -> bool {
    shown
        .0
        .check(|alternative| match alternative.field.as_str() {
            "method" => alternative.test(Some(method)),
            _ => Ok(()),
        })
        .is_ok()
}

/// Whether nothing restricts it.
pub(super) fn is_master(shown: &Shown) -> bool {
    shown.0.limits().next().is_none()
}
