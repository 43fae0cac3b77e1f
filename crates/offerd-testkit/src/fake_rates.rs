//! Rates, as the test says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bolt12::Currency;
use offerd_core::port::{Rates, SourceState};
use offerd_core::rates::{NoRate, PerBitcoin, Rate, Reading};

use crate::sample;

/// One source, which says what the test tells it. Clones are the same source.
#[derive(Clone, Debug, Default)]
pub struct FakeRates {
    said: Arc<Mutex<BTreeMap<Currency, PerBitcoin>>>,
    watched: Arc<Mutex<BTreeSet<Currency>>>,
}

impl FakeRates {
    /// The name of the source.
    pub const SOURCE: &str = "test";

    /// From now on a bitcoin costs so much, until it is said otherwise.
    ///
    /// # Panics
    /// When that is no currency and no price.
    pub fn say(&self, currency: &str, price: &str) {
        let price = price.parse().ok().and_then(|price| PerBitcoin::from_price(price).ok());
        self.said().insert(code(currency), price.expect("a price of a bitcoin"));
    }

    /// From now on no rate of this currency is known.
    pub fn fall_silent(&self, currency: &str) {
        self.said().remove(&code(currency));
    }

    /// What it was told to keep fresh, since this was asked last.
    pub fn take_watched(&self) -> BTreeSet<Currency> {
        std::mem::take(&mut *self.watched())
    }

    fn watched(&self) -> MutexGuard<'_, BTreeSet<Currency>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn said(&self) -> MutexGuard<'_, BTreeMap<Currency, PerBitcoin>> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn code(currency: &str) -> Currency {
    Currency::new(currency).expect("three capital letters")
}

#[async_trait]
impl Rates for FakeRates {
    fn rate(&self, currency: Currency) -> Result<Rate, NoRate> {
        let price = self.said().get(&currency).copied().ok_or(NoRate::Unknown(currency))?;
        let sources = vec![Self::SOURCE.to_owned()];
        Ok(Rate { currency, price, sources, as_of: sample::NOW })
    }

    fn watch(&self, currency: Currency) {
        self.watched().insert(currency);
    }

    async fn ask(&self, currency: Currency) -> Result<Rate, NoRate> {
        self.rate(currency)
    }

    fn fix(&self, currency: Currency, price: Option<PerBitcoin>) {
        match price {
            Some(price) => self.said().insert(currency, price),
            None => self.said().remove(&currency),
        };
    }

    fn sources(&self, currency: Currency) -> Vec<SourceState> {
        let price = self.said().get(&currency).copied();
        vec![SourceState {
            name: Self::SOURCE.to_owned(),
            reading: price.map(|price| Reading { price, at: sample::NOW }),
            is_fresh: price.is_some(),
            is_left_out: false,
            failure: None,
            failures: 0,
        }]
    }
}
