//! Decimal numbers as sources write them.

use std::fmt;
use std::str::FromStr;

/// A positive decimal number: `digits` × 10^-`scale`, kept exactly.
///
/// Read from digits with at most one point, such as `67321.45` or `0.0000148`. At most 18 digits before the point
/// count and at most 18 behind it; digits behind those are cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    pub(super) digits: u128,
    pub(super) scale: u8,
}

/// Most digits on either side of the point.
const MOST_DIGITS: usize = 18;

/// Why a text is no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Nothing there.
    #[error("is empty")]
    Empty,
    /// A minus sign.
    #[error("is negative")]
    Negative,
    /// Zero, or smaller than can be counted.
    #[error("is zero")]
    Zero,
    /// Scientific notation, such as `6.7e4`.
    #[error("has an exponent: write it out")]
    Exponent,
    /// Something else than digits and one point.
    #[error("is not a decimal number")]
    NotANumber,
    /// More digits before the point than any price has.
    #[error("is too large")]
    TooLarge,
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        if text.is_empty() {
            return Err(DecimalError::Empty);
        }
        if let Some(rest) = text.strip_prefix('-') {
            return Err(match rest.parse::<Self>() {
                Ok(_) | Err(DecimalError::Zero) => DecimalError::Negative,
                Err(other) => other,
            });
        }
        if let Some((mantissa, _)) = text.split_once(['e', 'E']) {
            let number = mantissa.parse::<Self>();
            return Err(if number.is_ok() {
                DecimalError::Exponent
            } else {
                DecimalError::NotANumber
            });
        }
        let (whole, behind) = match text.split_once('.') {
            Some((_, "")) => return Err(DecimalError::NotANumber),
            Some((whole, behind)) => (whole, behind),
            None => (text, ""),
        };
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_number(whole) || !is_number(behind) {
            return Err(DecimalError::NotANumber);
        }
        let whole = whole.trim_start_matches('0');
        if whole.len() > MOST_DIGITS {
            return Err(DecimalError::TooLarge);
        }
        let behind = behind.get(..MOST_DIGITS).unwrap_or(behind).trim_end_matches('0');
        let digits = format!("0{whole}{behind}").parse().map_err(|_| DecimalError::TooLarge)?;
        if digits == 0 {
            return Err(DecimalError::Zero);
        }
        let scale = u8::try_from(behind.len()).map_err(|_| DecimalError::TooLarge)?;
        Ok(Self { digits, scale })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = usize::from(self.scale);
        let text = format!("{:0>width$}", self.digits, width = scale.saturating_add(1));
        let (whole, behind) = text.split_at(text.len().saturating_sub(scale));
        if behind.is_empty() { f.write_str(whole) } else { write!(f, "{whole}.{behind}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_with_at_most_one_point_are_read_exactly() {
        for (text, shown) in [
            ("67321.45", "67321.45"),
            ("0.0000148", "0.0000148"),
            ("1", "1"),
            ("007.50", "7.5"),
            ("100.000", "100"),
            ("0.123456789012345678999", "0.123456789012345678"),
            ("999999999999999999.999999999999999999", "999999999999999999.999999999999999999"),
        ] {
            assert_eq!(text.parse::<Decimal>().map(|number| number.to_string()), Ok(shown.into()));
        }
    }

    #[test]
    fn everything_else_is_refused_by_name() {
        for (text, error) in [
            ("", DecimalError::Empty),
            ("-5", DecimalError::Negative),
            ("-0", DecimalError::Negative),
            ("0", DecimalError::Zero),
            ("0.000", DecimalError::Zero),
            ("0.0000000000000000001", DecimalError::Zero),
            ("6.7e4", DecimalError::Exponent),
            ("1E5", DecimalError::Exponent),
            ("NaN", DecimalError::NotANumber),
            ("inf", DecimalError::NotANumber),
            ("e5", DecimalError::NotANumber),
            ("1.", DecimalError::NotANumber),
            (".5", DecimalError::NotANumber),
            ("1.2.3", DecimalError::NotANumber),
            ("1,000", DecimalError::NotANumber),
            ("+5", DecimalError::NotANumber),
            (" 5", DecimalError::NotANumber),
            ("--5", DecimalError::Negative),
            ("-x", DecimalError::NotANumber),
            ("0x10", DecimalError::NotANumber),
            ("٣", DecimalError::NotANumber),
            ("1000000000000000000", DecimalError::TooLarge),
        ] {
            assert_eq!(text.parse::<Decimal>(), Err(error), "{text:?}");
        }
    }
}
