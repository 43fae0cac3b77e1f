//! What holds for every path and message.
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

use bolt1::{Direction, NodeRef, ShortChannelId, Writer, tlv};
use bolt4::encrypted_data::{EncryptedData, NextHop};
use bolt4::onion_message::{Destination, OnionMessage, Peeled, create, peel};
use bolt4::{BlindedPath, CreateError, PathError, PeelError, blind, blind_encoded, sphinx};
use proptest::prelude::*;
use secp256k1::{All, PublicKey, Secp256k1, SecretKey};

/// The key of node number `number`.
fn key(number: usize) -> SecretKey {
    let mut bytes = [9; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    SecretKey::from_slice(&bytes).unwrap()
}

fn id(number: usize) -> PublicKey {
    key(number).public_key(&Secp256k1::new())
}

fn path_secret() -> SecretKey {
    key(1001)
}

fn session_key() -> SecretKey {
    key(1002)
}

/// A path over the nodes `numbers`, hops alternately by node id and by channel.
fn path(secp: &Secp256k1<All>, numbers: &[usize], path_id: &[u8]) -> BlindedPath {
    let (last, before) = numbers.split_last().unwrap();
    let mut hops: Vec<_> = before
        .iter()
        .zip(&numbers[1..])
        .map(|(number, next)| (id(*number), EncryptedData::forward(next_hop(*next))))
        .collect();
    hops.push((id(*last), EncryptedData::receive(Some(path_id.to_vec()))));
    blind(secp, path_secret(), NodeRef::Id(id(numbers[0])), &hops).unwrap()
}

fn next_hop(next: usize) -> NextHop {
    if next.is_multiple_of(2) {
        NextHop::NodeId(id(next))
    } else {
        NextHop::ShortChannelId(ShortChannelId(next as u64))
    }
}

/// Takes the message from node to node, in the order of `numbers`, to the last.
fn deliver(secp: &Secp256k1<All>, numbers: &[usize], message: OnionMessage) -> Peeled {
    let mut message = OnionMessage::decode(&message.encode()).unwrap();
    for pair in numbers.windows(2) {
        let peeled = peel(secp, &key(pair[0]), &message).unwrap();
        let Peeled::Forward { next, message: forwarded } = peeled else {
            unreachable!("{peeled:?}")
        };
        assert!(next == next_hop(pair[1]) || next == NextHop::NodeId(id(pair[1])));
        assert_eq!(peel(secp, &key(pair[0]), &forwarded), Err(PeelError::BadHmac));
        message = forwarded;
    }
    peel(secp, &key(*numbers.last().unwrap()), &message).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    // req BP-R1, BP-R3, OM-W6, OM-R10
    #[test]
    fn a_message_arrives_whole_over_any_path(
        own in 0usize..5,
        blinded in 0usize..6,
        content in proptest::collection::vec(any::<u8>(), 0..3000),
        path_id in proptest::collection::vec(any::<u8>(), 0..300),
        wants_reply in any::<bool>(),
    ) {
        let secp = Secp256k1::new();
        let intermediate: Vec<_> = (10..10 + own).collect();
        let rest: Vec<_> = if blinded == 0 { vec![50] } else { (30..30 + blinded).collect() };
        let destination = match blinded {
            0 => Destination::Node(id(50)),
            _ => Destination::Path(path(&secp, &rest, &path_id)),
        };
        let reply = wants_reply.then(|| path(&secp, &[60, 61], b"reply"));
        let ids: Vec<_> = intermediate.iter().map(|number| id(*number)).collect();
        let numbers: Vec<_> = intermediate.iter().chain(&rest).copied().collect();
        let (first, message) =
            create(&secp, session_key(), &ids, &destination, (64, content.clone()), reply.as_ref())
                .unwrap();
        prop_assert_eq!(first, id(numbers[0]));
        let size = message.packet.payloads().len();
        prop_assert!(size == 1300 || size == 32_768);
        let received = deliver(&secp, &numbers, message);
        let path_id = (blinded != 0).then_some(path_id);
        let contents = vec![(64, content)];
        prop_assert_eq!(received, Peeled::Receive { path_id, reply_path: reply, contents });
    }

    // req OD-04, OM-R2
    #[test]
    fn a_changed_message_yields_nothing(position in any::<proptest::sample::Index>(), bit in 0u8..8) {
        let secp = Secp256k1::new();
        let to = Destination::Path(path(&secp, &[2, 3], b"id"));
        let (_, message) = create(&secp, session_key(), &[], &to, (64, vec![7; 40]), None).unwrap();
        let mut bytes = message.encode();
        let position = position.index(bytes.len());
        bytes[position] ^= 1 << bit;
        if let Ok(changed) = OnionMessage::decode(&bytes) {
            prop_assert!(peel(&secp, &key(2), &changed).is_err());
        }
    }

    // req BP-D3
    #[test]
    fn a_changed_path_is_refused(hop in 0usize..2, position in any::<proptest::sample::Index>()) {
        let secp = Secp256k1::new();
        let mut path = path(&secp, &[2, 3], b"id");
        let data = &mut path.hops[hop].encrypted_recipient_data;
        let position = position.index(data.len());
        data[position] ^= 1;
        let to = Destination::Path(path);
        let (_, message) = create(&secp, session_key(), &[], &to, (64, vec![]), None).unwrap();
        let refused = Err(PeelError::BadEncryptedData);
        match peel(&secp, &key(2), &message) {
            Ok(Peeled::Forward { message, .. }) => {
                prop_assert_eq!(hop, 1);
                prop_assert_eq!(peel(&secp, &key(3), &message), refused);
            }
            other => {
                prop_assert_eq!(hop, 0);
                prop_assert_eq!(other, refused);
            }
        }
    }

    #[test]
    fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut body = id(1).serialize().to_vec();
        body.extend((u16::try_from(bytes.len()).unwrap()).to_be_bytes());
        body.extend(&bytes);
        for body in [&bytes, &body] {
            if let Ok(message) = OnionMessage::decode(body) {
                prop_assert!(peel(&Secp256k1::new(), &key(1), &message).is_err());
            }
        }
    }

    #[test]
    fn an_encoded_path_decodes_to_the_same(
        hops in 1usize..8,
        by_channel in proptest::option::of(any::<u64>()),
        garbage in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let numbers: Vec<_> = (1..=hops).collect();
        let mut path = path(&Secp256k1::new(), &numbers, b"id");
        if let Some(scid) = by_channel {
            let scid = ShortChannelId(scid);
            path.first_node_id = NodeRef::ChannelEnd { scid, direction: Direction::One };
        }
        let mut writer = Writer::new();
        path.encode(&mut writer);
        path.encode(&mut writer);
        let bytes = writer.into_bytes();
        prop_assert_eq!(BlindedPath::decode_all(&bytes), Ok(vec![path.clone(), path]));
        prop_assert!(BlindedPath::decode_all(&bytes[1..]).is_err());
        let _ = BlindedPath::decode_all(&garbage);
    }

    // req OD-05, OD-06
    #[test]
    fn any_payload_under_a_valid_hmac_is_read_without_panic(
        payload in proptest::collection::vec(any::<u8>(), 0..200),
        size in 0usize..400,
    ) {
        let _ = peel_payload(&[payload], size);
    }
}

