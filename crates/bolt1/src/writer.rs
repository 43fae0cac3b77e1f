//! Writing the primitive encodings.

use alloc::vec::Vec;

use secp256k1::PublicKey;

/// A growing byte string, written in the primitive types of BOLT 1.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// An empty one.
    pub const fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Bytes as they are, without a length.
    pub fn write_bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// A `u8`.
    pub fn write_u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    /// A big-endian `u16`.
    pub fn write_u16(&mut self, value: u16) {
        self.write_bytes(&value.to_be_bytes());
    }

    /// A big-endian `u32`.
    pub fn write_u32(&mut self, value: u32) {
        self.write_bytes(&value.to_be_bytes());
    }

    /// A big-endian `u64`.
    pub fn write_u64(&mut self, value: u64) {
        self.write_bytes(&value.to_be_bytes());
    }

    /// A `bigsize`: 1, 3, 5 or 9 bytes.
    pub fn write_bigsize(&mut self, value: u64) {
        // req TL-02
        if let Ok(small) = u8::try_from(value)
            && small < 0xfd
        {
            self.write_u8(small);
        } else if let Ok(two) = u16::try_from(value) {
            self.write_u8(0xfd);
            self.write_u16(two);
        } else if let Ok(four) = u32::try_from(value) {
            self.write_u8(0xfe);
            self.write_u32(four);
        } else {
            self.write_u8(0xff);
            self.write_u64(value);
        }
    }

    /// A `bigsize` length, then the bytes.
    pub fn write_bigsize_bytes(&mut self, bytes: &[u8]) {
        self.write_len(bytes.len());
        self.write_bytes(bytes);
    }

    /// A `bigsize` length.
    pub fn write_len(&mut self, len: usize) {
        self.write_bigsize(u64::try_from(len).expect("no byte string is longer than 2^64"));
    }

    /// A 33-byte compressed point.
    pub fn write_point(&mut self, point: &PublicKey) {
        self.write_bytes(&point.serialize());
    }

    /// A `tu64`: 0 to 8 bytes, no leading zeros. Only as the last part of a TLV value.
    pub fn write_tu64(&mut self, value: u64) {
        let bytes = value.to_be_bytes();
        // req TL-10
        let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
        self.write_bytes(bytes.get(start..).unwrap_or_default());
    }

    /// A `tu32`: 0 to 4 bytes, no leading zeros.
    pub fn write_tu32(&mut self, value: u32) {
        self.write_tu64(u64::from(value));
    }

    /// A `tu16`: 0 to 2 bytes, no leading zeros.
    pub fn write_tu16(&mut self, value: u16) {
        self.write_tu64(u64::from(value));
    }
}
