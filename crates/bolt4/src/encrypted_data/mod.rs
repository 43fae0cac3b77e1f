//! `encrypted_data_tlv`: what the maker of a message path tells one hop of it, before encryption.
//!
//! | type | name | shape | where |
//! |---|---|---|---|
//! | 1 | `padding` | bytes | anywhere |
//! | 2 | `short_channel_id` | `short_channel_id` | to forward: this or 4 |
//! | 4 | `next_node_id` | point | to forward: this or 2 |
//! | 6 | `path_id` | bytes | at the end only |
//! | 8 | `next_path_key_override` | point | to forward |
//! | 14 | `allowed_features` | bytes | anywhere |

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use bolt1::{DecodeError, DecodeErrorKind, PublicKey, Reader, ShortChannelId, Writer, tlv};
use chacha20poly1305::aead::{AeadInPlace, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce, Tag};

/// Bytes that encryption adds.
pub const TAG_LEN: usize = 16;

/// To whom a hop forwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NextHop {
    /// The node of this id.
    NodeId(PublicKey),
    /// The node at the other end of this channel of the forwarding hop; an alias of it will do.
    ShortChannelId(ShortChannelId),
}

/// The data for one hop of a message path.
#[derive(Clone, Default, PartialEq, Eq)]
// req OM-P2, OM-P3
pub struct EncryptedData {
    /// Bytes of `padding`, all zero; `None` leaves the field out.
    pub padding: Option<usize>,
    /// Where the hop forwards to; `None` for the last one.
    pub next: Option<NextHop>,
    /// What the last hop needs to recognise its path.
    pub path_id: Option<Vec<u8>>,
    /// The path key to forward with, instead of the one that follows from this hop's.
    pub next_path_key_override: Option<PublicKey>,
    /// A big-endian bit field; no feature is defined for message paths yet.
    pub allowed_features: Option<Vec<u8>>,
}

impl EncryptedData {
    /// For a hop that forwards.
    pub fn forward(next: NextHop) -> Self {
        Self { next: Some(next), ..Self::default() }
    }

    /// For the last hop.
    pub fn receive(path_id: Option<Vec<u8>>) -> Self {
        Self { path_id, ..Self::default() }
    }

