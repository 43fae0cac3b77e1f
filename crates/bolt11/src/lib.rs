//! Invoices of BOLT 11: what a string `lnbc…` says, its signature checked.
//!
//! ```
//! let string = "lnbc2500u1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5\
//!     rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpu9qrsgquk0rl77nj30yxdy8j9vdx85fkpmdla2087ne0xh8nhedh8w27ky\
//!     ke0lp53ut353s06fv3qfegext0eh0ymjpf39tuven09sam30g4vgpfna3rh";
//! let invoice = bolt11::Invoice::decode(string)?;
//! assert_eq!(invoice.currency, "bc");
//! assert_eq!(invoice.amount.map(|amount| amount.as_u64()), Some(250_000_000));
//! assert_eq!(invoice.description.as_deref(), Some("1 cup coffee"));
//! # Ok::<(), bolt11::Bolt11Error>(())
//! ```
//!
//! Reading only: who makes such invoices has a Lightning node at hand. Whether one may be paid does not live here.
//!
//! # Deviations
//!
//! * **More lenient**: a leading `lightning:` is skipped; unknown required features do not make an invoice invalid, for
//!   they say who may pay it and not what it is.
#![no_std]
#![deny(clippy::as_conversions, clippy::arithmetic_side_effects, clippy::indexing_slicing)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod amount;
mod error;
mod fallback;
mod field;
mod invoice;
mod words;

pub use error::Bolt11Error;
pub use fallback::{Fallback, FallbackKind};
pub use field::{RouteHop, UnknownField};
pub use invoice::{Invoice, is_bolt11};
pub use words::MAX_STRING_LEN;
