//! The price of one bitcoin.

use std::fmt;
use std::num::NonZeroU64;

use bolt1::Msat;

use super::decimal::Decimal;
use super::fiat::FiatAmount;

/// What one bitcoin costs, in millionths of a currency's major unit (of a dollar, not of a cent). Never zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PerBitcoin(NonZeroU64);

/// Millionths in one.
const MICRO: u128 = 1_000_000;
/// Millisatoshi in one bitcoin.
const MSAT_PER_BITCOIN: u128 = 100_000_000_000;

/// Why a number is no price of a bitcoin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    /// Below a millionth.
    #[error("is below a millionth of a unit for a bitcoin")]
    TooSmall,
    /// Above what 64 bits of millionths hold: 18 446 744 073 709.
    #[error("is above 18446744073709 units for a bitcoin")]
    TooLarge,
}

/// What happens to fractions of the smallest unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Cut off: what a promise of ours is worth at most.
    Down,
    /// Made whole: what a price comes to at least.
    Up,
}

impl PerBitcoin {
    /// A price in millionths of the major unit.
    pub const fn from_micros(micros: NonZeroU64) -> Self {
        Self(micros)
    }

    /// The price in millionths of the major unit.
    pub const fn as_micros(self) -> NonZeroU64 {
        self.0
    }

    /// From what one bitcoin costs.
    ///
    /// # Errors
    /// [`PriceError`] when it is out of range.
    pub fn from_price(price: Decimal) -> Result<Self, PriceError> {
        let scaled = price.digits.checked_mul(MICRO).ok_or(PriceError::TooLarge)?;
        Self::from_wide(power_of_ten(price.scale).and_then(|scale| scaled.checked_div(scale)))
    }

    /// From what one major unit costs in bitcoin, as some sources say it.
    ///
    /// # Errors
    /// [`PriceError`] when it is out of range.
    pub fn from_inverse(bitcoin_per_unit: Decimal) -> Result<Self, PriceError> {
        let one = power_of_ten(bitcoin_per_unit.scale).and_then(|one| one.checked_mul(MICRO));
        Self::from_wide(one.and_then(|one| one.checked_div(bitcoin_per_unit.digits)))
    }

    fn from_wide(micros: Option<u128>) -> Result<Self, PriceError> {
        let micros = micros.ok_or(PriceError::TooLarge)?;
        let micros = u64::try_from(micros).map_err(|_| PriceError::TooLarge)?;
        NonZeroU64::new(micros).map(Self).ok_or(PriceError::TooSmall)
    }

    /// What `amount` comes to, or `None` above all the bitcoin there is.
    pub fn to_msat(self, amount: FiatAmount, rounding: Rounding) -> Option<Msat> {
        let minor_per_unit = power_of_ten(amount.minor_digits())?;
        let above = u128::from(amount.minor_units().get())
            .checked_mul(MSAT_PER_BITCOIN.checked_mul(MICRO)?)?;
        let below = minor_per_unit.checked_mul(u128::from(self.0.get()))?;
        let msat = match rounding {
            Rounding::Down => above.checked_div(below)?,
            Rounding::Up => above.checked_add(below.checked_sub(1)?)?.checked_div(below)?,
        };
        u64::try_from(msat).ok().and_then(Msat::new)
    }

    /// What so many major units come to, rounded up to the msat; `None` above all the bitcoin there is.
    pub fn units_to_msat(self, units: Decimal) -> Option<Msat> {
        let above = units.digits.checked_mul(MSAT_PER_BITCOIN.checked_mul(MICRO)?)?;
        let below = power_of_ten(units.scale)?.checked_mul(u128::from(self.0.get()))?;
        let msat = above.checked_add(below.checked_sub(1)?)?.checked_div(below)?;
        u64::try_from(msat).ok().and_then(Msat::new)
    }

    /// What `amount` is worth in minor units of a currency with `minor_digits` decimals, rounded to the nearest.
    /// For people to read: nothing is paid by it. `None` where it does not fit.
    pub fn to_minor_units(self, amount: Msat, minor_digits: u8) -> Option<u64> {
        let micros = u128::from(amount.as_u64()).checked_mul(u128::from(self.0.get()))?;
        let one = MSAT_PER_BITCOIN.checked_mul(MICRO)?.checked_div(power_of_ten(minor_digits)?)?;
        let half = one.checked_div(2)?;
        u64::try_from(micros.checked_add(half)?.checked_div(one)?).ok()
    }

    /// How far `other` is from this, in millionths of this, rounded down; the most there is when it is farther.
    pub fn distance_ppm(self, other: Self) -> u32 {
        let far = u128::from(self.0.get().abs_diff(other.0.get()));
        far.checked_mul(MICRO)
            .and_then(|far| far.checked_div(u128::from(self.0.get())))
            .and_then(|ppm| u32::try_from(ppm).ok())
            .unwrap_or(u32::MAX)
    }

