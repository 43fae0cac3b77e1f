//! Style and script of the screens, beside those of the pages.

use axum::response::Response;

use crate::web::assets::asset;

pub(super) async fn style() -> Response {
    asset("text/css; charset=utf-8", include_str!("assets/screen.css"))
}

pub(super) async fn operator_style() -> Response {
    asset("text/css; charset=utf-8", include_str!("assets/operator.css"))
}

pub(super) async fn operator_script() -> Response {
    asset("text/javascript; charset=utf-8", include_str!("assets/operator.js"))
}

pub(super) async fn script() -> Response {
    asset("text/javascript; charset=utf-8", include_str!("assets/screen.js"))
}
