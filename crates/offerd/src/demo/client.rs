//! Calling a node as anybody would: over its socket.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use offerd_api::ErrorObject;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::call::Call;
use super::error::DemoError;

/// The longest any call of the demo takes, and some more.
const PATIENCE: Duration = Duration::from_secs(120);
/// What ends a reply.
const END: &[u8] = b"\n\n";

/// Calls one node.
#[derive(Clone, Debug)]
pub(super) struct Client {
    node: &'static str,
    socket: PathBuf,
}

/// The reply to a request.
#[derive(Deserialize)]
struct Reply {
    result: Option<Value>,
    error: Option<ErrorObject>,
}

impl Client {
    /// A client of `node`, whose socket is here.
    pub(super) fn new(node: &'static str, socket: PathBuf) -> Self {
        Self { node, socket }
    }

    /// Makes a call that should succeed.
    pub(super) async fn call<T: DeserializeOwned>(&self, call: &Call) -> Result<T, DemoError> {
        self.attempt(call).await?.map_err(|error| DemoError::Refused {
            node: self.node,
            method: call.method(),
            error,
        })
    }

    /// Makes a call that should be refused, and returns the refusal.
    pub(super) async fn refusal(&self, call: &Call) -> Result<ErrorObject, DemoError> {
        match self.attempt::<Value>(call).await? {
            Err(error) => Ok(error),
            Ok(result) => Err(DemoError::Story(format!(
                "{} did not refuse {} but answered {result}",
                self.node,
                call.method()
            ))),
        }
    }

    /// Makes a call that may be refused.
    pub(super) async fn attempt<T: DeserializeOwned>(
        &self,
        call: &Call,
    ) -> Result<Result<T, ErrorObject>, DemoError> {
        let unreachable = |reason: String| DemoError::Unreachable {
            node: self.node,
            method: call.method(),
            reason,
        };
        let reply = match timeout(PATIENCE, self.exchange(call)).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(error)) => return Err(unreachable(error.to_string())),
            Err(_) => return Err(unreachable(format!("no reply in {} s", PATIENCE.as_secs()))),
        };
        if let Some(error) = reply.error {
            return Ok(Err(error));
        }
        let result = reply.result.unwrap_or(Value::Null);
        serde_json::from_value(result).map(Ok).map_err(|error| unreachable(error.to_string()))
    }

    async fn exchange(&self, call: &Call) -> io::Result<Reply> {
        let request = json!({
            "jsonrpc": "2.0",
            "id": "demo",
            "method": call.method(),
            "params": call.params(),
        });
        let mut stream = UnixStream::connect(&self.socket).await?;
        stream.write_all(request.to_string().as_bytes()).await?;
        let mut reply = Vec::new();
        while !reply.ends_with(END) {
            if stream.read_buf(&mut reply).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(serde_json::from_slice(&reply)?)
    }
}
