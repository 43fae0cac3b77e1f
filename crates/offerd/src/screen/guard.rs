//! What every request to a screen must keep to, and what every answer says to the browser.

use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, HOST, HeaderName, HeaderValue, ORIGIN, REFERRER_POLICY};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::web::guard::{harden, is_from_elsewhere};

/// Everything from here and nothing inline; forms go back here; no frames.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// The camera for the screens themselves; nothing else.
const PERMISSIONS: (HeaderName, &str) = (
    HeaderName::from_static("permissions-policy"),
    "camera=(self), clipboard-write=(self), geolocation=(), microphone=(), payment=(), usb=()",
);

/// Refuses what another site asks for in a visitor's name, and adds the headers.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let mut response = if is_refused(&request) {
        (StatusCode::FORBIDDEN, "another site may not do this\n").into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    harden(headers, POLICY);
    headers.insert(PERMISSIONS.0, HeaderValue::from_static(PERMISSIONS.1));
    // Nothing to others; without any, browsers would not say to ourselves from where a form comes.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn is_refused(request: &Request) -> bool {
    let headers = request.headers();
    if is_from_elsewhere(headers) {
        return true;
    }
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    // A form that another site shows is a navigation as well: who sends it says from where.
    !reads && (says_elsewhere(headers) || !comes_from_here(headers))
}

fn says_elsewhere(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}

/// Whether `Origin`, where there is one, is this very host. Browsers send it with everything that changes something.
fn comes_from_here(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    matches!((origin, host), (Some((_, origin)), Some(host)) if origin.eq_ignore_ascii_case(host))
}
