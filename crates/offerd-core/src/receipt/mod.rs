//! Payments to us: what is sealed into an invoice, and which payment is accepted.

mod beside;
mod decide;
mod price;
mod seal;
mod state;
mod window;

pub use beside::{Beside, BesideWindow, SHOWN_FOR};
pub use decide::{Arrived, SentBack, decide_arrival, on_lost};
pub use seal::{Sealed, request_mac};
pub use state::{Receipt, ReceiptKey, ReceiptState, Source};
pub use window::InvoiceWindow;
