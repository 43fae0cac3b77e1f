//! A payout: shown, and collected.

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::{Map, Value, json};

use super::complaint::Complaint;
use super::errands::Kind;
use super::form::Form;
use super::session::Session;
use super::summary::{self, Given, Promise, Summary};
use super::visitor::Visitor;
use super::{Screen, bad_request, label, show};

#[derive(Template)]
#[template(path = "screen/collect.html")]
struct Collect<'a> {
    token: &'a str,
    code: &'a str,
    label: String,
    summary: Summary,
    asks_amount: bool,
    amount: &'a str,
    asks_quantity: bool,
    quantity: &'a str,
    complaint: Complaint,
}

/// Shows a payout for the first time.
pub(super) fn first(screen: &Screen, session: &Session, promise: &Promise, code: &str) -> Response {
    let label = match label::fresh() {
        Ok(label) => label,
        Err(error) => return super::fault(&error),
    };
    page(screen, session, promise, (code, label), None, Complaint::default())
}

fn page(
    screen: &Screen,
    session: &Session,
    promise: &Promise,
    (code, label): (&str, String),
    typed: Option<&Form>,
    complaint: Complaint,
) -> Response {
    let text = |name| typed.map_or("", |form| form.text(name));
    let page = Collect {
        token: session.token(),
        code,
        label,
        summary: promise.summary(screen),
        asks_amount: promise.asks_amount(),
        amount: text("amount"),
        asks_quantity: promise.asks_quantity(),
        quantity: text("quantity"),
        complaint,
    };
    show(page.complaint.status(), &page)
}

/// Collects it. The same form again goes on with the same invoice.
pub(super) async fn collect(
    State(screen): State<Screen>,
    visitor: Visitor,
    body: Body,
) -> Result<Response, Response> {
    let form = visitor.form(&screen, body).await?;
    let (code, label) = (form.text("code"), form.text("label"));
    let promise = match summary::read(code) {
        Ok(Given::Payout(promise)) if label::is_one(label) => promise,
        Ok(Given::Payout(_) | Given::Invoice(_) | Given::Offer(_)) | Err(_) => {
            return Err(bad_request("the form names no payout"));
        }
    };
    let again = |complaint| {
        let what = (code, label.to_owned());
        page(&screen, &visitor.session, &promise, what, Some(&form), complaint)
    };
    let params = match params(&promise, &form) {
        Ok(params) => Value::Object(params),
        Err(complaint) => return Ok(again(complaint)),
    };
    let about = promise.summary(&screen).title;
    let what = (label, code, about);
    let begun = screen
        .begin(&visitor.session, Kind::Collection, what, params, &["amount", "quantity"])
        .await;
    if let Err(complaint) = begun {
        return Ok(again(complaint));
    }
    Ok(Redirect::to(&format!("/customer/collected/{label}")).into_response())
}

/// The parameters of `sendinvoice`.
fn params(promise: &Promise, form: &Form) -> Result<Map<String, Value>, Complaint> {
    let mut params = Map::new();
    params.insert("invreq".to_owned(), json!(form.text("code")));
    params.insert("label".to_owned(), json!(form.text("label")));
    if promise.asks_amount() || form.given("amount").is_some() {
        let amount = summary::typed_amount(form.text("amount"));
        params.insert(
            "amount_msat".to_owned(),
            json!(amount.map_err(|why| Complaint::at("amount", why))?),
        );
    }
    if promise.asks_quantity() {
        let wrong = |_| Complaint::at("quantity", "Should be a whole number from 1.");
        let quantity: std::num::NonZeroU64 = form.text("quantity").parse().map_err(wrong)?;
        params.insert("quantity".to_owned(), json!(quantity));
    }
    Ok(params)
}
