//! Amounts in currencies.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use bolt1::Msat;
use bolt12::Currency;

use super::per_bitcoin::PerBitcoin;
use crate::amount::AmountSpec;

/// An amount of a currency of ISO 4217, in its minor units (cents). Never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FiatAmount {
    currency: Currency,
    minor_units: NonZeroU64,
    minor_digits: u8,
}

/// Why this is no amount of a currency.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FiatError {
    /// ISO 4217 has no such code, or it has no minor units (gold, testing).
    #[error("unknown currency {0}: should be an ISO 4217 code such as USD or EUR")]
    UnknownCurrency(Currency),
    /// Not the number of decimals that this currency has, and not none.
    #[error("currency {currency} takes no decimals or {digits}")]
    Decimals {
        /// The currency.
        currency: Currency,
        /// Its number of decimals.
        digits: u8,
    },
    /// Not written as an amount of a currency.
    #[error("should be an amount of a currency, such as 5USD or 4.50EUR")]
    Form,
    /// Nothing.
    #[error("an amount of zero")]
    Zero,
    /// More minor units than 64 bits hold.
    #[error("too large an amount of {0}")]
    TooLarge(Currency),
}

/// How many decimals amounts of `currency` have, by ISO 4217: 2 for USD, 0 for JPY, 3 for KWD. `None` when the
/// standard does not know the code or gives it none.
pub fn minor_digits(currency: Currency) -> Option<u8> {
    let known = iso_currency::Currency::from_code(currency.as_str())?;
    known.exponent().and_then(|digits| u8::try_from(digits).ok())
}

impl FiatAmount {
    /// `minor_units` of `currency`.
    ///
    /// # Errors
    /// [`FiatError::UnknownCurrency`].
    pub fn new(currency: Currency, minor_units: NonZeroU64) -> Result<Self, FiatError> {
        let minor_digits = minor_digits(currency).ok_or(FiatError::UnknownCurrency(currency))?;
        Ok(Self { currency, minor_units, minor_digits })
    }

    /// `whole` units and the digits behind the point, as many as the currency has or none.
    ///
    /// # Errors
    /// [`FiatError`].
    pub fn from_parts(currency: Currency, whole: u64, decimals: &str) -> Result<Self, FiatError> {
        let digits = minor_digits(currency).ok_or(FiatError::UnknownCurrency(currency))?;
        let places = usize::from(digits);
        let right_count = decimals.is_empty() || decimals.len() == places;
        if !right_count || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(FiatError::Decimals { currency, digits });
        }
        let minor_units = format!("{whole}{decimals:0<places$}");
        let minor_units: u64 = minor_units.parse().map_err(|_| FiatError::TooLarge(currency))?;
        let minor_units = NonZeroU64::new(minor_units).ok_or(FiatError::Zero)?;
        Ok(Self { currency, minor_units, minor_digits: digits })
    }

    /// What `amount` is worth, rounded to the nearest minor unit; `None` where that is nothing or does not fit.
    pub(super) fn worth(currency: Currency, price: PerBitcoin, amount: Msat) -> Option<Self> {
        let minor_digits = minor_digits(currency)?;
        let minor_units = NonZeroU64::new(price.to_minor_units(amount, minor_digits)?)?;
        Some(Self { currency, minor_units, minor_digits })
    }

    /// The amount of a currency that was asked for; `None` where that was bitcoin, or `any`.
    ///
    /// # Errors
    /// [`FiatError`].
    pub fn read(spec: &AmountSpec) -> Result<Option<Self>, FiatError> {
        let AmountSpec::Fiat { currency, whole, decimals } = spec else { return Ok(None) };
        let currency = Currency::new(currency).ok_or(FiatError::Form)?;
        Self::from_parts(currency, *whole, decimals).map(Some)
    }

    /// The currency.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The amount in minor units.
    pub fn minor_units(&self) -> NonZeroU64 {
        self.minor_units
    }

    /// The currency's number of decimals.
    pub fn minor_digits(&self) -> u8 {
        self.minor_digits
    }

    /// `quantity` times this, or `None` beyond 64 bits.
    pub fn times(self, quantity: NonZeroU64) -> Option<Self> {
        let minor_units = self.minor_units.checked_mul(quantity)?;
        Some(Self { minor_units, ..self })
    }
}

