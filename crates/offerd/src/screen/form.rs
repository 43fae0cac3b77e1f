//! What a form brings back.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use crate::http::Limits;

/// Most bytes of a form.
const MOST: usize = 32 * 1024;

/// The fields of a form, by name.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a body of `application/x-www-form-urlencoded`.
    pub(super) async fn read(body: Body, limits: &Limits) -> Result<Self, Response> {
        let bounds = Limits { body: MOST, ..*limits };
        let bytes = bounds.read(body).await.map_err(|error| {
            let status: StatusCode = error.status();
            (status, format!("{error}\n")).into_response()
        })?;
        Ok(Self(form_urlencoded::parse(&bytes).into_owned().collect()))
    }

    /// A field without the white space around it; empty where it is not there.
    pub(super) fn text(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.trim())
    }

    /// The same, where it is there and not empty.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }
}
