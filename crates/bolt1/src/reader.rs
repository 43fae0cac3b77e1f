//! Reading the primitive encodings.

use secp256k1::PublicKey;

use crate::{DecodeError, DecodeErrorKind, decode_point};

/// A cursor over bytes that reads the primitive types of BOLT 1. Each read either yields a whole value or an
/// error; none panics.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader at the start of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// What has not been read yet.
    pub const fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    /// Whether everything has been read.
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The end of the input is expected here.
    ///
    /// # Errors
    /// [`DecodeErrorKind::TrailingBytes`] when something is left.
    pub fn finish(&self) -> Result<(), DecodeError> {
        // req TL-07
        if self.is_empty() { Ok(()) } else { Err(DecodeErrorKind::TrailingBytes.into()) }
    }

    /// The next `len` bytes.
    ///
    /// # Errors
    /// [`DecodeErrorKind::Truncated`] when there are fewer.
    pub fn read_bytes(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        // req TL-06
        let (head, tail) = self.bytes.split_at_checked(len).ok_or(DecodeErrorKind::Truncated)?;
        self.bytes = tail;
        Ok(head)
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// [`DecodeErrorKind::Truncated`] when there are fewer.
    pub fn read_array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (head, tail) = self.bytes.split_first_chunk::<N>().ok_or(DecodeErrorKind::Truncated)?;
        self.bytes = tail;
        Ok(*head)
    }

    /// The next byte, without reading past it.
    ///
    /// # Errors
    /// [`DecodeErrorKind::Truncated`] at the end.
    pub fn peek_u8(&self) -> Result<u8, DecodeError> {
        self.bytes.first().copied().ok_or_else(|| DecodeErrorKind::Truncated.into())
    }

    /// A `u8`.
    ///
    /// # Errors
    /// [`DecodeErrorKind::Truncated`].
    pub fn read_u8(&mut self) -> Result<u8, DecodeError> {
        self.read_array().map(u8::from_be_bytes)
    }

    /// A big-endian `u16`.
    ///
    /// # Errors
    /// [`DecodeErrorKind::Truncated`].
    pub fn read_u16(&mut self) -> Result<u16, DecodeError> {
        self.read_array().map(u16::from_be_bytes)
    }

    /// A big-endian `u32`.
    ///
    /// # Errors
    /// [`DecodeErrorKind::Truncated`].
    pub fn read_u32(&mut self) -> Result<u32, DecodeError> {
        self.read_array().map(u32::from_be_bytes)
    }

    /// A big-endian `u64`.
    ///
    /// # Errors
    /// [`DecodeErrorKind::Truncated`].
    pub fn read_u64(&mut self) -> Result<u64, DecodeError> {
        self.read_array().map(u64::from_be_bytes)
    }

    /// A `bigsize`: 1, 3, 5 or 9 bytes, the shortest that holds the value.
    ///
    /// # Errors
    /// [`DecodeErrorKind::Truncated`] or [`DecodeErrorKind::NotMinimal`].
    pub fn read_bigsize(&mut self) -> Result<u64, DecodeError> {
        let (value, minimum) = match self.read_u8()? {
            0xfd => (u64::from(self.read_u16()?), 0xfd),
            0xfe => (u64::from(self.read_u32()?), 0x1_0000),
            0xff => (self.read_u64()?, 0x1_0000_0000),
            byte => return Ok(u64::from(byte)),
        };
        // req TL-04
        if value < minimum { Err(DecodeErrorKind::NotMinimal.into()) } else { Ok(value) }
    }

    /// A `bigsize` length, and that many bytes.
    ///
    /// # Errors
    /// Those of [`Reader::read_bigsize`] and [`Reader::read_bytes`].
    pub fn read_bigsize_bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let len = usize::try_from(self.read_bigsize()?).map_err(|_| DecodeErrorKind::Truncated)?;
        self.read_bytes(len)
    }

    /// A 33-byte compressed point.
    ///
    /// # Errors
    /// [`DecodeErrorKind::Truncated`] or [`DecodeErrorKind::InvalidPoint`].
    pub fn read_point(&mut self) -> Result<PublicKey, DecodeError> {
        decode_point(self.read_bytes(33)?)
    }

    /// A `tu64` that takes all that is left: 0 to 8 bytes, no leading zero.
    ///
    /// # Errors
    /// [`DecodeErrorKind::NotMinimal`], or [`DecodeErrorKind::TrailingBytes`] above 8 bytes.
    pub fn read_tu64(&mut self) -> Result<u64, DecodeError> {
        self.read_truncated(8)
    }

    /// A `tu32` that takes all that is left: 0 to 4 bytes, no leading zero.
    ///
    /// # Errors
    /// As [`Reader::read_tu64`], above 4 bytes.
    pub fn read_tu32(&mut self) -> Result<u32, DecodeError> {
        self.read_truncated(4).map(|v| u32::try_from(v).expect("four bytes fit a u32"))
    }

    /// A `tu16` that takes all that is left: 0 to 2 bytes, no leading zero.
    ///
    /// # Errors
    /// As [`Reader::read_tu64`], above 2 bytes.
    pub fn read_tu16(&mut self) -> Result<u16, DecodeError> {
        self.read_truncated(2).map(|v| u16::try_from(v).expect("two bytes fit a u16"))
    }

    fn read_truncated(&mut self, most: usize) -> Result<u64, DecodeError> {
        // req TL-07
        if self.bytes.len() > most {
            return Err(DecodeErrorKind::TrailingBytes.into());
        }
        // req TL-10
        if self.bytes.first() == Some(&0) {
            return Err(DecodeErrorKind::NotMinimal.into());
        }
        let bytes = core::mem::take(&mut self.bytes);
        let mut wide = [0u8; 8];
        let start = 8usize.saturating_sub(bytes.len());
        if let Some(tail) = wide.get_mut(start..) {
            tail.copy_from_slice(bytes);
        }
        Ok(u64::from_be_bytes(wide))
    }
}

#[cfg(test)]
mod tests;
