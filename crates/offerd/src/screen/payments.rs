//! `/customer/payments`: what was paid lately, with a way to each receipt.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use bolt1::{Msat, Timestamp};
use bolt12::PeerText;
use offerd_core::change::{ChangeKind, Subsystem};
use serde_json::{Value, json};

use super::complaint::Complaint;
use super::visitor::Visitor;
use super::{Screen, label, show};
use crate::web::words;

/// Payments on the page.
const SHOWN: u64 = 50;

#[derive(Template)]
#[template(path = "screen/payments.html")]
struct Payments<'a> {
    token: &'a str,
    rows: Vec<Row>,
    complaint: Complaint,
}

struct Row {
    when: String,
    what: String,
    amount: String,
    status: String,
    /// Its label, where it was begun at the screen and has a page.
    label: Option<String>,
}

pub(super) async fn page(
    State(screen): State<Screen>,
    visitor: Visitor,
) -> Result<Response, Response> {
    let last = screen.door.driver.store().last_place(Subsystem::Payments, ChangeKind::Created);
    let last = last.map_err(|error| super::fault(&error))?;
    let start = last.saturating_sub(SHOWN - 1).max(1);
    let params = json!({ "index": "created", "start": start });
    let listed = screen.call(&visitor.session.rune, "listpays", params).await;
    let (rows, complaint) = match listed {
        Ok(listed) => (rows(&listed), Complaint::default()),
        Err(error) => (Vec::new(), Complaint::of(&error, &[])),
    };
    let page = Payments { token: visitor.session.token(), rows, complaint };
    Ok(show(page.complaint.status(), &page))
}

/// The latest first.
fn rows(listed: &Value) -> Vec<Row> {
    let pays = listed.get("pays").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    pays.iter().rev().map(row).collect()
}

fn row(payment: &Value) -> Row {
    let text = |name: &str| payment.get(name).and_then(Value::as_str);
    let number = |name: &str| payment.get(name).and_then(Value::as_u64).unwrap_or_default();
    let what = text("description").map(PeerText::new);
    Row {
        when: words::moment(Timestamp(number("created_at"))),
        what: words::text(what.as_ref()).unwrap_or_else(|| "Payment".to_owned()),
        amount: words::sat(Msat::new(number("amount_msat")).unwrap_or_default()),
        status: match text("status") {
            Some("complete") => "paid",
            Some("failed") => "failed",
            _ => "under way",
        }
        .to_owned(),
        label: text("label").filter(|text| label::is_one(text)).map(str::to_owned),
    }
}
