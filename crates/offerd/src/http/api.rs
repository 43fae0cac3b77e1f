//! The calls, for programs: `POST /v1/METHOD` and what goes with it.
//!
//! Nothing is behind this door without a rune. The calls are those of the socket: the same table, the same handlers.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use offerd_api::{ErrorObject, code, method, schema};
use serde_json::{Value, json};

use super::authority::{Shown, allow};
use super::reply::{Refused, refusal};
use super::{Limits, Seat, call, events};
use crate::driver::Driver;
use crate::metrics::{self, Metrics};
use crate::rpc::rune::Facts;
use crate::rpc::{Calls, frame};
use crate::screen;
use crate::shutdown::Shutdown;

/// What is behind the door.
#[derive(Clone)]
pub struct Door {
    /// Who carries out calls.
    pub calls: Arc<dyn Calls>,
    /// Who knows the runes, and what has happened.
    pub driver: Arc<Driver>,
    /// Who can be asked for figures.
    pub metrics: Metrics,
    /// The end of the daemon.
    pub shutdown: Shutdown,
    /// The bounds.
    pub limits: Limits,
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// The bounds of this door: a request may be as large as on the socket.
pub fn limits() -> Limits {
    Limits { body: frame::MAX_REQUEST, ..Limits::default() }
}

impl Door {
    /// Its routes, the screens among them.
    pub fn router(self) -> Router {
        let screens = screen::router(self.clone());
        Router::new()
            .route("/v1/list-methods", get(list_methods))
            .route("/v1/events", get(events::follow))
            .route("/openapi.json", get(openapi))
            .route("/metrics", get(scrape))
            .route("/v1/{method}", post(call::call))
            .merge(screens)
            .fallback(nothing_here)
            .method_not_allowed_fallback(wrong_verb)
            .with_state(self)
    }
}

async fn nothing_here() -> Response {
    let what = "nothing here: calls go to POST /v1/METHOD";
    refusal(404, ErrorObject::new(code::METHOD_NOT_FOUND, what))
}

async fn wrong_verb() -> Response {
    let what = "calls go by POST; list-methods, events, openapi.json and metrics by GET";
    refusal(405, ErrorObject::new(code::INVALID_REQUEST, what))
}

/// The methods by name, with what `help` says of them.
async fn list_methods(
    State(door): State<Door>,
    seat: axum::Extension<Seat>,
    shown: Shown,
) -> Result<axum::Json<Value>, Refused> {
    let _hold = seat.hold();
    allow(&door, &shown, &Facts::of_unknown("help"))?;
    let methods: Vec<Value> = method::all()
        .map(|method| {
            json!({
                "name": method.name,
                "usage": method.usage(),
                "category": method.category,
                "description": method.summary,
            })
        })
        .collect();
    Ok(axum::Json(json!({ "methods": methods })))
}

/// The figures.
async fn scrape(
    State(door): State<Door>,
    seat: axum::Extension<Seat>,
    shown: Shown,
) -> Result<Response, Refused> {
    let _hold = seat.hold();
    allow(&door, &shown, &Facts::of_unknown(metrics::METHOD))?;
    let text = door.metrics.scrape().await.map_err(Refused::of)?;
    Ok(([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response())
}

async fn openapi(
    State(door): State<Door>,
    seat: axum::Extension<Seat>,
    shown: Shown,
) -> Result<axum::Json<Value>, Refused> {
    let _hold = seat.hold();
    allow(&door, &shown, &Facts::of_unknown("help"))?;
    Ok(axum::Json(schema::openapi()))
}
