//! The packet itself.

use alloc::vec::Vec;
use core::fmt;

use bolt1::{DecodeError, DecodeErrorKind, PublicKey, Reader, Writer};

use super::{HMAC_LEN, PACKET_OVERHEAD};

/// An onion packet, as one hop gets it.
///
/// | part | shape |
/// |---|---|
/// | `version` | byte, 0 |
/// | `public_key` | point |
/// | `hop_payloads` | the rest |
/// | `hmac` | 32 bytes |
#[derive(Clone, PartialEq, Eq)]
pub struct OnionPacket {
    public_key: PublicKey,
    payloads: Vec<u8>,
    hmac: [u8; HMAC_LEN],
}

impl OnionPacket {
    /// From its parts.
    ///
    /// # Errors
    /// [`DecodeErrorKind::TooLarge`] when the whole would exceed the 65 535 bytes that can be announced.
    pub fn from_parts(
        public_key: PublicKey,
        payloads: Vec<u8>,
        hmac: [u8; HMAC_LEN],
    ) -> Result<Self, DecodeError> {
        if payloads.len() > usize::from(u16::MAX).saturating_sub(PACKET_OVERHEAD) {
            return Err(DecodeErrorKind::TooLarge.into());
        }
        Ok(Self { public_key, payloads, hmac })
    }

    /// Public key, payloads and HMAC.
    pub fn into_parts(self) -> (PublicKey, Vec<u8>, [u8; HMAC_LEN]) {
        (self.public_key, self.payloads, self.hmac)
    }

    /// The sender's ephemeral key for this hop.
    pub const fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The payloads of this hop and the ones behind it, encrypted.
    pub fn payloads(&self) -> &[u8] {
        &self.payloads
    }

    /// Over the payloads and the associated data, for this hop.
    pub const fn hmac(&self) -> &[u8; HMAC_LEN] {
        &self.hmac
    }

    /// Bytes on the wire.
    pub fn encoded_len(&self) -> u16 {
        let len = self.payloads.len().saturating_add(PACKET_OVERHEAD);
        u16::try_from(len).expect("every constructor keeps the packet within a u16")
    }

    /// Reads a packet; it takes all the bytes.
    ///
    /// # Errors
    /// When they are too few or too many, the version is not 0 or the key is not a point.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        // req OD-01
        if reader.read_u8()? != 0 {
            return Err(DecodeErrorKind::InvalidValue.into());
        }
        // req OD-02
        let public_key = reader.read_point()?;
        let (payloads, hmac) =
            reader.rest().split_last_chunk::<HMAC_LEN>().ok_or(DecodeErrorKind::Truncated)?;
        Self::from_parts(public_key, payloads.to_vec(), *hmac)
    }

    /// Writes it, without a length.
    pub fn encode(&self, writer: &mut Writer) {
        // req OM-W1
        writer.write_u8(0);
        writer.write_point(&self.public_key);
        writer.write_bytes(&self.payloads);
        writer.write_bytes(&self.hmac);
    }

    /// For the inside of this module, where lengths are right by construction.
    pub(super) const fn of(public_key: PublicKey, payloads: Vec<u8>, hmac: [u8; HMAC_LEN]) -> Self {
        Self { public_key, payloads, hmac }
    }
}

impl fmt::Debug for OnionPacket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnionPacket")
            .field("public_key", &self.public_key)
            .field("payloads", &format_args!("{} bytes", self.payloads.len()))
            .finish_non_exhaustive()
    }
}
