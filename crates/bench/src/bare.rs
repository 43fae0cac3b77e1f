//! The least that has to be done, whoever does it: points parsed, one signature verified, blocks hashed; multiplications
//! on the curve.

use std::hint::black_box;

use bolt12::{BlindedPath, field, merkle, signature};
use secp256k1::schnorr::Signature;
use secp256k1::{
    Keypair, Message, PublicKey, Scalar, Secp256k1, SecretKey, VerifyOnly, XOnlyPublicKey, ecdh,
};
use sha2::{Digest, Sha256};

/// The bare work of reading one message.
#[derive(Debug)]
pub struct BareRead {
    secp: Secp256k1<VerifyOnly>,
    points: Vec<[u8; 33]>,
    /// As many bytes as make the blocks of the message's merkle tree.
    hashed: Vec<u8>,
    signed: Option<(XOnlyPublicKey, Message, Signature)>,
}

impl BareRead {
    /// The bare work of the TLV stream `bytes`, whose signature, if it is verified, is by `signer` under `name`.
    pub fn of(bytes: &[u8], signed: Option<(&PublicKey, &str)>) -> Self {
        let records = bolt1::tlv::records(bytes).expect("a message");
        let mut points = Vec::new();
        for record in &records {
            match record.typ {
                field::OFFER_PATHS | field::INVOICE_PATHS => points.extend(points_of(record.value)),
                field::OFFER_ISSUER_ID | field::INVREQ_PAYER_ID | field::INVOICE_NODE_ID => {
                    points.push(record.value.try_into().expect("a point"));
                }
                _ => {}
            }
        }
        let signed = signed.map(|(key, name)| {
            let found = records.iter().find(|record| record.typ == field::SIGNATURE);
            let value = found.expect("it is signed").value;
            let hash = signature::sighash(name, signature::SIGNATURE, &merkle::root(bytes));
            let signature = Signature::from_slice(value).expect("64 bytes");
            (key.x_only_public_key().0, Message::from_digest(hash), signature)
        });
        let lens = records.iter().filter(|record| !field::is_signature(record.typ));
        let lens: Vec<usize> = lens.map(|record| record.bytes.len()).collect();
        let blocks = if signed.is_some() { blocks(&lens) } else { 0 };
        Self {
            secp: Secp256k1::verification_only(),
            points,
            hashed: vec![7; (blocks * 64).saturating_sub(9)],
            signed,
        }
    }

    /// Does the work.
    pub fn run(&self) {
        for point in &self.points {
            black_box(PublicKey::from_slice(black_box(point)).expect("a point"));
        }
        if let Some((key, message, signature)) = &self.signed {
            black_box(Sha256::digest(black_box(&self.hashed)));
            self.secp.verify_schnorr(signature, message, key).expect("it holds");
        }
    }
}

fn points_of(paths: &[u8]) -> Vec<[u8; 33]> {
    let paths = BlindedPath::decode_all(paths).expect("paths");
    let each = paths.iter().flat_map(|path| {
        let bolt1::NodeRef::Id(first) = path.first_node_id else { unreachable!("named by id") };
        let hops = path.hops.iter().map(|hop| hop.blinded_node_id);
        [first, path.first_path_key].into_iter().chain(hops)
    });
    each.map(|point| point.serialize()).collect()
}

/// SHA-256 blocks of a merkle tree over records of these lengths, tags and signature hash included.
fn blocks(lens: &[usize]) -> usize {
    let of = |len: usize| (len + 9).div_ceil(64);
    let first = lens.first().copied().unwrap_or(0);
    // Each tag is hashed, and put before what it tags in a block of its own.
    let tags = of(6) + of(7 + first) + of(8) + of(31) + 4;
    let leaves: usize = lens.iter().map(|len| of(*len) + of(1) + of(64)).sum();
    let branches = lens.len().saturating_sub(1) * of(64);
    tags + leaves + branches + of(32)
}

/// Multiplications on the curve, as Sphinx and route blinding ask for them.
#[derive(Debug)]
pub struct BareOnion {
    secp: Secp256k1<secp256k1::All>,
    secret: SecretKey,
    factor: Scalar,
    point: PublicKey,
    bytes: [u8; 33],
    pair: Keypair,
}

impl BareOnion {
    /// With any key.
    pub fn new() -> Self {
        let secp = Secp256k1::new();
        let secret = SecretKey::from_slice(&[0x42; 32]).expect("a secret key");
        let factor = Scalar::from_be_bytes([0x43; 32]).expect("below the order");
        let pair = crate::keypair(0x44);
        let bytes = pair.public_key().serialize();
        let point = PublicKey::from_slice(&bytes).expect("a point");
        Self { secp, secret, factor, point, bytes, pair }
    }

    /// Peeling a layer that is handed on: two exchanges, the blinded key, the next ephemeral and the next path key.
    pub fn peel(&self) {
        self.exchange(2);
        self.multiply(3);
    }

    /// Building a message over three hops that we blind ourselves: for each hop an exchange and its blinded id, for each
    /// layer an exchange, and of path keys and ephemeral keys all public ones but the last.
    pub fn build_over_three(&self) {
        self.exchange(6);
        self.multiply(3);
        for _ in 0..4 {
            black_box(PublicKey::from_secret_key(&self.secp, black_box(&self.secret)));
        }
    }

    /// Answering a request: peeling it, blinding a payment path of two hops, a signature, and wrapping the answer for a
    /// reply path of two hops. Of each path its points, and of each layer an exchange.
    pub fn answer(&self) {
        self.exchange(2);
        for _ in 0..4 {
            black_box(PublicKey::from_slice(black_box(&self.bytes)).expect("a point"));
        }
        self.exchange(2);
        self.multiply(2);
        let message = Message::from_digest(black_box([9; 32]));
        black_box(self.secp.sign_schnorr_no_aux_rand(&message, &self.pair));
        self.exchange(2);
        for _ in 0..4 {
            black_box(PublicKey::from_secret_key(&self.secp, black_box(&self.secret)));
        }
    }

    fn exchange(&self, times: usize) {
        for _ in 0..times {
            black_box(ecdh::SharedSecret::new(black_box(&self.point), &self.secret));
        }
    }

    fn multiply(&self, times: usize) {
        for _ in 0..times {
            let product = black_box(&self.point).mul_tweak(&self.secp, &self.factor);
            black_box(product.expect("not zero"));
        }
    }
}

impl Default for BareOnion {
    fn default() -> Self {
        Self::new()
    }
}
