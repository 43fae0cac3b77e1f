//! What is wrong with a form, said at the field that it is about.

use axum::http::StatusCode;
use offerd_api::{ErrorObject, code};
use serde_json::Value;

/// Parameters of methods, and the fields of forms that they come from.
const FIELDS: [(&str, &str); 16] = [
    ("amount", "amount"),
    ("description", "description"),
    ("label", "label"),
    ("offer", "code"),
    ("bolt11", "code"),
    ("invstring", "code"),
    ("invreq", "code"),
    ("string", "code"),
    ("rune", "rune"),
    ("amount_msat", "amount"),
    ("max_amount_msat", "amount"),
    ("quantity", "quantity"),
    ("payer_note", "note"),
    ("max_per_period_msat", "max_per_period"),
    ("max_total_msat", "max_total"),
    ("max_periods", "max_periods"),
];

/// A complaint; the default is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Complaint {
    field: Option<&'static str>,
    text: Option<String>,
    /// What was tried before it came to this.
    pub(super) tried: Vec<String>,
}

impl Complaint {
    /// About one field.
    pub(super) fn at(field: &'static str, text: impl Into<String>) -> Self {
        Self { field: Some(field), text: Some(text.into()), tried: Vec::new() }
    }

    /// About the whole.
    pub(super) fn about_all(text: impl Into<String>) -> Self {
        Self { field: None, text: Some(text.into()), tried: Vec::new() }
    }

    /// What a call was refused with, at the field that it names where it names one of `fields`.
    pub(super) fn of(error: &ErrorObject, fields: &[&str]) -> Self {
        let is = |code: code::Code| error.code == code.number;
        let named = is(code::INVALID_PARAMS).then(|| error.message.split_once(": ")).flatten();
        if let Some((name, why)) = named
            && let Some((_, field)) = FIELDS.iter().find(|(param, _)| *param == name)
            && fields.contains(field)
        {
            return Self::at(field, capital(why));
        }
        let text = if is(code::RUNE_NOT_PERMITTED) {
            format!("Your rune does not allow this. {}", error.message)
        } else {
            capital(&error.message)
        };
        Self { field: None, text: Some(text), tried: tried(error) }
    }

    /// What is said at a field.
    pub(super) fn on(&self, field: &str) -> Option<&str> {
        self.text.as_deref().filter(|_| self.field == Some(field))
    }

    /// What is said of the whole.
    pub(super) fn overall(&self) -> Option<&str> {
        self.text.as_deref().filter(|_| self.field.is_none())
    }

    /// The status of a page that says so.
    pub(super) fn status(&self) -> StatusCode {
        if self.text.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
    }
}

/// The attempts that an error tells of, in words.
pub(super) fn tried(error: &ErrorObject) -> Vec<String> {
    let attempts = error.data.as_deref().and_then(|data| data.get("attempts"));
    let attempts = attempts.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    attempts.iter().map(attempt).collect()
}

fn attempt(attempt: &Value) -> String {
    let text = |name: &str| attempt.get(name).and_then(Value::as_str).unwrap_or_default();
    format!("{}: {}", text("to"), text("outcome"))
}

/// A sentence begins with a capital.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_said_at_the_field_that_it_names_where_the_form_has_it() {
        let error = ErrorObject::parameter("amount_msat", "should be at least 5000msat");
        let complaint = Complaint::of(&error, &["amount", "note"]);
        assert_eq!(complaint.on("amount"), Some("Should be at least 5000msat"));
        assert_eq!((complaint.on("note"), complaint.overall()), (None, None));
        let elsewhere = Complaint::of(&error, &["code"]);
        assert_eq!(elsewhere.overall(), Some("Amount_msat: should be at least 5000msat"));
        assert_eq!(Complaint::default().status(), StatusCode::OK);
    }
}
