//! The TCP side: bind, read lines, answer, tell of new tips, stop.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::{headers, methods};
use crate::chain::Chain;
use crate::rpc::RpcServerError;

/// What asks for headers, and what a new one is told as.
const SUBSCRIBE: &str = "blockchain.headers.subscribe";

/// A running Electrum server. Dropping it closes all connections.
#[must_use = "the server stops when this is dropped"]
pub struct ElectrumServer {
    addr: SocketAddr,
    task: JoinHandle<()>,
}

impl std::fmt::Debug for ElectrumServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ElectrumServer").field("addr", &self.addr).finish_non_exhaustive()
    }
}

impl ElectrumServer {
    /// Starts to serve `chain` at a port of 127.0.0.1; 0 lets the system choose. Needs a tokio runtime with I/O.
    ///
    /// # Errors
    ///
    /// [`RpcServerError::Bind`] when the port is taken.
    pub async fn start(chain: Arc<Chain>, port: u16) -> Result<Self, RpcServerError> {
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let bind_error = |source| RpcServerError::Bind { addr, source };
        let listener = TcpListener::bind(addr).await.map_err(bind_error)?;
        let addr = listener.local_addr().map_err(bind_error)?;
        let task = tokio::spawn(accept(listener, chain));
        Ok(Self { addr, task })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What a client is told: the address with `tcp://` before it.
    pub fn url(&self) -> String {
        format!("tcp://{}", self.addr)
    }

    /// Closes all connections and stops.
    pub async fn shutdown(mut self) {
        self.task.abort();
        // Aborted, so it ends with an error that says so.
        let _ = (&mut self.task).await;
    }
}

impl Drop for ElectrumServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves each connection on a task of its own; all end with this one.
async fn accept(listener: TcpListener, chain: Arc<Chain>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, Arc::clone(&chain)));
                }
                Err(error) => return tracing::error!(%error, "the Electrum server failed"),
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, chain: Arc<Chain>) {
    if let Err(error) = converse(stream, chain).await {
        tracing::debug!(%error, "a connection has ended");
    }
}

async fn converse(stream: TcpStream, chain: Arc<Chain>) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines: Lines<BufReader<OwnedReadHalf>> = BufReader::new(read).lines();
    let mut updates = chain.subscribe();
    let mut told = None;
    loop {
        let said = tokio::select! {
            line = lines.next_line() => {
                let Some(line) = line? else { return Ok(()) };
                let request: Value = serde_json::from_str(&line)?;
                if request["method"] == SUBSCRIBE {
                    told = Some(chain.tip());
                }
                answer(&chain, request).await
            }
            changed = updates.changed(), if told.is_some() => {
                if changed.is_err() {
                    return Ok(());
                }
                if told == Some(chain.tip()) {
                    continue;
                }
                told = Some(chain.tip());
                json!({ "jsonrpc": "2.0", "method": SUBSCRIBE, "params": [headers::tip(&chain)] })
            }
        };
        write.write_all(format!("{said}\n").as_bytes()).await?;
    }
}

async fn answer(chain: &Arc<Chain>, request: Value) -> Value {
    let (chain, id) = (Arc::clone(chain), request["id"].clone());
    let call = move || {
        let method = request["method"].as_str().unwrap_or_default();
        methods::call(&chain, method, &request["params"])
    };
    match tokio::task::spawn_blocking(call).await {
        Ok(Ok(result)) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Ok(Err(error)) => json!({ "jsonrpc": "2.0", "id": id, "error": error.to_json() }),
        Err(error) => {
            tracing::error!(%error, "a call failed");
            let error = json!({ "code": -32_603, "message": "internal error" });
            json!({ "jsonrpc": "2.0", "id": id, "error": error })
        }
    }
}
