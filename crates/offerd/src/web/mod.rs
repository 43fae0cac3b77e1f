//! Pages for the people who pay and are paid: an offer's, an order's, a payout's.
//!
//! * `/o/<offer_id>`: a standing code, the same for everybody; it tells nobody of another's payment.
//! * `/c/<name>`: one order; it turns to paid while it is open. `/status` behind it is the same for a shop's program.
//! * `/w/<name>`: one payout, until it is redeemed. Its name is a secret, and so are the codes on it.
//!
//! Each page is HTML that can be read without script; with script it follows the events of `…/events`. The texts on
//! it were written by others: they are escaped twice, as peer text and as HTML. What is behind the doors is in
//! `guard`; nothing is decided here.

pub(crate) mod assets;
mod events;
pub(crate) mod guard;
mod links;
pub(crate) mod live;
mod offer;
mod order;
mod payout;
pub(crate) mod qr;
pub(crate) mod words;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::from_fn;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use offerd_core::port::PortError;
use tokio::sync::Semaphore;

use crate::driver::Driver;
use crate::shutdown::Shutdown;

pub use links::PageLinks;

/// Pages that may be followed at a time.
pub const MOST_STREAMS: usize = 2_048;

/// What the pages are made from.
#[derive(Clone)]
struct Pages {
    driver: Arc<Driver>,
    shutdown: Shutdown,
    streams: Arc<Semaphore>,
}

/// The part of an address that names something. What is no text names nothing that there is.
pub(crate) struct Name(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let read = Path::<String>::from_request_parts(parts, state).await;
        read.map(|Path(name)| Self(name)).map_err(|_| missing())
    }
}

/// Why there is no page.
enum Missing {
    /// There is no such thing, or none for whoever asks: the same answer.
    Unknown,
    /// Ours.
    Fault,
}

/// All pages, to be served at a door of their own.
pub fn router(driver: Arc<Driver>, shutdown: Shutdown) -> Router {
    let streams = Arc::new(Semaphore::new(MOST_STREAMS));
    Router::new()
        .route("/o/{offer_id}", get(offer::page))
        .route("/c/{name}", get(order::page))
        .route("/c/{name}/status", get(order::status))
        .route("/c/{name}/events", get(order::follow))
        .route("/w/{name}", get(payout::page))
        .route("/w/{name}/events", get(payout::follow))
        .route("/assets/page.css", get(assets::style))
        .route("/assets/page.js", get(assets::script))
        // Browsers ask for it by themselves.
        .route("/favicon.ico", get(async || StatusCode::NO_CONTENT))
        .fallback(async || Missing::Unknown)
        .layer(from_fn(guard::guard))
        .with_state(Pages { driver, shutdown, streams })
}

/// A template as a page.
fn show(page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be made");
            Missing::Fault.into_response()
        }
    }
}

/// The page of what is not there.
pub(crate) fn missing() -> Response {
    Missing::Unknown.into_response()
}

impl From<PortError> for Missing {
    fn from(error: PortError) -> Self {
        tracing::warn!(%error, "a page could not be read from the store");
        Self::Fault
    }
}

impl IntoResponse for Missing {
    fn into_response(self) -> Response {
        let (status, page) = match self {
            Self::Unknown => (StatusCode::NOT_FOUND, include_str!("../../templates/404.html")),
            Self::Fault => {
                (StatusCode::SERVICE_UNAVAILABLE, include_str!("../../templates/503.html"))
            }
        };
        (status, Html(page)).into_response()
    }
}
