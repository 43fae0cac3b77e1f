//! One request, taken apart.

use offerd_api::ErrorObject;
use offerd_api::code::{self, Code};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A request as it came; its parts are not judged yet.
#[derive(Debug)]
pub struct Request<'a> {
    /// What the answer carries back: a string, a number or null, spelled as it came.
    pub id: &'a str,
    /// The method's name.
    pub method: String,
    /// The parameters: an array, an object, or nothing.
    pub params: Option<&'a RawValue>,
    /// Which parts of the result are wanted.
    pub filter: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    jsonrpc: Option<&'a RawValue>,
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    method: Option<&'a RawValue>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
    #[serde(borrow, default)]
    filter: Option<&'a RawValue>,
}

/// What is wrong with a request, and the id to say it under.
#[derive(Debug)]
pub struct Malformed<'a> {
    /// As in [`Request::id`]; `null` where it could not be read.
    pub id: &'a str,
    /// Under which code.
    pub code: Code,
    /// What is wrong with it.
    pub message: String,
    /// Whether nothing after it can be understood.
    pub fatal: bool,
}

impl Malformed<'_> {
    /// The reply that says so.
    pub fn reply(&self) -> Vec<u8> {
        reply(self.id, &Err(ErrorObject::new(self.code, self.message.clone())))
    }
}

impl<'a> Request<'a> {
    /// Takes a JSON object apart.
    ///
    /// # Errors
    /// [`Malformed`], to be answered.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Malformed<'a>> {
        let envelope: Envelope<'a> = serde_json::from_slice(bytes).map_err(|error| {
            let fatal = !error.is_data();
            let code = if fatal { code::PARSE_ERROR } else { code::INVALID_REQUEST };
            Malformed { id: "null", code, message: error.to_string(), fatal }
        })?;
        let refuse = |id: &'a str, what: &str| {
            let message = what.to_owned();
            Malformed { id, code: code::INVALID_REQUEST, message, fatal: false }
        };
        let id = match envelope.id.map(RawValue::get) {
            None => "null",
            Some(id)
                if id.starts_with(['"', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) =>
            {
                id
            }
            Some(_) => return Err(refuse("null", "id: should be a string, a number or null")),
        };
        if envelope.jsonrpc.is_some_and(|version| version.get() != "\"2.0\"") {
            return Err(refuse(id, "jsonrpc: should be \"2.0\""));
        }
        let method = envelope.method.and_then(|method| serde_json::from_str(method.get()).ok());
        let method = method.ok_or_else(|| refuse(id, "method: should be a string"))?;
        Ok(Self { id, method, params: envelope.params, filter: envelope.filter })
    }
}

/// The reply to `id`, with the empty line that ends it.
pub fn reply(id: &str, outcome: &Result<serde_json::Value, ErrorObject>) -> Vec<u8> {
    let (member, value) = match outcome {
        Ok(result) => ("result", serde_json::to_string(result)),
        Err(error) => ("error", serde_json::to_string(error)),
    };
    let value = value.unwrap_or_else(|_| "null".to_owned());
    format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"{member}\":{value}}}\n\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back_as_they_were_spelled() {
        for id in ["1", "-1.50", "\"a\\u0041\"", "null", "\"\""] {
            let bytes = format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"getinfo\"}}");
            assert_eq!(Request::read(bytes.as_bytes()).unwrap().id, id);
        }
    }

    #[test]
    fn what_is_no_request_is_refused_with_the_reason() {
        for (bytes, code, fatal) in [
            ("{}", -32600, false),
            ("{\"id\":1}", -32600, false),
            ("{\"id\":1,\"method\":3}", -32600, false),
            ("{\"id\":[],\"method\":\"a\"}", -32600, false),
            ("{\"id\":true,\"method\":\"a\"}", -32600, false),
            ("{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"a\"}", -32600, false),
            ("{\"id\":1,\"id\":2,\"method\":\"a\"}", -32600, false),
            ("{\"id\":1,}", -32700, true),
            ("{\"id\":1]", -32700, true),
        ] {
            let malformed = Request::read(bytes.as_bytes()).unwrap_err();
            assert_eq!((malformed.code.number, malformed.fatal), (code, fatal), "{bytes}");
        }
    }

    #[test]
    fn a_reply_ends_with_an_empty_line() {
        let reply = reply("7", &Ok(serde_json::json!({ "a": 1 })));
        assert_eq!(reply, b"{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"a\":1}}\n\n");
    }
}
