//! The part of a page that changes while it is open: where the order or payout stands, and the code while it is good.

use std::convert::Infallible;

use askama::Template;
use axum::http::StatusCode;
use axum::response::sse::Event;
use serde::Serialize;

use super::qr;

/// What a page shows now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Live {
    /// The state in a word, for the style and for programs.
    pub(crate) state: &'static str,
    /// The state in a sentence, for people.
    pub(crate) sentence: String,
    /// What is below it.
    pub(crate) html: String,
    /// Whether it stays like this.
    pub(crate) ended: bool,
}

/// One code in the ways that people take it: as a picture, as a link, as text.
#[derive(Debug, Template)]
#[template(path = "code.html")]
pub(super) struct Code {
    svg: String,
    /// What the picture says and the link leads to.
    uri: String,
    /// The string as it is copied.
    string: String,
    /// The same for other wallets, and for which.
    other: Option<(&'static str, String)>,
    /// Whether it is for wallets of `bitcoin:` addresses, where the page has it in either form.
    forms: Option<bool>,
}

impl Code {
    /// `string` for people, and in capitals, which a QR code packs tighter.
    pub(super) fn new(string: String, for_qr: &str) -> Self {
        let uri = format!("lightning:{for_qr}");
        Self::with_uri(string, uri)
    }

    /// The same behind another scheme.
    pub(super) fn with_uri(string: String, uri: String) -> Self {
        let svg = qr::svg(&uri).unwrap_or_default();
        Self { svg, uri, string, other: None, forms: None }
    }

    /// The same with a string that another wallet needs, and which.
    pub(super) fn or_else_for(mut self, other: Option<(&'static str, String)>) -> Self {
        self.other = other;
        self
    }

    /// The same on a page that has it in either form: in the one for `bitcoin:` addresses, or in ours.
    pub(super) fn in_two_forms(mut self, unified: bool) -> Self {
        self.forms = Some(unified);
        self
    }

    /// It as a piece of a page.
    pub(super) fn html(&self) -> String {
        self.render().unwrap_or_else(|error| {
            tracing::error!(%error, "a piece of a page could not be made");
            String::new()
        })
    }
}

impl Live {
    /// It as an event.
    pub(crate) fn event(&self) -> Result<Event, Infallible> {
        // A line of JSON has no line breaks in it.
        let line = serde_json::to_string(self).unwrap_or_default();
        Ok(Event::default().event("live").data(line))
    }
}

/// More pages are followed than there are places.
pub(super) const CROWDED: StatusCode = StatusCode::SERVICE_UNAVAILABLE;
