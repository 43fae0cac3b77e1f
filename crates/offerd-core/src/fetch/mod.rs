//! Asking for an invoice, and checking the one that comes back.

mod check;
mod request;

pub use check::{FetchedInvoice, Reply, check_reply};
pub use request::{Fetch, FetchArguments, prepare};
