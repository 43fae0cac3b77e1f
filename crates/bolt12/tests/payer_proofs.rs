//! Payer proofs: the vectors, and that a proof shows what was asked for and no more.

mod common;

use bitcoin_hashes::{Hash as _, sha256};
use bolt12::{
    BuildError, Invoice, InvoiceBuilder, InvoiceRequestBuilder, PayerProof, PayerProofBuilder,
    SignatureError, field, merkle,
};
use common::*;
use proptest::collection::btree_map;
use proptest::prelude::*;
use proptest::sample::subsequence;
use serde_json::Value;

const PREIMAGE: [u8; 32] = [1; 32];

fn file() -> Value {
    let file = include_str!("../../../vectors/bolt12/payer_proofs.json");
    serde_json::from_str(file).expect("JSON")
}

fn text<'a>(case: &'a Value, key: &str) -> &'a str {
    case[key].as_str().expect("a string")
}

fn types(list: &Value) -> Vec<u64> {
    let list = list.as_array().expect("a list").iter();
    list.map(|typ| typ.as_u64().expect("a number")).collect()
}

fn value(proof: &PayerProof, typ: u64) -> Option<String> {
    proof.records().find(|record| record.typ == typ).map(|record| hex::encode(record.value))
}

fn concatenated(list: &Value) -> String {
    let list = list.as_array().expect("a list").iter();
    list.map(|hash| hash.as_str().expect("a string")).collect()
}

/// The invoice of 10 000 msat that the tests prove, with these fields besides the usual.
fn paid(unknown: &[(u64, Vec<u8>)]) -> Invoice {
    let request = InvoiceRequestBuilder::for_offer(&offer()).metadata([9; 16]);
    let request = request.payer_note("secret").sign(&secp(), &keypair(PAYER)).expect("valid");
    let builder = completed(InvoiceBuilder::for_request(&request)).amount(msat(10_000));
    let builder = builder.payment_hash(sha256::Hash::hash(&PREIMAGE).to_byte_array()).basic_mpp();
    let set =
        |builder: InvoiceBuilder, (typ, value): &(u64, Vec<u8>)| builder.raw(*typ, value.clone());
    unknown.iter().fold(builder, set).sign(&secp(), &keypair(ISSUER)).expect("valid")
}

fn signed(builder: PayerProofBuilder) -> Result<PayerProof, BuildError> {
    builder.sign(&secp(), &keypair(PAYER), PREIMAGE)
}

fn shown(proof: &PayerProof) -> Vec<u64> {
    proof.disclosed_records().map(|record| record.typ).collect()
}

// req PPR-07, PPR-08
#[test]
fn proofs_of_the_vectors_are_accepted() {
    let file = file();
    let cases = file["accepted"].as_array().expect("a list");
    assert_eq!(cases.len(), 6);
    for case in cases {
        let name = text(case, "name");
        let proof: PayerProof = text(case, "proof").parse().expect(name);
        assert_eq!(proof.verify(&secp()), Ok(()), "{name}");
        assert_eq!(proof.to_string(), text(case, "proof"));
        assert_eq!(shown(&proof), types(&case["disclosed"]), "{name}");
        assert_eq!(hex::encode(proof.invoice_root()), text(case, "invoice_root"), "{name}");
        assert_eq!(hex::encode(merkle::root(proof.bytes())), text(case, "proof_root"), "{name}");
        assert_eq!(hex::encode(proof.preimage()), text(case, "preimage"), "{name}");
        assert_eq!(proof.note().map(|note| note.as_str()), case["note"].as_str(), "{name}");
        assert_eq!(proof.hidden_count(), types(&case["omitted_tlvs"]).len() + 1, "{name}");
        let missing = concatenated(&case["missing_hashes"]);
        assert_eq!(value(&proof, field::PROOF_MISSING_HASHES), Some(missing), "{name}");
        let leaves = concatenated(&case["leaf_hashes"]);
        assert_eq!(value(&proof, field::PROOF_LEAF_HASHES), Some(leaves), "{name}");
    }
}

// req PPW-02, PPW-03, PPW-04, PPW-05, PPW-06, PPW-08
#[test]
fn proofs_of_the_vectors_are_written_alike() {
    let file = file();
    let secret = hex::decode(text(&file, "payer_secret")).expect("hexadecimal");
    let key = secp256k1::Keypair::from_seckey_slice(&secp(), &secret).expect("a secret key");
    let mut written = 0;
    for case in file["accepted"].as_array().expect("a list") {
        let name = text(case, "name");
        // We leave out an empty list; and the other invoice uses the numbers of recurrence for something else.
        if name.ends_with("_explicit") || name.starts_with("marker_jump") {
            continue;
        }
        let invoice: Invoice = text(case, "invoice").parse().expect(name);
        let preimage = hex::decode(text(case, "preimage")).expect("hexadecimal");
        let builder = PayerProofBuilder::for_invoice(&invoice);
        let disclosed = types(&case["disclosed"]).into_iter();
        let builder = disclosed.fold(builder, PayerProofBuilder::disclose);
        let builder = match case["note"].as_str() {
            Some(note) => builder.note(note),
            None => builder,
        };
        let proof = builder.sign(&secp(), &key, preimage.try_into().expect("32 bytes"));
        assert_eq!(proof.expect(name).to_string(), text(case, "proof"), "{name}");
        written += 1;
    }
    assert_eq!(written, 4);
}

// req PPR-01, PPR-02, PPR-03, PPR-04, PPR-05, PPR-06, PPR-07, PPR-08
#[test]
fn broken_proofs_of_the_vectors_are_refused() {
    let file = file();
    let cases = file["refused"].as_array().expect("a list");
    assert_eq!(cases.len(), 23);
    for case in cases {
        let error = match text(case, "proof").parse::<PayerProof>() {
            Ok(proof) => proof.verify(&secp()).expect_err("must be refused").to_string(),
            Err(error) => told(&error),
        };
        assert_eq!(error, text(case, "error"), "{case}");
    }
}

