//! An invoice: shown, agreed to, paid.

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use bolt1::Msat;
use serde_json::{Map, Value, json};

use super::complaint::Complaint;
use super::errands::Kind;
use super::form::Form;
use super::session::Session;
use super::summary::{self, Bill, Given, Summary};
use super::visitor::Visitor;
use super::{Screen, bad_request, label, show};

#[derive(Template)]
#[template(path = "screen/pay.html")]
struct Confirm<'a> {
    token: &'a str,
    code: &'a str,
    label: String,
    summary: Summary,
    amount: &'a str,
    complaint: Complaint,
}

/// Shows an invoice for the first time.
pub(super) fn first(screen: &Screen, session: &Session, bill: &Bill, code: &str) -> Response {
    let label = match label::fresh() {
        Ok(label) => label,
        Err(error) => return super::fault(&error),
    };
    let (token, summary) = (session.token(), bill.summary(screen));
    let page = Confirm { token, code, label, summary, amount: "", complaint: Complaint::default() };
    show(page.complaint.status(), &page)
}

/// Pays it. The same form again is the same payment.
pub(super) async fn pay(
    State(screen): State<Screen>,
    visitor: Visitor,
    body: Body,
) -> Result<Response, Response> {
    let form = visitor.form(&screen, body).await?;
    let (code, label) = (form.text("code"), form.text("label"));
    let bill = match summary::read(code) {
        Ok(Given::Invoice(bill)) if label::is_one(label) => bill,
        Ok(Given::Invoice(_) | Given::Offer(_) | Given::Payout(_)) | Err(_) => {
            return Err(bad_request("the form names no invoice"));
        }
    };
    let summary = bill.summary(&screen);
    let again = |complaint: Complaint| {
        let (token, amount) = (visitor.session.token(), form.text("amount"));
        let (label, summary) = (label.to_owned(), summary.clone());
        show(complaint.status(), &Confirm { token, code, label, summary, amount, complaint })
    };
    let params = match params(&bill, &form) {
        Ok(params) => Value::Object(params),
        Err(complaint) => return Ok(again(complaint)),
    };
    let about = summary.title.clone();
    let what = (label, code, about);
    let begun = screen.begin(&visitor.session, Kind::Payment, what, params, &["amount"]).await;
    if let Err(complaint) = begun {
        return Ok(again(complaint));
    }
    Ok(Redirect::to(&format!("/customer/payments/{label}")).into_response())
}

/// The parameters of `pay`.
fn params(bill: &Bill, form: &Form) -> Result<Map<String, Value>, Complaint> {
    let mut params = Map::new();
    params.insert("bolt11".to_owned(), json!(form.text("code")));
    params.insert("label".to_owned(), json!(form.text("label")));
    let amount = match (bill.amount().map(Msat::as_u64), bill.is_bolt12()) {
        // Said once more, so that restrictions of the rune see it.
        (Some(amount), true) => Some(json!(amount)),
        (Some(_), false) => None,
        (None, _) => {
            let typed = summary::typed_amount(form.text("amount"));
            Some(json!(typed.map_err(|why| Complaint::at("amount", why))?))
        }
    };
    if let Some(amount) = amount {
        params.insert("amount_msat".to_owned(), amount);
    }
    Ok(params)
}
