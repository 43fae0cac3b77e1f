//! Strings that c-lightning made in 2021, and what wallets of that time made.

use bolt12::draft2021::{Hashing, Shape, recognise};
use bolt12::{Bolt12String, Hrp, SignatureError, decode_string};
use secp256k1::Secp256k1;
use serde_json::Value;

fn cases() -> Vec<Value> {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../vectors/bolt12/draft2021.json")).expect("JSON");
    vectors["cases"].as_array().expect("a list").clone()
}

fn names(hrp: Hrp, bytes: &[u8]) -> Option<Vec<&'static str>> {
    Some(recognise(hrp, bytes)?.fields().map(|(field, _)| field.name).collect())
}

#[test]
fn strings_of_the_draft_are_recognised_and_their_fields_named() {
    for case in cases() {
        let string = case["string"].as_str().expect("text");
        let (hrp, bytes) = decode_string(string).expect("the characters of today");
        let expected: Option<Vec<&str>> =
            case["fields"].as_array().map(|list| list.iter().filter_map(Value::as_str).collect());
        assert_eq!(names(hrp, &bytes), expected, "{case}");
        if let Some(draft) = recognise(hrp, &bytes) {
            assert_eq!(draft.unknown_records().count(), 0, "{case}");
            assert!(string.parse::<Bolt12String>().is_err(), "no message of today: {case}");
        }
    }
}

#[test]
fn nothing_of_today_is_taken_for_a_draft() {
    let today: Value =
        serde_json::from_str(include_str!("../../../vectors/bolt12/offers.json")).expect("JSON");
    for case in today["cases"].as_array().expect("a list") {
        if let Ok((hrp, bytes)) = decode_string(case["string"].as_str().expect("text")) {
            assert_eq!(recognise(hrp, &bytes), None, "{case}");
        }
    }
    assert_eq!(recognise(Hrp::PayerProof, &[30, 0]), None);
}

#[test]
fn every_message_of_the_draft_has_its_own_names() {
    let bytes = |typ: u8| [[typ, 32].as_slice(), &[7; 32], &[39, 2], b"hi", &[240, 0]].concat();
    assert_eq!(names(Hrp::Offer, &bytes(30)), Some(vec!["node_id", "signature"]));
    let request = recognise(Hrp::InvoiceRequest, &bytes(38)).map(|draft| draft.fields().count());
    assert_eq!(request, Some(3));
    let invoice = vec!["node_id", "payer_note", "signature"];
    assert_eq!(names(Hrp::Invoice, &bytes(30)), Some(invoice));
    let whole = bytes(30);
    let draft = recognise(Hrp::Invoice, &whole).expect("a draft");
    assert_eq!(draft.fields().nth(1).map(|(field, _)| field.shape), Some(Shape::Text));
    assert_eq!(recognise(Hrp::Offer, &[30, 31]), None, "not a stream");
}

#[test]
fn signatures_of_both_ways_to_hash_are_checked() {
    let secp = Secp256k1::verification_only();
    for case in cases().iter().filter(|case| case["fields"].is_array()) {
        let (hrp, bytes) = decode_string(case["string"].as_str().expect("text")).expect("readable");
        let verdict = recognise(hrp, &bytes).expect("a draft").verify_signature(&secp);
        let expected = match case["signature"].as_str() {
            Some("untagged") => Ok(Hashing::Untagged),
            Some("tagged") => Ok(Hashing::Tagged),
            Some(_) => Err(SignatureError::Wrong),
            None => Err(SignatureError::Missing),
        };
        assert_eq!(verdict, expected, "{case}");
        if expected.is_ok() {
            // A record that nobody knew is signed as well.
            let more = [bytes.as_slice(), &[0xfd, 0x03, 0xe9, 0]].concat();
            let draft = recognise(hrp, &more).expect("a draft");
            assert_eq!(draft.verify_signature(&secp), Err(SignatureError::Wrong));
        }
    }
}
