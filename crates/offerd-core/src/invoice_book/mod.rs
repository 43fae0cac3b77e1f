//! Invoices that we make ourselves: for somebody's promise to pay (`sendinvoice`), or for anybody (`invoice`).

mod bolt11;
mod make;
mod state;

pub use bolt11::{Bolt11Arguments, sealed_on_record};
pub use make::{Promise, RedeemArguments, Redeeming};
pub use state::{Bolt11Terms, OwnContent, OwnInvoice};
