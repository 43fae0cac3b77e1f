//! The names under which offers and invoice requests are kept.

use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

/// Names an offer: SHA-256 over its raw records of types 1 to 79 and 1 000 000 000 to 1 999 999 999. Every
/// invoice request and invoice for the offer yields the same one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OfferId(pub [u8; 32]);

/// Names an invoice request: SHA-256 over its raw records of types 0 to 159 and 1 000 000 000 to
/// 2 999 999 999. The same for a signed and an unsigned spelling, and for the invoice that answers it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InvreqId(pub [u8; 32]);

/// Not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdError;

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not 64 hexadecimal digits")
    }
}

impl core::error::Error for IdError {}

fn write_hex(bytes: &[u8; 32], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

fn parse_hex(string: &str) -> Result<[u8; 32], IdError> {
    let (pairs, []) = string.as_bytes().as_chunks::<2>() else { return Err(IdError) };
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let bytes = pairs.iter().map(|[high, low]| Some((digit(*high)? << 4) | digit(*low)?));
    let bytes: Vec<u8> = bytes.collect::<Option<_>>().ok_or(IdError)?;
    bytes.try_into().map_err(|_| IdError)
}

impl fmt::Display for OfferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

impl fmt::Debug for OfferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

impl FromStr for OfferId {
    type Err = IdError;

    fn from_str(string: &str) -> Result<Self, IdError> {
        parse_hex(string).map(Self)
    }
}

impl fmt::Display for InvreqId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

impl fmt::Debug for InvreqId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

impl FromStr for InvreqId {
    type Err = IdError;

    fn from_str(string: &str) -> Result<Self, IdError> {
        parse_hex(string).map(Self)
    }
}
