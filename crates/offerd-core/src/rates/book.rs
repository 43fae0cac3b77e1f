//! What the sources say, and whom to believe.

use std::collections::BTreeMap;

use bolt1::{Seconds, Timestamp};
use bolt12::Currency;

use super::per_bitcoin::PerBitcoin;

/// What one source said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The price of a bitcoin.
    pub price: PerBitcoin,
    /// When it said so.
    pub at: Timestamp,
}

/// The rate to go by, with where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Of which currency.
    pub currency: Currency,
    /// The median price of a bitcoin.
    pub price: PerBitcoin,
    /// The sources it is the median of, in alphabetical order.
    pub sources: Vec<String>,
    /// When the oldest of them said so.
    pub as_of: Timestamp,
}

/// Why there is no rate to go by.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRate {
    /// No source has told a rate of this currency so far.
    #[error("no values available for currency {0}")]
    Unknown(Currency),
    /// All that is known is too old.
    #[error("the newest rate of {currency} is {age} old, more than {bound}")]
    Stale {
        /// Of which currency.
        currency: Currency,
        /// How old the newest reading is.
        age: Seconds,
        /// How old it may be.
        bound: Seconds,
    },
    /// The sources contradict each other, and no majority agrees.
    #[error("the sources of {currency} disagree by more than {bound_ppm} ppm")]
    Disagreement {
        /// Of which currency.
        currency: Currency,
        /// By how much they may differ from their median.
        bound_ppm: u32,
    },
}

/// What makes a reading count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateBounds {
    /// Readings older than this are not used.
    pub max_age: Seconds,
    /// A source farther than this from the median of all, in millionths, is left out.
    pub max_deviation_ppm: u32,
}

impl Default for RateBounds {
    /// Ten minutes; five per cent.
    fn default() -> Self {
        Self { max_age: Seconds(600), max_deviation_ppm: 50_000 }
    }
}

/// The last reading of each source for each currency, and rates that were fixed by hand.
#[derive(Clone, Debug, Default)]
pub struct RateBook {
    fixed: BTreeMap<Currency, PerBitcoin>,
    readings: BTreeMap<Currency, BTreeMap<String, Reading>>,
}

/// The name under which a rate that was fixed by hand appears among the sources.
const FIXED: &str = "fixed";

impl RateBook {
    /// Notes what `source` said. The reading before it is forgotten.
    pub fn record(&mut self, currency: Currency, source: &str, reading: Reading) {
        self.readings.entry(currency).or_default().insert(source.to_owned(), reading);
    }

    /// Fixes the rate of a currency, whatever the sources say; `None` gives it back to them.
    pub fn fix(&mut self, currency: Currency, price: Option<PerBitcoin>) {
        match price {
            Some(price) => self.fixed.insert(currency, price),
            None => self.fixed.remove(&currency),
        };
    }

    /// The rate that was fixed by hand, if one was.
    pub fn fixed(&self, currency: Currency) -> Option<PerBitcoin> {
        self.fixed.get(&currency).copied()
    }

    /// All that was said about a currency, by source, however old.
    pub fn readings(&self, currency: Currency) -> impl Iterator<Item = (&str, Reading)> {
        let of_currency = self.readings.get(&currency).into_iter().flatten();
        of_currency.map(|(source, reading)| (source.as_str(), *reading))
    }

