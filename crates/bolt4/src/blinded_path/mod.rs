//! Blinded paths as they travel: in offers, invoice requests, invoices and reply paths.
//!
//! Making one is [`blind()`]; the step that its introduction node can take is [`BlindedPath::advance`].

mod advance;
mod blind;

use alloc::vec::Vec;

use bolt1::{DecodeError, DecodeErrorKind, NodeRef, PublicKey, Reader, Writer};

pub use advance::Advanced;
pub(crate) use advance::Unblinding;
pub use blind::{blind, blind_encoded};

/// A `blinded_path`: a route to its maker whose hops, behind the first, only the hops themselves can read.
///
/// | part | shape |
/// |---|---|
/// | `first_node_id` | `sciddir_or_pubkey`, the introduction node |
/// | `first_path_key` | point |
/// | `num_hops` | byte, 1 to 255 |
/// | `path` | `num_hops` × `blinded_path_hop` |
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BlindedPath {
    /// The introduction node: the only one that is named in the clear.
    pub first_node_id: NodeRef,
    /// The path key that the introduction node needs to read its part.
    pub first_path_key: PublicKey,
    /// The hops, the introduction node first; never empty in a path that was decoded.
    pub hops: Vec<BlindedHop>,
}

/// A `blinded_path_hop`: whom to encrypt for, and what the path's maker tells that hop.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BlindedHop {
    /// The blinded node id, 33-byte compressed point.
    pub blinded_node_id: PublicKey,
    /// The hop's `encrypted_data_tlv`, encrypted; at most 65 535 bytes.
    pub encrypted_recipient_data: Vec<u8>,
}

impl BlindedPath {
    /// Reads one path.
    ///
    /// # Errors
    /// Whatever BOLT 1 rejects, and [`DecodeErrorKind::InvalidValue`] for a path without hops.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let first_node_id = NodeRef::decode(reader)?;
        let first_path_key = reader.read_point()?;
        let num_hops = reader.read_u8()?;
        // req OR-08, RR-05, IR-08
        if num_hops == 0 {
            return Err(DecodeErrorKind::InvalidValue.into());
        }
        let hops = (0..num_hops)
            .map(|_| {
                let blinded_node_id = reader.read_point()?;
                let len = usize::from(reader.read_u16()?);
                let encrypted_recipient_data = reader.read_bytes(len)?.to_vec();
                Ok(BlindedHop { blinded_node_id, encrypted_recipient_data })
            })
            .collect::<Result<Vec<_>, DecodeError>>()?;
        Ok(Self { first_node_id, first_path_key, hops })
    }

    /// Reads paths to the end of the input, as in `offer_paths`; at least one.
    ///
    /// # Errors
    /// As [`BlindedPath::decode`], and [`DecodeErrorKind::InvalidValue`] for no path at all.
    pub fn decode_all(bytes: &[u8]) -> Result<Vec<Self>, DecodeError> {
        let mut reader = Reader::new(bytes);
        let mut paths = Vec::new();
        while !reader.is_empty() {
            paths.push(Self::decode(&mut reader)?);
        }
        if paths.is_empty() { Err(DecodeErrorKind::InvalidValue.into()) } else { Ok(paths) }
    }

    /// Writes it. The hops and their data must be within the sizes their length fields can say (255 hops,
    /// 65 535 bytes); what is beyond is cut, so build paths with this crate, which stays within them.
    pub fn encode(&self, writer: &mut Writer) {
        self.first_node_id.encode(writer);
        writer.write_point(&self.first_path_key);
        let hops = self.hops.get(..255).unwrap_or(&self.hops);
        writer.write_u8(u8::try_from(hops.len()).unwrap_or(u8::MAX));
        for hop in hops {
            writer.write_point(&hop.blinded_node_id);
            let data = &hop.encrypted_recipient_data;
            let data = data.get(..65_535).unwrap_or(data);
            writer.write_u16(u16::try_from(data.len()).unwrap_or(u16::MAX));
            writer.write_bytes(data);
        }
    }
}
