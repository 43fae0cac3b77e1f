//! Why a string is no invoice.

use core::fmt;

/// Why a string cannot be read as an invoice of BOLT 11.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bolt11Error {
    /// Longer than [`crate::MAX_STRING_LEN`].
    TooLong,
    /// It does not begin with `ln` and the prefix of a chain.
    Prefix,
    /// Not bech32: a foreign character, mixed case, no separator.
    Encoding,
    /// The checksum does not fit: the string is mistyped.
    Checksum,
    /// The amount in the prefix is no number of whole msat.
    Amount,
    /// It ends in the middle of a field, or has no room for its signature.
    Truncated,
    /// The value of this field cannot be read.
    Field(&'static str),
    /// This field must be there.
    Missing(&'static str),
    /// It was not signed by the key that it names, or by none at all.
    Signature,
}

impl fmt::Display for Bolt11Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "longer than {} bytes", crate::MAX_STRING_LEN),
            Self::Prefix => f.write_str("does not begin with `lnbc`, `lntb`, `lntbs` or `lnbcrt`"),
            Self::Encoding => f.write_str("is not bech32"),
            Self::Checksum => f.write_str("the checksum does not fit: the string is mistyped"),
            Self::Amount => f.write_str("the amount is not a number of whole msat"),
            Self::Truncated => f.write_str("ends too early"),
            Self::Field(name) => write!(f, "{name}: cannot be read"),
            Self::Missing(name) => write!(f, "{name}: is missing"),
            Self::Signature => f.write_str("the signature is not valid"),
        }
    }
}

impl core::error::Error for Bolt11Error {}