/// What node 1 makes of a message whose payloads for one and the same path, first hop first, are these.
fn peel_payload(payloads: &[Vec<u8>], size: usize) -> Option<Result<Peeled, PeelError>> {
    let secp = Secp256k1::new();
    let hops: Vec<_> = (1..=payloads.len()).map(|number| (id(number), vec![])).collect();
    let blinded = blind_encoded(&secp, path_secret(), NodeRef::Id(id(1)), &hops).unwrap();
    let hops: Vec<_> =
        blinded.hops.iter().map(|hop| hop.blinded_node_id).zip(payloads.iter().cloned()).collect();
    let packet = sphinx::wrap(&secp, &session_key(), &hops, size, &[]).ok()?;
    let message = OnionMessage { path_key: blinded.first_path_key, packet };
    Some(peel(&secp, &key(1), &message))
}

/// A payload with data for node 1 as first hop, and fields around it.
fn payload(data: &[u8], before: &[(u64, Vec<u8>)], after: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let secp = Secp256k1::new();
    let hops = [(id(1), data.to_vec())];
    let path = blind_encoded(&secp, path_secret(), NodeRef::Id(id(1)), &hops).unwrap();
    let sealed = (4, path.hops[0].encrypted_recipient_data.clone());
    let mut writer = Writer::new();
    for (typ, value) in before.iter().chain([&sealed]).chain(after) {
        tlv::write_record(&mut writer, *typ, value);
    }
    writer.into_bytes()
}

fn received(payload: Vec<u8>) -> Result<Peeled, PeelError> {
    peel_payload(&[payload], 1300).unwrap()
}

fn forwarded(payload: Vec<u8>) -> Result<Peeled, PeelError> {
    peel_payload(&[payload, vec![0; 40]], 1300).unwrap()
}

fn forward_data() -> EncryptedData {
    EncryptedData::forward(NextHop::NodeId(id(2)))
}

// req OM-R4
#[test]
fn a_payload_to_forward_holds_nothing_but_encrypted_data() {
    let data = forward_data().encode();
    assert!(forwarded(payload(&data, &[], &[])).is_ok());
    for typ in [1, 3, 63, 64, 65] {
        let extra = [(typ, vec![])];
        let payload =
            if typ < 4 { payload(&data, &extra, &[]) } else { payload(&data, &[], &extra) };
        assert_eq!(forwarded(payload), Err(PeelError::FieldNotForForwarding(typ)));
    }
}

