//! The signatures of the draft: two ways to hash a message, one after the other, and no mark that tells them apart.

use alloc::vec::Vec;

use bolt1::tlv::Record;
use secp256k1::schnorr::Signature;
use secp256k1::{Message, Secp256k1, Verification, XOnlyPublicKey};

use super::{Draft, INVOICE, INVOICE_REQUEST, NODE_ID, PAYER_KEY};
use crate::field;
use crate::hash::{Digest, Sha256, finish, tagged};
use crate::merkle::Hasher;
use crate::records::known_good;
use crate::signature::{self, SignatureError};

/// How a message of the draft was hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hashing {
    /// c-lightning 0.9.3 to 0.10.0: hashes without tags, branches in the order of the wire, halves as equal as can be.
    Untagged,
    /// c-lightning 0.10.1 to 0.12.1: tagged hashes and the tree of today, each leaf with a nonce over the whole message.
    Tagged,
}

impl Draft<'_> {
    /// Checks the field 240, by the key of the message, and tells how it was hashed. It says who made the string, and
    /// nothing more: nobody answers it.
    ///
    /// # Errors
    /// [`SignatureError::Missing`], for an offer needed none from 0.10.1 on; [`SignatureError::Wrong`].
    pub fn verify_signature<C: Verification>(
        &self,
        secp: &Secp256k1<C>,
    ) -> Result<Hashing, SignatureError> {
        let value = |typ| known_good(self.bytes).find(|record| record.typ == typ).map(|r| r.value);
        let signature = value(field::SIGNATURE).ok_or(SignatureError::Missing)?;
        let signature = Signature::from_slice(signature).map_err(|_| SignatureError::Wrong)?;
        let key = if self.message == INVOICE_REQUEST { PAYER_KEY } else { NODE_ID };
        let key = value(key).ok_or(SignatureError::Missing)?;
        let key = XOnlyPublicKey::from_slice(key).map_err(|_| SignatureError::Wrong)?;
        let holds = |root: &[u8; 32]| {
            self.names().iter().any(|(messagename, fieldname)| {
                let sighash = signature::sighash(messagename, fieldname, root);
                secp.verify_schnorr(&signature, &Message::from_digest(sighash), &key).is_ok()
            })
        };
        [Hashing::Untagged, Hashing::Tagged]
            .into_iter()
            .find(|hashing| holds(&hashing.root(self.bytes)))
            .ok_or(SignatureError::Wrong)
    }

    /// Names of message and field under which the field 240 may have been made.
    const fn names(&self) -> &'static [(&'static str, &'static str)] {
        match self.message {
            // The second name is that of 0.11.0.
            INVOICE_REQUEST => {
                &[("invoice_request", "payer_signature"), ("invoice_request", "signature")]
            }
            INVOICE => &[("invoice", "signature")],
            _ => &[("offer", "signature")],
        }
    }
}

impl Hashing {
    /// The root of the merkle tree over the message `bytes`, its signatures left out; zero for nothing.
    fn root(self, bytes: &[u8]) -> [u8; 32] {
        match self {
            Self::Untagged => untagged_root(bytes),
            Self::Tagged => tagged_root(bytes),
        }
    }
}

fn signed(bytes: &[u8]) -> impl Iterator<Item = Record<'_>> {
    known_good(bytes).filter(|record| !field::is_signature(record.typ))
}

/// The hash of the parts, one after the other.
fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    finish(parts.iter().fold(Sha256::new(), |engine, part| engine.chain_update(part)))
}

fn untagged_root(bytes: &[u8]) -> [u8; 32] {
    let all: Vec<u8> = signed(bytes).flat_map(|record| record.bytes).copied().collect();
    let nonce = sha256(&[b"LnAll", &all]);
    let leaf = |record: Record<'_>| untagged_branch(&sha256(&[b"LnLeaf", record.bytes]), &nonce);
    let leaves: Vec<[u8; 32]> = signed(bytes).map(leaf).collect();
    untagged_tree(&leaves)
}

fn untagged_tree(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [] => [0; 32],
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len() / 2);
            untagged_branch(&untagged_tree(left), &untagged_tree(right))
        }
    }
}

fn untagged_branch(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    sha256(&[b"LnBranch", left, right])
}

fn tagged_root(bytes: &[u8]) -> [u8; 32] {
    let all: Vec<u8> = signed(bytes).flat_map(|record| record.bytes).copied().collect();
    let nonce = tagged(&[b"LnAll", &all]);
    // Today's leaves and branches, without its nonces.
    let hasher = Hasher::new(&[]);
    let leaf = |record: Record<'_>| {
        let nonce = finish(nonce.clone().chain_update(record.bytes));
        hasher.branch(&hasher.leaf(record.bytes), &nonce)
    };
    hasher.fold(signed(bytes).map(leaf).collect())
}
