//! `/operator/new`: the forms that make an offer or a payout.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::kind::{KINDS, Kind};
use crate::screen::complaint::Complaint;
use crate::screen::form::Form;
use crate::screen::visitor::Visitor;
use crate::screen::{Screen, show};

#[derive(Default, Template)]
#[template(path = "operator/make.html")]
struct Make<'a> {
    token: &'a str,
    kinds: &'static [Kind],
    /// What was typed into the form that was sent, and what is wrong with it.
    offer: Typed,
    payout: Typed,
    /// What is wrong with the whole.
    complaint: Complaint,
}

/// What was typed into one of the forms.
#[derive(Default)]
struct Typed {
    amount: String,
    description: String,
    label: String,
    complaint: Complaint,
}

pub(super) async fn page(State(_): State<Screen>, visitor: Visitor) -> Response {
    let page = Make { token: visitor.session.token(), kinds: &KINDS, ..Make::default() };
    show(page.complaint.status(), &page)
}

/// The forms again, as they were filled in, with what was complained of at its field.
pub(super) fn again(
    visitor: &Visitor,
    method: &str,
    form: &Form,
    complaint: Complaint,
) -> Response {
    let text = |name| form.text(name).to_owned();
    let at_field = complaint.overall().is_none();
    let typed = Typed {
        amount: text("amount"),
        description: text("description"),
        label: text("label"),
        complaint: if at_field { complaint.clone() } else { Complaint::default() },
    };
    let mut page = Make { token: visitor.session.token(), kinds: &KINDS, ..Make::default() };
    if method == "offer" {
        page.offer = typed;
    } else {
        page.payout = typed;
    }
    let status = complaint.status();
    if !at_field {
        page.complaint = complaint;
    }
    show(status, &page)
}
