//! The test vectors of BOLT 12, accepted and rejected alike, and strings of earlier days.

mod common;

use bolt12::{
    Bolt12String, InvoiceRequest, Offer, decode_string, encode_string, merkle, signature,
};
use serde_json::Value;

fn cases(json: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(json).expect("JSON");
    file["cases"].as_array().expect("a list").clone()
}

fn text<'a>(case: &'a Value, key: &str) -> &'a str {
    case[key].as_str().expect("a string")
}

fn bytes(case: &Value, key: &str) -> Vec<u8> {
    hex::decode(text(case, key)).expect("hexadecimal")
}

/// The type numbers and values that a case lists.
fn listed(case: &Value) -> Vec<(u64, String)> {
    let records = case["records"].as_array().expect("a list");
    let record = |r: &Value| (r["type"].as_u64().expect("a number"), text(r, "value").to_owned());
    records.iter().map(record).collect()
}

// req ST-04, ST-05
#[test]
fn strings_of_the_specification_are_accepted_and_refused() {
    let cases = cases(include_str!("../../../vectors/bolt12/strings.json"));
    assert_eq!(cases.len(), 12);
    for case in cases {
        let string = text(&case, "string");
        let read = decode_string(string);
        assert_eq!(read.is_ok(), case["accepted"] == true, "{case}: {read:?}");
        assert_eq!(string.parse::<Offer>().is_ok(), read.is_ok(), "{case}");
        if let Err(error) = read {
            assert_eq!(error.to_string(), text(&case, "error"), "{case}");
        }
    }
}

// req OR-02, OR-03, OR-04, OR-06, OR-07, OR-08, TL-12
#[test]
fn offers_of_the_specification_are_accepted_and_refused() {
    let cases = cases(include_str!("../../../vectors/bolt12/offers.json"));
    assert_eq!(cases.len(), 53);
    for case in cases {
        let read = text(&case, "string").parse::<Offer>();
        match read {
            Ok(offer) => {
                assert_eq!(case["accepted"], true, "{case}");
                let records: Vec<(u64, String)> =
                    offer.records().map(|record| (record.typ, hex::encode(record.value))).collect();
                assert_eq!(records, listed(&case), "{case}");
                assert_eq!(offer.to_string(), text(&case, "string"));
            }
            Err(error) => {
                assert_eq!(case["accepted"], false, "{case}: {error}");
                assert_eq!(common::told(&error), text(&case, "error"), "{case}");
            }
        }
    }
}

#[test]
fn strings_of_earlier_days_are_read_and_most_messages_refused() {
    for case in cases(include_str!("../../../vectors/bolt12/earlier_strings.json")) {
        let (_, bytes) = decode_string(text(&case, "string")).expect("characters of today");
        let records = bolt1::tlv::records(&bytes).expect("a TLV stream");
        let records = records.iter().map(|record| (record.typ, hex::encode(record.value)));
        assert_eq!(records.collect::<Vec<_>>(), listed(&case), "{case}");
        let refusal = text(&case, "string").parse::<Bolt12String>().err();
        assert_eq!(refusal.map(|error| common::told(&error)).as_deref(), case["error"].as_str());
    }
}

// req SG-02, SG-03, SG-04
#[test]
fn merkle_roots_of_the_specification_are_reached() {
    for case in cases(include_str!("../../../vectors/bolt12/signatures.json")) {
        let records = case["records"].as_array().expect("a list");
        let stream: Vec<u8> = records.iter().flat_map(|record| bytes(record, "record")).collect();
        assert_eq!(hex::encode(merkle::root(&stream)), text(&case, "root"), "{case}");
    }
}

// req SG-01, RW-03
#[test]
fn the_signed_request_of_the_specification_verifies_and_is_signed_alike() {
    let secp = common::secp();
    let cases = cases(include_str!("../../../vectors/bolt12/signatures.json"));
    let case = cases.iter().find(|case| case["string"].is_string()).expect("one is signed");
    let request: InvoiceRequest = text(case, "string").parse().expect("valid");
    request.verify_signature(&secp).expect("signed");

    let root = merkle::root(request.bytes());
    assert_eq!(hex::encode(root), text(case, "root"));
    let sighash = signature::sighash(signature::INVOICE_REQUEST, signature::SIGNATURE, &root);
    assert_eq!(hex::encode(sighash), text(case, "sighash"));
    let secret = bytes(case, "payer_secret");
    let key = secp256k1::Keypair::from_seckey_slice(&secp, &secret).expect("a secret key");
    let signature = signature::sign(&secp, &key, sighash);
    assert_eq!(signature.to_string(), text(case, "signature"));
    assert_eq!(encode_string(bolt12::Hrp::InvoiceRequest, request.bytes()), text(case, "string"));
}
