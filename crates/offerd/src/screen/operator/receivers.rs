//! `/operator/webhooks`: who is told of events, how far each has got, and what it was not given.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use bolt1::Timestamp;
use serde_json::{Value, json};

use super::kind::{KINDS, Kind, number, text};
use crate::screen::complaint::Complaint;
use crate::screen::visitor::Visitor;
use crate::screen::{Screen, show};
use crate::web::words;

/// The call that lists them.
pub(super) const METHOD: &str = "listwebhooks";

#[derive(Template)]
#[template(path = "operator/receivers.html")]
struct Receivers<'a> {
    token: &'a str,
    kinds: &'static [Kind],
    receivers: Vec<Receiver>,
    complaint: Complaint,
}

struct Receiver {
    url: String,
    through: u64,
    retrying: u64,
    next_attempt: Option<String>,
    away_since: Option<String>,
    last_error: Option<String>,
    failed: Vec<Failed>,
}

struct Failed {
    first: u64,
    last: u64,
    why: String,
}

pub(super) async fn page(State(screen): State<Screen>, visitor: Visitor) -> Response {
    render(&screen, &visitor, Complaint::default()).await
}

/// The page, with what was complained of.
pub(super) async fn render(screen: &Screen, visitor: &Visitor, complaint: Complaint) -> Response {
    let listed = screen.call(&visitor.session.rune, METHOD, json!({})).await;
    let (receivers, complaint) = match &listed {
        Ok(listed) => (list(listed, "webhooks").iter().map(receiver).collect(), complaint),
        Err(error) => (Vec::new(), Complaint::of(error, &[])),
    };
    let page = Receivers { token: visitor.session.token(), kinds: &KINDS, receivers, complaint };
    show(page.complaint.status(), &page)
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn receiver(view: &Value) -> Receiver {
    let moment = |name| number(view, name).map(|at| words::moment(Timestamp(at)));
    let failed = list(view, "failed").iter().map(|failed| Failed {
        first: number(failed, "first_id").unwrap_or_default(),
        last: number(failed, "last_id").unwrap_or_default(),
        why: text(failed, "why").unwrap_or_default(),
    });
    Receiver {
        url: text(view, "url").unwrap_or_default(),
        through: number(view, "through_id").unwrap_or_default(),
        retrying: number(view, "retrying").unwrap_or_default(),
        next_attempt: moment("next_attempt_at"),
        away_since: moment("away_since"),
        last_error: text(view, "last_error"),
        failed: failed.collect(),
    }
}
