//! The same message by known parties: their keys put in, and signed by them.

use bolt1::{Writer, tlv};
use bolt12::{field, merkle, signature};
use secp256k1::Keypair;

use super::SECP;

/// The records of a stream with one of them set, or none where the bytes are no stream.
struct Records(Vec<(u64, Vec<u8>)>);

impl Records {
    fn of(bytes: &[u8]) -> Option<Self> {
        let records = tlv::records(bytes).ok()?;
        Some(Self(records.iter().map(|record| (record.typ, record.value.to_vec())).collect()))
    }

    /// Sets a field that is there.
    fn replace(&mut self, typ: u64, value: &[u8]) {
        if let Some(record) = self.0.iter_mut().find(|record| record.0 == typ) {
            record.1 = value.to_vec();
        }
    }

    fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        self.0.iter().for_each(|(typ, value)| tlv::write_record(&mut writer, *typ, value));
        writer.into_bytes()
    }

    /// Sets the signature `typ`, which is there, to one by `key` over what it signs.
    fn sign(mut self, key: &Keypair, typ: u64, names: (&str, &str), skip: u64) -> Vec<u8> {
        let unsigned = Self(self.0.iter().filter(|record| record.0 != skip).cloned().collect());
        let sighash = signature::sighash(names.0, names.1, &merkle::root(&unsigned.encode()));
        self.replace(typ, signature::sign(&SECP, key, sighash).as_ref());
        self.encode()
    }
}

pub(super) fn key(byte: u8) -> Keypair {
    Keypair::from_seckey_slice(&SECP, &[byte; 32]).expect("a secret key")
}

/// An invoice request by the fixed payer.
pub(super) fn request(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut records = Records::of(bytes)?;
    let payer = key(0x42);
    records.replace(field::INVREQ_PAYER_ID, &payer.public_key().serialize());
    let names = (signature::INVOICE_REQUEST, signature::SIGNATURE);
    Some(records.sign(&payer, field::SIGNATURE, names, field::SIGNATURE))
}

/// An invoice by the fixed issuer.
pub(super) fn invoice(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut records = Records::of(bytes)?;
    let issuer = key(0x41);
    records.replace(field::OFFER_ISSUER_ID, &issuer.public_key().serialize());
    records.replace(field::INVOICE_NODE_ID, &issuer.public_key().serialize());
    let names = (signature::INVOICE, signature::SIGNATURE);
    Some(records.sign(&issuer, field::SIGNATURE, names, field::SIGNATURE))
}

/// A payer proof whose own signature is by the fixed payer.
pub(super) fn proof(bytes: &[u8]) -> Option<Vec<u8>> {
    let names = (signature::PAYER_PROOF, signature::PROOF_SIGNATURE);
    let records = Records::of(bytes)?;
    Some(records.sign(&key(0x42), field::PROOF_SIGNATURE, names, field::PROOF_SIGNATURE))
}

/// Whether there is somebody to send the request to: then it is one for an offer.
pub(super) fn names_issuer(bytes: &[u8]) -> bool {
    let names = |typ| matches!(typ, field::OFFER_ISSUER_ID | field::OFFER_PATHS);
    tlv::Stream::new(bytes).map_while(Result::ok).any(|record| names(record.typ))
}
