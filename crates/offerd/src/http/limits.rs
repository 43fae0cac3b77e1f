//! How much a client may send, and how long it may take for it.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::StatusCode;
use tokio::time::timeout;

/// Most bytes of a request line and its headers together.
pub(super) const MAX_HEAD: usize = 16 * 1024;
/// Most headers of a request.
pub(super) const MAX_HEADERS: usize = 64;

/// The bounds of one door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time. For one more, the one that was idle longest is closed.
    pub connections: usize,
    /// Bytes of a request's body.
    pub body: usize,
    /// How long a TLS handshake, and then the head of each request, may take; also how long a connection may be idle.
    pub head: Duration,
    /// How long the body of a request may take.
    pub body_time: Duration,
    /// How long a client may leave what we send it unread.
    pub write: Duration,
    /// How long requests may go on once the daemon ends.
    pub shutdown: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            body: 64 * 1024,
            head: Duration::from_secs(10),
            body_time: Duration::from_secs(20),
            write: Duration::from_secs(30),
            shutdown: Duration::from_secs(4),
        }
    }
}

/// Why a body was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// More than [`Limits::body`], or cut off.
    #[error("the body is larger than {most} bytes, or was cut off")]
    TooLarge {
        /// The bound.
        most: usize,
    },
    /// Longer than [`Limits::body_time`].
    #[error("the body took longer than {} s", within.as_secs())]
    TooSlow {
        /// The bound.
        within: Duration,
    },
}

impl BodyError {
    /// The status that says so.
    pub fn status(self) -> StatusCode {
        match self {
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow { .. } => StatusCode::REQUEST_TIMEOUT,
        }
    }
}

impl Limits {
    /// Reads a body to its end.
    ///
    /// # Errors
    /// [`BodyError`]; the connection is not to be used again.
    pub async fn read(&self, body: Body) -> Result<Bytes, BodyError> {
        match timeout(self.body_time, to_bytes(body, self.body)).await {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(_)) => Err(BodyError::TooLarge { most: self.body }),
            Err(_) => Err(BodyError::TooSlow { within: self.body_time }),
        }
    }
}
