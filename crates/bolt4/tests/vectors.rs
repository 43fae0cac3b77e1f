//! The vectors of BOLT 4, byte for byte.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a vector that lacks what the test reads fails the test"
)]

use bolt1::{Writer, tlv};
use bolt4::encrypted_data::{EncryptedData, NextHop};
use bolt4::onion_message::{OnionMessage, Peeled, peel};
use bolt4::sphinx::{self, OnionPacket};
use bolt4::{Advanced, BlindedPath, NodeRef, Part, PeelError, blind_encoded};
use secp256k1::{PublicKey, Secp256k1, SecretKey};
use serde_json::Value;

fn load(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn point(value: &Value) -> PublicKey {
    PublicKey::from_slice(&bytes(value)).unwrap()
}

fn secret(value: &Value) -> SecretKey {
    SecretKey::from_slice(&bytes(value)).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn packet_bytes(packet: &OnionPacket) -> Vec<u8> {
    let mut writer = Writer::new();
    packet.encode(&mut writer);
    writer.into_bytes()
}

/// The path over the hops of a vector, by their node keys.
fn path_of(vector: &Value) -> BlindedPath {
    let secp = Secp256k1::new();
    let hops: Vec<_> = list(&vector["hops"])
        .iter()
        .map(|hop| (secret(&hop["node_key"]).public_key(&secp), bytes(&hop["data"])))
        .collect();
    let first = NodeRef::Id(hops[0].0);
    let path = blind_encoded(&secp, secret(&vector["path_secret"]), first, &hops).unwrap();
    for (made, hop) in path.hops.iter().zip(list(&vector["hops"])) {
        assert_eq!(made.blinded_node_id, point(&hop["blinded_node_id"]), "{}", hop["alias"]);
        let expected = bytes(&hop["encrypted_recipient_data"]);
        assert_eq!(made.encrypted_recipient_data, expected, "{}", hop["alias"]);
    }
    path
}

// req OM-W2
#[test]
fn packets_are_wrapped_as_in_the_specification() {
    let vectors = load(include_str!("../../../vectors/bolt4/sphinx.json"));
    let secp = Secp256k1::new();
    for case in list(&vectors["cases"]) {
        let hops: Vec<_> = list(&case["hops"])
            .iter()
            .map(|hop| (point(&hop["node_id"]), bytes(&hop["payload"])))
            .collect();
        let key = secret(&case["session_key"]);
        let packet =
            sphinx::wrap(&secp, &key, &hops, 1300, &bytes(&case["associated_data"])).unwrap();
        assert_eq!(packet_bytes(&packet), bytes(&case["packet"]), "{}", case["source"]);
    }
}

// req OD-07
#[test]
fn packets_are_peeled_hop_by_hop() {
    let vectors = load(include_str!("../../../vectors/bolt4/sphinx.json"));
    let secp = Secp256k1::new();
    let case = &vectors["cases"][0];
    let data = bytes(&case["associated_data"]);
    let mut packet = Some(OnionPacket::decode(&bytes(&case["packet"])).unwrap());
    for hop in list(&case["hops"]) {
        let this = packet.unwrap();
        let key = secret(&hop["node_key"]);
        assert_eq!(sphinx::peel(&secp, &key, None, &this, &[]), Err(PeelError::BadHmac));
        let layer = sphinx::peel(&secp, &key, None, &this, &data).unwrap();
        assert_eq!(layer.payload, bytes(&hop["payload"]));
        packet = layer.next;
    }
    assert_eq!(packet, None);
}

// req BP-W2, BP-W3, BP-W4, BP-W5, BP-W7, OM-P1
#[test]
fn paths_are_blinded_as_in_the_specification() {
    let vector = load(include_str!("../../../vectors/bolt4/blinded-path.json"));
    for path in list(&vector["paths"]) {
        let made = path_of(path);
        assert_eq!(made.first_path_key, point(&path["hops"][0]["path_key"]));
    }
}

// req OM-P2, BP-D2
#[test]
fn data_of_payment_paths_opens_but_is_refused_for_messages() {
    let vector = load(include_str!("../../../vectors/bolt4/blinded-path.json"));
    let secp = Secp256k1::new();
    let path = &vector["paths"][0];
    let error = path_of(path).advance(&secp, &secret(&path["hops"][0]["node_key"])).unwrap_err();
    assert_eq!((error.part(), error.field()), (Part::EncryptedData, Some(10)));
}

// req OM-W1, OM-W2, OM-W5, BP-R2, BP-R3, BP-R5
#[test]
fn the_message_is_built_as_in_the_specification() {
    let vector = load(include_str!("../../../vectors/bolt4/onion-message.json"));
    let secp = Secp256k1::new();
    let [own, theirs] = [0, 1].map(|index| path_of(&vector["paths"][index]));
    assert_eq!(own.first_node_id, NodeRef::Id(point(&vector["first_node_id"])));
    assert_eq!(own.first_path_key, point(&vector["first_path_key"]));

    let hops: Vec<_> = own.hops.iter().chain(&theirs.hops).collect();
    let payloads: Vec<_> = hops
        .iter()
        .enumerate()
        .map(|(index, hop)| {
            let mut writer = Writer::new();
            if index == 3 {
                tlv::write_record(&mut writer, 1, &bytes(&vector["unknown_field_1"]));
            }
            tlv::write_record(&mut writer, 4, &hop.encrypted_recipient_data);
            (hop.blinded_node_id, writer.into_bytes())
        })
        .collect();
    let key = secret(&vector["session_key"]);
    let packet = sphinx::wrap(&secp, &key, &payloads, 1300, &[]).unwrap();
    assert_eq!(packet_bytes(&packet), bytes(&vector["packet"]));
    let message = OnionMessage { path_key: own.first_path_key, packet };
    assert_eq!(message.encode(), bytes(&vector["paths"][0]["hops"][0]["message"]));
}

// req BP-D1, BP-D2, BP-D4, OM-R6
#[test]
fn the_message_is_forwarded_and_received_as_in_the_specification() {
    let vector = load(include_str!("../../../vectors/bolt4/onion-message.json"));
    let secp = Secp256k1::new();
    let hops: Vec<_> =
        [0, 1].iter().flat_map(|path| list(&vector["paths"][path]["hops"])).collect();
    for pair in hops.windows(2) {
        let message = OnionMessage::decode(&bytes(&pair[0]["message"])).unwrap();
        let peeled = peel(&secp, &secret(&pair[0]["node_key"]), &message).unwrap();
        let Peeled::Forward { next, message } = peeled else { unreachable!("{peeled:?}") };
        assert_eq!(next, NextHop::NodeId(point(&pair[0]["next_node_id"])));
        assert_eq!(message.encode(), bytes(&pair[1]["message"]));
    }
    let last = hops[3];
    let message = OnionMessage::decode(&bytes(&last["message"])).unwrap();
    let peeled = peel(&secp, &secret(&last["node_key"]), &message).unwrap();
    let path_id = Some(bytes(&vector["path_id"]));
    assert_eq!(peeled, Peeled::Receive { path_id, reply_path: None, contents: vec![] });
}

// req BP-D4
#[test]
fn a_path_is_advanced_step_by_step_to_its_end() {
    let vector = load(include_str!("../../../vectors/bolt4/onion-message.json"));
    let secp = Secp256k1::new();
    let theirs = &vector["paths"][1];
    let mut path = path_of(theirs);
    for hop in &list(&theirs["hops"])[..2] {
        let key = secret(&hop["node_key"]);
        let advanced = path.advance(&secp, &key).unwrap();
        path = advanced
            .into_path(|next| match next {
                NextHop::NodeId(id) => Some(id),
                NextHop::ShortChannelId(_) => None,
            })
            .unwrap();
        assert_eq!(path.first_node_id, NodeRef::Id(point(&hop["next_node_id"])));
    }
    let last = secret(&theirs["hops"][2]["node_key"]);
    assert_eq!(path.advance(&secp, &last), Ok(Advanced::EndsHere));
}

#[test]
fn the_data_of_the_vectors_decodes() {
    let vector = load(include_str!("../../../vectors/bolt4/onion-message.json"));
    let data = |path: usize, hop: usize| {
        EncryptedData::decode(&bytes(&vector["paths"][path]["hops"][hop]["data"])).unwrap()
    };
    let override_key = Some(path_of(&vector["paths"][1]).first_path_key);
    assert_eq!(data(0, 0).next_path_key_override, override_key);
    assert_eq!(data(1, 1).padding, Some(5));
    assert_eq!(data(1, 2).padding, Some(0));
    assert_eq!(data(1, 2).path_id, Some(bytes(&vector["path_id"])));
}
