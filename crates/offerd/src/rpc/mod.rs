//! The JSON-RPC as the daemon serves it: Core Lightning's conventions on a unix socket.
//!
//! A request goes from [`socket`] (bytes) over [`request`] (its parts) and [`params`] (checked by the table of
//! methods) to one file per method in `method/`, which asks the driver or the node and renders the answer. Nothing
//! is decided here.

mod arg;
mod call;
mod carry;
mod error;
pub mod filter;
pub mod frame;
mod invoices;
pub mod liquidity;
mod method;
pub mod node_control;
mod notices;
pub(crate) mod outlook;
pub mod params;
pub(crate) mod peer;
pub mod request;
pub mod rune;
pub mod socket;
mod view;

pub use call::Api;
pub(crate) use carry::carry_out;
pub(crate) use error::{fault_object, rune_object};
pub(crate) use method::source_health;
pub use node_control::NodeControl;
pub use socket::{Calls, Socket};
