//! Asking for an invoice, and checking the one that comes back.

mod check;
mod request;

pub use check::{FetchedInvoice, Reply, check_reply, refusal_reason};
pub(crate) use request::check_quantity;
pub use request::{Fetch, FetchArguments, prepare, repeat};
