//! Signatures over messages: BIP 340 over a tagged merkle root (BOLT 12, "Signature Calculation").

use core::fmt;

use bolt1::PublicKey;
use secp256k1::schnorr::Signature;
use secp256k1::{Keypair, Message, Secp256k1, Signing, Verification};

use crate::hash::{self, Digest};

/// `messagename` of an invoice request.
pub const INVOICE_REQUEST: &str = "invoice_request";
/// `messagename` of an invoice.
pub const INVOICE: &str = "invoice";
/// `fieldname` of the signature that every message has.
pub const SIGNATURE: &str = "signature";
/// `fieldname` of the signature, of ours, that a refund's invoice has besides.
pub const REFUND_SIGNATURE: &str = "refund_signature";

/// `messagename` of a payer proof.
pub const PAYER_PROOF: &str = "payer_proof";
/// `fieldname` of the signature of whoever made a payer proof.
pub const PROOF_SIGNATURE: &str = "proof_signature";

/// Why a signature does not hold.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureError {
    /// There is none.
    Missing,
    /// It is not one by the key that it must be by, over this message.
    Wrong,
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "there is no signature",
            Self::Wrong => "the signature is not valid",
        })
    }
}

impl core::error::Error for SignatureError {}

/// The 32 bytes that are signed: the merkle root under the tag `lightning` `messagename` `fieldname`.
pub fn sighash(messagename: &str, fieldname: &str, root: &[u8; 32]) -> [u8; 32] {
    // req SG-01
    let mut engine = hash::tagged(&[b"lightning", messagename.as_bytes(), fieldname.as_bytes()]);
    engine.update(root);
    hash::finish(engine)
}

/// Signs a [`sighash`] with the x-only form of `key`. Deterministic: no auxiliary randomness is used.
pub fn sign<C: Signing>(secp: &Secp256k1<C>, key: &Keypair, sighash: [u8; 32]) -> Signature {
    // req SG-01
    secp.sign_schnorr_no_aux_rand(&Message::from_digest(sighash), key)
}

/// Checks a signature over a [`sighash`] by the x-only form of `key`.
///
/// # Errors
/// [`SignatureError::Wrong`].
pub fn verify<C: Verification>(
    secp: &Secp256k1<C>,
    key: &PublicKey,
    sighash: [u8; 32],
    signature: &Signature,
) -> Result<(), SignatureError> {
    let (key, _) = key.x_only_public_key();
    secp.verify_schnorr(signature, &Message::from_digest(sighash), &key)
        .map_err(|_| SignatureError::Wrong)
}
