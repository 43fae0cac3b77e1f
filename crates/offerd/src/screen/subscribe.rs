//! An offer that recurs: what may be paid for it is agreed to once, and paid in every period from then on.

use std::time::Duration;

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use bolt12::{Offer, Price, QuantityMax};
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::complaint::Complaint;
use super::form::Form;
use super::session::Session;
use super::summary::{self, Given, Summary};
use super::visitor::Visitor;
use super::{Screen, bad_request, label, show};

/// So long the form waits for a refusal before it leads on to the schedule.
const MOMENT: Duration = Duration::from_millis(400);

#[derive(Template)]
#[template(path = "screen/subscribe.html")]
struct Subscribe<'a> {
    token: &'a str,
    code: String,
    label: String,
    summary: Summary,
    /// Whether a single payment would do as well.
    once: bool,
    amount_needed: bool,
    amount: &'a str,
    most: Option<Option<u64>>,
    quantity: &'a str,
    max_per_period: &'a str,
    max_total: &'a str,
    max_periods: &'a str,
    note: &'a str,
    complaint: Complaint,
}

/// The form of this offer, still empty.
pub(super) fn first(screen: &Screen, session: &Session, offer: &Offer) -> Response {
    match label::fresh() {
        Ok(label) => page(screen, session, (offer, label), None, Complaint::default()),
        Err(error) => super::fault(&error),
    }
}

fn page(
    screen: &Screen,
    session: &Session,
    (offer, label): (&Offer, String),
    typed: Option<&Form>,
    complaint: Complaint,
) -> Response {
    let text = |name| typed.map_or("", |form| form.text(name));
    let page = Subscribe {
        token: session.token(),
        code: offer.to_string(),
        label,
        summary: summary::of_offer(offer, screen),
        once: offer.recurrence().is_some_and(|schedule| !schedule.compulsory),
        amount_needed: matches!(offer.price(), Price::PayerDecides),
        amount: text("amount"),
        most: offer.quantity_max().map(|most| match most {
            QuantityMax::Unbounded => None,
            QuantityMax::Bounded(most) => Some(most.get()),
        }),
        quantity: text("quantity"),
        max_per_period: text("max_per_period"),
        max_total: text("max_total"),
        max_periods: text("max_periods"),
        note: text("note"),
        complaint,
    };
    show(page.complaint.status(), &page)
}

/// Subscribes. The same form again is the same subscription.
pub(super) async fn subscribe(
    State(screen): State<Screen>,
    visitor: Visitor,
    body: Body,
) -> Result<Response, Response> {
    let form = visitor.form(&screen, body).await?;
    let label = form.text("label");
    let offer = match summary::read(form.text("code")) {
        Ok(Given::Offer(offer)) if offer.recurrence().is_some() && label::is_one(label) => offer,
        Ok(Given::Offer(_) | Given::Invoice(_) | Given::Payout(_)) | Err(_) => {
            return Err(bad_request("the form names no offer that recurs"));
        }
    };
    let again = |complaint| {
        let what = (&offer, label.to_owned());
        page(&screen, &visitor.session, what, Some(&form), complaint)
    };
    let params = match params(&form) {
        Ok(params) => Value::Object(params),
        Err(complaint) => return Ok(again(complaint)),
    };
    let (caller, rune) = (screen.clone(), visitor.session.rune.clone());
    // It waits for what comes of the first payment: the schedule shows that too.
    let call = tokio::spawn(async move { caller.call(&rune, "subscribe", params).await });
    if let Ok(Ok(Err(error))) = timeout(MOMENT, call).await {
        return Ok(again(Complaint::of(&error, &FIELDS)));
    }
    Ok(Redirect::to("/customer/subscriptions").into_response())
}

/// The fields of the form that a refusal may name.
const FIELDS: [&str; 6] =
    ["amount", "quantity", "note", "max_per_period", "max_total", "max_periods"];

/// The parameters of `subscribe`.
fn params(form: &Form) -> Result<Map<String, Value>, Complaint> {
    let mut params = Map::new();
    params.insert("offer".to_owned(), json!(form.text("code")));
    params.insert("label".to_owned(), json!(form.text("label")));
    for (field, param) in [
        ("amount", "amount_msat"),
        ("max_per_period", "max_per_period_msat"),
        ("max_total", "max_total_msat"),
    ] {
        if let Some(typed) = form.given(field) {
            let amount = summary::typed_amount(typed).map_err(|why| Complaint::at(field, why))?;
            params.insert(param.to_owned(), json!(amount));
        }
    }
    for field in ["quantity", "max_periods"] {
        if let Some(typed) = form.given(field) {
            let wrong = |_| Complaint::at(field, "Should be a whole number from 1.");
            let count: std::num::NonZeroU32 = typed.parse().map_err(wrong)?;
            params.insert(field.to_owned(), json!(count));
        }
    }
    if let Some(note) = form.given("note") {
        params.insert("payer_note".to_owned(), json!(note));
    }
    Ok(params)
}
