//! Screens for the people to whom the node belongs, on the private door: signed in with a rune.
//!
//! * [`session`]: who is signed in; `sign_in`, `visitor`, `guard`: how, and what is refused; `landing`: to which page.
//! * `/customer`: pay a code or collect a payout. `code` reads what was pasted, dropped or scanned (`picture`);
//!   `offer` asks for an invoice, `pay` shows it and pays it, `collect` collects; `watch` and `receipt` show
//!   what comes of it. `subscribe` agrees to payments that recur, `schedule` shows and ends them. `errands` are the
//!   calls under way.
//! * `/operator`: how the node does, lists of what it has done and is to do, buttons to decide.
//!
//! A screen does nothing that a program could not: each step is a call of the table of methods, allowed or not by the
//! rune, as over `POST /v1/METHOD`. Everything works without script; what script adds are pictures, the camera, and
//! pages that move by themselves.

mod assets;
mod code;
mod collect;
mod complaint;
mod errands;
mod form;
mod guard;
mod label;
mod landing;
mod offer;
mod operator;
mod pay;
mod payments;
mod picture;
mod receipt;
mod schedule;
pub mod session;
mod sign_in;
mod subscribe;
mod summary;
mod visitor;
mod watch;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use offerd_api::ErrorObject;
use offerd_core::port::PortError;
use offerd_core::rune::Rune;
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::http::Door;
use crate::http::call::by_name;
use errands::Errands;
use session::Sessions;

/// What the screens are made from.
#[derive(Clone)]
pub(crate) struct Screen {
    door: Door,
    sessions: Arc<Sessions>,
    errands: Arc<Errands>,
    /// Pictures that are looked at at a time.
    scans: Arc<Semaphore>,
}

/// The screens, to be put beside the calls.
pub(crate) fn router<S: Clone + Send + Sync + 'static>(door: Door) -> Router<S> {
    let screen = Screen {
        door,
        sessions: Arc::default(),
        errands: Arc::default(),
        scans: Arc::new(Semaphore::new(picture::AT_A_TIME)),
    };
    Router::new()
        .route("/", get(sign_in::home))
        .route("/sign-in", get(sign_in::page).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/customer", get(code::page))
        .route("/customer/code", post(code::read))
        .route("/customer/picture", post(picture::read))
        .route("/customer/ask", post(offer::ask))
        .route("/customer/pay", post(pay::pay))
        .route("/customer/collect", post(collect::collect))
        .route("/customer/subscribe", post(subscribe::subscribe))
        .route("/customer/subscriptions", get(schedule::page))
        .route("/customer/subscriptions/pause", post(schedule::pause))
        .route("/customer/subscriptions/resume", post(schedule::resume))
        .route("/customer/subscriptions/cancel", post(schedule::cancel))
        .route("/customer/payments", get(payments::page))
        .route("/customer/payments/{label}", get(watch::payment))
        .route("/customer/collected/{label}", get(watch::collected))
        .route("/customer/errands/{label}/events", get(watch::follow))
        .merge(operator::router())
        .route("/assets/operator.css", get(assets::operator_style))
        .route("/assets/operator.js", get(assets::operator_script))
        .route("/assets/page.css", get(crate::web::assets::style))
        .route("/assets/page.js", get(crate::web::assets::script))
        .route("/assets/screen.css", get(assets::style))
        .route("/assets/screen.js", get(assets::script))
        .route("/favicon.ico", get(async || StatusCode::NO_CONTENT))
        .layer(from_fn(guard::guard))
        .with_state(screen)
}

impl Screen {
    /// A call in the name of whoever holds this rune.
    async fn call(&self, rune: &Rune, method: &str, params: Value) -> Result<Value, ErrorObject> {
        by_name(&self.door, rune, method, params).await
    }
}

/// A template as a page, with this status.
fn show(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a screen could not be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A form that no page of ours sends.
fn bad_request(why: &'static str) -> Response {
    (StatusCode::BAD_REQUEST, format!("{why}\n")).into_response()
}

/// A fault of ours.
fn fault(error: &PortError) -> Response {
    tracing::warn!(%error, "a screen could not be made");
    (StatusCode::SERVICE_UNAVAILABLE, "not now: please try again in a moment\n").into_response()
}
