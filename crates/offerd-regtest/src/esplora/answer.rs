//! What a request is answered with.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

/// An answer: its status, and text, bytes or JSON.
#[derive(Debug)]
pub(super) struct Answer {
    status: StatusCode,
    kind: &'static str,
    body: Vec<u8>,
}

impl Answer {
    pub(super) fn text(text: impl ToString) -> Self {
        Self::ok("text/plain", text.to_string().into_bytes())
    }

    pub(super) fn bytes(body: Vec<u8>) -> Self {
        Self::ok("application/octet-stream", body)
    }

    pub(super) fn json(value: &Value) -> Self {
        Self::ok("application/json", value.to_string().into_bytes())
    }

    fn ok(kind: &'static str, body: Vec<u8>) -> Self {
        Self { status: StatusCode::OK, kind, body }
    }

    /// There is no such thing.
    pub(super) fn not_found(what: &str) -> Self {
        Self::refused(StatusCode::NOT_FOUND, what)
    }

    /// The request has something in it that cannot be.
    pub(super) fn bad(what: &str) -> Self {
        Self::refused(StatusCode::BAD_REQUEST, what)
    }

    pub(super) fn refused(status: StatusCode, what: &str) -> Self {
        Self { status, kind: "text/plain", body: what.as_bytes().to_vec() }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let kind = HeaderValue::from_static(self.kind);
        (self.status, [(header::CONTENT_TYPE, kind)], self.body).into_response()
    }
}
