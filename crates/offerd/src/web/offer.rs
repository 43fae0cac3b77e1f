//! `/o/<offer_id>`: a standing code. The same for everybody who looks: nothing on it depends on a payment.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use bolt12::{Offer, OfferId, Price, QuantityMax};
use offerd_core::offer_book::OfferEntry;

use super::live::Code;
use super::{Missing, Name, Pages, show, words};

/// The query that asks for the form which wallets for `bitcoin:` addresses read.
pub(super) const UNIFIED: &str = "form=bitcoin";

#[derive(Template)]
#[template(path = "offer.html")]
struct OfferPage {
    title: String,
    issuer: Option<String>,
    price: ShownPrice,
    quantity: Option<String>,
    /// How often it is paid, where it recurs.
    period: Option<String>,
    ends: Option<String>,
    /// The code; `None` when it is no longer answered.
    code: Option<String>,
}

/// What something costs, in the words of its maker and in sat.
pub(super) struct ShownPrice {
    /// In its own unit.
    pub(super) main: String,
    /// What that comes to about now, where it is in a currency.
    pub(super) about: Option<String>,
}

pub(super) async fn page(
    State(pages): State<Pages>,
    Name(id): Name,
    RawQuery(query): RawQuery,
) -> Result<Response, Missing> {
    let id = read_id(&id).ok_or(Missing::Unknown)?;
    let entry = pages.driver.store().offer_by_id(&id)?;
    // What can be paid once has a page of its own, for whoever has its name.
    let entry = entry.filter(|entry| !entry.single_use).ok_or(Missing::Unknown)?;
    let encoding = entry.encoding(&id).ok_or(Missing::Unknown)?;
    let offer = &encoding.offer;
    let unified = query.as_deref() == Some(UNIFIED);
    let open = entry.is_open() && !offer.is_expired_at(pages.driver.now());
    // A fresh one for each look: no viewer is shown one that another may have paid.
    let bolt11 = if open && unified { pages.driver.beside(&entry).await? } else { None };
    let code = open.then(|| code(offer, unified, bolt11).html());
    Ok(show(&OfferPage {
        title: title(&entry),
        issuer: words::text(offer.issuer()),
        price: price(&pages, &entry),
        quantity: offer.quantity_max().map(|most| match most {
            QuantityMax::Unbounded => "You choose how many.".to_owned(),
            QuantityMax::Bounded(most) => format!("You choose how many, up to {most}."),
        }),
        period: offer.recurrence().map(words::period),
        ends: offer.absolute_expiry().filter(|_| open).map(words::moment),
        code,
    }))
}

/// An offer's code: alone, or in one with an invoice of BOLT 11 for wallets that know no offers.
pub(super) fn code(offer: &Offer, unified: bool, bolt11: Option<String>) -> Code {
    let (string, for_qr) = (offer.to_string(), offer.to_qr_string());
    let code = match (unified, bolt11) {
        (false, _) => Code::new(string, &for_qr),
        (true, None) => Code::with_uri(string, format!("bitcoin:?lno={for_qr}")),
        (true, Some(bolt11)) => {
            let uri = format!("bitcoin:?lno={for_qr}&lightning={}", bolt11.to_ascii_uppercase());
            Code::with_uri(string, uri).or_else_for(Some(("wallets without offers", bolt11)))
        }
    };
    code.in_two_forms(unified)
}

/// What is paid for.
pub(super) fn title(entry: &OfferEntry) -> String {
    words::text(entry.newest().offer.description()).unwrap_or_else(|| "Payment".to_owned())
}

/// What it costs.
pub(super) fn price(pages: &Pages, entry: &OfferEntry) -> ShownPrice {
    match entry.newest().offer.price() {
        Price::Msat(amount) => ShownPrice { main: words::sat(amount), about: None },
        Price::PayerDecides => ShownPrice { main: "You choose the amount".to_owned(), about: None },
        Price::Fiat { currency, .. } => ShownPrice {
            main: entry.fiat_price().map_or_else(|| currency.to_string(), words::fiat),
            about: pages.driver.costs(entry).map(words::sat),
        },
    }
}

/// 64 hexadecimal digits in lower case: a page has one address.
fn read_id(text: &str) -> Option<OfferId> {
    let mut id = [0; 32];
    hex::decode_to_slice(text, &mut id).ok()?;
    let id = OfferId(id);
    (id.to_string() == text).then_some(id)
}
