//! `/operator/KIND`: a list, the latest first, in pages, and a search through it.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
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
    wanted: &'a str,
    rows: Vec<Row>,
    /// Where older ones are.
    older: Option<String>,
    complaint: Complaint,
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
    let wanted = asked("find").unwrap_or_default();
    let last = screen.door.driver.store().last_place(kind.subsystem, ChangeKind::Created);
    let last = last.map_err(|error| fault(&error))?;
    let to = asked("to").and_then(|to| to.parse().ok()).unwrap_or(last).min(last);
    let span = if wanted.is_empty() { ON_A_PAGE } else { SEARCHED };
    let start = to.saturating_sub(span.saturating_sub(1)).max(1);
    let params = kind.params(start, to.saturating_sub(start).saturating_add(1));
    let (rows, complaint) = match screen.call(&visitor.session.rune, kind.method, params).await {
        Ok(result) => (rows(kind, &result, &wanted), Complaint::default()),
        Err(error) => (Vec::new(), Complaint::of(&error, &[])),
    };
    let older = (start > 1).then(|| {
        let before = start.saturating_sub(1);
        format!("/operator/{}?to={before}&find={}", kind.path, part(&wanted))
    });
    let token = visitor.session.token();
    let page = Ledger { token, kinds: &KINDS, kind, wanted: &wanted, rows, older, complaint };
    Ok(show(page.complaint.status(), &page))
}

/// The latest first.
fn rows(kind: &Kind, result: &Value, wanted: &str) -> Vec<Row> {
    let list = kind.list(result).iter().rev();
    let found = list.filter(|record| wanted.is_empty() || kind.has(record, wanted));
    found.map(|record| kind.row(record)).collect()
}