    /// Reads the data for a hop of a message path. Where both kinds of next hop are given the node id counts.
    ///
    /// # Errors
    /// What BOLT 1 rejects; unknown even types, among which the payment fields 10 and 12 count here.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut data = Self::default();
        for record in tlv::Stream::new(bytes) {
            let record = record?;
            data.read_record(&record).map_err(|error| error.or_field(record.typ))?;
        }
        Ok(data)
    }

    fn read_record(&mut self, record: &tlv::Record<'_>) -> Result<(), DecodeError> {
        let mut reader = Reader::new(record.value);
        match record.typ {
            1 => self.padding = Some(record.value.len()),
            2 => {
                let scid = ShortChannelId(reader.read_u64()?);
                reader.finish()?;
                self.next = Some(NextHop::ShortChannelId(scid));
            }
            4 => {
                let node_id = reader.read_point()?;
                reader.finish()?;
                self.next = Some(NextHop::NodeId(node_id));
            }
            6 => self.path_id = Some(record.value.to_vec()),
            8 => {
                self.next_path_key_override = Some(reader.read_point()?);
                reader.finish()?;
            }
            14 => self.allowed_features = Some(record.value.to_vec()),
            // req BP-D3, TL-08
            even if even.is_multiple_of(2) => return Err(DecodeErrorKind::UnknownEvenType.into()),
            _ => {}
        }
        Ok(())
    }

    /// The TLV stream.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        if let Some(len) = self.padding {
            tlv::write_record(&mut writer, 1, &vec![0; len]);
        }
        match self.next {
            Some(NextHop::ShortChannelId(scid)) => {
                tlv::write_record(&mut writer, 2, &scid.0.to_be_bytes());
            }
            Some(NextHop::NodeId(node_id)) => {
                tlv::write_record(&mut writer, 4, &node_id.serialize());
            }
            None => {}
        }
        if let Some(path_id) = &self.path_id {
            tlv::write_record(&mut writer, 6, path_id);
        }
        // req BP-W5
        if let Some(path_key) = &self.next_path_key_override {
            tlv::write_record(&mut writer, 8, &path_key.serialize());
        }
        if let Some(features) = &self.allowed_features {
            tlv::write_record(&mut writer, 14, features);
        }
        writer.into_bytes()
    }

    /// Whether the hop may be used at all: every feature in `allowed_features` would have to be known, and none
    /// is defined.
    pub fn allows_only_known_features(&self) -> bool {
        // req OM-R3
        self.allowed_features.as_ref().is_none_or(|bits| bits.iter().all(|byte| *byte == 0))
    }

    /// Encodes the data of all hops of a path, padded to one length so that a hop cannot tell its place in the
    /// path by it. The length is the least possible; paddings that were set are replaced.
    pub(crate) fn encode_equally<'a>(hops: impl Iterator<Item = &'a Self>) -> Vec<Vec<u8>> {
        let plain: Vec<Self> = hops.map(|data| Self { padding: None, ..data.clone() }).collect();
        let lengths: Vec<usize> = plain.iter().map(|data| data.encode().len()).collect();
        let longest = lengths.iter().copied().max().unwrap_or(0);
        // A record of padding cannot add exactly 1 byte, nor 255 or 256: its length prefix grows in between.
        let target = (longest..longest.saturating_add(8))
            .find(|target| {
                lengths.iter().all(|len| padding_for(target.saturating_sub(*len)).is_ok())
            })
            .unwrap_or(longest);
        let padded = plain.into_iter().zip(lengths).map(|(data, len)| {
            let padding = padding_for(target.saturating_sub(len)).unwrap_or(None);
            Self { padding, ..data }.encode()
        });
        padded.collect()
    }
}

/// The `padding` that makes a stream longer by exactly `extra` bytes; `Err` where none does.
fn padding_for(extra: usize) -> Result<Option<usize>, ()> {
    if extra == 0 {
        return Ok(None);
    }
    // One byte for the type; 1, 3 or 5 for the length.
    let fits = |prefix: usize, least: usize, most: usize| {
        extra.checked_sub(prefix).filter(|len| (least..=most).contains(len))
    };
    fits(2, 0, 0xfc)
        .or_else(|| fits(4, 0xfd, 0xffff))
        .or_else(|| fits(6, 0x1_0000, 0xffff_ffff))
        .map(Some)
        .ok_or(())
}

impl fmt::Debug for EncryptedData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptedData")
            .field("padding", &self.padding)
            .field("next", &self.next)
            .field("path_id", &self.path_id.as_ref().map(|_| format_args!("…")))
            .field("next_path_key_override", &self.next_path_key_override)
            .field("allowed_features", &self.allowed_features)
            .finish()
    }
}

/// Encrypts a hop's data under its `rho`. Each key is used once, hence the zero nonce.
pub(crate) fn seal(rho: &[u8; 32], mut data: Vec<u8>) -> Option<Vec<u8>> {
    let cipher = ChaCha20Poly1305::new(rho.into());
    let tag = cipher.encrypt_in_place_detached(&Nonce::default(), &[], &mut data).ok()?;
    data.extend_from_slice(&tag);
    Some(data)
}

/// Decrypts a hop's data; `None` when it is not for this key or was changed.
pub(crate) fn open(rho: &[u8; 32], sealed: &[u8]) -> Option<Vec<u8>> {
    let (data, tag) = sealed.split_last_chunk::<TAG_LEN>()?;
    let mut data = data.to_vec();
    ChaCha20Poly1305::new(rho.into())
        .decrypt_in_place_detached(&Nonce::default(), &[], &mut data, Tag::from_slice(tag))
        .ok()?;
    Some(data)
}

#[cfg(test)]
mod tests;
