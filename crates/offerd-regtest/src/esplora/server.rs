//! The HTTP side: bind, read, answer, stop.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::answer::Answer;
use super::routes;
use crate::chain::Chain;
use crate::rpc::RpcServerError;

/// Bytes a request may have: a package of the largest transactions, in hexadecimal, and to spare.
const MAX_BODY: usize = 8_000_000;
/// How long requests under way may take once the server is told to stop.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// A running server of Esplora's interface. Dropping it stops it without waiting for requests under way.
#[must_use = "the server stops when this is dropped"]
pub struct EsploraServer {
    addr: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl std::fmt::Debug for EsploraServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EsploraServer").field("addr", &self.addr).finish_non_exhaustive()
    }
}

impl EsploraServer {
    /// Starts to serve `chain` at a port of 127.0.0.1; 0 lets the system choose. Needs a tokio runtime with I/O and
    /// timers.
    ///
    /// # Errors
    ///
    /// [`RpcServerError::Bind`] when the port is taken.
    pub async fn start(chain: Arc<Chain>, port: u16) -> Result<Self, RpcServerError> {
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let bind_error = |source| RpcServerError::Bind { addr, source };
        let listener = TcpListener::bind(addr).await.map_err(bind_error)?;
        let addr = listener.local_addr().map_err(bind_error)?;
        let router = Router::new().fallback(handle).with_state(chain);
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let stopped = async { drop(stopped.await) }; // told to stop, or dropped
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await
            {
                tracing::error!(%error, "the Esplora server failed");
            }
        });
        Ok(Self { addr, stop, task })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What a client is told: the address with `http://` before it and no slash behind it.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Takes no more requests, lets those under way finish for a few seconds, and stops.
    pub async fn shutdown(self) {
        let Self { stop, mut task, .. } = self;
        drop(stop);
        if timeout(SHUTDOWN_TIMEOUT, &mut task).await.is_err() {
            task.abort();
        }
    }
}

async fn handle(State(chain): State<Arc<Chain>>, method: Method, uri: Uri, body: Body) -> Answer {
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return Answer::refused(StatusCode::PAYLOAD_TOO_LARGE, "request too large or cut off");
    };
    let answer = move || routes::answer(&chain, &method, uri.path(), &body);
    tokio::task::spawn_blocking(answer).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a request failed");
        Answer::refused(StatusCode::INTERNAL_SERVER_ERROR, "internal error")
    })
}
