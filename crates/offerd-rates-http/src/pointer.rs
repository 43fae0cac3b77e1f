//! Finding one value in a JSON text.

use std::collections::HashMap;
use std::str::FromStr;

use serde_json::value::RawValue;

/// A JSON pointer, RFC 6901. Never empty: the whole text is no number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pointer(Vec<String>);

/// Why a text is no JSON pointer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no JSON pointer: it should begin with `/`, and `~` stands only in `~0` and `~1`")]
pub struct PointerError(String);

impl FromStr for Pointer {
    type Err = PointerError;

    fn from_str(text: &str) -> Result<Self, PointerError> {
        let error = || PointerError(text.to_owned());
        let tokens = text.strip_prefix('/').ok_or_else(error)?.split('/');
        tokens.map(|token| unescaped(token).ok_or_else(error)).collect::<Result<_, _>>().map(Self)
    }
}

fn unescaped(token: &str) -> Option<String> {
    let mut parts = token.split('~');
    let mut plain = parts.next()?.to_owned();
    for part in parts {
        let (sign, rest) = match part.as_bytes().first()? {
            b'0' => ('~', part.strip_prefix('0')?),
            b'1' => ('/', part.strip_prefix('1')?),
            _ => return None,
        };
        plain.push(sign);
        plain.push_str(rest);
    }
    Some(plain)
}

/// Why the value was not found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// The text is not JSON.
    NotJson,
    /// This step leads nowhere.
    NoMember(String),
}

impl Pointer {
    /// The text of the value, exactly as it stands there: a number keeps all its digits.
    pub(crate) fn find<'a>(&self, json: &'a str) -> Result<&'a str, Lost> {
        let mut value: &RawValue = serde_json::from_str(json).map_err(|_| Lost::NotJson)?;
        for step in &self.0 {
            value = member(value, step).ok_or_else(|| Lost::NoMember(step.clone()))?;
        }
        Ok(value.get())
    }
}

fn member<'a>(value: &'a RawValue, step: &str) -> Option<&'a RawValue> {
    if let Ok(object) = serde_json::from_str::<HashMap<String, &RawValue>>(value.get()) {
        return object.get(step).copied();
    }
    let array: Vec<&RawValue> = serde_json::from_str(value.get()).ok()?;
    array.get(step.parse::<usize>().ok()?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find<'a>(pointer: &str, json: &'a str) -> Result<&'a str, Lost> {
        pointer.parse::<Pointer>().unwrap().find(json)
    }

    #[test]
    fn objects_and_arrays_are_walked_and_the_text_is_untouched() {
        let json = r#"{"a":{"b":[10,{"c": 1.50000000000000000001}]},"x/y":"z","m~n":2,"":3}"#;
        assert_eq!(find("/a/b/1/c", json), Ok("1.50000000000000000001"));
        assert_eq!(find("/a/b/0", json), Ok("10"));
        assert_eq!(find("/x~1y", json), Ok("\"z\""));
        assert_eq!(find("/m~0n", json), Ok("2"));
        assert_eq!(find("/", json), Ok("3"));
    }

    #[test]
    fn a_step_that_leads_nowhere_is_named() {
        let lost = |step: &str| Err(Lost::NoMember(step.to_owned()));
        assert_eq!(find("/a/b", r#"{"a":{}}"#), lost("b"));
        assert_eq!(find("/a/2", r#"{"a":[1,2]}"#), lost("2"));
        assert_eq!(find("/a/x", r#"{"a":[1,2]}"#), lost("x"));
        assert_eq!(find("/a/x", r#"{"a":7}"#), lost("x"));
        assert_eq!(find("/a", "<html>"), Err(Lost::NotJson));
        assert_eq!(find("/a", r#"{"a":1"#), Err(Lost::NotJson));
        assert_eq!(find("/a", ""), Err(Lost::NotJson));
    }

    #[test]
    fn only_pointers_are_pointers() {
        for text in ["", "a", "a/b", "/a~", "/a~2b"] {
            assert!(text.parse::<Pointer>().is_err(), "{text:?}");
        }
    }
}
