//! `POST /operator/act`: one call of those that the pages have buttons for, in the name of the session's rune.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::{Map, Value, json};

use super::kind::Kind;
use super::{entry, make, receivers};
use crate::screen::complaint::Complaint;
use crate::screen::visitor::Visitor;
use crate::screen::{Screen, bad_request};

/// The methods that there are buttons for, and the parameters that those fill in.
pub(super) const METHODS: [(&str, &[&str]); 9] = [
    ("offer", &["amount", "description", "label"]),
    ("offerout", &["amount", "description", "label", "refund_for"]),
    ("disableoffer", &["offer_id"]),
    ("enableoffer", &["offer_id"]),
    ("disableinvoicerequest", &["invreq_id"]),
    ("enableinvoicerequest", &["invreq_id"]),
    ("approvepayout", &["offer_id", "payment_hash"]),
    ("denypayout", &["offer_id", "payment_hash"]),
    ("retrywebhook", &["id"]),
];

/// Calls it, and shows the page that the button was on again.
pub(super) async fn act(
    State(screen): State<Screen>,
    visitor: Visitor,
    body: Body,
) -> Result<Response, Response> {
    let form = visitor.form(&screen, body).await?;
    let chosen = METHODS.iter().find(|(method, _)| *method == form.text("method"));
    let Some((method, params)) = chosen else {
        return Err(bad_request("there is no button for this"));
    };
    let given =
        params.iter().filter_map(|name| Some(((*name).to_owned(), value(name, form.given(name)?))));
    let params: Map<String, Value> = given.collect();
    let called = screen.call(&visitor.session.rune, method, Value::Object(params)).await;
    let (kind, record) = (form.text("kind"), form.text("record"));
    let retried = *method == "retrywebhook";
    let makes = Kind::find(match *method {
        "offer" => "offers",
        "offerout" => "payouts",
        _ => "",
    });
    match called {
        Ok(made) if makes.is_some() => {
            let id = made.get("offer_id").and_then(Value::as_str).unwrap_or_default();
            let page = makes.map_or_else(String::new, |kind| kind.link(id));
            Ok(Redirect::to(&page).into_response())
        }
        Ok(_) if retried => Ok(Redirect::to("/operator/webhooks").into_response()),
        Ok(_) => match Kind::find(kind) {
            Some(kind) => Ok(Redirect::to(&kind.link(record)).into_response()),
            None => Err(bad_request("the form names no list")),
        },
        Err(error) if makes.is_some() && record.is_empty() => {
            let complaint = Complaint::of(&error, &["amount", "description", "label"]);
            Ok(make::again(&visitor, method, &form, complaint))
        }
        Err(error) if retried => {
            Ok(receivers::render(&screen, &visitor, Complaint::of(&error, &[])).await)
        }
        Err(error) => {
            Ok(entry::render(&screen, &visitor, kind, record, Complaint::of(&error, &[])).await)
        }
    }
}

/// A field as a parameter: ids of events are numbers.
fn value(name: &str, given: &str) -> Value {
    match given.parse::<u64>() {
        Ok(number) if name == "id" => json!(number),
        Ok(_) | Err(_) => json!(given),
    }
}
