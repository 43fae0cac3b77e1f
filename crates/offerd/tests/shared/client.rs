//! Calling a node over its socket.
#![allow(dead_code, reason = "shared: not every test uses all of it")]

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use offerd_testkit::rpc_schema::{check_request, check_response};
use serde_json::{Value, json};

/// Longer than any call takes.
const PATIENCE: Duration = Duration::from_secs(100);

/// A refusal: code and message.
pub(crate) type Refusal = (i64, String);

/// Makes a call; the outer error is one of the connection. What the node takes and gives must fit the method's schema.
pub(crate) fn attempt(
    dir: &Path,
    method: &str,
    params: &Value,
) -> io::Result<Result<Value, Refusal>> {
    let mut stream = UnixStream::connect(dir.join("offerd-rpc"))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    stream.write_all(request.to_string().as_bytes())?;
    let mut reply = Vec::new();
    let mut piece = [0; 4096];
    while !reply.ends_with(b"\n\n") {
        match stream.read(&mut piece)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            length => reply.extend_from_slice(&piece[..length]),
        }
    }
    let reply: Value = serde_json::from_slice(&reply)?;
    let error = &reply["error"];
    if error.is_null() {
        let result = reply["result"].clone();
        let fits = check_request(method, params).and_then(|()| check_response(method, &result));
        fits.unwrap_or_else(|misfit| panic!("{misfit}"));
        return Ok(Ok(result));
    }
    let message = error["message"].as_str().unwrap_or_default().to_owned();
    Ok(Err((error["code"].as_i64().unwrap_or_default(), message)))
}

/// Makes a call that must succeed.
pub(crate) fn call(dir: &Path, method: &str, params: Value) -> Value {
    match attempt(dir, method, &params) {
        Ok(Ok(result)) => result,
        other => panic!("{method} {params} at {}: {other:?}", dir.display()),
    }
}

/// Makes a call that must be refused.
pub(crate) fn refusal(dir: &Path, method: &str, params: Value) -> Refusal {
    match attempt(dir, method, &params) {
        Ok(Err(refusal)) => refusal,
        other => panic!("{method} {params} at {}: {other:?}", dir.display()),
    }
}
