//! Making a blinded path (BOLT 4, "Route Blinding", the writer's side).

use alloc::vec::Vec;

use bolt1::{NodeRef, PublicKey};
use secp256k1::{Secp256k1, SecretKey, Signing, Verification};

use super::{BlindedHop, BlindedPath};
use crate::PathError;
use crate::encrypted_data::{EncryptedData, TAG_LEN, seal};
use crate::keys::Secret;

/// Makes a message path over `hops`, node ids with what each is told; the first is the introduction node, the
/// last ourselves. One hop, to ourselves, is legal. The data of all hops is padded to one length.
///
/// `path_secret` must be fresh randomness: with it anybody can read all of the path. `first_node` is how the
/// introduction node is named in the path, by its id or by a channel.
///
/// # Errors
/// See [`PathError`].
pub fn blind<C: Signing + Verification>(
    secp: &Secp256k1<C>,
    path_secret: SecretKey,
    first_node: NodeRef,
    hops: &[(PublicKey, EncryptedData)],
) -> Result<BlindedPath, PathError> {
    // req BP-W6
    let data = EncryptedData::encode_equally(hops.iter().map(|(_, data)| data));
    let hops: Vec<_> = hops.iter().map(|(node_id, _)| *node_id).zip(data).collect();
    blind_encoded(secp, path_secret, first_node, &hops)
}

/// As [`blind()`], with each hop's `encrypted_data_tlv` encoded already and taken as it is: for payment paths, and
/// for data with fields of one's own.
///
/// # Errors
/// See [`PathError`].
pub fn blind_encoded<C: Signing + Verification>(
    secp: &Secp256k1<C>,
    path_secret: SecretKey,
    first_node: NodeRef,
    hops: &[(PublicKey, Vec<u8>)],
) -> Result<BlindedPath, PathError> {
    // req BP-W1
    if hops.is_empty() || hops.len() > 255 {
        return Err(PathError::HopCount { hops: hops.len() });
    }
    let longest = hops.iter().map(|(_, data)| data.len()).max().unwrap_or(0);
    if longest > usize::from(u16::MAX).saturating_sub(TAG_LEN) {
        return Err(PathError::DataTooLong);
    }
    // req BP-W3, BP-W2
    let first_path_key = PublicKey::from_secret_key(secp, &path_secret);
    let (mut key, mut path_key) = (path_secret, first_path_key);
    let mut blinded = Vec::with_capacity(hops.len());
    for (position, (node_id, data)) in (1..).zip(hops) {
        // req BP-W2, OM-P1
        let secret = Secret::exchange(&key, node_id).ok_or(PathError::BadKey)?;
        let hop = blind_hop(secp, &secret, node_id, data).ok_or(PathError::BadKey)?;
        blinded.push(hop);
        // The last hop's path key, and the one behind it, are nobody's business.
        if position < hops.len() {
            let factor = secret.next_factor(&path_key).ok_or(PathError::BadKey)?;
            key = key.mul_tweak(&factor).map_err(|_| PathError::BadKey)?;
            if position.saturating_add(1) < hops.len() {
                path_key = PublicKey::from_secret_key(secp, &key);
            }
        }
    }
    Ok(BlindedPath { first_node_id: first_node, first_path_key, hops: blinded })
}

/// One hop, with which the path's maker shares `secret`.
fn blind_hop<C: Verification>(
    secp: &Secp256k1<C>,
    secret: &Secret,
    node_id: &PublicKey,
    data: &[u8],
) -> Option<BlindedHop> {
    Some(BlindedHop {
        // req BP-W4
        blinded_node_id: node_id.mul_tweak(secp, &secret.blinding_factor()?).ok()?,
        // req BP-W7
        encrypted_recipient_data: seal(&secret.derive("rho"), data.to_vec())?,
    })
}