    /// The rate to go by: the fixed one, else the median of the sources that are fresh and near each other.
    ///
    /// # Errors
    /// [`NoRate`].
    pub fn rate(
        &self,
        currency: Currency,
        bounds: RateBounds,
        now: Timestamp,
    ) -> Result<Rate, NoRate> {
        if let Some(price) = self.fixed(currency) {
            return Ok(Rate { currency, price, sources: vec![FIXED.to_owned()], as_of: now });
        }
        let fresh = self.fresh(currency, bounds, now);
        let Some(median) = median(fresh.iter().map(|(_, reading)| reading.price)) else {
            return Err(self.nothing_fresh(currency, bounds, now));
        };
        let near = fresh.iter().filter(|(_, reading)| is_near(median, reading, bounds));
        let near: Vec<_> = near.collect();
        let is_majority = near.len() > fresh.len().saturating_sub(near.len());
        let price = median_of_near(&near).filter(|_| is_majority);
        let price =
            price.ok_or(NoRate::Disagreement { currency, bound_ppm: bounds.max_deviation_ppm })?;
        Ok(Rate {
            currency,
            price,
            sources: near.iter().map(|(source, _)| (*source).to_owned()).collect(),
            as_of: near.iter().map(|(_, reading)| reading.at).min().unwrap_or(now),
        })
    }

    /// The sources that are fresh but too far from the median of all to be believed.
    pub fn left_out(
        &self,
        currency: Currency,
        bounds: RateBounds,
        now: Timestamp,
    ) -> Vec<(&str, Reading)> {
        let fresh = self.fresh(currency, bounds, now);
        let Some(median) = median(fresh.iter().map(|(_, reading)| reading.price)) else {
            return Vec::new();
        };
        fresh.into_iter().filter(|(_, reading)| !is_near(median, reading, bounds)).collect()
    }

    /// Readings no older than the bound. One from the future was made by a clock that was set back since: it counts
    /// as made now.
    fn fresh(
        &self,
        currency: Currency,
        bounds: RateBounds,
        now: Timestamp,
    ) -> Vec<(&str, Reading)> {
        self.readings(currency)
            .filter(|(_, reading)| now.since(reading.at) <= bounds.max_age)
            .collect()
    }

    fn nothing_fresh(&self, currency: Currency, bounds: RateBounds, now: Timestamp) -> NoRate {
        match self.readings(currency).map(|(_, reading)| reading.at).max() {
            Some(newest) => {
                NoRate::Stale { currency, age: now.since(newest), bound: bounds.max_age }
            }
            None => NoRate::Unknown(currency),
        }
    }
}

fn is_near(median: PerBitcoin, reading: &Reading, bounds: RateBounds) -> bool {
    median.distance_ppm(reading.price) <= bounds.max_deviation_ppm
}

fn median_of_near(near: &[&(&str, Reading)]) -> Option<PerBitcoin> {
    median(near.iter().map(|(_, reading)| reading.price))
}

