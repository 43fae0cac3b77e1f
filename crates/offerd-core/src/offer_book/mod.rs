//! Standing offers, and answering requests for them.

mod answer;
mod entry;
mod make;
mod renew;
mod schedule;

pub(crate) use answer::finish_invoice;
pub use answer::{Authenticated, Draft, Quote, authenticate};
pub use entry::{OfferEncoding, OfferEntry};
pub use make::{OfferArguments, fiat_amount, make_offer, offer_arguments_key};
pub use renew::{renew_offer, wants_new_string};
pub use schedule::{ScheduleArguments, schedule};
