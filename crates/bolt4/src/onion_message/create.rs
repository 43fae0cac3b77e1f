//! Making a message.

use alloc::vec::Vec;

use bolt1::{NodeRef, PublicKey, Writer, tlv};
use secp256k1::{Secp256k1, SecretKey, Signing, Verification};

use super::{FIRST_CONTENT_TYPE, OnionMessage, PAYLOAD_SIZES};
use crate::blinded_path::{BlindedHop, BlindedPath, blind_encoded};
use crate::encrypted_data::{EncryptedData, NextHop};
use crate::keys::hmac256;
use crate::{CreateError, sphinx};

/// Where a message is to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// To the node of this id.
    Node(PublicKey),
    /// Over a blinded path, whose introduction node must be named by its id.
    Path(BlindedPath),
}

/// Makes a message with the content `(type, value)`, type 64 or above, and says which peer to hand it to.
///
/// `intermediate` are the nodes to go through before the destination: our peer first, the destination node or
/// the introduction node of the path *not* among them; empty when that is our peer. To use a path that begins
/// at ourselves see [`BlindedPath::advance`].
///
/// `session_key` must be fresh randomness. The packet takes the smaller of the two sizes that the
/// specification recommends, if that suffices.
///
/// # Errors
/// See [`CreateError`].
pub fn create<C: Signing + Verification>(
    secp: &Secp256k1<C>,
    session_key: SecretKey,
    intermediate: &[PublicKey],
    destination: &Destination,
    content: (u64, Vec<u8>),
    reply_path: Option<&BlindedPath>,
) -> Result<(PublicKey, OnionMessage), CreateError> {
    let (typ, value) = content;
    if typ < FIRST_CONTENT_TYPE {
        return Err(CreateError::NotAContentType(typ));
    }
    let route = route(secp, &session_key, intermediate, destination)?;
    let (last, before) = route.hops.split_last().ok_or(CreateError::EmptyPath)?;
    let mut hops: Vec<_> =
        // req BP-R2, BP-R5, OM-W5
        before.iter().map(|hop| (hop.blinded_node_id, payload(hop, None, None))).collect();
    // req OM-W6
    hops.push((last.blinded_node_id, payload(last, reply_path, Some((typ, &value)))));

    // req OM-W1, OM-W2, OM-W3
    let packet = match sphinx::wrap(secp, &session_key, &hops, PAYLOAD_SIZES[0], &[]) {
        Err(CreateError::TooLarge { .. }) => {
            sphinx::wrap(secp, &session_key, &hops, PAYLOAD_SIZES[1], &[])?
        }
        other => other?,
    };
    Ok((route.first_node, OnionMessage { path_key: route.path_key, packet }))
}

/// All the hops of a message, under blinded ids, and how it enters them.
struct Route {
    first_node: PublicKey,
    path_key: PublicKey,
    hops: Vec<BlindedHop>,
}

fn route<C: Signing + Verification>(
    secp: &Secp256k1<C>,
    session_key: &SecretKey,
    intermediate: &[PublicKey],
    destination: &Destination,
) -> Result<Route, CreateError> {
    let (end, tail) = match destination {
        Destination::Node(node_id) => (*node_id, None),
        Destination::Path(path) if path.hops.is_empty() => return Err(CreateError::EmptyPath),
        Destination::Path(path) => match path.first_node_id {
            // req OM-R10
            NodeRef::Id(node_id) => (node_id, Some(path)),
            NodeRef::ChannelEnd { .. } => return Err(CreateError::UnresolvedIntroductionNode),
        },
    };
    // req BP-R1
    let own = own_hops(intermediate, end, tail);
    let Some((first_node, _)) = own.first() else {
        let path = tail.ok_or(CreateError::EmptyPath)?;
        let hops = path.hops.clone();
        return Ok(Route { first_node: end, path_key: path.first_path_key, hops });
    };
    let path_secret = hmac256(b"path_key", &[&session_key.secret_bytes()]);
    let path_secret = SecretKey::from_slice(&path_secret).map_err(|_| CreateError::BadKey)?;
    let blinded = blind_encoded(secp, path_secret, NodeRef::Id(*first_node), &own)
        .map_err(CreateError::Route)?;
    let mut hops = blinded.hops;
    hops.extend(tail.into_iter().flat_map(|path| path.hops.iter().cloned()));
    Ok(Route { first_node: *first_node, path_key: blinded.first_path_key, hops })
}

/// The hops that we blind ourselves, with what each is told: those before `end`, and `end` too unless a path of
/// somebody else's goes on from there. None when that path begins at our peer.
fn own_hops(
    intermediate: &[PublicKey],
    end: PublicKey,
    tail: Option<&BlindedPath>,
) -> Vec<(PublicKey, Vec<u8>)> {
    let following = intermediate.iter().copied().skip(1).chain([end]);
    let mut hops: Vec<_> = intermediate
        .iter()
        .copied()
        .zip(following.map(|next| EncryptedData::forward(NextHop::NodeId(next))))
        .collect();
    match (hops.last_mut(), tail) {
        // req BP-R3
        (Some((_, data)), Some(path)) => data.next_path_key_override = Some(path.first_path_key),
        (None, Some(_)) => {}
        (_, None) => hops.push((end, EncryptedData::receive(None))),
    }
    hops.into_iter().map(|(node_id, data)| (node_id, data.encode())).collect()
}

/// The `onionmsg_tlv` for one hop.
fn payload(
    hop: &BlindedHop,
    reply_path: Option<&BlindedPath>,
    content: Option<(u64, &[u8])>,
) -> Vec<u8> {
    let mut writer = Writer::new();
    if let Some(path) = reply_path {
        let mut value = Writer::new();
        path.encode(&mut value);
        tlv::write_record(&mut writer, 2, &value.into_bytes());
    }
    tlv::write_record(&mut writer, 4, &hop.encrypted_recipient_data);
    if let Some((typ, value)) = content {
        tlv::write_record(&mut writer, typ, value);
    }
    writer.into_bytes()
}
