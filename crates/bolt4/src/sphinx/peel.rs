//! Taking one layer off a packet.

use alloc::vec::Vec;

use bolt1::{DecodeErrorKind, Reader};
use secp256k1::{Scalar, Secp256k1, Verification};

use super::{HMAC_LEN, OnionPacket, stream};
use crate::keys::{Ecdh, Secret, is_hmac256};
use crate::{Malformed, PeelError};

/// What one hop finds in a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The payload for this hop, without its length.
    pub payload: Vec<u8>,
    /// The packet for the next hop; `None` at the last one.
    pub next: Option<OnionPacket>,
}

/// Takes the layer for `key` off the packet. With a `blinding_factor`, the layer is for the key that results
/// from multiplying `key` by it.
///
/// # Errors
/// [`PeelError::BadHmac`] when the packet is for another key, has other associated data or was changed;
/// [`PeelError::Malformed`] when what the sender put inside is not a payload.
pub fn peel<C: Verification>(
    secp: &Secp256k1<C>,
    key: &impl Ecdh,
    blinding_factor: Option<&Scalar>,
    packet: &OnionPacket,
    associated_data: &[u8],
) -> Result<Layer, PeelError> {
    let public_key = packet.public_key();
    let point = match blinding_factor {
        Some(factor) => public_key.mul_tweak(secp, factor).map_err(|_| PeelError::BadKey)?,
        None => *public_key,
    };
    let secret = Secret::exchange(key, &point).ok_or(PeelError::BadKey)?;
    // req OD-04
    let covered = [packet.payloads(), associated_data];
    if !is_hmac256(packet.hmac(), &secret.derive("mu"), &covered) {
        return Err(PeelError::BadHmac);
    }

    let size = packet.payloads().len();
    let mut plain = packet.payloads().to_vec();
    plain.resize(size.saturating_mul(2), 0);
    stream::apply(&secret.derive("rho"), 0, &mut plain);
    let mut reader = Reader::new(&plain);
    // req OD-05, OD-06
    let malformed = |error, offset| PeelError::Malformed(Malformed::in_packet(error, offset));
    let payload = reader.read_bigsize_bytes().map_err(|error| malformed(error, 0))?.to_vec();
    // req OD-05
    if payload.len() < 2 {
        return Err(malformed(DecodeErrorKind::InvalidValue.into(), 0));
    }
    // req OD-06
    let offset = plain.len().saturating_sub(reader.rest().len());
    let hmac = reader.read_array::<HMAC_LEN>().map_err(|error| malformed(error, offset))?;
    let payloads = reader.read_bytes(size).map_err(|error| malformed(error, offset))?.to_vec();
    let next = if hmac == [0; HMAC_LEN] {
        None
    } else {
        // req OD-07
        let public_key = secret.next_public(secp, public_key).ok_or(PeelError::BadKey)?;
        Some(OnionPacket::of(public_key, payloads, hmac))
    };
    Ok(Layer { payload, next })
}
