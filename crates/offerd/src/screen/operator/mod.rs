//! `/operator`: how the node does, what it has to do with others, and what can be done about it.
//!
//! | file | subject |
//! |---|---|
//! | `glance` | the first page: funds, channels, health |
//! | `ledger` | offers, payouts, payments, invoices and subscriptions, each as a list in pages |
//! | `entry` | one of them |
//! | `charts` | what came and went by day, and what became of requests |
//! | `prices` | how the sources of rates do |
//! | `feed` | what happens, as it happens |
//! | `make` | the forms that make an offer or a payout |
//! | `act` | what the forms on these pages do |
//! | `receivers` | webhooks, and what they were not given |
//!
//! Everything shown is the result of a call that the session's rune allows; where it does not, the page says so.

mod act;
mod charts;
mod entry;
mod feed;
mod glance;
mod kind;
mod ledger;
mod make;
mod prices;
mod receivers;

use axum::Router;
use axum::routing::{get, post};

use super::Screen;

/// What these pages call, beside what the first page begins with.
pub(super) fn methods() -> impl Iterator<Item = &'static str> {
    let lists = kind::KINDS.iter().map(|kind| kind.method);
    let buttons = act::METHODS.iter().map(|(method, _)| *method);
    lists.chain(buttons).chain(["listfunds", "listpeerchannels", receivers::METHOD])
}

/// Its pages, to be put among the screens.
pub(super) fn router() -> Router<Screen> {
    Router::new()
        .route("/operator", get(glance::page))
        .route("/operator/charts", get(charts::page))
        .route("/operator/events", get(feed::follow))
        .route("/operator/new", get(make::page))
        .route("/operator/webhooks", get(receivers::page))
        .route("/operator/act", post(act::act))
        .route("/operator/{kind}", get(ledger::page))
        .route("/operator/{kind}/{id}", get(entry::page))
}