/// As it is shown: `4.50EUR`.
impl FromStr for FiatAmount {
    type Err = FiatError;

    fn from_str(text: &str) -> Result<Self, FiatError> {
        let spec = text.parse().map_err(|_| FiatError::Form)?;
        Self::read(&spec)?.ok_or(FiatError::Form)
    }
}

impl fmt::Display for FiatAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = usize::from(self.minor_digits);
        let text = format!("{:0>width$}", self.minor_units, width = places.saturating_add(1));
        let (whole, decimals) = text.split_at(text.len().saturating_sub(places));
        let point = if decimals.is_empty() { "" } else { "." };
        write!(f, "{whole}{point}{decimals}{}", self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(code: &str, whole: u64, decimals: &str) -> Result<String, FiatError> {
        FiatAmount::from_parts(Currency::new(code).unwrap(), whole, decimals)
            .map(|amount| format!("{} {amount}", amount.minor_units()))
    }

    #[test]
    fn an_amount_has_all_decimals_of_its_currency_or_none() {
        assert_eq!(amount("USD", 5, ""), Ok("500 5.00USD".into()));
        assert_eq!(amount("EUR", 4, "50"), Ok("450 4.50EUR".into()));
        assert_eq!(amount("EUR", 0, "05"), Ok("5 0.05EUR".into()));
        assert_eq!(amount("JPY", 700, ""), Ok("700 700JPY".into()));
        assert_eq!(amount("KWD", 1, "250"), Ok("1250 1.250KWD".into()));
    }

    #[test]
    fn wrong_decimals_unknown_codes_nothing_and_too_much_are_refused() {
        let usd = Currency::new("USD").unwrap();
        let jpy = Currency::new("JPY").unwrap();
        let decimals = |currency, digits| Err(FiatError::Decimals { currency, digits });
        assert_eq!(amount("USD", 1, "1"), decimals(usd, 2));
        assert_eq!(amount("USD", 1, "100"), decimals(usd, 2));
        assert_eq!(amount("JPY", 1, "0"), decimals(jpy, 0));
        assert_eq!(amount("USD", 1, "x0"), decimals(usd, 2));
        assert_eq!(amount("USD", 0, "00"), Err(FiatError::Zero));
        assert_eq!(amount("USD", u64::MAX, ""), Err(FiatError::TooLarge(usd)));
        for code in ["ZZZ", "XAU", "XTS", "ABC"] {
            let currency = Currency::new(code).unwrap();
            assert_eq!(amount(code, 1, ""), Err(FiatError::UnknownCurrency(currency)));
        }
    }

    #[test]
    fn what_is_shown_reads_back_and_nothing_else_does() {
        for text in ["5.00USD", "0.05EUR", "700JPY", "1.250KWD", "184467440737095516.15USD"] {
            assert_eq!(
                text.parse::<FiatAmount>().map(|amount| amount.to_string()),
                Ok(text.into())
            );
        }
        for text in [
            "", "any", "5", "5sat", "5usd", "5Usd", "-5USD", "5e3USD", "NaNUSD", "5 USD", "USD",
            "5USDX",
        ] {
            assert_eq!(text.parse::<FiatAmount>(), Err(FiatError::Form), "{text:?}");
        }
        assert_eq!("0USD".parse::<FiatAmount>(), Err(FiatError::Zero));
    }

    #[test]
    fn a_quantity_multiplies_and_does_not_wrap() {
        let five = FiatAmount::from_parts(Currency::new("USD").unwrap(), 5, "").unwrap();
        let three = NonZeroU64::new(3).unwrap();
        assert_eq!(five.times(three).map(|sum| sum.to_string()), Some("15.00USD".into()));
        assert_eq!(five.times(NonZeroU64::MAX), None);
    }
}
