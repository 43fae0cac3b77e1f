//! Requests and replies as bitcoind frames them, single or in a batch.

use std::io;

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter};
use serde_json::{Map, Value, json};

use super::error::RpcError;
use super::methods;
use crate::chain::Chain;

/// Requests one batch may hold.
const MAX_BATCH: usize = 1_000;

/// A reply ready to be sent.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
}

impl Reply {
    /// A reply to something that was no request at all.
    pub(super) fn refused(status: StatusCode, error: &RpcError) -> Self {
        Self { status, body: encode(&envelope(Value::Null, Err(error), false)) }
    }
}

/// Answers the body of an HTTP request.
pub(super) fn answer(chain: &Chain, body: &[u8]) -> Reply {
    match serde_json::from_slice(body) {
        Ok(Value::Array(batch)) if batch.is_empty() => {
            let error = RpcError::new(RpcError::INVALID_REQUEST, "empty batch");
            Reply::refused(StatusCode::BAD_REQUEST, &error)
        }
        Ok(Value::Array(batch)) if batch.len() > MAX_BATCH => {
            let message = format!("more than {MAX_BATCH} requests in a batch");
            let error = RpcError::new(RpcError::INVALID_REQUEST, message);
            Reply::refused(StatusCode::BAD_REQUEST, &error)
        }
        Ok(Value::Array(batch)) => {
            let replies = batch.into_iter().map(|request| answer_one(chain, request).1).collect();
            Reply { status: StatusCode::OK, body: encode(&Value::Array(replies)) }
        }
        Ok(request) => {
            let (status, reply) = answer_one(chain, request);
            Reply { status, body: encode(&reply) }
        }
        Err(error) => {
            let error = RpcError::new(RpcError::PARSE, format!("parse error: {error}"));
            Reply::refused(StatusCode::INTERNAL_SERVER_ERROR, &error)
        }
    }
}

fn answer_one(chain: &Chain, request: Value) -> (StatusCode, Value) {
    let Value::Object(mut request) = request else {
        let error = RpcError::new(RpcError::INVALID_REQUEST, "a request must be an object");
        return (StatusCode::BAD_REQUEST, envelope(Value::Null, Err(&error), false));
    };
    let id = request.remove("id").unwrap_or(Value::Null);
    let is_version_2 = request.get("jsonrpc").and_then(Value::as_str) == Some("2.0");
    let result = call(chain, request);
    let status = match &result {
        Ok(_) => StatusCode::OK,
        Err(_) if is_version_2 => StatusCode::OK,
        Err(error) => status_of(error),
    };
    (status, envelope(id, result.as_ref(), is_version_2))
}

fn call(chain: &Chain, mut request: Map<String, Value>) -> Result<Value, RpcError> {
    let params = request.remove("params").unwrap_or(Value::Null);
    match request.get("method") {
        Some(Value::String(method)) => methods::call(chain, method, params),
        Some(_) => Err(RpcError::new(RpcError::INVALID_REQUEST, "method must be a string")),
        None => Err(RpcError::new(RpcError::INVALID_REQUEST, "missing method")),
    }
}

/// The HTTP status that goes with an error when the request was not JSON-RPC 2.0.
fn status_of(error: &RpcError) -> StatusCode {
    match error.code {
        RpcError::INVALID_REQUEST => StatusCode::BAD_REQUEST,
        RpcError::METHOD_NOT_FOUND => StatusCode::NOT_FOUND,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Both `result` and `error` are always there, one of them null: some clients insist on either.
fn envelope(id: Value, result: Result<&Value, &RpcError>, is_version_2: bool) -> Value {
    let error = result.err().map_or(Value::Null, RpcError::to_json);
    let result = result.cloned().unwrap_or(Value::Null);
    let mut reply = json!({ "result": result, "error": error, "id": id });
    if let Some(reply) = reply.as_object_mut().filter(|_| is_version_2) {
        reply.insert("jsonrpc".into(), "2.0".into());
    }
    reply
}

fn encode(value: &Value) -> Vec<u8> {
    let mut body = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut body, Decimals);
    value.serialize(&mut serializer).expect("values serialise into memory");
    body.push(b'\n');
    body
}

/// Writes numbers with eight decimals, as amounts in bitcoin are written everywhere: some clients
/// cannot read `1e-5`. Only the difficulty is smaller than that, and it keeps its exponent.
struct Decimals;

impl Formatter for Decimals {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        if value != 0.0 && value.abs() < 1e-8 {
            CompactFormatter.write_f64(writer, value)
        } else {
            write!(writer, "{value:.8}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_with_eight_decimals_and_small_numbers_keep_their_exponent() {
        assert_eq!(
            encode(&json!([0.00001, 50.0, 0.0, 7])),
            b"[0.00001000,50.00000000,0.00000000,7]\n"
        );
        assert_eq!(encode(&json!(4.656542373906925e-10)), b"4.656542373906925e-10\n");
    }
}
