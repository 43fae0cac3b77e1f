//! The name under which an offer was found.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use bolt1::{DecodeError, DecodeErrorKind, Reader};

/// `invreq_bip_353_name`: a human-readable name, `₿name@domain`, that led the payer to the offer.
///
/// Both parts are at most 255 characters out of `0-9`, `a-z`, `A-Z`, `-`, `_` and `.`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Bip353Name {
    name: String,
    domain: String,
}

impl Bip353Name {
    /// The name `name` at `domain`, or `None` when a part is too long or has another character.
    pub fn new(name: &str, domain: &str) -> Option<Self> {
        let name = Self::decode_part(name.as_bytes())?;
        Some(Self { name, domain: Self::decode_part(domain.as_bytes())? })
    }

    /// The part between `₿` and `@`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The part after `@`.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let decoded =
            Self { name: Self::read_part(&mut reader)?, domain: Self::read_part(&mut reader)? };
        reader.finish()?;
        Ok(decoded)
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in [&self.name, &self.domain] {
            bytes.push(u8::try_from(part.len()).expect("at most 255 characters"));
            bytes.extend_from_slice(part.as_bytes());
        }
        bytes
    }

    fn read_part(reader: &mut Reader<'_>) -> Result<String, DecodeError> {
        let len = usize::from(reader.read_u8()?);
        Self::decode_part(reader.read_bytes(len)?).ok_or(DecodeErrorKind::InvalidValue.into())
    }

    fn decode_part(bytes: &[u8]) -> Option<String> {
        // req RR-31
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        let fits = bytes.len() <= 255 && bytes.iter().all(allowed);
        fits.then(|| bytes.iter().copied().map(char::from).collect())
    }
}

impl fmt::Display for Bip353Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "₿{}@{}", self.name, self.domain)
    }
}
