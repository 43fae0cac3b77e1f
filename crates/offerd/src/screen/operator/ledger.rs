//! `/operator/KIND`: a list, the latest first, in pages, and a search through it.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use bolt1::Timestamp;
use offerd_core::change::ChangeKind;
use serde_json::Value;

use super::kind::{KINDS, Kind, Row, part};
use crate::screen::complaint::Complaint;
use crate::screen::visitor::Visitor;
use crate::screen::{Screen, fault, show};

/// Records on a page.
const ON_A_PAGE: u64 = 50;
/// Records that a search looks through.
const SEARCHED: u64 = 1_000;

#[derive(Template)]
#[template(path = "operator/ledger.html")]
struct Ledger<'a> {
    token: &'a str,
    kinds: &'static [Kind],
    kind: &'static Kind,
    wanted: Wanted<'a>,
    rows: Vec<Row>,
    /// Where older ones are.
    older: Option<String>,
    complaint: Complaint,
}

/// What is looked for; nothing where all is shown.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    text: &'a str,
    /// One of those of the kind.
    state: &'a str,
}

pub(super) async fn page(
    State(screen): State<Screen>,
    visitor: Visitor,
    Path(kind): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Response> {
    let Some(kind) = Kind::find(&kind) else {
        return Err((StatusCode::NOT_FOUND, "there is no such list\n").into_response());
    };
    let query = query.unwrap_or_default();
    let asked = |name: &str| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(known, _)| known == name).map(|(_, value)| value.trim().to_owned())
    };
    let text = asked("find").unwrap_or_default();
    let state = asked("state").unwrap_or_default();
    let state = kind.states.iter().find(|known| **known == state).copied().unwrap_or_default();
    let wanted = Wanted { text: &text, state };
    let last = screen.door.driver.store().last_place(kind.subsystem, ChangeKind::Created);
    let last = last.map_err(|error| fault(&error))?;
    let to = asked("to").and_then(|to| to.parse().ok()).unwrap_or(last).min(last);
    let span = if wanted.is_all() { ON_A_PAGE } else { SEARCHED };
    let start = to.saturating_sub(span.saturating_sub(1)).max(1);
    let params = kind.params(start, to.saturating_sub(start).saturating_add(1));
    let (rows, complaint) = match screen.call(&visitor.session.rune, kind.method, params).await {
        Ok(result) => (rows(kind, &result, wanted, screen.door.driver.now()), Complaint::default()),
        Err(error) => (Vec::new(), Complaint::of(&error, &[])),
    };
    let older = (start > 1).then(|| {
        let before = start.saturating_sub(1);
        format!("/operator/{}?to={before}&find={}&state={}", kind.path, part(&text), part(state))
    });
    let token = visitor.session.token();
    let page = Ledger { token, kinds: &KINDS, kind, wanted, rows, older, complaint };
    Ok(show(page.complaint.status(), &page))
}

impl Wanted<'_> {
    fn is_all(&self) -> bool {
        self.text.is_empty() && self.state.is_empty()
    }

    fn fits(&self, kind: &Kind, record: &Value) -> bool {
        (self.text.is_empty() || kind.has(record, self.text))
            && (self.state.is_empty() || kind.is_in(record, self.state))
    }
}

/// The latest first.
fn rows(kind: &Kind, result: &Value, wanted: Wanted<'_>, now: Timestamp) -> Vec<Row> {
    let found = kind.list(result).iter().rev().filter(|record| wanted.fits(kind, record));
    found.map(|record| kind.row(record, now)).collect()
}
