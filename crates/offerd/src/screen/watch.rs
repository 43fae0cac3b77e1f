//! What comes of a payment or a redemption: while it is under way, and afterwards from what is on record.

use std::convert::Infallible;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::{Stream, unfold};
use offerd_api::{ErrorObject, code};
use serde_json::{Value, json};

use super::complaint::{capital, tried};
use super::errands::{Errand, Kind, Progress};
use super::receipt::Receipt;
use super::session::Session;
use super::visitor::Visitor;
use super::{Screen, label, show};
use crate::http::seats::Hold;
use crate::web::Name;
use crate::web::live::Live;

#[derive(Template)]
#[template(path = "screen/watch.html")]
struct Watch<'a> {
    token: &'a str,
    title: String,
    /// Where the page's events come from, while an errand is under way.
    events: Option<String>,
    /// Whether to look again by and by, where no events come.
    look_again: bool,
    live: Live,
}

/// Goes on waiting for a payout that was not paid so far.
#[derive(Template)]
#[template(path = "screen/resume.html")]
struct Resume<'a> {
    token: &'a str,
    code: &'a str,
    label: &'a str,
}

/// What was tried and came to nothing.
#[derive(Template)]
#[template(path = "screen/failed.html")]
struct Failed {
    tried: Vec<String>,
}

pub(super) async fn payment(
    State(screen): State<Screen>,
    visitor: Visitor,
    Name(label): Name,
) -> Response {
    page(&screen, &visitor.session, Kind::Payment, &label).await
}

pub(super) async fn collected(
    State(screen): State<Screen>,
    visitor: Visitor,
    Name(label): Name,
) -> Response {
    page(&screen, &visitor.session, Kind::Collection, &label).await
}

async fn page(screen: &Screen, session: &Session, kind: Kind, label: &str) -> Response {
    let errand = screen.errands.find(session.id, label).filter(|errand| errand.kind == kind);
    let shown = errand.as_ref().map(|errand| (errand.about.clone(), look(session, errand)));
    let (title, live) = match shown {
        Some((title, live)) if live.state != "pending" => (title, live),
        _ => match on_record(screen, session, kind, label).await {
            Ok(Some(found)) => found,
            Ok(None) => return crate::web::missing(),
            Err(error) => ("Not shown".to_owned(), stopped("failed", &error)),
        },
    };
    let under_way = errand.is_some_and(|errand| errand.is_under_way());
    let events = under_way.then(|| format!("/customer/errands/{label}/events"));
    let look_again = live.state == "pending";
    let token = session.token();
    show(StatusCode::OK, &Watch { token, title, events, look_again, live })
}

/// The events of an errand of this session.
pub(super) async fn follow(
    State(screen): State<Screen>,
    visitor: Visitor,
    Name(label): Name,
) -> Response {
    let Some(errand) = screen.errands.find(visitor.session.id, &label) else {
        return crate::web::missing();
    };
    let Visitor { session, hold } = visitor;
    Sse::new(events(session, errand, hold)).keep_alive(KeepAlive::default()).into_response()
}

/// How it stands now, and how it ended.
fn events(
    session: Session,
    errand: Errand,
    hold: Hold,
) -> impl Stream<Item = Result<Event, Infallible>> {
    unfold(Some((session, errand, hold, false)), |following| async move {
        let (session, mut errand, hold, told) = following?;
        if told {
            errand.progress.changed().await.ok()?;
        }
        let under_way = errand.is_under_way();
        let event = look(&session, &errand).event();
        Some((event, under_way.then_some((session, errand, hold, true))))
    })
}

