//! The string as words of 5 bits, and the words as what they mean.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use bech32::primitives::decode::{ChecksumError, UncheckedHrpstring};
use bech32::primitives::gf32::Fe32;
use bech32::primitives::iter::Fe32IterExt;
use bech32::{Bech32, Checksum};

use crate::Bolt11Error;

/// The longest string that is looked at, in bytes.
pub const MAX_STRING_LEN: usize = 131_072;

/// The checksum of bech32 over a string of any length: BOLT 11 sets no limit.
enum AnyLength {}

impl Checksum for AnyLength {
    type MidstateRepr = u32;
    const CODE_LENGTH: usize = usize::MAX;
    const CHECKSUM_LENGTH: usize = Bech32::CHECKSUM_LENGTH;
    const GENERATOR_SH: [u32; 5] = Bech32::GENERATOR_SH;
    const TARGET_RESIDUE: u32 = Bech32::TARGET_RESIDUE;
}

/// The human-readable part in lower case, and the words without the checksum.
pub(crate) fn split(string: &str) -> Result<(String, Vec<Fe32>), Bolt11Error> {
    if string.len() > MAX_STRING_LEN {
        return Err(Bolt11Error::TooLong);
    }
    let unchecked = UncheckedHrpstring::new(string).map_err(|_| Bolt11Error::Encoding)?;
    let checked = unchecked
        .validate_and_remove_checksum::<AnyLength>()
        .map_err(|_: ChecksumError| Bolt11Error::Checksum)?;
    let words = checked.fe32_iter::<alloc::vec::IntoIter<u8>>().collect();
    Ok((checked.hrp().to_string().to_ascii_lowercase(), words))
}

/// Words read from the front.
#[derive(Clone, Copy)]
pub(crate) struct Words<'a>(pub(crate) &'a [Fe32]);

impl<'a> Words<'a> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next `count` words.
    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [Fe32], Bolt11Error> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Bolt11Error::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    /// The next `count` words as one number.
    pub(crate) fn number(&mut self, count: usize) -> Result<u64, Bolt11Error> {
        number(self.take(count)?).ok_or(Bolt11Error::Truncated)
    }
}

/// Words as one big-endian number; `None` when it has more than 64 bits.
pub(crate) fn number(words: &[Fe32]) -> Option<u64> {
    words.iter().try_fold(0_u64, |number, word| {
        number.checked_mul(32)?.checked_add(u64::from(word.to_u8()))
    })
}

/// Words as bytes; the bits that fill no byte are dropped.
pub(crate) fn bytes(words: &[Fe32]) -> Vec<u8> {
    words.iter().copied().fes_to_bytes().collect()
}

/// Words as the bytes that are signed: filled with zeros to a whole byte.
pub(crate) fn padded_bytes(words: &[Fe32]) -> Vec<u8> {
    let whole = words.len().saturating_mul(5).is_multiple_of(8);
    let filled =
        words.iter().copied().chain((!whole).then_some(Fe32::Q)).chain((!whole).then_some(Fe32::Q));
    let length = words.len().saturating_mul(5).div_ceil(8);
    filled.fes_to_bytes().take(length).collect()
}

/// A bit field as bytes, its last bit last, without leading zero bytes.
pub(crate) fn bit_field(words: &[Fe32]) -> Vec<u8> {
    let spare = words.len().saturating_mul(5).checked_rem(8).unwrap_or(0);
    let missing = if spare == 0 { 0 } else { 8_usize.saturating_sub(spare) };
    let mut bits: Vec<bool> = alloc::vec![false; missing];
    for word in words {
        let value = word.to_u8();
        bits.extend([16, 8, 4, 2, 1].map(|bit| value & bit != 0));
    }
    let byte =
        |bits: &[bool]| bits.iter().fold(0_u8, |byte, bit| byte.wrapping_shl(1) | u8::from(*bit));
    bits.chunks(8).map(byte).skip_while(|byte| *byte == 0).collect()
}

/// Words as the characters that they were written with.
pub(crate) fn characters(words: &[Fe32]) -> String {
    words.iter().map(|word| word.to_char()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Fe32> {
        text.chars().map(|char| Fe32::from_char(char).unwrap()).collect()
    }

    #[test]
    fn bits_are_filled_on_the_side_that_each_use_asks_for() {
        // 00001 00010: one byte and two bits.
        let two = words("pz");
        assert_eq!(bytes(&two), [0b0000_1000]);
        assert_eq!(padded_bytes(&two), [0b0000_1000, 0b1000_0000]);
        assert_eq!(bit_field(&two), [0b0010_0010]);
        assert_eq!((number(&two), characters(&two)), (Some(34), "pz".into()));
        assert_eq!(number(&words("llllllllllllll")), None);
        assert_eq!(padded_bytes(&words("pppppppp")).len(), 5);
        assert_eq!(bit_field(&[]), [0; 0]);
    }
}
