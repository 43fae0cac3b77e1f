//! Style and script, the same for all pages.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

/// Browsers keep them so long.
const KEPT: &str = "public, max-age=3600";

pub(crate) async fn style() -> Response {
    asset("text/css; charset=utf-8", include_str!("assets/page.css"))
}

pub(crate) async fn script() -> Response {
    asset("text/javascript; charset=utf-8", include_str!("assets/page.js"))
}

/// One of them.
pub(crate) fn asset(kind: &'static str, text: &'static str) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, KEPT)], text).into_response()
}
