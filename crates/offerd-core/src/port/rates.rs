//! Where rates come from.

use async_trait::async_trait;
use bolt1::Timestamp;
use bolt12::Currency;

use crate::rates::{NoRate, PerBitcoin, Rate, Reading};

/// Knows what bitcoin costs. Keeps the currencies that matter fresh by itself.
#[async_trait]
pub trait Rates: Send + Sync {
    /// The rate to go by, from what is known already: costs nothing, waits for nobody.
    ///
    /// # Errors
    /// [`NoRate`] when nothing fresh is known, or the sources contradict each other.
    fn rate(&self, currency: Currency) -> Result<Rate, NoRate>;

    /// Keeps `currency` fresh from now on.
    fn watch(&self, currency: Currency);

    /// The same as [`rate`](Self::rate), asking the sources first when nothing fresh is known. Watches the currency.
    ///
    /// # Errors
    /// [`NoRate`] when they have been asked and there is none.
    async fn ask(&self, currency: Currency) -> Result<Rate, NoRate>;

    /// Fixes the rate of a currency, whatever the sources say; `None` gives it back to what is configured: a fixed
    /// rate, else the sources.
    fn fix(&self, currency: Currency, price: Option<PerBitcoin>);

    /// How each source does with `currency`.
    fn sources(&self, currency: Currency) -> Vec<SourceState>;
}

/// How one source does with one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceState {
    /// Its name.
    pub name: String,
    /// What it said last, however long ago.
    pub reading: Option<Reading>,
    /// Whether that is young enough to count.
    pub is_fresh: bool,
    /// Whether that is fresh, but too far from what the others say to be believed.
    pub is_left_out: bool,
    /// When it failed last, and how, if it has not answered since.
    pub failure: Option<(Timestamp, String)>,
    /// How often in a row it has failed.
    pub failures: u32,
}
