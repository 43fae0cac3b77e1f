//! Payments of ours, from the commit to the proof.

mod failure;
mod order;
mod payable;
mod progress;
mod proof;
mod state;

pub use failure::{FailedAttempt, Failure, FailureKind, MOST_FAILED_ATTEMPTS};
pub use order::{OrderTerms, Ordered, decide_bolt11_order, decide_label, decide_order};
pub use payable::{Bolt11Payable, Payable};
pub use progress::{on_attempt_failed, on_failed, on_refused, on_sent, pay_order};
pub use proof::{SHOWN_BY_DEFAULT, prove};
pub use state::{OutgoingPayment, PaymentEnd, PaymentState, Purpose};
