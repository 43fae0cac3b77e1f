//! Payer proofs of one invoice, as the input chooses.

use std::sync::LazyLock;

use bolt12::{
    BlindedHop, BlindedPath, BlindedPayInfo, Invoice, InvoiceBuilder, InvoiceRequestBuilder, Msat,
    NodeRef, OfferBuilder, PayerProof, PayerProofBuilder, Timestamp, field, merkle,
};
use secp256k1::Keypair;

use crate::differential::SECP;

pub(crate) const PREIMAGE: [u8; 32] = [5; 32];

/// SHA-256 of the preimage.
const PAYMENT_HASH: [u8; 32] = [
    0xf8, 0x49, 0xd6, 0x73, 0x25, 0xfa, 0xcf, 0x04, 0x17, 0x7b, 0xc6, 0x63, 0xb2, 0xdc, 0x54, 0x40,
    0x51, 0x83, 0x1c, 0x58, 0x9e, 0xf5, 0x81, 0xd4, 0x12, 0xf2, 0xeb, 0xa4, 0x48, 0x34, 0xe7, 0x7c,
];

fn key(byte: u8) -> Keypair {
    Keypair::from_seckey_slice(&SECP, &[byte; 32]).expect("a secret key")
}

/// An invoice with fields of all ranges.
pub(crate) static INVOICE: LazyLock<Invoice> = LazyLock::new(|| {
    let offer = OfferBuilder::new()
        .description("x")
        .issuer_id(&key(0x41).public_key())
        .raw(33, [1])
        .raw(1_000_000_033, [2; 40])
        .build()
        .expect("valid");
    let request = InvoiceRequestBuilder::for_offer(&offer)
        .metadata([9; 16])
        .amount(Msat::new(7).expect("little"))
        .payer_note("hello")
        .raw(2_000_000_001, [])
        .sign(&SECP, &key(0x42))
        .expect("valid");
    let hop = BlindedHop {
        blinded_node_id: key(0x43).public_key(),
        encrypted_recipient_data: vec![0; 40],
    };
    let path = BlindedPath {
        first_node_id: NodeRef::Id(key(0x44).public_key()),
        first_path_key: key(0x45).public_key(),
        hops: vec![hop],
    };
    let info = BlindedPayInfo {
        fee_base_msat: 0,
        fee_proportional_millionths: 0,
        cltv_expiry_delta: 24,
        htlc_minimum_msat: 1,
        htlc_maximum_msat: 1_000_000,
        features: Vec::new(),
    };
    InvoiceBuilder::for_request(&request)
        .created_at(Timestamp(1_700_000_000))
        .payment_hash(PAYMENT_HASH)
        .paths(vec![(path, info)])
        .raw(239, [3])
        .raw(3_000_000_001, [4; 70])
        .sign(&SECP, &key(0x41))
        .expect("valid")
});

/// What the input asks a proof to show and to say.
pub(crate) struct Choice {
    pub(crate) types: Vec<u64>,
    pub(crate) note: String,
}

impl Choice {
    /// The first four bytes choose the fields, the others are the note.
    pub(crate) fn read(data: &[u8]) -> Option<Self> {
        let (choice, note) = data.split_first_chunk::<4>()?;
        let choice = u32::from_be_bytes(*choice);
        let types = INVOICE.records().map(|record| record.typ);
        let can_be_shown = types.filter(|typ| *typ != 0 && !field::is_signature(*typ)).enumerate();
        let chosen = can_be_shown.filter(|(at, _)| choice >> (at % 32) & 1 == 1);
        let types = chosen.map(|(_, typ)| typ).collect();
        Some(Self { types, note: String::from_utf8_lossy(note).into_owned() })
    }

    /// The proof.
    pub(crate) fn proof(&self) -> PayerProof {
        let builder = PayerProofBuilder::for_invoice(&INVOICE).note(&self.note);
        let builder = self.types.iter().fold(builder, |builder, typ| builder.disclose(*typ));
        builder.sign(&SECP, &key(0x42), PREIMAGE).expect("all of it can be shown")
    }
}

/// A proof shows exactly what was chosen and holds; with any byte changed it does not.
pub fn proof_creation(data: &[u8]) {
    let Some(choice) = Choice::read(data) else { return };
    let proof = choice.proof();
    proof.verify(&SECP).expect("it holds");
    assert_eq!(proof.invoice_root(), merkle::root(INVOICE.bytes()));
    assert_eq!(PayerProof::decode(proof.bytes()).as_ref(), Ok(&proof));
    let shown: Vec<u64> = proof.disclosed_records().map(|record| record.typ).collect();
    let chosen = &choice.types;
    assert!(chosen.iter().all(|typ| shown.contains(typ)) && shown.len() <= chosen.len() + 4);

    let Some((at, [change, ..])) = data.split_first_chunk::<4>() else { return };
    let mut bytes = proof.bytes().to_vec();
    let at = usize::try_from(u32::from_be_bytes(*at)).unwrap_or(0) % bytes.len();
    if let (Some(byte), 1..) = (bytes.get_mut(at), *change) {
        *byte ^= change;
        let holds = PayerProof::decode(&bytes).is_ok_and(|proof| proof.verify(&SECP).is_ok());
        assert!(!holds, "byte {at} is not covered");
    }
}
