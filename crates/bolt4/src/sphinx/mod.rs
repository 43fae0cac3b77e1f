//! Sphinx packets (BOLT 4, "Packet Construction" and "Onion Decryption"): one layer of encryption per hop, of a
//! size that tells nobody how many hops there are.

mod packet;
mod peel;
mod stream;
mod wrap;

pub use packet::OnionPacket;
pub use peel::{Layer, peel};
pub use wrap::wrap;

/// Bytes of a packet around its payloads: version, public key and HMAC.
pub const PACKET_OVERHEAD: usize = 66;

/// Bytes of an HMAC.
const HMAC_LEN: usize = 32;