// req OM-R4, OM-R5, OM-P3
#[test]
fn data_to_forward_names_a_next_hop_and_no_path_id() {
    let with_id = EncryptedData { path_id: Some(vec![1]), ..forward_data() };
    let refused = forwarded(payload(&with_id.encode(), &[], &[]));
    assert_eq!(refused, Err(PeelError::PathIdNotForForwarding));
    assert_eq!(forwarded(payload(&[], &[], &[])), Err(PeelError::NoNextHop));
}

// req OM-R3
#[test]
fn a_path_that_demands_features_is_not_used() {
    let data = EncryptedData { allowed_features: Some(vec![2]), ..forward_data() };
    assert_eq!(forwarded(payload(&data.encode(), &[], &[])), Err(PeelError::UnknownFeature));
    let data = EncryptedData { allowed_features: Some(vec![2]), ..EncryptedData::default() };
    assert_eq!(received(payload(&data.encode(), &[], &[])), Err(PeelError::UnknownFeature));
}

// req OM-R9, TL-09
#[test]
fn the_last_hop_takes_one_content_and_unknown_odd_fields() {
    let data = EncryptedData::receive(None).encode();
    let one = received(payload(&data, &[(1, vec![5])], &[(5, vec![]), (64, vec![9])])).unwrap();
    let contents = vec![(64, vec![9])];
    assert_eq!(one, Peeled::Receive { path_id: None, reply_path: None, contents });
    let two = received(payload(&data, &[], &[(64, vec![]), (66, vec![])]));
    assert_eq!(two, Err(PeelError::SeveralContents));
    let even = received(payload(&data, &[], &[(6, vec![])]));
    assert!(matches!(even, Err(PeelError::Malformed(_))));
}

// req BP-D3
#[test]
fn a_payload_without_encrypted_data_is_ignored() {
    let mut writer = Writer::new();
    tlv::write_record(&mut writer, 64, &[1]);
    assert_eq!(received(writer.into_bytes()), Err(PeelError::NoEncryptedData));
}

// req OD-05, OD-06, OM-R2
#[test]
fn payloads_that_are_none_are_refused() {
    for payload in [vec![], vec![0]] {
        assert!(matches!(received(payload), Err(PeelError::Malformed(_))));
    }
    let truncated = peel_payload(&[vec![4, 200, 1]], 1300).unwrap();
    assert!(matches!(truncated, Err(PeelError::Malformed(_))));
    let trailing = [payload(&[], &[], &[]), vec![1]].concat();
    assert!(matches!(received(trailing), Err(PeelError::Malformed(_))));
}

/// req BP-D3, OD-04, OD-05, OM-R2, OM-R4, OM-R5, OM-R9
#[test]
fn what_is_ignored_tells_part_field_offset_and_requirement() {
    let data = |data: EncryptedData| payload(&data.encode(), &[], &[]);
    let receive = EncryptedData::receive(None).encode();
    let with_id = EncryptedData { path_id: Some(vec![1]), ..forward_data() };
    let told = |verdict: Result<Peeled, PeelError>| verdict.expect_err("ignored").to_string();
    let rows = [
        (told(received(vec![0])), "invalid value (onion_message_packet, at byte 0; OD-05)"),
        (
            told(received(payload(&receive, &[], &[(6, vec![])]))),
            "unknown even TLV type (onionmsg_tlv, field 6, at byte 18; OM-R2)",
        ),
        (
            told(received(payload(&receive, &[(2, vec![9])], &[]))),
            "not a compressed secp256k1 point (onionmsg_tlv, field 2 reply_path, at byte 0; OM-R2)",
        ),
        (
            told(received(payload(&[8, 1, 1], &[], &[]))),
            "the input ends too early (encrypted_data_tlv, field 8 next_path_key_override, \
             at byte 0; BP-D3)",
        ),
        (
            told(received(payload(&receive, &[], &[(64, vec![]), (66, vec![])]))),
            "more than one content (onionmsg_tlv; OM-R9)",
        ),
        (
            told(forwarded(data(with_id))),
            "a path_id in a payload to forward (encrypted_data_tlv, field 6 path_id; OM-R4)",
        ),
        (
            told(forwarded(data(EncryptedData::receive(None)))),
            "no next hop in a payload to forward (encrypted_data_tlv, field 4 next_node_id; OM-R5)",
        ),
    ];
    for (told, expected) in rows {
        assert_eq!(told, expected);
    }
    let foreign = PeelError::BadHmac.to_string();
    assert_eq!(foreign, "the packet's hmac does not match (onion_message_packet; OD-04)");
}

