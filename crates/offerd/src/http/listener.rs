//! Connections: accepted, seated, served, shown out.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::limits::{Limits, MAX_HEAD, MAX_HEADERS};
use super::patience::Patience;
use super::seats::{Seats, Sitting};
use super::tls::{TlsError, TlsFiles};
use crate::shutdown::Shutdown;

/// What a newcomer hears when every seat is held.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// Why a door could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The address is not to be had.
    #[error("{address}: {source}")]
    Address {
        /// Which.
        address: SocketAddr,
        /// The system's reason.
        source: io::Error,
    },
    /// The certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A door: bound, nobody let in yet.
pub struct Listener {
    tcp: TcpListener,
    tls: Option<TlsAcceptor>,
    address: SocketAddr,
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").field("url", &self.url()).finish_non_exhaustive()
    }
}

impl Listener {
    /// Binds `address`; port 0 lets the system choose. With `tls`, nothing else is spoken.
    ///
    /// # Errors
    /// [`BindError`].
    pub async fn bind(address: SocketAddr, tls: Option<&TlsFiles>) -> Result<Self, BindError> {
        let tls = tls.map(TlsFiles::acceptor).transpose()?;
        let refuse = |source| BindError::Address { address, source };
        let tcp = TcpListener::bind(address).await.map_err(refuse)?;
        let address = tcp.local_addr().map_err(refuse)?;
        Ok(Self { tcp, tls, address })
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same, with how to speak: `https://…`.
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Serves `router` until `shutdown` is requested, and then until requests under way are answered or given up.
    /// Each request has [`ConnectInfo`] and its [`Seat`](super::Seat) among its extensions.
    pub async fn serve(self, router: Router, limits: Limits, shutdown: Shutdown) {
        let seats = Seats::new(limits.connections);
        let mut connections = JoinSet::new();
        loop {
            let (stream, peer) = tokio::select! {
                () = shutdown.requested() => break,
                _ = connections.join_next(), if !connections.is_empty() => continue,
                accepted = self.tcp.accept() => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        tracing::warn!(%error, "no connection could be accepted");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                        continue;
                    }
                },
            };
            let Some(sitting) = seats.take() else {
                connections.spawn(turn_away(stream, limits.head));
                continue;
            };
            let router = router.clone().layer(Extension(sitting.seat.clone()));
            let router = router.layer(Extension(ConnectInfo(peer)));
            let connection = Connection { sitting, limits, shutdown: shutdown.clone() };
            connections.spawn(connection.serve(stream, self.tls.clone(), router));
        }
        drop(self.tcp);
        while connections.join_next().await.is_some() {}
    }
}

async fn turn_away(mut stream: TcpStream, within: Duration) {
    // Whether it reads that or not, it is gone then.
    let _ = timeout(within, stream.write_all(FULL)).await;
}

struct Connection {
    sitting: Sitting,
    limits: Limits,
    shutdown: Shutdown,
}

impl Connection {
    async fn serve(self, stream: TcpStream, tls: Option<TlsAcceptor>, router: Router) {
        // Answers are written whole: waiting for more to send gains nothing.
        let _ = stream.set_nodelay(true);
        let Some(tls) = tls else { return self.converse(stream, router).await };
        let handshake = tokio::select! {
            handshake = timeout(self.limits.head, tls.accept(stream)) => handshake,
            () = self.sitting.seat.taken_away() => return,
            () = self.shutdown.requested() => return,
        };
        match handshake {
            Ok(Ok(stream)) => self.converse(stream, router).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake came to nothing"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    async fn converse<S: AsyncRead + AsyncWrite + Unpin>(self, stream: S, router: Router) {
        let stream = TokioIo::new(Patience::new(stream, self.limits.write));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(self.limits.head);
        http.max_buf_size(MAX_HEAD).max_headers(MAX_HEADERS);
        let served = http.serve_connection(stream, TowerToHyperService::new(router));
        let mut served = std::pin::pin!(served);
        let outcome = tokio::select! {
            outcome = served.as_mut() => outcome,
            () = self.sitting.seat.taken_away() => return,
            () = self.shutdown.requested() => {
                served.as_mut().graceful_shutdown();
                match timeout(self.limits.shutdown, served).await {
                    Ok(outcome) => outcome,
                    Err(_) => return,
                }
            }
        };
        if let Err(error) = outcome {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}
