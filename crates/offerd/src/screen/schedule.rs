//! `/customer/subscriptions`: what is paid again and again, when next, and how to stop it.

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use bolt1::{Msat, Timestamp};
use bolt12::{Offer, PeerText};
use serde_json::{Value, json};

use super::complaint::Complaint;
use super::visitor::Visitor;
use super::{Screen, bad_request, show};
use crate::web::words;

#[derive(Template)]
#[template(path = "screen/subscriptions.html")]
struct Schedule<'a> {
    token: &'a str,
    rows: Vec<Row>,
    complaint: Complaint,
}

/// One subscription.
struct Row {
    label: String,
    what: String,
    period: String,
    status: String,
    /// Why it is paused, or what the last try came to.
    trouble: Option<String>,
    paid: String,
    next: Option<String>,
    limits: Vec<String>,
    /// What can be done with it: the last part of the address, and the word on the button.
    actions: Vec<(&'static str, &'static str)>,
}

pub(super) async fn page(State(screen): State<Screen>, visitor: Visitor) -> Response {
    render(&screen, &visitor, Complaint::default()).await
}

async fn render(screen: &Screen, visitor: &Visitor, complaint: Complaint) -> Response {
    let listed = screen.call(&visitor.session.rune, "listsubscriptions", json!({})).await;
    let (rows, complaint) = match listed {
        Ok(listed) => (rows(&listed), complaint),
        Err(error) => (Vec::new(), Complaint::of(&error, &[])),
    };
    let page = Schedule { token: visitor.session.token(), rows, complaint };
    show(page.complaint.status(), &page)
}

pub(super) async fn pause(
    state: State<Screen>,
    visitor: Visitor,
    body: Body,
) -> Result<Response, Response> {
    change(state, visitor, body, "pausesubscription").await
}

pub(super) async fn resume(
    state: State<Screen>,
    visitor: Visitor,
    body: Body,
) -> Result<Response, Response> {
    change(state, visitor, body, "resumesubscription").await
}

pub(super) async fn cancel(
    state: State<Screen>,
    visitor: Visitor,
    body: Body,
) -> Result<Response, Response> {
    change(state, visitor, body, "cancelsubscription").await
}

/// Calls one of the methods that change a subscription, and shows the schedule again.
async fn change(
    State(screen): State<Screen>,
    visitor: Visitor,
    body: Body,
    method: &'static str,
) -> Result<Response, Response> {
    let form = visitor.form(&screen, body).await?;
    let Some(label) = form.given("label") else {
        return Err(bad_request("the form names no subscription"));
    };
    let called = screen.call(&visitor.session.rune, method, json!({ "label": label })).await;
    match called {
        Ok(_) => Ok(Redirect::to("/customer/subscriptions").into_response()),
        Err(error) => Ok(render(&screen, &visitor, Complaint::of(&error, &[])).await),
    }
}

/// The latest first.
fn rows(listed: &Value) -> Vec<Row> {
    let list = listed.get("subscriptions").and_then(Value::as_array);
    list.map(Vec::as_slice).unwrap_or_default().iter().rev().map(row).collect()
}

fn row(view: &Value) -> Row {
    let text = |name: &str| view.get(name).and_then(Value::as_str);
    let number = |name: &str| view.get(name).and_then(Value::as_u64);
    let sat = |name: &str| number(name).and_then(Msat::new).map(words::sat);
    let peer = |name: &str| words::text(text(name).map(PeerText::new).as_ref());
    let status = text("status").unwrap_or_default();
    let offer = text("bolt12").and_then(|code| code.parse::<Offer>().ok());
    let period = offer.and_then(|offer| offer.recurrence().map(words::period));
    let limits = [
        sat("max_per_period_msat").map(|most| format!("at most {most} each time")),
        sat("max_total_msat").map(|most| format!("at most {most} in all")),
        number("max_periods").map(|most| format!("at most {most} times")),
    ];
    let actions = match status {
        "active" => vec![("pause", "Pause"), ("cancel", "Cancel")],
        "paused" => vec![("resume", "Resume"), ("cancel", "Cancel")],
        _ => Vec::new(),
    };
    let (paid, times) = (sat("amount_paid_msat").unwrap_or_default(), number("periods_paid"));
    let paid = match times.unwrap_or_default() {
        0 => "nothing so far".to_owned(),
        1 => format!("{paid} in one payment"),
        times => format!("{paid} in {times} payments"),
    };
    Row {
        label: text("label").unwrap_or_default().to_owned(),
        what: peer("description").unwrap_or_else(|| "Subscription".to_owned()),
        period: period.unwrap_or_default(),
        status: status.to_owned(),
        trouble: peer("paused_why").or_else(|| peer("last_failure")),
        paid,
        next: number("next_payment_at").map(|at| words::moment(Timestamp(at))),
        limits: limits.into_iter().flatten().collect(),
        actions,
    }
}
