//! How a call ended, for scripts.

use std::process::ExitCode;

use offerd_api::{ErrorObject, code};
use serde_json::Value;

/// The exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Ok = 0,
    /// The daemon, or whoever it asked, refused.
    Refused = 1,
    /// The call was wrong: an unknown method or option, a parameter that is missing or ill-formed.
    Usage = 2,
    /// There is no daemon to ask.
    Unreachable = 3,
    /// Time was up, or the connection broke: the outcome is not known.
    Unknown = 4,
}

impl Exit {
    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Self; 5] =
        [Self::Ok, Self::Refused, Self::Usage, Self::Unreachable, Self::Unknown];

    /// The number that a shell sees.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Unreachable => 3,
            Self::Unknown => 4,
        }
    }

    /// What it tells, for help and manual.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "done",
            Self::Refused => {
                "refused by the daemon or whoever it asked; with decode: not valid; with audit: not balanced"
            }
            Self::Usage => "wrong usage: method, option or parameter",
            Self::Unreachable => "no daemon to ask",
            Self::Unknown => {
                "time was up or the connection broke, or a payment is still under way: the outcome is not known"
            }
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}

/// Why there is no result.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Failure {
    /// The command line does not fit the method.
    Usage(String),
    /// No daemon listens.
    Unreachable(String),
    /// The call was sent, and no answer came.
    NoAnswer(String),
    /// The daemon's answer is an error.
    Refused(ErrorObject),
    /// Who was asked said no; nothing was paid.
    Declined,
}

impl Failure {
    /// Under which code the program ends.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::Unreachable(_) => Exit::Unreachable,
            Self::NoAnswer(_) => Exit::Unknown,
            Self::Refused(error) => of_error(error.code),
            Self::Declined => Exit::Refused,
        }
    }
}

fn of_error(number: i64) -> Exit {
    let is_one_of = |codes: &[code::Code]| codes.iter().any(|code| code.number == number);
    if is_one_of(&[code::INVALID_PARAMS, code::METHOD_NOT_FOUND, code::INVALID_REQUEST]) {
        Exit::Usage
    } else if is_one_of(&[code::OFFER_TIMEOUT, code::PAY_STOPPED_RETRYING, code::PAY_IN_PROGRESS]) {
        Exit::Unknown
    } else {
        Exit::Refused
    }
}

/// The code for a result: a string that is not valid is refused, so are books that do not add up; a payment that is under way is unknown.
pub(crate) fn of_result(result: &Value) -> Exit {
    let is_denied = |name| result.get(name) == Some(&Value::Bool(false));
    if is_denied("valid") || is_denied("balanced") {
        Exit::Refused
    } else if result.get("status").and_then(Value::as_str) == Some("pending") {
        Exit::Unknown
    } else {
        Exit::Ok
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_way_to_end_has_its_code() {
        let refused = |code| Failure::Refused(ErrorObject::new(code, "")).exit();
        assert_eq!(refused(code::OFFER_ALREADY_EXISTS), Exit::Refused);
        assert_eq!(refused(code::INVALID_PARAMS), Exit::Usage);
        assert_eq!(refused(code::METHOD_NOT_FOUND), Exit::Usage);
        assert_eq!(refused(code::OFFER_TIMEOUT), Exit::Unknown);
        assert_eq!(of_result(&json!({ "valid": true })), Exit::Ok);
        assert_eq!(of_result(&json!({ "valid": false })), Exit::Refused);
        assert_eq!(of_result(&json!({ "balanced": false })), Exit::Refused);
        assert_eq!(of_result(&json!({ "status": "pending" })), Exit::Unknown);
        assert_eq!(of_result(&json!("Shutdown complete")), Exit::Ok);
    }
}
