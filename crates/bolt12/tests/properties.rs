//! Properties: what is read is what was written, whatever it is.

mod common;

use bitcoin_hashes::{Hash as _, sha256};
use bolt12::{
    Bolt12String, Invoice, InvoiceError, InvoiceRequest, InvoiceRequestBuilder, Offer,
    OfferBuilder, PeerText, decode_string, encode_string, merkle,
};
use common::*;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

/// BIP 340's tagged hash.
fn tagged(tag: &[u8], message: &[u8]) -> [u8; 32] {
    let tag = sha256::Hash::hash(tag).to_byte_array();
    sha256::Hash::hash(&[&tag, &tag, message].concat()).to_byte_array()
}

fn branch(a: [u8; 32], b: [u8; 32]) -> [u8; 32] {
    tagged(b"LnBranch", &[a.min(b), a.max(b)].concat())
}

/// The merkle root as the specification draws it: split at the largest power of two below the number of leaves.
fn naive_root(bytes: &[u8]) -> [u8; 32] {
    fn tree(pairs: &[[u8; 32]]) -> [u8; 32] {
        if let [one] = pairs {
            return *one;
        }
        let mut left = 1;
        while left * 2 < pairs.len() {
            left *= 2;
        }
        branch(tree(&pairs[..left]), tree(&pairs[left..]))
    }
    let records = bolt1::tlv::records(bytes).expect("a TLV stream");
    let nonce_tag = [b"LnNonce", records[0].bytes].concat();
    let pairs: Vec<[u8; 32]> = records
        .iter()
        .filter(|record| !(240..=1000).contains(&record.typ))
        .map(|record| {
            let mut typ = bolt1::Writer::new();
            typ.write_bigsize(record.typ);
            branch(tagged(b"LnLeaf", record.bytes), tagged(&nonce_tag, &typ.into_bytes()))
        })
        .collect();
    tree(&pairs)
}

/// Odd types, unknown everywhere, that may stand in an offer.
fn unknown_offer_fields() -> impl Strategy<Value = Vec<(u64, Vec<u8>)>> {
    let typ = prop_oneof![Just(1u64), Just(33), Just(79), 500_000_000u64..999_999_999];
    let typ = typ.prop_map(|typ| if typ < 80 { typ } else { typ * 2 + 1 });
    btree_map(typ, vec(any::<u8>(), 0..40), 0..4).prop_map(|map| map.into_iter().collect())
}

fn arbitrary_offer() -> impl Strategy<Value = Offer> {
    let text = "\\PC{0,20}";
    let amount = prop::option::of(1..1_000_000_000_000u64);
    let metadata = prop::option::of(vec(any::<u8>(), 0..20));
    (amount, text, metadata, any::<bool>(), unknown_offer_fields()).prop_map(
        |(amount, text, metadata, by_path, unknown)| {
            let mut builder = OfferBuilder::new().description(&text);
            if let Some(amount) = amount {
                builder = builder.amount(msat(amount));
            }
            if let Some(metadata) = metadata {
                builder = builder.metadata(metadata);
            }
            builder = match by_path {
                true => builder.paths(&[path(ISSUER), path(PAYEE)]),
                false => builder.issuer_id(&pubkey(ISSUER)),
            };
            for (typ, value) in unknown {
                builder = builder.raw(typ, value);
            }
            builder.build().expect("valid")
        },
    )
}

/// A message with one byte changed, removed or added somewhere.
fn damaged(bytes: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    (any::<prop::sample::Index>(), any::<u8>(), 0..3u8).prop_map(move |(index, byte, how)| {
        let mut bytes = bytes.clone();
        let at = index.index(bytes.len());
        match how {
            0 => bytes[at] = byte,
            1 => drop(bytes.remove(at)),
            _ => bytes.insert(at, byte),
        }
        bytes
    })
}

