//! Answers that say no.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use offerd_api::{ErrorObject, code};

/// An error with the status that fits it.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) error: ErrorObject,
}

impl Refused {
    pub(super) fn new(status: StatusCode, error: ErrorObject) -> Self {
        Self { status, error }
    }

    /// The status by the error's code: whose fault it is.
    pub(super) fn of(error: ErrorObject) -> Self {
        let is = |code: code::Code| error.code == code.number;
        let status =
            if is(code::INVALID_PARAMS) || is(code::INVALID_REQUEST) || is(code::PARSE_ERROR) {
                StatusCode::BAD_REQUEST
            } else if is(code::METHOD_NOT_FOUND) {
                StatusCode::NOT_FOUND
            } else if is(code::RUNE_NOT_AUTHORIZED) || is(code::RUNE_BLACKLISTED) {
                StatusCode::UNAUTHORIZED
            } else if is(code::RUNE_NOT_PERMITTED) {
                StatusCode::FORBIDDEN
            } else if is(code::GENERAL) && error.message.starts_with("internal error") {
                StatusCode::INTERNAL_SERVER_ERROR
            } else {
                StatusCode::UNPROCESSABLE_ENTITY
            };
        Self { status, error }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self.error).unwrap_or_default();
        let mut response =
            (self.status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Rune");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

/// A refusal with this status.
pub(super) fn refusal(status: u16, error: ErrorObject) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    Refused::new(status, error).into_response()
}