/// How an errand stands.
fn look(session: &Session, errand: &Errand) -> Live {
    match (&*errand.progress.borrow(), errand.kind) {
        (Progress::UnderWay, Kind::Payment) => live("paying", "Being paid…", String::new()),
        (Progress::UnderWay, Kind::Collection) => {
            live("collecting", "Waiting for the money…", String::new())
        }
        (Progress::Over { at, outcome: Ok(paid), proof }, Kind::Payment) => {
            if paid.get("status").and_then(Value::as_str) != Some("complete") {
                return unknown();
            }
            ended("paid", "Paid.", &Receipt::of_payment(paid, Some(*at), proof.as_deref()))
        }
        (Progress::Over { outcome: Ok(invoice), .. }, Kind::Collection) => {
            ended("paid", "The money is here.", &Receipt::of_redemption(invoice))
        }
        (Progress::Over { outcome: Err(error), .. }, Kind::Payment) => {
            if is_unknown(error) {
                unknown()
            } else {
                stopped("failed", error)
            }
        }
        (Progress::Over { outcome: Err(error), .. }, Kind::Collection) => {
            if error.code != code::OFFER_TIMEOUT.number {
                return stopped("failed", error);
            }
            let resume =
                Resume { token: session.token(), code: &errand.code, label: &errand.label };
            let html = resume.render().unwrap_or_default();
            live("waiting", "Not paid so far. The code stays yours: you can go on waiting.", html)
        }
    }
}

/// How it stands by what is on record; `None` when there is nothing under this label.
async fn on_record(
    screen: &Screen,
    session: &Session,
    kind: Kind,
    label: &str,
) -> Result<Option<(String, Live)>, ErrorObject> {
    if !label::is_one(label) {
        return Ok(None);
    }
    let (method, list) = match kind {
        Kind::Payment => ("listpays", "/pays/0"),
        Kind::Collection => ("listinvoices", "/invoices/0"),
    };
    let listed = screen.call(&session.rune, method, json!({ "label": label })).await?;
    let Some(found) = listed.pointer(list) else { return Ok(None) };
    let text = |name: &str| found.get(name).and_then(Value::as_str).unwrap_or_default();
    let live = match (kind, text("status")) {
        (Kind::Payment, "complete") => {
            let proof = screen.proof_of(&session.rune, found).await;
            ended("paid", "Paid.", &Receipt::of_payment(found, None, proof.as_deref()))
        }
        (Kind::Payment, "failed") => {
            let why = format!("Not paid: {}. Nothing was spent.", text("reason"));
            live("failed", &why, String::new())
        }
        (Kind::Payment, _) => unknown(),
        (Kind::Collection, "paid") => {
            ended("paid", "The money is here.", &Receipt::of_redemption(found))
        }
        (Kind::Collection, "expired") => {
            live("expired", "This was not paid in time.", String::new())
        }
        (Kind::Collection, _) => {
            Live { ended: false, ..live("pending", "Not paid so far.", String::new()) }
        }
    };
    let title = bolt12::PeerText::new(text("description"));
    let title = crate::web::words::text(Some(&title));
    Ok(Some((title.unwrap_or_else(|| "Payment".to_owned()), live)))
}

/// Errors that leave open what becomes of the money.
fn is_unknown(error: &ErrorObject) -> bool {
    [code::GENERAL, code::PAY_STOPPED_RETRYING, code::PAY_IN_PROGRESS]
        .iter()
        .any(|code| error.code == code.number)
}

fn unknown() -> Live {
    let sentence = "Not confirmed so far: the money arrives or comes back. This page looks again.";
    Live { ended: false, ..live("pending", sentence, String::new()) }
}

fn stopped(state: &'static str, error: &ErrorObject) -> Live {
    let html = Failed { tried: tried(error) }.render().unwrap_or_default();
    live(state, &format!("{}.", capital(error.message.trim_end_matches('.'))), html)
}

fn ended(state: &'static str, sentence: &str, receipt: &Receipt) -> Live {
    live(state, sentence, receipt.html())
}

fn live(state: &'static str, sentence: &str, html: String) -> Live {
    let ended = !matches!(state, "paying" | "collecting");
    Live { state, sentence: sentence.to_owned(), html, ended }
}