proptest! {
    #[test]
    fn strings_carry_any_bytes(bytes in vec(any::<u8>(), 0..200)) {
        for hrp in bolt12::Hrp::ALL {
            prop_assert_eq!(decode_string(&encode_string(hrp, &bytes)), Ok((hrp, bytes.clone())));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}", tail in "[qpzry9x8+ \nA-Z]{0,60}") {
        let _ = decode_string(&text);
        for hrp in ["lno", "lnr", "lni", "lnp"] {
            let string = format!("{hrp}1{tail}");
            if let Ok((hrp, bytes)) = decode_string(&string) {
                let canonical: String =
                    string.chars().filter(|c| !c.is_ascii_whitespace() && *c != '+').collect();
                prop_assert_eq!(encode_string(hrp, &bytes), canonical.to_ascii_lowercase());
                let _ = string.parse::<Bolt12String>();
            }
        }
    }

    #[test]
    fn shown_text_has_no_control_or_format_character(raw in any::<String>()) {
        let shown = PeerText::new(raw).to_string();
        prop_assert!(shown.chars().all(|c| !c.is_control()));
        let bidi = |c: &char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        prop_assert_eq!(shown.chars().find(bidi), None);
    }

    // req SG-03, SG-04
    #[test]
    fn the_merkle_root_is_that_of_the_naive_tree(
        records in btree_map(0..1200u64, vec(any::<u8>(), 0..30), 0..40)
    ) {
        let mut records = records;
        records.insert(0, vec![1]);
        let list: Vec<(u64, &[u8])> = records.iter().map(|(t, v)| (*t, v.as_slice())).collect();
        let bytes = stream(&list);
        prop_assert_eq!(merkle::root(&bytes), naive_root(&bytes));
    }

    // req TL-13
    #[test]
    fn random_bytes_are_read_or_refused_and_never_changed(bytes in vec(any::<u8>(), 0..200)) {
        if let Ok(offer) = Offer::decode(&bytes) {
            prop_assert_eq!(offer.bytes(), bytes.as_slice());
        }
        let _ = InvoiceRequest::decode(&bytes);
        let _ = Invoice::decode(&bytes);
        let _ = InvoiceError::decode(&bytes);
        let _ = merkle::root(&bytes);
    }

    #[test]
    fn offers_come_back_from_their_strings_and_records(offer in arbitrary_offer()) {
        prop_assert_eq!(offer.to_string().parse::<Offer>(), Ok(offer.clone()));
        prop_assert_eq!(offer.to_qr_string().parse::<Offer>(), Ok(offer.clone()));
        let rebuilt = offer
            .records()
            .fold(OfferBuilder::new(), |builder, record| builder.raw(record.typ, record.value));
        prop_assert_eq!(rebuilt.build(), Ok(offer));
    }

    // req RW-01, IW-03, TL-09
    #[test]
    fn an_offer_survives_the_way_to_the_invoice_and_back(
        offer in arbitrary_offer(), extra in 1_000_000_000..1_500_000_000u64, note in "\\PC{0,20}"
    ) {
        let request = InvoiceRequestBuilder::for_offer(&offer)
            .metadata([9; 16])
            .amount(msat(1_000_000_000_000))
            .payer_note(&note)
            .raw(extra * 2 + 1, [1])
            .sign(&secp(), &keypair(PAYER))
            .expect("valid");
        prop_assert_eq!(request.offer_bytes(), offer.bytes());
        prop_assert_eq!(request.verify_signature(&secp()), Ok(()));
        let invoice = invoice_for(&request, ISSUER_OR_END[usize::from(offer.issuer_id().is_none())]);
        prop_assert_eq!(invoice.mirrors(&request), Ok(()));
        prop_assert_eq!(invoice.verify_signature(&secp()), Ok(()));
        prop_assert_eq!(invoice.offer_id(), offer.id());
        prop_assert_eq!(invoice.to_string().parse::<Invoice>(), Ok(invoice));
    }

    #[test]
    fn damaged_requests_are_refused_or_no_longer_signed(
        bytes in damaged(request_for(&offer()).bytes().to_vec())
    ) {
        if let Ok(request) = InvoiceRequest::decode(&bytes) {
            prop_assert_eq!(request.bytes(), bytes.as_slice());
            let untouched = bytes == request_for(&offer()).bytes();
            prop_assert_eq!(request.verify_signature(&secp()).is_ok(), untouched);
        }
    }

    #[test]
    fn damaged_invoices_are_refused_or_no_longer_signed(
        bytes in damaged(invoice_for(&payout_request(), PAYEE).bytes().to_vec())
    ) {
        if let Ok(invoice) = Invoice::decode(&bytes) {
            let untouched = bytes == invoice_for(&payout_request(), PAYEE).bytes();
            prop_assert_eq!(invoice.verify_signature(&secp()).is_ok(), untouched);
        }
    }
}

/// Who signs for an offer with an issuer id, and for one with paths alone.
const ISSUER_OR_END: [u8; 2] = [ISSUER, PAYEE];