    /// The middle between two prices, rounded down.
    pub(super) fn midpoint(self, other: Self) -> Self {
        NonZeroU64::new(self.0.get().midpoint(other.0.get())).map_or(self, Self)
    }
}

fn power_of_ten(exponent: u8) -> Option<u128> {
    10_u128.checked_pow(u32::from(exponent))
}

impl fmt::Display for PerBitcoin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Decimal { digits: u128::from(self.0.get()), scale: 6 }.fmt(f)
    }
}

impl fmt::Debug for PerBitcoin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use bolt12::Currency;
    use proptest::prelude::*;

    use super::*;

    fn price(text: &str) -> PerBitcoin {
        PerBitcoin::from_price(text.parse().unwrap()).unwrap()
    }

    fn fiat(code: &str, minor_units: u64) -> FiatAmount {
        FiatAmount::new(Currency::new(code).unwrap(), NonZeroU64::new(minor_units).unwrap())
            .unwrap()
    }

    #[test]
    fn five_dollars_at_fifty_thousand_are_ten_thousand_sat() {
        let amount = price("50000").to_msat(fiat("USD", 500), Rounding::Up);
        assert_eq!(amount, Msat::from_sat(10_000));
        assert_eq!(price("50000").to_minor_units(amount.unwrap(), 2), Some(500));
    }

    #[test]
    fn a_price_is_rounded_up_and_a_promise_down_to_the_msat() {
        // 1 cent at 67 321.45: 14 854.1096… msat.
        let rate = price("67321.45");
        assert_eq!(rate.to_msat(fiat("USD", 1), Rounding::Down), Msat::new(14_854));
        assert_eq!(rate.to_msat(fiat("USD", 1), Rounding::Up), Msat::new(14_855));
    }

    #[test]
    fn any_number_of_units_is_converted_exactly_or_not_at_all() {
        let of = |units: &str| price("50000").units_to_msat(units.parse().unwrap());
        assert_eq!(of("5"), Msat::from_sat(10_000));
        assert_eq!(of("0.5"), Msat::from_sat(1_000));
        assert_eq!(of("0.0000001"), Msat::new(1));
        assert_eq!(of("0.00000051"), Msat::new(2));
        assert_eq!(of("999999999999999999"), None);
        assert_eq!(of("999999999999999999.999999999999999999"), None);
    }

    #[test]
    fn currencies_without_and_with_three_decimals_are_scaled_by_their_own() {
        assert_eq!(price("10000000").to_msat(fiat("JPY", 1), Rounding::Up), Msat::new(10_000));
        assert_eq!(price("20000").to_msat(fiat("KWD", 1_000), Rounding::Up), Msat::new(5_000_000));
    }

    #[test]
    fn a_source_may_say_it_the_other_way_round() {
        let inverted = PerBitcoin::from_inverse("0.00002".parse().unwrap());
        assert_eq!(inverted, Ok(price("50000")));
        assert_eq!(
            PerBitcoin::from_inverse("999999999999999999".parse().unwrap()),
            Err(PriceError::TooSmall)
        );
    }

    #[test]
    fn prices_out_of_range_are_errors() {
        let of = |text: &str| PerBitcoin::from_price(text.parse().unwrap());
        assert_eq!(of("0.0000001"), Err(PriceError::TooSmall));
        assert_eq!(of("18446744073710"), Err(PriceError::TooLarge));
        assert!(of("18446744073709").is_ok());
    }

    #[test]
    fn more_than_all_bitcoin_is_no_amount() {
        assert_eq!(price("0.000001").to_msat(fiat("USD", u64::MAX), Rounding::Up), None);
        assert_eq!(price("1").to_msat(fiat("USD", 2_100_000_100), Rounding::Down), None);
    }

    proptest! {
        #[test]
        fn rounding_up_never_credits_less_and_differs_by_one_at_most(
            micros in 1_u64.., minor in 1_u64..1_000_000_000,
        ) {
            let rate = PerBitcoin::from_micros(NonZeroU64::new(micros).unwrap());
            let amount = fiat("EUR", minor);
            if let (Some(down), Some(up)) =
                (rate.to_msat(amount, Rounding::Down), rate.to_msat(amount, Rounding::Up))
            {
                prop_assert!(up.minus(down) <= Msat::new(1));
            }
        }

        #[test]
        fn what_is_shown_reads_back(micros in 1_u64..) {
            let rate = PerBitcoin::from_micros(NonZeroU64::new(micros).unwrap());
            prop_assert_eq!(PerBitcoin::from_price(rate.to_string().parse().unwrap()), Ok(rate));
        }
    }
}
