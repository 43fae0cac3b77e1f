//! `/c/<name>`: one order, from the first look to the thanks.

use askama::Template;
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use offerd_core::offer_book::OfferEntry;
use serde::Serialize;

use super::live::Live;
use super::offer::{ShownPrice, UNIFIED, code, price, title};
use super::{Missing, Name, Pages, events, show, words};
use crate::driver::{OrderState, Touched};

#[derive(Template)]
#[template(path = "order.html")]
struct OrderPage {
    title: String,
    issuer: Option<String>,
    price: ShownPrice,
    ends: Option<String>,
    /// Where its events are.
    events: String,
    live: Live,
}

#[derive(Template)]
#[template(path = "return.html")]
struct Return<'a> {
    url: &'a str,
    paid: bool,
}

/// The status for programs. Nothing in it that the page does not show, but the shop's own number.
#[derive(Serialize)]
struct Status {
    status: &'static str,
    paid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_received_msat: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paid_at: Option<u64>,
}

pub(super) async fn page(
    State(pages): State<Pages>,
    Name(name): Name,
    RawQuery(query): RawQuery,
) -> Result<Response, Missing> {
    let entry = find(&pages, &name)?;
    let offer = &entry.newest().offer;
    let unified = query.as_deref() == Some(UNIFIED);
    if unified && pages.driver.order_state(&entry)?.is_open() {
        // Remembered with the order: what follows finds it there.
        pages.driver.beside(&entry).await?;
    }
    let live = look(&pages, &entry, unified)?;
    Ok(show(&OrderPage {
        title: title(&entry),
        issuer: words::text(offer.issuer()),
        price: price(&pages, &entry),
        ends: offer.absolute_expiry().filter(|_| !live.ended).map(words::moment),
        events: if unified { format!("{name}/events?{UNIFIED}") } else { format!("{name}/events") },
        live,
    }))
}

pub(super) async fn status(
    State(pages): State<Pages>,
    Name(name): Name,
) -> Result<Response, Missing> {
    let entry = find(&pages, &name)?;
    let state = pages.driver.order_state(&entry)?;
    let (amount, paid_at) = match state {
        OrderState::Paid { at, amount } => (Some(amount.as_u64()), Some(at.0)),
        OrderState::Waiting
        | OrderState::InvoiceSent
        | OrderState::Arriving
        | OrderState::Expired
        | OrderState::Disabled => (None, None),
    };
    let status = Status {
        status: word(state),
        paid: paid_at.is_some(),
        external_id: entry.external_id,
        amount_received_msat: amount,
        paid_at,
    };
    Ok(Json(status).into_response())
}

pub(super) async fn follow(
    State(pages): State<Pages>,
    Name(name): Name,
    RawQuery(query): RawQuery,
) -> Result<Response, Missing> {
    let unified = query.as_deref() == Some(UNIFIED);
    let entry = find(&pages, &name)?;
    let (row, ends_at) = (entry.row, entry.newest().offer.absolute_expiry());
    let looking = pages.clone();
    Ok(events::follow(&pages, Touched::Offer(row), ends_at, move || {
        let entry = looking.driver.offer(row)?.ok_or(Missing::Unknown)?;
        look(&looking, &entry, unified)
    }))
}

fn find(pages: &Pages, name: &str) -> Result<OfferEntry, Missing> {
    pages.driver.order_of_page(name)?.ok_or(Missing::Unknown)
}

fn look(pages: &Pages, entry: &OfferEntry, unified: bool) -> Result<Live, Missing> {
    let state = pages.driver.order_state(entry)?;
    let offer = &entry.newest().offer;
    let code = || code(offer, unified, pages.driver.shown_beside(entry)).html();
    let (sentence, mut html, ended) = match state {
        OrderState::Waiting => {
            ("Waiting for the payment: scan the code with your wallet.".to_owned(), code(), false)
        }
        OrderState::InvoiceSent => {
            ("A wallet has the invoice: waiting for the payment.".to_owned(), code(), false)
        }
        OrderState::Arriving => ("The payment is arriving.".to_owned(), String::new(), false),
        OrderState::Paid { at, amount } => {
            let (amount, at) = (words::sat(amount), words::moment(at));
            (format!("Paid, thank you: {amount}, {at}."), String::new(), true)
        }
        OrderState::Expired => {
            ("This code has expired; nothing was paid.".to_owned(), String::new(), true)
        }
        OrderState::Disabled => {
            ("This code was withdrawn; nothing was paid.".to_owned(), String::new(), false)
        }
    };
    if let (Some(url), true) = (&entry.return_url, html.is_empty()) {
        let paid = matches!(state, OrderState::Paid { .. });
        html = Return { url, paid }.render().unwrap_or_default();
    }
    Ok(Live { state: word(state), sentence, html, ended })
}

/// The state in a word.
fn word(state: OrderState) -> &'static str {
    match state {
        OrderState::Waiting => "waiting",
        OrderState::InvoiceSent => "invoice_sent",
        OrderState::Arriving => "arriving",
        OrderState::Paid { .. } => "paid",
        OrderState::Expired => "expired",
        OrderState::Disabled => "disabled",
    }
}
