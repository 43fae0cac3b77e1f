//! Prices in currencies: what a code means, what bitcoin costs, and whom to believe.
//!
//! * [`FiatAmount`]: an amount in a currency's minor units, read from how people write it.
//! * [`PerBitcoin`]: the price of one bitcoin, an exact decimal. No floating point comes near money.
//! * [`Priced`]: what was converted by which rate, for the record.
//! * [`RateBook`]: what the sources said last, and the [`Rate`] that follows from it.
//!
//! Nothing here fetches anything: adapters bring readings, the time comes as an argument.

mod book;
mod decimal;
mod fiat;
mod per_bitcoin;
mod priced;

pub use book::{NoRate, Rate, RateBook, RateBounds, Reading};
pub use decimal::{Decimal, DecimalError};
pub use fiat::{FiatAmount, FiatError, minor_digits};
pub use per_bitcoin::{PerBitcoin, PriceError, Rounding};
pub use priced::{Priced, RateStamp};