#[test]
fn a_holder_of_the_key_that_declines_is_named() {
    struct Declines;
    impl bolt4::Ecdh for Declines {
        fn ecdh(&self, _point: &PublicKey) -> Option<[u8; 32]> {
            None
        }
    }
    let secp = Secp256k1::new();
    let to = Destination::Node(id(1));
    let (_, message) = create(&secp, session_key(), &[], &to, (64, vec![]), None).unwrap();
    assert_eq!(peel(&secp, &Declines, &message), Err(PeelError::BadKey));
}

#[test]
fn a_reply_path_without_hops_counts_as_none() {
    let data = EncryptedData::receive(None).encode();
    let mut empty = Writer::new();
    NodeRef::Id(id(4)).encode(&mut empty);
    empty.write_point(&id(5));
    empty.write_u8(0);
    let empty = empty.into_bytes();
    let read = received(payload(&data, &[(2, empty.clone())], &[])).unwrap();
    assert_eq!(read, Peeled::Receive { path_id: None, reply_path: None, contents: vec![] });
    let trailing = received(payload(&data, &[(2, [empty, vec![0]].concat())], &[]));
    assert!(matches!(trailing, Err(PeelError::Malformed(_))));
}

// req OM-W3
#[test]
fn what_fits_the_small_packet_takes_it_and_the_rest_the_large() {
    let secp = Secp256k1::new();
    let to = Destination::Node(id(1));
    let size_with = |len| {
        create(&secp, session_key(), &[], &to, (64, vec![0; len]), None)
            .map(|(_, message)| message.encode().len() - 35)
    };
    // One hop: 3 of length, 18 of encrypted data, 4 before the content and 32 of hmac.
    let most_small = 1300 - 3 - 18 - 4 - 32;
    assert_eq!(size_with(most_small), Ok(1366));
    assert_eq!(size_with(most_small + 1), Ok(32_834));
    let most = 32_768 - 3 - 18 - 4 - 32;
    assert_eq!(size_with(most), Ok(32_834));
    let too_large = Err(CreateError::TooLarge { needed: 32_769, available: 32_768 });
    assert_eq!(size_with(most + 1), too_large);
}

// req BP-W1
#[test]
fn misuse_is_named() {
    let secp = Secp256k1::new();
    let none = blind(&secp, path_secret(), NodeRef::Id(id(1)), &[]);
    assert_eq!(none, Err(PathError::HopCount { hops: 0 }));
    let hops = vec![(id(1), EncryptedData::default()); 256];
    let many = blind(&secp, path_secret(), NodeRef::Id(id(1)), &hops);
    assert_eq!(many, Err(PathError::HopCount { hops: 256 }));
    let hops = [(id(1), EncryptedData::receive(Some(vec![0; 65_520])))];
    let long = blind(&secp, path_secret(), NodeRef::Id(id(1)), &hops);
    assert_eq!(long, Err(PathError::DataTooLong));

    let send = |to: &Destination, typ| create(&secp, session_key(), &[], to, (typ, vec![]), None);
    let not_content = send(&Destination::Node(id(1)), 63);
    assert_eq!(not_content, Err(CreateError::NotAContentType(63)));
    let mut path = path(&secp, &[1, 2], b"");
    path.first_node_id =
        NodeRef::ChannelEnd { scid: ShortChannelId(1), direction: Direction::Zero };
    let unresolved = send(&Destination::Path(path.clone()), 64);
    assert_eq!(unresolved, Err(CreateError::UnresolvedIntroductionNode));
    path.hops.clear();
    assert_eq!(send(&Destination::Path(path), 64), Err(CreateError::EmptyPath));
}

#[test]
fn packets_of_other_sizes_and_bytes_behind_them_are_taken() {
    let payload = payload(&[], &[], &[(64, vec![3])]);
    for size in [payload.len() + 33, 700, 5000] {
        let peeled = peel_payload(std::slice::from_ref(&payload), size).unwrap().unwrap();
        let contents = vec![(64, vec![3])];
        assert_eq!(peeled, Peeled::Receive { path_id: None, reply_path: None, contents });
    }
    let to = Destination::Node(id(1));
    let (_, message) =
        create(&Secp256k1::new(), session_key(), &[], &to, (64, vec![]), None).unwrap();
    let mut bytes = message.encode();
    bytes.push(9);
    assert_eq!(OnionMessage::decode(&bytes), Ok(message));
}

// req OD-01, OD-02
#[test]
fn other_versions_of_the_packet_are_refused() {
    let to = Destination::Node(id(1));
    let (_, message) =
        create(&Secp256k1::new(), session_key(), &[], &to, (64, vec![]), None).unwrap();
    let mut bytes = message.encode();
    assert_eq!(bytes[35], 0);
    bytes[35] = 1;
    assert!(OnionMessage::decode(&bytes).is_err());
}
