//! What a blinded payment path costs.

use alloc::vec::Vec;

use bolt1::{DecodeError, DecodeErrorKind, Reader, Writer};

use crate::features::unknown_compulsory;

/// A `blinded_payinfo`: fees, delay and limits of one blinded payment path, all hops together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BlindedPayInfo {
    /// Base fee in msat.
    pub fee_base_msat: u32,
    /// Proportional fee in millionths.
    pub fee_proportional_millionths: u32,
    /// Blocks between the introduction node's HTLC and the height at which the payee must claim.
    pub cltv_expiry_delta: u16,
    /// Least msat an HTLC may carry.
    pub htlc_minimum_msat: u64,
    /// Most msat an HTLC may carry.
    pub htlc_maximum_msat: u64,
    /// `allowed_features` of the path, a big-endian bit field.
    pub features: Vec<u8>,
}

impl BlindedPayInfo {
    /// Whether its path may be used: no compulsory feature is set, of which none is known yet.
    pub fn is_usable(&self) -> bool {
        unknown_compulsory(&self.features, &[]).is_none()
    }

    /// Reads one.
    ///
    /// # Errors
    /// [`DecodeErrorKind::Truncated`].
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            fee_base_msat: reader.read_u32()?,
            fee_proportional_millionths: reader.read_u32()?,
            cltv_expiry_delta: reader.read_u16()?,
            htlc_minimum_msat: reader.read_u64()?,
            htlc_maximum_msat: reader.read_u64()?,
            features: {
                let len = usize::from(reader.read_u16()?);
                reader.read_bytes(len)?.to_vec()
            },
        })
    }

    /// Reads them to the end of the input, as in `invoice_blindedpay`; at least one.
    ///
    /// # Errors
    /// As [`BlindedPayInfo::decode`], and [`DecodeErrorKind::InvalidValue`] for none at all.
    pub fn decode_all(bytes: &[u8]) -> Result<Vec<Self>, DecodeError> {
        let mut reader = Reader::new(bytes);
        let mut infos = Vec::new();
        while !reader.is_empty() {
            infos.push(Self::decode(&mut reader)?);
        }
        if infos.is_empty() { Err(DecodeErrorKind::InvalidValue.into()) } else { Ok(infos) }
    }

    /// Writes it. Features beyond 65 535 bytes are cut.
    pub fn encode(&self, writer: &mut Writer) {
        writer.write_u32(self.fee_base_msat);
        writer.write_u32(self.fee_proportional_millionths);
        writer.write_u16(self.cltv_expiry_delta);
        writer.write_u64(self.htlc_minimum_msat);
        writer.write_u64(self.htlc_maximum_msat);
        let features = self.features.get(..65_535).unwrap_or(&self.features);
        writer.write_u16(u16::try_from(features.len()).unwrap_or(u16::MAX));
        writer.write_bytes(features);
    }
}
