//! Doors over TCP: HTTP/1.1, with TLS where it is asked for.
//!
//! * [`listener`]: connections, each with a seat in the room, from its first byte to its end.
//! * [`seats`]: how many there may be, and who has to go for a newcomer.
//! * [`limits`]: how large a request may be, and how long each step may take.
//! * [`tls`]: the certificate.
//!
//! * [`api`]: the calls, with a rune: `POST /v1/METHOD`, the stream of events, the OpenAPI document; beside them the
//!   screens ([`crate::screen`]).
//!
//! What is behind a door is a router of `axum`, which is handed to [`Listener::serve`].

pub mod api;
mod authority;
pub(crate) mod call;
mod events;
pub mod limits;
pub mod listener;
mod patience;
mod reply;
pub mod seats;
pub mod tls;

pub use api::Door;
pub use limits::Limits;
pub use listener::{BindError, Listener};
pub use seats::Seat;
pub use tls::{TlsError, TlsFiles};
