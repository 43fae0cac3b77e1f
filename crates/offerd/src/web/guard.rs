//! What every request must keep to, and what every answer says to the browser.

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue,
    REFERRER_POLICY, TRANSFER_ENCODING, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// Longest address of a page.
const MAX_ADDRESS: usize = 512;

/// Everything from here and nothing inline; no forms, no frames.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// For every answer, beside a policy of what may be loaded.
const HEADERS: [(HeaderName, &str); 5] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Refuses what no page is for, and adds the headers.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let mut response = match refuse(&request) {
        Some(status) => status.into_response(),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    harden(headers, POLICY);
    // Only where the page says nothing else.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Tells the browser what a page may do: `policy`, and what holds for all of ours.
pub(crate) fn harden(headers: &mut HeaderMap, policy: &'static str) {
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

fn refuse(request: &Request) -> Option<StatusCode> {
    let headers = request.headers();
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return Some(StatusCode::METHOD_NOT_ALLOWED);
    }
    if request.uri().path().len() > MAX_ADDRESS {
        return Some(StatusCode::URI_TOO_LONG);
    }
    if has_body(headers) {
        return Some(StatusCode::PAYLOAD_TOO_LARGE);
    }
    is_from_elsewhere(headers).then_some(StatusCode::FORBIDDEN)
}

/// No page takes one.
fn has_body(headers: &HeaderMap) -> bool {
    let length = headers.get(CONTENT_LENGTH).is_some_and(|length| length.as_bytes() != b"0");
    length || headers.contains_key(TRANSFER_ENCODING)
}

/// Whether another site asks in a visitor's name. Following a link to a page is no such thing; showing it in a frame,
/// or reading it by script, is.
pub(crate) fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let says = |name: &str, value: &str| {
        headers.get(name).is_some_and(|header| header.as_bytes() == value.as_bytes())
    };
    let elsewhere = says("sec-fetch-site", "cross-site") || says("sec-fetch-site", "same-site");
    elsewhere && !(says("sec-fetch-mode", "navigate") && says("sec-fetch-dest", "document"))
}
