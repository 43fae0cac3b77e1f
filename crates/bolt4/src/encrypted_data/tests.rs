#![allow(clippy::indexing_slicing, reason = "tests may")]

use proptest::prelude::*;

use super::*;

fn node() -> PublicKey {
    let bytes = [2; 33];
    bolt1::decode_point(&bytes).unwrap()
}

fn kind(bytes: &[u8]) -> Option<DecodeErrorKind> {
    EncryptedData::decode(bytes).err().map(|error| error.kind)
}

// req OM-P2, BP-D3, TL-08
#[test]
fn payment_fields_and_unknown_even_types_are_refused() {
    for typ in [10, 12, 16, 100] {
        assert_eq!(kind(&[typ, 0]), Some(DecodeErrorKind::UnknownEvenType), "type {typ}");
    }
    assert_eq!(kind(&[3, 1, 7, 99, 0]), None);
}

#[test]
fn values_must_have_their_exact_size() {
    assert_eq!(kind(&[2, 7, 0, 0, 0, 0, 0, 0, 0]), Some(DecodeErrorKind::Truncated));
    assert_eq!(kind(&[2, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0]), Some(DecodeErrorKind::TrailingBytes));
    assert_eq!(kind(&[4, 1, 2]), Some(DecodeErrorKind::Truncated));
    assert_eq!(kind(&[8, 1, 2]), Some(DecodeErrorKind::Truncated));
}

#[test]
fn the_node_id_counts_where_both_kinds_of_next_hop_are_given() {
    let mut writer = Writer::new();
    tlv::write_record(&mut writer, 2, &[0; 8]);
    tlv::write_record(&mut writer, 4, &node().serialize());
    let data = EncryptedData::decode(&writer.into_bytes()).unwrap();
    assert_eq!(data.next, Some(NextHop::NodeId(node())));
}

// req OM-R3
#[test]
fn any_feature_that_is_set_is_an_unknown_one() {
    let with = |features: Option<&[u8]>| {
        EncryptedData { allowed_features: features.map(<[u8]>::to_vec), ..EncryptedData::default() }
            .allows_only_known_features()
    };
    assert!(with(None) && with(Some(&[])) && with(Some(&[0, 0])));
    assert!(!with(Some(&[2])) && !with(Some(&[1, 0])));
}

#[test]
fn debug_does_not_show_the_path_id() {
    let data = EncryptedData::receive(Some(vec![0xab; 4]));
    assert!(!std::format!("{data:?}").contains("171"));
}

// req BP-W7, BP-D3
#[test]
fn sealed_data_opens_only_unchanged() {
    let sealed = seal(&[1; 32], vec![1, 2, 3]).unwrap();
    assert_eq!(open(&[1; 32], &sealed), Some(vec![1, 2, 3]));
    assert_eq!(open(&[2; 32], &sealed), None);
    assert_eq!(open(&[1; 32], &sealed[1..]), None);
    assert_eq!(open(&[1; 32], &[]), None);
}

fn data() -> impl Strategy<Value = EncryptedData> {
    (
        proptest::option::of(0usize..600),
        0u8..3,
        proptest::option::of(proptest::collection::vec(any::<u8>(), 0..600)),
        any::<bool>(),
        proptest::option::of(proptest::collection::vec(any::<u8>(), 0..4)),
    )
        .prop_map(|(padding, next, path_id, overridden, allowed_features)| EncryptedData {
            padding,
            next: match next {
                0 => None,
                1 => Some(NextHop::NodeId(node())),
                _ => Some(NextHop::ShortChannelId(ShortChannelId(7))),
            },
            path_id,
            next_path_key_override: overridden.then(node),
            allowed_features,
        })
}

proptest! {
    #[test]
    fn what_was_encoded_decodes_to_the_same(data in data()) {
        prop_assert_eq!(EncryptedData::decode(&data.encode()), Ok(data));
    }

    #[test]
    fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = EncryptedData::decode(&bytes);
    }

    // req BP-W6
    #[test]
    fn all_hops_are_padded_to_one_length(hops in proptest::collection::vec(data(), 1..6)) {
        let encoded = EncryptedData::encode_equally(hops.iter());
        let lengths: Vec<_> = encoded.iter().map(Vec::len).collect();
        prop_assert!(lengths.windows(2).all(|pair| pair[0] == pair[1]), "{:?}", lengths);
        for (bytes, hop) in encoded.iter().zip(hops) {
            let decoded = EncryptedData::decode(bytes).unwrap();
            prop_assert_eq!(EncryptedData { padding: None, ..decoded }, EncryptedData { padding: None, ..hop });
        }
    }
}
