//! The keys that everything here is derived from.

use std::fmt;

use bitcoin_hashes::{Hash, HashEngine, Hmac, HmacEngine, sha256};
use bolt1::PublicKey;
use secp256k1::{All, Keypair, Secp256k1, SecretKey};

/// What a derived secret is for. Each purpose has its own key, so that nothing made for one can stand for
/// another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPurpose {
    /// The payer's key of one request, from its `invreq_metadata`.
    Payer,
    /// The `invreq_metadata` of a series of payments.
    Series,
    /// The MAC over request keys in the sealed context of an invoice.
    RequestMac,
    /// The `path_id` of a path we hand out.
    PathId,
    /// The secret name of a page about one order or payout.
    PageName,
    /// What all runes come from.
    Rune,
    /// What events that are handed to webhooks are signed with.
    Webhook,
}

impl KeyPurpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Payer => b"offerd payer key",
            Self::Series => b"offerd series",
            Self::RequestMac => b"offerd request mac",
            Self::PathId => b"offerd path id",
            Self::PageName => b"offerd page name",
            Self::Rune => b"offerd rune",
            Self::Webhook => b"offerd webhook",
        }
    }
}

/// The node's signing key and the root of the derived ones. Debug shows only the node id.
#[derive(Clone)]
pub struct Keys {
    secp: Secp256k1<All>,
    node: Keypair,
    root: [u8; 32],
}

impl Keys {
    /// From the node's secret key, which signs our invoices; the other keys are derived from it.
    pub fn new(node_secret: &SecretKey) -> Self {
        let secp = Secp256k1::new();
        let node = Keypair::from_secret_key(&secp, node_secret);
        let root = mac(&node_secret.secret_bytes(), &[b"offerd root"]);
        Self { secp, node, root }
    }

    /// The context for signing and verifying.
    pub fn secp(&self) -> &Secp256k1<All> {
        &self.secp
    }

    /// The node's key, which is also `offer_issuer_id` and `invoice_node_id`.
    pub fn node(&self) -> &Keypair {
        &self.node
    }

    /// The node's id, 33-byte compressed point.
    pub fn node_id(&self) -> PublicKey {
        self.node.public_key()
    }

    /// 32 secret bytes for `purpose`, bound to `parts`.
    pub fn derive(&self, purpose: KeyPurpose, parts: &[&[u8]]) -> [u8; 32] {
        let key = mac(&self.root, &[purpose.label()]);
        mac(&key, parts)
    }

    /// The payer's key for a request with this `invreq_metadata`: the same again after any loss of state but
    /// the seed's.
    pub fn payer(&self, metadata: &[u8]) -> Keypair {
        let mut counter = 0u8;
        loop {
            let secret = self.derive(KeyPurpose::Payer, &[metadata, &[counter]]);
            // All but one in 2^127 secrets are valid keys.
            if let Ok(keypair) = Keypair::from_seckey_slice(&self.secp, &secret) {
                return keypair;
            }
            counter = counter.wrapping_add(1);
        }
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("node_id", &self.node_id()).finish_non_exhaustive()
    }
}

/// HMAC-SHA256 over length-prefixed parts, so that no two lists of parts give the same input.
fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut engine = HmacEngine::<sha256::Hash>::new(key);
    for part in parts {
        let len = u64::try_from(part.len()).expect("no byte string is longer than 2^64");
        engine.input(&len.to_be_bytes());
        engine.input(part);
    }
    Hmac::from_engine(engine).to_byte_array()
}

/// SHA-256 over length-prefixed parts: a key for records with the same arguments.
pub(crate) fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut engine = sha256::Hash::engine();
    for part in parts {
        let len = u64::try_from(part.len()).expect("no byte string is longer than 2^64");
        engine.input(&len.to_be_bytes());
        engine.input(part);
    }
    sha256::Hash::from_engine(engine).to_byte_array()
}

/// Compares two secrets in a time that does not tell where they differ.
pub(crate) fn same_secret(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |acc, (x, y)| acc | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(byte: u8) -> Keys {
        Keys::new(&SecretKey::from_slice(&[byte; 32]).unwrap())
    }

    #[test]
    fn derived_keys_depend_on_seed_purpose_and_every_part() {
        let base = keys(1).derive(KeyPurpose::RequestMac, &[b"ab", b"c"]);
        assert_eq!(base, keys(1).derive(KeyPurpose::RequestMac, &[b"ab", b"c"]));
        assert_ne!(base, keys(2).derive(KeyPurpose::RequestMac, &[b"ab", b"c"]));
        assert_ne!(base, keys(1).derive(KeyPurpose::PathId, &[b"ab", b"c"]));
        assert_ne!(base, keys(1).derive(KeyPurpose::RequestMac, &[b"a", b"bc"]));
        assert_ne!(keys(1).payer(b"x").public_key(), keys(1).payer(b"y").public_key());
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", keys(7));
        assert!(!shown.contains("07070707"), "{shown}");
        assert!(shown.contains("node_id"), "{shown}");
    }
}
