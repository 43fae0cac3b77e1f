//! Invoices that we make for somebody's promise to pay (`sendinvoice`).

mod make;
mod state;

pub use make::{Promise, RedeemArguments, Redeeming};
pub use state::OwnInvoice;
