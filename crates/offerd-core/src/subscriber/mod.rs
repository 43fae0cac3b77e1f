//! Those who pay an offer of ours again and again: what each has paid, and which payment may come next.
//!
//! A series is known by its offer and `invreq_payer_id`; it is on record from its first payment on. What a request of
//! it costs, and which payment of one request is accepted, is decided where it is for every other offer.

mod judge;
mod progress;
mod state;
mod turn;

pub(crate) use judge::{Granted, judge};
pub use progress::{on_cancel, on_due, on_paid};
pub use state::{Subscriber, SubscriberChange, SubscriberState};
pub use turn::Turn;
