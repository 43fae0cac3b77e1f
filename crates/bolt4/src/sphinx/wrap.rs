//! Building a packet.

use alloc::vec;
use alloc::vec::Vec;

use bolt1::{PublicKey, Writer};
use secp256k1::{Secp256k1, SecretKey, Signing, Verification};

use super::{HMAC_LEN, OnionPacket, PACKET_OVERHEAD, stream};
use crate::CreateError;
use crate::keys::{Secret, hmac256};

/// Wraps the payloads of `hops`, first hop first, into a packet with `size` bytes of payloads. Each payload is
/// the bare TLV stream; its length is put before it here.
///
/// `session_key` must be fresh randomness. `associated_data` is the payment hash in payments and empty in onion
/// messages.
///
/// # Errors
/// [`CreateError::TooLarge`] when the payloads do not fit.
pub fn wrap<C: Signing + Verification>(
    secp: &Secp256k1<C>,
    session_key: &SecretKey,
    hops: &[(PublicKey, Vec<u8>)],
    size: usize,
    associated_data: &[u8],
) -> Result<OnionPacket, CreateError> {
    let available = size.min(usize::from(u16::MAX).saturating_sub(PACKET_OVERHEAD));
    let needed = needed(hops.iter().map(|(_, payload)| payload.len()));
    if needed > available || size > available {
        return Err(CreateError::TooLarge { needed, available });
    }
    let public_key = PublicKey::from_secret_key(secp, session_key);
    let secrets = secrets(secp, session_key, public_key, hops).ok_or(CreateError::BadKey)?;
    let layers: Vec<_> =
        secrets.iter().zip(hops).map(|(secret, (_, payload))| (secret, frame(payload))).collect();

    let mut payloads = vec![0; size];
    stream::apply(&hmac256(b"pad", &[&session_key.secret_bytes()]), 0, &mut payloads);
    let mut hmac = [0; HMAC_LEN];
    let mut filler = Some(filler(&layers, size));
    for (secret, framed) in layers.iter().rev() {
        let keep = size.saturating_sub(framed.len()).saturating_sub(HMAC_LEN);
        let mut outer = Vec::with_capacity(size);
        outer.extend_from_slice(framed);
        outer.extend_from_slice(&hmac);
        outer.extend_from_slice(payloads.get(..keep).unwrap_or_default());
        stream::apply(&secret.derive("rho"), 0, &mut outer);
        if let Some(filler) = filler.take() {
            outer.truncate(size.saturating_sub(filler.len()));
            outer.extend_from_slice(&filler);
        }
        hmac = hmac256(&secret.derive("mu"), &[&outer, associated_data]);
        payloads = outer;
    }
    Ok(OnionPacket::of(public_key, payloads, hmac))
}

/// The bytes that payloads of these lengths take in a packet.
fn needed(lengths: impl Iterator<Item = usize>) -> usize {
    let per_hop = lengths.map(|len| len.saturating_add(bigsize_len(len)).saturating_add(HMAC_LEN));
    per_hop.fold(0, usize::saturating_add)
}

/// The bytes of `len` as a `bigsize`, for lengths that can occur in a packet.
const fn bigsize_len(len: usize) -> usize {
    match len {
        0..0xfd => 1,
        0xfd..0x1_0000 => 3,
        _ => 5,
    }
}

/// The payload with its length before it.
fn frame(payload: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.write_bigsize_bytes(payload);
    writer.into_bytes()
}

/// What the sender shares with each hop. `public` is that of `session_key`.
fn secrets<C: Signing>(
    secp: &Secp256k1<C>,
    session_key: &SecretKey,
    mut public: PublicKey,
    hops: &[(PublicKey, Vec<u8>)],
) -> Option<Vec<Secret>> {
    let mut key = *session_key;
    let mut secrets = Vec::with_capacity(hops.len());
    for (position, (node_id, _)) in (1..).zip(hops) {
        let secret = Secret::exchange(&key, node_id)?;
        if position < hops.len() {
            key = key.mul_tweak(&secret.next_factor(&public)?).ok()?;
            if position.saturating_add(1) < hops.len() {
                public = PublicKey::from_secret_key(secp, &key);
            }
        }
        secrets.push(secret);
    }
    Some(secrets)
}

/// What will stand at the end of the payloads when the last hop gets them: the zeros that each hop before it
/// shifts in, encrypted by each hop they pass.
fn filler(layers: &[(&Secret, Vec<u8>)], size: usize) -> Vec<u8> {
    let mut filler = Vec::new();
    let before_last = layers.split_last().map_or(&[][..], |(_, rest)| rest);
    for (secret, framed) in before_last {
        let offset = size.saturating_sub(filler.len());
        let shifted = framed.len().saturating_add(HMAC_LEN);
        filler.resize(filler.len().saturating_add(shifted), 0);
        stream::apply(&secret.derive("rho"), offset, &mut filler);
    }
    filler
}
