//! Asking for an invoice, and checking the one that comes back.

mod allowance;
mod check;
mod request;
mod series;

pub use allowance::{Allowance, Limits, allowance};
pub use check::{FetchedInvoice, Reply, check_reply, refusal_reason};
pub use request::{Fetch, FetchArguments, prepare, repeat};
pub(crate) use request::{check_amount, check_quantity};
pub use series::{
    NextPeriod, Past, SeriesArguments, next_period, paid_once_key, period_key, series_metadata,
};
