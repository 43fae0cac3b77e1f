//! What several test files need.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use bolt1::NodeRef;
use bolt12::{
    BlindedHop, BlindedPath, BlindedPayInfo, Invoice, InvoiceBuilder, InvoiceRequest,
    InvoiceRequestBuilder, Msat, Offer, OfferBuilder, PublicKey, Timestamp,
};
use secp256k1::{All, Keypair, Secp256k1};

/// The current time of all tests.
pub const NOW: Timestamp = Timestamp(1_700_000_000);

pub fn secp() -> Secp256k1<All> {
    Secp256k1::new()
}

/// The key whose secret is 32 times `byte`.
pub fn keypair(byte: u8) -> Keypair {
    Keypair::from_seckey_slice(&secp(), &[byte; 32]).expect("not zero, below the order")
}

pub fn pubkey(byte: u8) -> PublicKey {
    keypair(byte).public_key()
}

/// What an error says is wrong, without the place of it.
pub fn told(error: &impl ToString) -> String {
    let told = error.to_string();
    told.split(" (").next().unwrap_or_default().to_owned()
}

pub const ISSUER: u8 = 0x41;
pub const PAYER: u8 = 0x42;
pub const PAYEE: u8 = 0x43;

pub fn msat(amount: u64) -> Msat {
    Msat::new(amount).expect("not more than there is")
}

/// A path through one introduction node to the node with the key `end`.
pub fn path(end: u8) -> BlindedPath {
    let hop = |key, data: &[u8]| BlindedHop {
        blinded_node_id: pubkey(key),
        encrypted_recipient_data: data.to_vec(),
    };
    BlindedPath {
        first_node_id: NodeRef::Id(pubkey(0x51)),
        first_path_key: pubkey(0x52),
        hops: vec![hop(0x53, &[1; 40]), hop(end, &[2; 40])],
    }
}

pub fn pay_info() -> BlindedPayInfo {
    BlindedPayInfo {
        fee_base_msat: 1000,
        fee_proportional_millionths: 10,
        cltv_expiry_delta: 80,
        htlc_minimum_msat: 1,
        htlc_maximum_msat: 1_000_000_000,
        features: Vec::new(),
    }
}

/// An offer of 10 000 msat.
pub fn offer() -> Offer {
    offer_builder().build().expect("valid")
}

pub fn offer_builder() -> OfferBuilder {
    OfferBuilder::new().amount(msat(10_000)).description("coffee").issuer_id(&pubkey(ISSUER))
}

/// A payout of 10 000 msat as an offer.
pub fn payout_offer() -> Offer {
    offer_builder().metadata([7; 16]).send_invoice().build().expect("valid")
}

pub fn request_for(offer: &Offer) -> InvoiceRequest {
    InvoiceRequestBuilder::for_offer(offer)
        .metadata([9; 16])
        .sign(&secp(), &keypair(PAYER))
        .expect("valid")
}

/// A payout of 10 000 msat as an invoice request, unsigned.
pub fn payout_request() -> InvoiceRequest {
    InvoiceRequestBuilder::payout()
        .metadata([9; 16])
        .description("withdrawal")
        .amount(msat(10_000))
        .payer_id(&pubkey(PAYER))
        .build_unsigned()
        .expect("valid")
}

/// Sets what every invoice needs.
pub fn completed(builder: InvoiceBuilder) -> InvoiceBuilder {
    builder.paths(vec![(path(PAYEE), pay_info())]).created_at(NOW).payment_hash([3; 32])
}

pub fn invoice_for(request: &InvoiceRequest, signer: u8) -> Invoice {
    completed(InvoiceBuilder::for_request(request)).sign(&secp(), &keypair(signer)).expect("valid")
}

/// The TLV stream of these records, which must ascend.
pub fn stream(records: &[(u64, &[u8])]) -> Vec<u8> {
    let mut writer = bolt1::Writer::new();
    for (typ, value) in records {
        bolt1::tlv::write_record(&mut writer, *typ, value);
    }
    writer.into_bytes()
}

/// `bytes` with the record of `typ` replaced, added, or (`None`) removed.
pub fn with_record(bytes: &[u8], typ: u64, value: Option<&[u8]>) -> Vec<u8> {
    let records = bolt1::tlv::records(bytes).expect("a TLV stream");
    let mut records: Vec<(u64, &[u8])> =
        records.iter().filter(|r| r.typ != typ).map(|r| (r.typ, r.value)).collect();
    records.extend(value.map(|value| (typ, value)));
    records.sort_unstable_by_key(|(typ, _)| *typ);
    stream(&records)
}
