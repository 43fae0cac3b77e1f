//! Reading a message: one layer, for one node.

use alloc::vec::Vec;
use core::fmt;

use bolt1::{DecodeError, DecodeErrorKind, NodeRef, Reader, tlv};
use secp256k1::{Secp256k1, Verification};

use super::{FIRST_CONTENT_TYPE, OnionMessage};
use crate::blinded_path::{BlindedPath, Unblinding};
use crate::encrypted_data::NextHop;
use crate::keys::Ecdh;
use crate::{Malformed, Part, PeelError, sphinx};

/// What a message is to the node that got it.
#[derive(Clone, PartialEq, Eq)]
pub enum Peeled {
    /// For somebody else.
    Forward {
        /// Whom to hand it to.
        next: NextHop,
        /// What to hand on.
        message: OnionMessage,
    },
    /// For us. Whether it came over the path it should have come over is for the reader of the content to
    /// check, by `path_id`.
    Receive {
        /// The `path_id` of the blinded path, `None` when the message was sent to our node id.
        path_id: Option<Vec<u8>>,
        /// Where an answer may go.
        reply_path: Option<BlindedPath>,
        /// The content field, type (from 64 on) and value: one at most.
        contents: Vec<(u64, Vec<u8>)>,
    },
}

/// Takes the layer for `key` off a message (BOLT 4, "Onion Messages", the reader's rules).
///
/// # Errors
/// For each of them the message is to be dropped without a word. See [`PeelError`].
pub fn peel<C: Verification>(
    secp: &Secp256k1<C>,
    key: &impl Ecdh,
    message: &OnionMessage,
) -> Result<Peeled, PeelError> {
    let unblinding = Unblinding::new(key, &message.path_key)?;
    // req OM-R2
    let layer = sphinx::peel(secp, key, Some(&unblinding.factor), &message.packet, &[])?;
    let payload = Payload::decode(&layer.payload)?;
    // req BP-D3
    let sealed = payload.encrypted_data.ok_or(PeelError::NoEncryptedData)?;
    let hop = unblinding.read(secp, &message.path_key, sealed)?;
    let Some(packet) = layer.next else {
        let contents = payload.contents.iter().map(|(typ, value)| (*typ, value.to_vec())).collect();
        return Ok(Peeled::Receive {
            path_id: hop.data.path_id,
            reply_path: payload.reply_path,
            contents,
        });
    };
    // req OM-R4
    if let Some(typ) = payload.beside_encrypted_data {
        return Err(PeelError::FieldNotForForwarding(typ));
    }
    // req OM-R5, OM-R6
    let (next, path_key) = hop.forward()?;
    Ok(Peeled::Forward { next, message: OnionMessage { path_key, packet } })
}

/// An `onionmsg_tlv`.
#[derive(Default)]
struct Payload<'a> {
    reply_path: Option<BlindedPath>,
    encrypted_data: Option<&'a [u8]>,
    contents: Vec<(u64, &'a [u8])>,
    /// The first type other than `encrypted_recipient_data`, known or not.
    beside_encrypted_data: Option<u64>,
}

impl<'a> Payload<'a> {
    fn decode(bytes: &'a [u8]) -> Result<Self, PeelError> {
        let payload = Self::read(bytes).map_err(|error| {
            PeelError::Malformed(Malformed::in_stream(Part::Payload, error, bytes))
        })?;
        // req OM-R9
        if payload.contents.len() > 1 {
            return Err(PeelError::SeveralContents);
        }
        Ok(payload)
    }

    fn read(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut payload = Self::default();
        for record in tlv::Stream::new(bytes) {
            let tlv::Record { typ, value, .. } = record?;
            match typ {
                2 => {
                    payload.reply_path =
                        decode_reply_path(value).map_err(|error| error.or_field(typ))?;
                }
                4 => payload.encrypted_data = Some(value),
                FIRST_CONTENT_TYPE.. => payload.contents.push((typ, value)),
                // req OM-R2, TL-08
                even if even.is_multiple_of(2) => {
                    return Err(DecodeError::in_field(DecodeErrorKind::UnknownEvenType, typ));
                }
                _ => {}
            }
            if typ != 4 {
                payload.beside_encrypted_data.get_or_insert(typ);
            }
        }
        Ok(payload)
    }
}

/// A path without hops is no way to answer, but no reason to drop the message either.
fn decode_reply_path(value: &[u8]) -> Result<Option<BlindedPath>, DecodeError> {
    let mut reader = Reader::new(value);
    NodeRef::decode(&mut reader)?;
    reader.read_point()?;
    if reader.rest() == [0] {
        return Ok(None);
    }
    let mut reader = Reader::new(value);
    let path = BlindedPath::decode(&mut reader)?;
    reader.finish()?;
    Ok(Some(path))
}

impl fmt::Debug for Peeled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forward { next, .. } => {
                f.debug_struct("Forward").field("next", next).finish_non_exhaustive()
            }
            Self::Receive { path_id, reply_path, contents } => f
                .debug_struct("Receive")
                .field("path_id", &path_id.as_ref().map(|_| format_args!("…")))
                .field("reply_path", &reply_path.is_some())
                .field("contents", contents)
                .finish(),
        }
    }
}
