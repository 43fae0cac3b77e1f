//! `/operator/KIND/ID`: one record, all of it, with what can be done about it.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use bolt1::{Msat, Timestamp};
use bolt12::PeerText;
use serde_json::Value;

use super::kind::{KINDS, Kind, price, text};
use crate::screen::complaint::Complaint;
use crate::screen::visitor::Visitor;
use crate::screen::{Screen, show};
use crate::web::words;

#[derive(Template)]
#[template(path = "operator/entry.html")]
struct Page<'a> {
    token: &'a str,
    kinds: &'static [Kind],
    kind: &'static Kind,
    id: &'a str,
    title: String,
    facts: Vec<(String, String)>,
    parts: Vec<Vec<(String, String)>>,
    forms: Vec<Form>,
    complaint: Complaint,
}

/// A button: what it calls, with what.
struct Form {
    word: &'static str,
    method: &'static str,
    fields: Vec<(&'static str, String)>,
}

pub(super) async fn page(
    State(screen): State<Screen>,
    visitor: Visitor,
    Path((kind, id)): Path<(String, String)>,
) -> Response {
    render(&screen, &visitor, &kind, &id, Complaint::default()).await
}

/// The page of a record, with what was complained of.
pub(super) async fn render(
    screen: &Screen,
    visitor: &Visitor,
    kind: &str,
    id: &str,
    complaint: Complaint,
) -> Response {
    let missing = || (StatusCode::NOT_FOUND, "there is no such record\n").into_response();
    let Some(kind) = Kind::find(kind) else { return missing() };
    let listed = screen.call(&visitor.session.rune, kind.method, kind.params_of(id)).await;
    let (record, complaint) = match &listed {
        Ok(result) => match kind.list(result).first() {
            Some(record) => (record, complaint),
            None => return missing(),
        },
        Err(error) => (&Value::Null, Complaint::of(error, &[])),
    };
    let title = text(record, "description").or_else(|| text(record, "label"));
    let page = Page {
        token: visitor.session.token(),
        kinds: &KINDS,
        kind,
        id,
        title: title.unwrap_or_else(|| kind.title.to_owned()),
        facts: facts(record),
        parts: parts(record),
        forms: forms(record),
        complaint,
    };
    show(page.complaint.status(), &page)
}

/// Its members in words, those that are lists of records left out.
fn facts(record: &Value) -> Vec<(String, String)> {
    let members = record.as_object().into_iter().flatten();
    let members = members.filter_map(|(name, value)| {
        let called = name.strip_suffix("_msat").unwrap_or(name).replace('_', " ");
        Some((called, fact(name, value)?))
    });
    let is_offer = record.get("amount_msat").is_none() && record.get("direction").is_some();
    let price = is_offer.then(|| price(record)).flatten();
    price.map(|price| ("price".to_owned(), price)).into_iter().chain(members).collect()
}

fn fact(name: &str, value: &Value) -> Option<String> {
    if name.ends_with("_msat") {
        return value.as_u64().and_then(Msat::new).map(words::sat);
    }
    if name.ends_with("_at") || name == "absolute_expiry" {
        return value.as_u64().map(|at| words::moment(Timestamp(at)));
    }
    match value {
        Value::Null | Value::Object(_) => None,
        Value::Bool(yes) => Some(if *yes { "yes" } else { "no" }.to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => words::text(Some(PeerText::new(text)).as_ref()),
        Value::Array(list) => {
            let words: Vec<_> = list.iter().filter_map(Value::as_str).collect();
            let joined = words.join(", ");
            if joined.is_empty() {
                None
            } else {
                words::text(Some(PeerText::new(&joined)).as_ref())
            }
        }
    }
}

/// The redemptions of a payout.
fn parts(record: &Value) -> Vec<Vec<(String, String)>> {
    let claims = record.get("claims").and_then(Value::as_array).map(Vec::as_slice);
    claims.unwrap_or_default().iter().map(facts).collect()
}

/// A payment to us can be given back, to its payer alone.
fn refund(record: &Value) -> Option<Form> {
    let received = record.get("amount_received_msat").and_then(Value::as_u64)?;
    let hash = record.get("payment_hash").and_then(Value::as_str)?;
    let what = text(record, "description").unwrap_or_else(|| "payment".to_owned());
    let fields = vec![
        ("amount", format!("{received}msat")),
        ("description", format!("Refund: {what}")),
        ("refund_for", hash.to_owned()),
    ];
    Some(Form { word: "Refund", method: "offerout", fields })
}

fn forms(record: &Value) -> Vec<Form> {
    if let Some(refund) = refund(record) {
        return vec![refund];
    }
    let own = |name: &'static str| {
        let id = record.get(name).and_then(Value::as_str)?;
        Some((name, id.to_owned()))
    };
    let Some(id) = own("offer_id").or_else(|| own("invreq_id")) else { return Vec::new() };
    let by_request = id.0 == "invreq_id";
    let is_open = match (record.get("active"), record.get("state").and_then(Value::as_str)) {
        (Some(active), _) => Some(active == &Value::Bool(true)),
        (None, Some("open")) => Some(true),
        (None, Some("disabled")) => Some(false),
        (None, _) => None,
    };
    let toggle = is_open.map(|open| match (open, by_request) {
        (true, false) => ("Disable", "disableoffer"),
        (true, true) => ("Disable", "disableinvoicerequest"),
        (false, false) => ("Enable", "enableoffer"),
        (false, true) => ("Enable", "enableinvoicerequest"),
    });
    let toggle = toggle.map(|(word, method)| Form { word, method, fields: vec![id.clone()] });
    let claims = record.get("claims").and_then(Value::as_array).map(Vec::as_slice);
    let awaiting = claims.unwrap_or_default().iter().filter(|claim| claim["state"] == "awaiting");
    let judged = awaiting.flat_map(|claim| {
        let hash = claim["payment_hash"].as_str().unwrap_or_default();
        let fields = vec![("offer_id", id.1.clone()), ("payment_hash", hash.to_owned())];
        let form = |word, method| Form { word, method, fields: fields.clone() };
        [form("Approve", "approvepayout"), form("Deny", "denypayout")]
    });
    toggle.into_iter().chain(judged).collect()
}
