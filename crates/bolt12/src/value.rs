//! Reading the value of one record; each function takes all of it.

use alloc::string::String;
use alloc::vec::Vec;

use bolt1::{ChainHash, DecodeError, DecodeErrorKind, Msat, PublicKey, Reader, Timestamp};
use secp256k1::schnorr::Signature;

use crate::text::PeerText;

/// The bytes as they are.
pub(crate) fn bytes(value: &[u8]) -> Result<Vec<u8>, DecodeError> {
    Ok(value.to_vec())
}

/// Nothing at all.
pub(crate) fn empty(value: &[u8]) -> Result<(), DecodeError> {
    Reader::new(value).finish()
}

/// Exactly `N` bytes.
pub(crate) fn array<const N: usize>(value: &[u8]) -> Result<[u8; N], DecodeError> {
    whole(value, Reader::read_array)
}

/// `tu64`.
pub(crate) fn tu64(value: &[u8]) -> Result<u64, DecodeError> {
    Reader::new(value).read_tu64()
}

/// `tu32`.
pub(crate) fn tu32(value: &[u8]) -> Result<u32, DecodeError> {
    Reader::new(value).read_tu32()
}

/// `tu64` in msat, at most all the bitcoin there is.
pub(crate) fn msat(value: &[u8]) -> Result<Msat, DecodeError> {
    // req TL-11, OW-04, RW-42, IW-02
    Msat::new(tu64(value)?).ok_or(DecodeErrorKind::TooLarge.into())
}

/// `tu64` in seconds since 1970.
pub(crate) fn timestamp(value: &[u8]) -> Result<Timestamp, DecodeError> {
    tu64(value).map(Timestamp)
}

/// `...*utf8`.
pub(crate) fn text(value: &[u8]) -> Result<PeerText, DecodeError> {
    // req TL-12
    let text = core::str::from_utf8(value).map_err(|_| DecodeErrorKind::InvalidUtf8)?;
    Ok(PeerText::new(String::from(text)))
}

/// `point`.
pub(crate) fn point(value: &[u8]) -> Result<PublicKey, DecodeError> {
    whole(value, Reader::read_point)
}

/// `chain_hash`.
pub(crate) fn chain_hash(value: &[u8]) -> Result<ChainHash, DecodeError> {
    array(value).map(ChainHash)
}

/// `...*chain_hash`, at least one.
pub(crate) fn chain_hashes(value: &[u8]) -> Result<Vec<ChainHash>, DecodeError> {
    let mut reader = Reader::new(value);
    let mut chains = Vec::new();
    while !reader.is_empty() {
        chains.push(ChainHash(reader.read_array()?));
    }
    // req OR-03
    if chains.is_empty() { Err(DecodeErrorKind::InvalidValue.into()) } else { Ok(chains) }
}

/// `...*sha256`, at least one.
pub(crate) fn hashes(value: &[u8]) -> Result<Vec<[u8; 32]>, DecodeError> {
    let mut reader = Reader::new(value);
    let mut hashes = Vec::new();
    while !reader.is_empty() {
        hashes.push(reader.read_array()?);
    }
    if hashes.is_empty() { Err(DecodeErrorKind::InvalidValue.into()) } else { Ok(hashes) }
}

/// `bip340sig`.
pub(crate) fn signature(value: &[u8]) -> Result<Signature, DecodeError> {
    let bytes = array::<64>(value)?;
    Signature::from_slice(&bytes).map_err(|_| DecodeErrorKind::InvalidValue.into())
}

fn whole<'a, T>(
    value: &'a [u8],
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let mut reader = Reader::new(value);
    let read = read(&mut reader)?;
    // req TL-07
    reader.finish()?;
    Ok(read)
}
