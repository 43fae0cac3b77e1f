//! Where an invoice may be paid on the chain.

use alloc::vec::Vec;

use bolt1::{DecodeError, Reader, Writer};

/// A `fallback_address`: a witness program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FallbackAddress {
    /// Witness version.
    pub version: u8,
    /// Witness program; at most 65 535 bytes.
    pub address: Vec<u8>,
}

impl FallbackAddress {
    /// Whether a payer of bitcoin may look at it: a version up to 16 and a program of 2 to 40 bytes. Whether the
    /// program suits its version is for the payer to check.
    pub fn is_plausible(&self) -> bool {
        // req IW-10, IR-17
        self.version <= 16 && (2..=40).contains(&self.address.len())
    }

    /// Reads them to the end of the input.
    pub(crate) fn decode_all(bytes: &[u8]) -> Result<Vec<Self>, DecodeError> {
        let mut reader = Reader::new(bytes);
        let mut addresses = Vec::new();
        while !reader.is_empty() {
            let version = reader.read_u8()?;
            let len = usize::from(reader.read_u16()?);
            addresses.push(Self { version, address: reader.read_bytes(len)?.to_vec() });
        }
        Ok(addresses)
    }

    /// Writes it. A program beyond 65 535 bytes is cut.
    pub(crate) fn encode(&self, writer: &mut Writer) {
        let address = self.address.get(..65_535).unwrap_or(&self.address);
        writer.write_u8(self.version);
        writer.write_u16(u16::try_from(address.len()).unwrap_or(u16::MAX));
        writer.write_bytes(address);
    }
}
