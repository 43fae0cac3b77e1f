//! From a reply to a price, and all that can go wrong on the way.

use bolt12::Currency;
use offerd_core::rates::{Decimal, DecimalError, PerBitcoin, PriceError};

use crate::pointer::Lost;
use crate::source::{Source, SourceError};

/// Why a source gave no price.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It cannot be asked for this currency.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// It did not answer in time.
    #[error("no answer within {0} s")]
    Timeout(u64),
    /// It could not be reached, or broke off.
    #[error("cannot be reached: {0}")]
    Unreachable(String),
    /// It sent us on too often, or from https to http.
    #[error("redirects to where we do not go")]
    Redirect,
    /// It answered with an error of HTTP.
    #[error("answers with status {0}")]
    Status(u16),
    /// It answered with more than a rate can need.
    #[error("answers with more than {0} bytes")]
    TooLong(usize),
    /// Its file cannot be read.
    #[error("{path} cannot be read: {why}")]
    File {
        /// The file.
        path: String,
        /// Why not.
        why: String,
    },
    /// What it sent is not JSON, such as a page that says that something is wrong.
    #[error("answers with something that is not JSON")]
    NotJson,
    /// There is no such member in what it sent.
    #[error("its answer has no {0:?} where the pointer leads")]
    NoMember(String),
    /// The value is neither a number nor a string.
    #[error("its value is neither a number nor a string")]
    NotANumber,
    /// The value is no price.
    #[error("its value {0}")]
    Decimal(#[from] DecimalError),
    /// The value is a number, but no price of bitcoin.
    #[error("its value {0}")]
    Price(#[from] PriceError),
}

/// The price in a reply of `source`.
pub(crate) fn price_in(
    source: &Source,
    currency: Currency,
    reply: &[u8],
) -> Result<PerBitcoin, ReadError> {
    let text = str::from_utf8(reply).map_err(|_| ReadError::NotJson)?;
    let pointer = source.pointer(currency).map_err(SourceError::from)?;
    let value = pointer.find(text).map_err(|lost| match lost {
        Lost::NotJson => ReadError::NotJson,
        Lost::NoMember(step) => ReadError::NoMember(step),
    })?;
    let number: Decimal = unquoted(value)?.parse()?;
    Ok(if source.is_inverted() {
        PerBitcoin::from_inverse(number)?
    } else {
        PerBitcoin::from_price(number)?
    })
}

/// The digits of a number, or of a string that has nothing but a number in it.
fn unquoted(value: &str) -> Result<&str, ReadError> {
    if let Some(rest) = value.strip_prefix('"') {
        return rest.strip_suffix('"').ok_or(ReadError::NotANumber);
    }
    let is_number = value.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    if is_number { Ok(value) } else { Err(ReadError::NotANumber) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(reply: &str) -> Result<String, String> {
        let source: Source = "a https://example.com /p".parse().unwrap();
        price_in(&source, Currency::new("USD").unwrap(), reply.as_bytes())
            .map(|price| price.to_string())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn numbers_and_strings_with_a_number_are_prices() {
        assert_eq!(read(r#"{"p":67321.5}"#), Ok("67321.500000".into()));
        assert_eq!(read(r#"{"p":"67321.5"}"#), Ok("67321.500000".into()));
    }

    #[test]
    fn a_source_may_say_it_the_other_way_round() {
        let source: Source = "a https://example.com /p inverted".parse().unwrap();
        let price = price_in(&source, Currency::new("USD").unwrap(), br#"{"p":0.00002}"#);
        assert_eq!(price.unwrap().to_string(), "50000.000000");
    }

    #[test]
    fn everything_else_is_an_error_with_a_name() {
        for (reply, error) in [
            (r#"{"p":-1}"#, "its value is negative"),
            (r#"{"p":0}"#, "its value is zero"),
            (r#"{"p":6.7e4}"#, "its value has an exponent: write it out"),
            (r#"{"p":"NaN"}"#, "its value is not a decimal number"),
            (r#"{"p":""}"#, "its value is empty"),
            (r#"{"p":"about 5"}"#, "its value is not a decimal number"),
            (r#"{"p":"\u0035"}"#, "its value is not a decimal number"),
            (r#"{"p":null}"#, "its value is neither a number nor a string"),
            (r#"{"p":true}"#, "its value is neither a number nor a string"),
            (r#"{"p":{"q":1}}"#, "its value is neither a number nor a string"),
            (r#"{"p":NaN}"#, "answers with something that is not JSON"),
            (r#"{"q":1}"#, "its answer has no \"p\" where the pointer leads"),
            ("<!doctype html>", "answers with something that is not JSON"),
            (r#"{"p":99999999999999}"#, "its value is above 18446744073709 units for a bitcoin"),
            (r#"{"p":0.00000001}"#, "its value is below a millionth of a unit for a bitcoin"),
        ] {
            assert_eq!(read(reply), Err(error.into()), "{reply}");
        }
        let source: Source = "a https://example.com /p".parse().unwrap();
        let garbage = price_in(&source, Currency::new("USD").unwrap(), &[0xff, 0xfe]);
        assert!(matches!(garbage, Err(ReadError::NotJson)));
    }
}
