//! Points, and the two ways of naming a node.

use secp256k1::PublicKey;

use crate::{DecodeError, DecodeErrorKind, Direction, Reader, ShortChannelId, Writer};

/// Decodes a 33-byte compressed point.
///
/// # Errors
/// [`DecodeErrorKind::InvalidPoint`] when it is not on the curve, not compressed or not 33 bytes.
pub fn decode_point(bytes: &[u8]) -> Result<PublicKey, DecodeError> {
    if bytes.len() != 33 {
        return Err(DecodeErrorKind::InvalidPoint.into());
    }
    PublicKey::from_slice(bytes).map_err(|_| DecodeErrorKind::InvalidPoint.into())
}

/// A `sciddir_or_pubkey`: a node by its id (33 bytes) or as one end of a channel (9 bytes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeRef {
    /// By node id.
    Id(PublicKey),
    /// As one end of a channel.
    ChannelEnd {
        /// The channel.
        scid: ShortChannelId,
        /// Which end of it.
        direction: Direction,
    },
}

impl NodeRef {
    /// Reads one: the first byte tells which it is (0 or 1: a direction, 2 or 3: a point).
    ///
    /// # Errors
    /// [`DecodeErrorKind::Truncated`], or [`DecodeErrorKind::InvalidPoint`] for any other first byte.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.peek_u8()? {
            0 => {
                reader.read_u8()?;
                Ok(Self::ChannelEnd {
                    scid: ShortChannelId(reader.read_u64()?),
                    direction: Direction::Zero,
                })
            }
            1 => {
                reader.read_u8()?;
                Ok(Self::ChannelEnd {
                    scid: ShortChannelId(reader.read_u64()?),
                    direction: Direction::One,
                })
            }
            2 | 3 => Ok(Self::Id(reader.read_point()?)),
            _ => Err(DecodeErrorKind::InvalidPoint.into()),
        }
    }

    /// Writes it.
    pub fn encode(&self, writer: &mut Writer) {
        match self {
            Self::Id(id) => writer.write_point(id),
            Self::ChannelEnd { scid, direction } => {
                writer.write_u8(match direction {
                    Direction::Zero => 0,
                    Direction::One => 1,
                });
                writer.write_u64(scid.0);
            }
        }
    }
}
