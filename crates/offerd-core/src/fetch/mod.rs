//! Asking for an invoice, and checking the one that comes back.

mod check;
mod request;

pub use check::{FetchedInvoice, Reply, check_reply, refusal_reason};
pub use request::{Fetch, FetchArguments, prepare, repeat};
