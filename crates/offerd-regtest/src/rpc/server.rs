//! The HTTP side: bind, admit, read, answer, stop.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::auth::{Cookie, Gate};
use super::error::RpcError;
use super::message::{self, Reply};
use crate::chain::Chain;

/// Bytes a request may have: a package of the largest transactions, in hexadecimal, and to spare.
const MAX_BODY: usize = 8_000_000;
/// How long a client may take to send a request once it is admitted.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long requests under way may take once the server is told to stop.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Where to listen and whom to let in.
#[derive(Clone)]
pub struct RpcConfig {
    addr: SocketAddr,
    login: Option<String>,
    cookie_path: Option<PathBuf>,
}

impl RpcConfig {
    /// On 127.0.0.1, at a port the system chooses, with nobody let in yet.
    pub fn loopback() -> Self {
        Self { addr: (Ipv4Addr::LOCALHOST, 0).into(), login: None, cookie_path: None }
    }

    /// Listens at `addr`, which must be a loopback address. Port 0 lets the system choose.
    pub fn with_addr(self, addr: SocketAddr) -> Self {
        Self { addr, ..self }
    }

    /// Lets in whoever knows the password. `user` must not contain a colon.
    pub fn with_password(self, user: &str, password: &str) -> Self {
        Self { login: Some(format!("{user}:{password}")), ..self }
    }

    /// Lets in whoever can read the cookie file, which is written at start with a fresh secret,
    /// for its owner alone, and removed at the end. bitcoind calls it `.cookie`.
    pub fn with_cookie(self, path: impl Into<PathBuf>) -> Self {
        Self { cookie_path: Some(path.into()), ..self }
    }
}

impl std::fmt::Debug for RpcConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RpcConfig")
            .field("addr", &self.addr)
            .field("login", &self.login.as_ref().map(|_| "<redacted>"))
            .field("cookie_path", &self.cookie_path)
            .finish()
    }
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RpcServerError {
    /// Only loopback addresses are served: the faucet pays whoever asks.
    #[error("{0} is not a loopback address")]
    NotLoopback(SocketAddr),
    /// Neither password nor cookie file was given, so nobody could call.
    #[error("neither a password nor a cookie file is set")]
    NobodyAdmitted,
    /// The address could not be listened at.
    #[error("cannot listen at {addr}")]
    Bind {
        /// The address.
        addr: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The cookie file could not be written.
    #[error("cannot write the cookie file {}", path.display())]
    Cookie {
        /// Its path.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

/// A running server. Dropping it stops it without waiting for requests under way.
#[must_use = "the server stops when this is dropped"]
pub struct RpcServer {
    addr: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    _cookie: Option<Cookie>,
}

impl std::fmt::Debug for RpcServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RpcServer").field("addr", &self.addr).finish_non_exhaustive()
    }
}

struct Service {
    chain: Arc<Chain>,
    gate: Gate,
}

impl RpcServer {
    /// Starts to serve `chain`. Needs a tokio runtime with I/O and timers.
    ///
    /// # Errors
    ///
    /// When the address is taken or not a loopback address, nobody would be let in, or the cookie
    /// file cannot be written.
    pub async fn start(chain: Arc<Chain>, config: RpcConfig) -> Result<Self, RpcServerError> {
        let RpcConfig { addr, login, cookie_path } = config;
        if !addr.ip().is_loopback() {
            return Err(RpcServerError::NotLoopback(addr));
        }
        if login.is_none() && cookie_path.is_none() {
            return Err(RpcServerError::NobodyAdmitted);
        }
        let bind_error = |source| RpcServerError::Bind { addr, source };
        let listener = TcpListener::bind(addr).await.map_err(bind_error)?;
        let addr = listener.local_addr().map_err(bind_error)?;
        let cookie = cookie_path
            .map(|path| {
                Cookie::write(&path).map_err(|source| RpcServerError::Cookie { path, source })
            })
            .transpose()?;
        let gate =
            Gate::new(login.as_deref().into_iter().chain(cookie.as_ref().map(Cookie::credentials)));
        let service = Arc::new(Service { chain, gate });
        let routes = Router::new().route("/", post(handle)).with_state(service);
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let stopped = async { drop(stopped.await) }; // told to stop, or dropped
            if let Err(error) = axum::serve(listener, routes).with_graceful_shutdown(stopped).await
            {
                tracing::error!(%error, "the RPC server failed");
            }
        });
        Ok(Self { addr, stop, task, _cookie: cookie })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
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

async fn handle(State(service): State<Arc<Service>>, headers: HeaderMap, body: Body) -> Response {
    if !service.gate.admits(&headers) {
        let challenge = HeaderValue::from_static("Basic realm=\"jsonrpc\"");
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)]).into_response();
    }
    let body = match timeout(BODY_TIMEOUT, to_bytes(body, MAX_BODY)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => {
            let error = RpcError::new(RpcError::INVALID_REQUEST, "request too large or cut off");
            return respond(Reply::refused(StatusCode::PAYLOAD_TOO_LARGE, &error));
        }
        Err(_) => {
            let error = RpcError::new(RpcError::INVALID_REQUEST, "request took too long");
            return respond(Reply::refused(StatusCode::REQUEST_TIMEOUT, &error));
        }
    };
    let answer = move || message::answer(&service.chain, &body);
    let reply = tokio::task::spawn_blocking(answer).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a call failed");
        let error = RpcError::new(RpcError::INTERNAL, "internal error");
        Reply::refused(StatusCode::INTERNAL_SERVER_ERROR, &error)
    });
    respond(reply)
}

fn respond(Reply { status, body }: Reply) -> Response {
    let json = HeaderValue::from_static("application/json");
    (status, [(header::CONTENT_TYPE, json)], body).into_response()
}
