//! Payments of ours, from the commit to the proof.

mod order;
mod progress;
mod state;

pub use order::{OrderTerms, Ordered, decide_label, decide_order};
pub use progress::{on_failed, on_refused, on_sent, pay_order};
pub use state::{OutgoingPayment, PaymentEnd, PaymentState, Purpose};