/// The middle one, or the middle between the two in the middle; `None` of nothing.
fn median(prices: impl Iterator<Item = PerBitcoin>) -> Option<PerBitcoin> {
    let mut prices: Vec<_> = prices.collect();
    prices.sort_unstable();
    let last = prices.len().checked_sub(1)?;
    let low = prices.get(last.div_euclid(2))?;
    let high = prices.get(last.div_ceil(2))?;
    Some(low.midpoint(*high))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    fn usd() -> Currency {
        Currency::new("USD").unwrap()
    }

    fn price(text: &str) -> PerBitcoin {
        PerBitcoin::from_price(text.parse().unwrap()).unwrap()
    }

    fn book(prices: &[(&str, &str)]) -> RateBook {
        let mut book = RateBook::default();
        for (source, said) in prices {
            book.record(usd(), source, Reading { price: price(said), at: NOW });
        }
        book
    }

    fn rate(book: &RateBook, now: Timestamp) -> Result<(String, Vec<String>), NoRate> {
        book.rate(usd(), RateBounds::default(), now)
            .map(|rate| (rate.price.to_string(), rate.sources))
    }

    #[test]
    fn the_median_of_the_sources_counts() {
        let odd = book(&[("a", "50000"), ("b", "50100"), ("c", "50900")]);
        assert_eq!(rate(&odd, NOW).unwrap().0, "50100.000000");
        let even = book(&[("a", "50000"), ("b", "50100")]);
        assert_eq!(rate(&even, NOW).unwrap().0, "50050.000000");
        assert_eq!(rate(&book(&[("a", "7")]), NOW).unwrap().0, "7.000000");
    }

    #[test]
    fn a_source_that_lies_is_left_out_and_named() {
        let book = book(&[("a", "50000"), ("b", "50100"), ("liar", "5010000")]);
        let (price, sources) = rate(&book, NOW).unwrap();
        assert_eq!(price, "50050.000000");
        assert_eq!(sources, ["a", "b"]);
        let left_out = book.left_out(usd(), RateBounds::default(), NOW);
        assert_eq!(left_out.iter().map(|(source, _)| *source).collect::<Vec<_>>(), ["liar"]);
    }

    #[test]
    fn two_sources_that_contradict_each_other_give_no_rate() {
        let disagreement = NoRate::Disagreement { currency: usd(), bound_ppm: 50_000 };
        assert_eq!(rate(&book(&[("a", "50000"), ("b", "60000")]), NOW), Err(disagreement.clone()));
        let camps = [("a", "50000"), ("b", "50000"), ("c", "90000"), ("d", "90000")];
        assert_eq!(rate(&book(&camps), NOW), Err(disagreement));
    }

    #[test]
    fn what_is_too_old_does_not_count_and_the_last_second_does() {
        let mut book = book(&[("a", "50000")]);
        assert!(rate(&book, NOW.plus(Seconds(600))).is_ok());
        let stale = NoRate::Stale { currency: usd(), age: Seconds(601), bound: Seconds(600) };
        assert_eq!(rate(&book, NOW.plus(Seconds(601))), Err(stale));
        let later = Reading { price: price("51000"), at: NOW.plus(Seconds(500)) };
        book.record(usd(), "b", later);
        assert_eq!(rate(&book, NOW.plus(Seconds(601))).unwrap().1, ["b"]);
        let eur = Currency::new("EUR").unwrap();
        let bounds = RateBounds::default();
        assert_eq!(book.rate(eur, bounds, NOW), Err(NoRate::Unknown(eur)));
    }

    #[test]
    fn the_age_is_that_of_the_oldest_source_used() {
        let mut book = book(&[("a", "50000")]);
        let earlier = Reading { price: price("50000"), at: NOW.minus(Seconds(100)) };
        book.record(usd(), "b", earlier);
        let rate = book.rate(usd(), RateBounds::default(), NOW).unwrap();
        assert_eq!(rate.as_of, NOW.minus(Seconds(100)));
    }

    #[test]
    fn a_fixed_rate_goes_before_all_sources_until_it_is_given_back() {
        let mut book = book(&[("a", "50000")]);
        book.fix(usd(), Some(price("42000")));
        let far = NOW.plus(Seconds(1_000_000));
        assert_eq!(rate(&book, far), Ok(("42000.000000".into(), vec!["fixed".into()])));
        book.fix(usd(), None);
        assert_eq!(rate(&book, NOW).unwrap().1, ["a"]);
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_make_readings_old() {
        assert!(rate(&book(&[("a", "50000")]), NOW.minus(Seconds(100_000))).is_ok());
    }

    proptest! {
        #[test]
        fn a_minority_of_liars_moves_the_rate_no_farther_than_the_bound(
            honest in proptest::collection::vec(49_000_u64..51_000, 3..7),
            lies in proptest::collection::vec(1_u64..10_000_000, 0..3),
        ) {
            prop_assume!(lies.len() < honest.len());
            let mut book = RateBook::default();
            for (index, said) in honest.iter().chain(&lies).enumerate() {
                let reading = Reading { price: price(&said.to_string()), at: NOW };
                book.record(usd(), &index.to_string(), reading);
            }
            if let Ok(rate) = book.rate(usd(), RateBounds::default(), NOW) {
                let (least, most) = (price("46000"), price("54000"));
                prop_assert!((least..=most).contains(&rate.price), "{:?}", rate.price);
            }
        }
    }
}
