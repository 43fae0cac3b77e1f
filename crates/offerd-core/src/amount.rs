//! Amounts as people write them.
//!
//! | form | meaning |
//! |---|---|
//! | `any` | whatever the other side says |
//! | `N`, `Nmsat` | millisatoshi |
//! | `Nsat`, `N.dddsat` | satoshi, whole or with exactly three decimals |
//! | `Nbtc`, `N.d…btc` | bitcoin, whole or with 1 to 11 decimals |
//! | `NCUR`, `N.d…CUR` | an amount in a currency, three capital letters |
//!
//! No signs, exponents, separators or blanks; anything left over is an error.

use std::fmt;
use std::str::FromStr;

use bolt1::Msat;

/// An amount as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AmountSpec {
    /// `any`.
    Any,
    /// So many millisatoshi. May be zero: whether that makes sense is for the method to say.
    Msat(Msat),
    /// An amount in a currency, not scaled to its minor units yet.
    Fiat {
        /// Its code: three capital ASCII letters.
        currency: String,
        /// The number before the point.
        whole: u64,
        /// The digits behind the point, as written; empty when there was no point.
        decimals: String,
    },
}

/// Why a string is not an amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AmountError {
    /// It does not begin with a number and is not `any`.
    NotANumber,
    /// The unit behind the number is none that we know.
    UnknownUnit(String),
    /// A number of decimals that the unit does not allow.
    Decimals {
        /// The unit.
        unit: &'static str,
        /// What it allows.
        allowed: &'static str,
    },
    /// More than all bitcoin.
    TooLarge,
}

impl fmt::Display for AmountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotANumber => f.write_str(
                "should be `any` or a number, followed by nothing, `msat`, `sat` or `btc`",
            ),
            Self::UnknownUnit(unit) => {
                write!(f, "unknown unit {unit:?}, should be `msat`, `sat` or `btc`")
            }
            Self::Decimals { unit, allowed } => write!(f, "{unit} takes {allowed}"),
            Self::TooLarge => f.write_str("more than all bitcoin there will ever be"),
        }
    }
}

impl std::error::Error for AmountError {}

impl FromStr for AmountSpec {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        if text == "any" {
            return Ok(Self::Any);
        }
        let (whole, rest) = split_digits(text);
        let (decimals, unit) = match rest.strip_prefix('.') {
            Some(behind) => {
                let (decimals, unit) = split_digits(behind);
                if decimals.is_empty() {
                    return Err(AmountError::NotANumber);
                }
                (Some(decimals), unit)
            }
            None => (None, rest),
        };
        if whole.is_empty() {
            return Err(AmountError::NotANumber);
        }
        match unit {
            "" | "msat" => {
                let unit = if unit.is_empty() { "an amount without a unit" } else { "msat" };
                scaled(whole, decimals, 0, |n| n == 0, unit, "no decimals").map(Self::Msat)
            }
            "sat" => scaled(whole, decimals, 3, |n| n == 3, "sat", "none or three decimals")
                .map(Self::Msat),
            "btc" => {
                let ok = |n| (1..=11).contains(&n);
                scaled(whole, decimals, 11, ok, "btc", "none or 1 to 11 decimals").map(Self::Msat)
            }
            // No currencies, and taking them for units would be guessing.
            "SAT" | "BTC" => Err(AmountError::UnknownUnit(unit.to_owned())),
            code if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) => {
                Ok(Self::Fiat {
                    currency: code.to_owned(),
                    whole: whole.parse().map_err(|_| AmountError::TooLarge)?,
                    decimals: decimals.unwrap_or_default().to_owned(),
                })
            }
            other => Err(AmountError::UnknownUnit(other.chars().take(16).collect())),
        }
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// `whole.decimals` times ten to the `places`.
fn scaled(
    whole: &str,
    decimals: Option<&str>,
    places: usize,
    allowed: impl Fn(usize) -> bool,
    unit: &'static str,
    allowed_text: &'static str,
) -> Result<Msat, AmountError> {
    if decimals.is_some_and(|decimals| !allowed(decimals.len())) {
        return Err(AmountError::Decimals { unit, allowed: allowed_text });
    }
    let digits = format!("{whole}{:0<places$}", decimals.unwrap_or_default());
    let number = digits.parse().map_err(|_| AmountError::TooLarge)?;
    Msat::new(number).ok_or(AmountError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn msat(text: &str) -> Result<u64, AmountError> {
        match text.parse()? {
            AmountSpec::Msat(amount) => Ok(amount.as_u64()),
            other @ (AmountSpec::Any | AmountSpec::Fiat { .. }) => {
                unreachable!("{text} is {other:?}")
            }
        }
    }

    #[test]
    fn every_form_that_is_promised_is_read() {
        let cases = [
            ("1", 1),
            ("100msat", 100),
            ("3sat", 3_000),
            ("3.001sat", 3_001),
            ("1btc", 100_000_000_000),
            ("0.1btc", 10_000_000_000),
            ("0.00000000001btc", 1),
            ("1.5btc", 150_000_000_000),
            ("0", 0),
            ("21000000btc", 2_100_000_000_000_000_000),
        ];
        for (text, amount) in cases {
            assert_eq!(msat(text), Ok(amount), "{text}");
        }
        assert_eq!("any".parse(), Ok(AmountSpec::Any));
        assert_eq!(
            "4.50EUR".parse(),
            Ok(AmountSpec::Fiat { currency: "EUR".into(), whole: 4, decimals: "50".into() })
        );
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            " 1",
            "1 ",
            "-1",
            "+1",
            "1e3",
            "0x10",
            "1,000",
            "1_000",
            ".5btc",
            "1.",
            "1.btc",
            "1.5",
            "1.5msat",
            "1.5sat",
            "1.0000sat",
            "0.000000000001btc",
            "1SAT",
            "1BTC",
            "1Btc",
            "1usd",
            "1USDX",
            "anything",
            "ANY",
            "1satx",
            "١",
            "21000001btc",
            "18446744073709551616",
            "nan",
            "1\0",
        ] {
            assert!(text.parse::<AmountSpec>().is_err(), "{text:?}");
        }
    }
}
