//! Onion messages: message 513 and what is inside it.
//!
//! | type | `onionmsg_tlv` | shape |
//! |---|---|---|
//! | 2 | `reply_path` | `blinded_path` |
//! | 4 | `encrypted_recipient_data` | bytes |
//! | 64 … | content | bytes, for BOLT 12 to read |

mod create;
mod peel;

use alloc::vec::Vec;

use bolt1::{DecodeError, PublicKey, Reader, Writer};

pub use create::{Destination, create};
pub use peel::{Peeled, peel};

use crate::sphinx::OnionPacket;

/// The type number of `onion_message`.
pub const MESSAGE_TYPE: u16 = 513;

/// The two sizes of payloads that packets of ours have: 1366 and 32 834 bytes as packets.
pub const PAYLOAD_SIZES: [usize; 2] = [1300, 32_768];

/// The least type of a content field.
const FIRST_CONTENT_TYPE: u64 = 64;

/// An `onion_message`.
///
/// | part | shape |
/// |---|---|
/// | `path_key` | point |
/// | `len` | `u16` |
/// | `onion_message_packet` | `len` bytes |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnionMessage {
    /// The path key for the node that gets it.
    pub path_key: PublicKey,
    /// The onion.
    pub packet: OnionPacket,
}

impl OnionMessage {
    /// Reads the body of a message 513. What stands behind the packet is ignored, as BOLT 1 asks.
    ///
    /// # Errors
    /// When a part is missing, or is not what it should be.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        let path_key = reader.read_point()?;
        let len = usize::from(reader.read_u16()?);
        let packet = OnionPacket::decode(reader.read_bytes(len)?)?;
        Ok(Self { path_key, packet })
    }

    /// The body of a message 513, without its type.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.write_point(&self.path_key);
        writer.write_u16(self.packet.encoded_len());
        self.packet.encode(&mut writer);
        writer.into_bytes()
    }
}
