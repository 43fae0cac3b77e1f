//! How a refusal looks on the wire.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::code::Code;

/// The `error` member of a reply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorObject {
    /// One of [`crate::code`].
    pub code: i64,
    /// What is wrong, in words; names the parameter where one is to blame.
    pub message: String,
    /// More of it, for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Box<Value>>,
}

impl ErrorObject {
    /// A refusal in words.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code: code.number, message: message.into(), data: None }
    }

    /// A parameter that is not as it should be.
    pub fn parameter(name: &str, expected: impl std::fmt::Display) -> Self {
        Self::new(crate::code::INVALID_PARAMS, format!("{name}: {expected}"))
    }

    /// The same with something for programs.
    #[must_use]
    pub fn with_data(mut self, data: Value) -> Self {
        self.data = Some(Box::new(data));
        self
    }
}

impl std::fmt::Display for ErrorObject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}
