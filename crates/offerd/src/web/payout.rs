//! `/w/<name>`: one payout, for whoever redeems it. Its codes are money: they are shown while they can be used, and
//! never again.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use offerd_core::payout::{Payout, PayoutAmount};

use super::live::{Code, Live};
use super::offer::ShownPrice;
use super::{Missing, Name, Pages, events, show, words};
use crate::driver::{RedeemState, Touched};

#[derive(Template)]
#[template(path = "payout.html")]
struct PayoutPage {
    title: String,
    issuer: Option<String>,
    amount: ShownPrice,
    ends: Option<String>,
    /// Where its events are.
    events: String,
    live: Live,
}

pub(super) async fn page(
    State(pages): State<Pages>,
    Name(name): Name,
) -> Result<Response, Missing> {
    let payout = find(&pages, &name)?;
    let live = look(&pages, &payout)?;
    let (description, issuer) = match (&payout.offer, &payout.invoice_request) {
        (Some(offer), _) => (words::text(offer.description()), words::text(offer.issuer())),
        (None, Some(request)) => {
            let offer = request.offer_view();
            (words::text(offer.description()), words::text(offer.issuer()))
        }
        (None, None) => (None, None),
    };
    Ok(show(&PayoutPage {
        title: description.unwrap_or_else(|| "Payout".to_owned()),
        issuer,
        amount: amount(&pages, payout.amount),
        ends: payout.absolute_expiry.filter(|_| !live.ended).map(words::moment),
        events: format!("{name}/events"),
        live,
    }))
}

pub(super) async fn follow(
    State(pages): State<Pages>,
    Name(name): Name,
) -> Result<Response, Missing> {
    let payout = find(&pages, &name)?;
    let (row, ends_at) = (payout.row, payout.absolute_expiry);
    let looking = pages.clone();
    Ok(events::follow(&pages, Touched::Payout(row), ends_at, move || {
        let payout = looking.driver.store().payout(row)?.ok_or(Missing::Unknown)?;
        look(&looking, &payout)
    }))
}

fn find(pages: &Pages, name: &str) -> Result<Payout, Missing> {
    pages.driver.payout_of_page(name)?.ok_or(Missing::Unknown)
}

fn look(pages: &Pages, payout: &Payout) -> Result<Live, Missing> {
    let state = pages.driver.redeem_state(payout)?;
    let still = String::new;
    let (word, sentence, html, ended) = match state {
        RedeemState::Waiting => {
            let sentence = "Ready: scan the code with your wallet to be paid.";
            ("waiting", sentence.to_owned(), code(payout), false)
        }
        RedeemState::Awaiting => ("awaiting", "Waiting for approval.".to_owned(), still(), false),
        RedeemState::Paying => ("paying", "Being paid.".to_owned(), still(), false),
        RedeemState::Paid { at, amount } => {
            let (amount, at) = (words::sat(amount), words::moment(at));
            ("paid", format!("Paid: {amount}, {at}."), still(), true)
        }
        RedeemState::Expired => ("expired", "This code has expired.".to_owned(), still(), true),
        RedeemState::Disabled => {
            ("disabled", "This code was withdrawn.".to_owned(), still(), false)
        }
    };
    Ok(Live { state: word, sentence, html, ended })
}

/// The string that most wallets redeem, where there is one.
fn code(payout: &Payout) -> String {
    let signed = payout.invoice_request_signed.as_ref();
    let code = match (&payout.invoice_request, &payout.offer) {
        (Some(request), _) => Code::new(request.to_string(), &request.to_qr_string())
            .or_else_for(signed.map(|signed| ("Core Lightning", signed.to_string()))),
        (None, Some(offer)) => Code::new(offer.to_string(), &offer.to_qr_string()),
        (None, None) => return String::new(),
    };
    code.html()
}

fn amount(pages: &Pages, amount: PayoutAmount) -> ShownPrice {
    match amount {
        PayoutAmount::Exact(amount) => ShownPrice { main: words::sat(amount), about: None },
        PayoutAmount::UpTo(most) => {
            ShownPrice { main: format!("up to {}", words::sat(most)), about: None }
        }
        PayoutAmount::Each { amount, at_most } => ShownPrice {
            main: format!("{} each, up to {}", words::sat(amount), words::sat(at_most)),
            about: None,
        },
        PayoutAmount::Fiat { price, .. } => ShownPrice {
            main: words::fiat(price),
            about: pages.driver.comes_to(price).map(words::sat),
        },
    }
}
