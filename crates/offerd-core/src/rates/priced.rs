//! Amounts of bitcoin that follow from a price in a currency, as they are kept on record.

use bolt1::{Msat, Timestamp};

use super::book::Rate;
use super::fiat::FiatAmount;
use super::per_bitcoin::{PerBitcoin, Rounding};

/// The rate by which something was converted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateStamp {
    /// The price of a bitcoin, in the currency of what was converted.
    pub price: PerBitcoin,
    /// When the oldest source that was used said so.
    pub as_of: Timestamp,
    /// The sources it was the median of; empty where they are no longer known.
    pub sources: Vec<String>,
}

impl From<&Rate> for RateStamp {
    fn from(rate: &Rate) -> Self {
        Self { price: rate.price, as_of: rate.as_of, sources: rate.sources.clone() }
    }
}

/// What something costs in a currency, and how its amount of bitcoin was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced {
    /// The price of all items together.
    pub price: FiatAmount,
    /// The rate of our own that it was converted or judged by; `None` where we had none.
    pub rate: Option<RateStamp>,
}

impl Priced {
    /// What the price came to at that rate: rounded up to the msat, so that nobody is credited less than the price.
    pub fn expected(&self) -> Option<Msat> {
        self.rate.as_ref().and_then(|rate| rate.price.to_msat(self.price, Rounding::Up))
    }

    /// What travels with an unpaid invoice and comes back with its payment: the rate and its time, at most 33 bytes
    /// until the year 2286, before `rest`.
    pub(crate) fn memo(rate: &RateStamp, rest: &str) -> String {
        format!("{} {}\n{rest}", rate.price, rate.as_of.0)
    }

    /// Reads what [`Priced::memo`] wrote, and gives the rest. All of it is the rest when it begins otherwise.
    pub(crate) fn from_memo(memo: &str) -> (Option<RateStamp>, &str) {
        let read = || {
            let (line, rest) = memo.split_once('\n')?;
            let (price, at) = line.split_once(' ')?;
            let price = PerBitcoin::from_price(price.parse().ok()?).ok()?;
            let as_of = Timestamp(at.parse().ok()?);
            Some((Some(RateStamp { price, as_of, sources: Vec::new() }), rest))
        };
        read().unwrap_or((None, memo))
    }
}

impl Rate {
    /// What `amount` is worth at this rate, rounded to the nearest minor unit; `None` where that is nothing.
    pub fn worth(&self, amount: Msat) -> Option<FiatAmount> {
        FiatAmount::worth(self.currency, self.price, amount)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stamp(micros: u64, as_of: u64) -> RateStamp {
        let price = PerBitcoin::from_micros(micros.try_into().unwrap());
        RateStamp { price, as_of: Timestamp(as_of), sources: Vec::new() }
    }

    #[test]
    fn the_longest_memo_leaves_room_for_a_note() {
        assert_eq!(Priced::memo(&stamp(u64::MAX, 9_999_999_999), "").len(), 33);
    }

    #[test]
    fn a_note_of_before_is_no_rate() {
        for note in ["", "hello", "hello\nworld", "5 x\ny", "-5 1\n", "0 1\n", "5 1"] {
            assert_eq!(Priced::from_memo(note), (None, note));
        }
    }

    proptest! {
        #[test]
        fn what_travels_comes_back(micros in 1_u64.., as_of: u64, note: String) {
            let stamp = stamp(micros, as_of);
            let memo = Priced::memo(&stamp, &note);
            prop_assert_eq!(Priced::from_memo(&memo), (Some(stamp), note.as_str()));
        }
    }
}