// req PPW-02
#[test]
fn a_proof_shows_the_least_unless_asked_for_more() {
    let invoice = paid(&[]);
    let least = signed(PayerProofBuilder::for_invoice(&invoice)).expect("valid");
    assert_eq!(shown(&least), [88, 168, 174, 176]);
    assert_eq!((least.amount(), least.description(), least.note()), (None, None, None));
    assert_eq!((least.payer_id(), least.node_id()), (pubkey(PAYER), pubkey(ISSUER)));
    assert_eq!(least.payment_hash(), invoice.payment_hash());
    assert_eq!(least.invoice_root(), merkle::root(invoice.bytes()));

    let all = PayerProofBuilder::for_invoice(&invoice).disclose_all().note("it was me");
    let all = signed(all).expect("valid");
    assert_eq!(all.hidden_count(), 1);
    assert_eq!(all.amount(), Some(msat(10_000)));
    assert_eq!(all.description().map(|text| text.as_str()), Some("coffee"));
    assert_eq!(all.note().map(|text| text.as_str()), Some("it was me"));
    assert!(all.verify(&secp()).is_ok());
}

// req PPW-01, PPW-07
#[test]
fn what_cannot_be_shown_is_not_asked_for() {
    let invoice = paid(&[]);
    for (typ, reason) in [(0, "not allowed here"), (240, "not allowed here"), (18, "missing")] {
        let error = signed(PayerProofBuilder::for_invoice(&invoice).disclose(typ));
        let expected = format!("{}: {reason}", field::Label(typ));
        assert_eq!(told(&error.expect_err("must be refused")), expected);
    }
}

#[test]
fn only_who_requested_and_paid_can_make_a_proof() {
    let builder = PayerProofBuilder::for_invoice(&paid(&[]));
    let stranger = builder.clone().sign(&secp(), &keypair(ISSUER), PREIMAGE);
    assert_eq!(stranger, Err(BuildError::WrongKey { field: field::INVREQ_PAYER_ID }));
    let unpaid = builder.sign(&secp(), &keypair(PAYER), [2; 32]).expect_err("must be refused");
    assert_eq!(told(&unpaid), "proof_preimage: does not match");
}

// req PPR-09
#[test]
fn unknown_fields_of_a_proof_are_signed_if_odd_and_refused_if_even() {
    let proof = signed(PayerProofBuilder::for_invoice(&paid(&[]))).expect("valid");
    let odd = with_record(proof.bytes(), 1007, Some(b"?"));
    let odd = PayerProof::decode(&odd).expect("it is ok to be odd");
    assert_eq!(odd.unknown_records().map(|record| record.typ).collect::<Vec<_>>(), [1007]);
    assert_eq!(odd.verify(&secp()), Err(SignatureError::Wrong));
    for typ in [78, 242, 1000, 1006, 4_000_000_000, 4_000_000_001] {
        let bytes = with_record(proof.bytes(), typ, Some(b"?"));
        assert_eq!(PayerProof::decode(&bytes).expect_err("refused").field(), Some(typ));
    }
}

/// Fields that nobody knows, many beside each other, so that markers reach the end of the plain range.
fn unknown_fields() -> impl Strategy<Value = Vec<(u64, Vec<u8>)>> {
    let plain = (0u64..20).prop_map(|n| 199 + 2 * n);
    let experimental = (0u64..60).prop_map(|n| 3_000_000_201 + 2 * n);
    btree_map(prop_oneof![plain, experimental], prop::collection::vec(any::<u8>(), 0..8), 0..80)
        .prop_map(|map| map.into_iter().collect())
}

/// An invoice, and some of its fields.
fn invoice_and_choice() -> impl Strategy<Value = (Invoice, Vec<u64>)> {
    unknown_fields().prop_flat_map(|unknown| {
        let invoice = paid(&unknown);
        let types = invoice.records().map(|record| record.typ);
        let types: Vec<u64> = types.filter(|typ| *typ != 0 && *typ != 240).collect();
        let count = types.len();
        (Just(invoice), subsequence(types, 0..=count))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_proof_discloses_exactly_what_was_asked((invoice, asked) in invoice_and_choice()) {
        let builder = PayerProofBuilder::for_invoice(&invoice);
        let builder = asked.iter().fold(builder, |builder, typ| builder.disclose(*typ));
        let proof = signed(builder).expect("valid");
        prop_assert_eq!(proof.verify(&secp()), Ok(()));
        prop_assert_eq!(proof.to_string().parse::<PayerProof>().expect("valid"), proof.clone());
        let mut expected = asked;
        expected.extend([88, 168, 174, 176]);
        expected.sort_unstable();
        expected.dedup();
        prop_assert_eq!(shown(&proof), expected.clone());
        for record in proof.disclosed_records() {
            prop_assert!(invoice.records().any(|original| original == record));
        }
        prop_assert_eq!(proof.hidden_count() + expected.len() + 1, invoice.records().count());
    }

    #[test]
    fn a_changed_proof_is_refused(
        (invoice, asked) in invoice_and_choice(), at in any::<prop::sample::Index>(), by in 1u8..,
    ) {
        let builder = PayerProofBuilder::for_invoice(&invoice).note("note");
        let builder = asked.iter().fold(builder, |builder, typ| builder.disclose(*typ));
        let mut bytes = signed(builder).expect("valid").bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        let accepted = PayerProof::decode(&bytes).is_ok_and(|proof| proof.verify(&secp()).is_ok());
        prop_assert!(!accepted);
    }
}
