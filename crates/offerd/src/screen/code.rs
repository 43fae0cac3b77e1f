//! `/customer`: where a code is pasted, dropped or scanned, and what it turns out to be.

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::complaint::Complaint;
use super::summary::{self, Given};
use super::visitor::Visitor;
use super::{Screen, collect, offer, pay, show, subscribe};

#[derive(Template)]
#[template(path = "screen/code.html")]
struct Start<'a> {
    token: &'a str,
    code: &'a str,
    complaint: Complaint,
}

pub(super) async fn page(visitor: Visitor) -> Response {
    let token = visitor.session.token();
    show(StatusCode::OK, &Start { token, code: "", complaint: Complaint::default() })
}

/// Leads to the form that fits the code.
pub(super) async fn read(
    State(screen): State<Screen>,
    visitor: Visitor,
    body: Body,
) -> Result<Response, Response> {
    let form = visitor.form(&screen, body).await?;
    let (code, token) = (form.text("code"), visitor.session.token());
    match summary::read(code) {
        Ok(Given::Offer(given)) => {
            // What may be paid once can be, by whoever says so.
            let once = form.text("once") == "yes";
            let subscribes = given.recurrence().is_some_and(|it| it.compulsory || !once);
            let first = if subscribes { subscribe::first } else { offer::first };
            Ok(first(&screen, &visitor.session, &given))
        }
        Ok(Given::Invoice(bill)) => Ok(pay::first(&screen, &visitor.session, &bill, code)),
        Ok(Given::Payout(promise)) => Ok(collect::first(&screen, &visitor.session, &promise, code)),
        Err(why) => {
            let complaint = Complaint::at("code", why);
            Ok(show(complaint.status(), &Start { token, code, complaint }))
        }
    }
}
