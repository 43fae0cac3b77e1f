//! What an offers business decides: which requests to answer and how, which invoices to pay, which payouts to
//! honour, and what is owed after a crash.
//!
//! Nothing here performs anything. Functions take bytes, records, the time and randomness as arguments and give
//! back what happened ([`Event`]), what is to be done ([`Effect`]) or why not ([`Refusal`], [`Ignored`],
//! [`Misuse`]). The driver commits the events through the store port and only then performs the effects.
//!
//! * [`offer_book`]: standing offers, and answering requests for them.
//! * [`fetch`]: making requests, checking the invoices that come back.
//! * [`payout`]: promises to pay, and who may redeem them.
//! * [`payment`]: payments of ours, from the commit to the proof.
//! * [`receipt`]: payments to us, and which of them to accept.
//! * [`subscriber`]: those who pay an offer again and again.
//! * [`subscription`]: offers that we pay again and again by ourselves.
//! * [`rates`]: prices in currencies.
//! * [`invoice_book`]: invoices we made for somebody's promise to pay.
//! * [`liquidity`]: channels bought from a provider, and what it may keep of a payment.
//! * [`page_name`]: the secret names of pages about one order or payout.
//! * [`change`]: the order of changes, for those who follow them.
//! * [`rune`]: bearer tokens with restrictions.
//! * [`webhook`]: handing what has happened to receivers of the operator's.
//! * [`audit`]: whether the books add up to what the node has.
//! * [`port`]: what is asked of store and node.
//!
//! No clock, no randomness, no files, no sockets and no JSON live here.
#![deny(clippy::as_conversions, clippy::arithmetic_side_effects, clippy::indexing_slicing)]

pub mod amount;
pub mod audit;
pub mod change;
mod effect;
mod event;
pub mod fetch;
mod id;
pub mod invoice_book;
pub mod keys;
pub mod limits;
pub mod liquidity;
mod misuse;
pub mod offer_book;
pub mod page_name;
pub mod payment;
pub mod payout;
mod policy;
pub mod port;
pub mod rates;
pub mod receipt;
mod refusal;
pub mod rune;
pub mod subscriber;
pub mod subscription;
mod way;
pub mod webhook;

pub use effect::{Effect, OutboxEntry};
pub use event::{Batch, Event};
pub use id::{
    InvoiceRow, OfferRow, PaymentHash, PaymentId, PayoutRow, Preimage, SubscriberRow,
    SubscriptionRow,
};
pub use misuse::Misuse;
pub use policy::Policy;
pub use refusal::{Ignored, Refusal};
pub use way::Way;
