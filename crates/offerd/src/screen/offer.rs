//! An offer: what its issuer leaves to the payer is asked, and then an invoice is fetched.

use std::time::Duration;

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bolt12::{Offer, Price, QuantityMax};
use serde_json::{Map, Value, json};

use super::complaint::Complaint;
use super::form::Form;
use super::session::Session;
use super::summary::{self, Given, Summary};
use super::visitor::Visitor;
use super::{Screen, pay, show};

/// How long an issuer may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Template)]
#[template(path = "screen/offer.html")]
struct OfferForm<'a> {
    token: &'a str,
    code: String,
    summary: Summary,
    /// Whether the payer must say how much; else he may, to give more.
    amount_needed: bool,
    /// Whether he may say how much.
    amount_possible: bool,
    amount: &'a str,
    /// The most items, where they are counted.
    most: Option<Option<u64>>,
    quantity: &'a str,
    note: &'a str,
    complaint: Complaint,
}

/// The form of this offer, still empty.
pub(super) fn first(screen: &Screen, session: &Session, offer: &Offer) -> Response {
    again(screen, session, offer, None, Complaint::default())
}

fn again(
    screen: &Screen,
    session: &Session,
    offer: &Offer,
    typed: Option<&Form>,
    complaint: Complaint,
) -> Response {
    let text = |name| typed.map_or("", |form| form.text(name));
    let page = OfferForm {
        token: session.token(),
        code: offer.to_string(),
        summary: summary::of_offer(offer, screen),
        amount_needed: matches!(offer.price(), Price::PayerDecides),
        amount_possible: !matches!(offer.price(), Price::Fiat { .. }),
        amount: text("amount"),
        most: offer.quantity_max().map(|most| match most {
            QuantityMax::Unbounded => None,
            QuantityMax::Bounded(most) => Some(most.get()),
        }),
        quantity: text("quantity"),
        note: text("note"),
        complaint,
    };
    show(page.complaint.status(), &page)
}

/// Fetches an invoice and shows it.
pub(super) async fn ask(
    State(screen): State<Screen>,
    visitor: Visitor,
    body: Body,
) -> Result<Response, Response> {
    let form = visitor.form(&screen, body).await?;
    let session = &visitor.session;
    let offer = match summary::read(form.text("code")) {
        Ok(Given::Offer(offer)) => offer,
        Ok(Given::Invoice(_) | Given::Payout(_)) | Err(_) => {
            return Err(super::bad_request("the form names no offer"));
        }
    };
    let params = match params(&form) {
        Ok(params) => params,
        Err(complaint) => return Ok(again(&screen, session, &offer, Some(&form), complaint)),
    };
    let fetched = screen.call(&session.rune, "fetchinvoice", Value::Object(params)).await;
    let fetched = match fetched {
        Ok(fetched) => fetched,
        Err(error) => {
            let complaint = Complaint::of(&error, &["amount", "quantity", "note"]);
            return Ok(again(&screen, session, &offer, Some(&form), complaint));
        }
    };
    let invoice = fetched.get("invoice").and_then(Value::as_str).unwrap_or_default();
    match summary::read(invoice) {
        Ok(Given::Invoice(bill)) => Ok(pay::first(&screen, session, &bill, invoice)),
        Ok(Given::Offer(_) | Given::Payout(_)) | Err(_) => {
            Err(super::bad_request("what was fetched is no invoice"))
        }
    }
}

fn params(form: &Form) -> Result<Map<String, Value>, Complaint> {
    let mut params = Map::new();
    params.insert("offer".to_owned(), json!(form.text("code")));
    params.insert("timeout".to_owned(), json!(PATIENCE.as_secs()));
    if let Some(amount) = form.given("amount") {
        let amount = summary::typed_amount(amount).map_err(|why| Complaint::at("amount", why))?;
        params.insert("amount_msat".to_owned(), json!(amount));
    }
    if let Some(quantity) = form.given("quantity") {
        let wrong = |_| Complaint::at("quantity", "Should be a whole number from 1.");
        let quantity: std::num::NonZeroU64 = quantity.parse().map_err(wrong)?;
        params.insert("quantity".to_owned(), json!(quantity));
    }
    if let Some(note) = form.given("note") {
        params.insert("payer_note".to_owned(), json!(note));
    }
    Ok(params)
}
