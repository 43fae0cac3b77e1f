//! Texts signed with the key of the node's id, in the form that `lnd` has made usual.
//!
//! The signature is over the double SHA-256 of `Lightning Signed Message:` and the text; it is written as a byte (31 and
//! the recovery id) and 64 bytes, in zbase32.

use bolt1::PublicKey;
use lightning::routing::gossip::NodeId;
use lightning::util::message_signing;

use crate::node::Node;

/// The digits of zbase32.
const ALPHABET: &[u8; 32] = b"ybndrfg8ejkmcpqxot1uwisza345h769";
/// What is added to the recovery id.
const RECOVERY_BASE: u8 = 31;

/// A signature by which its maker's key is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextSignature {
    /// The signature.
    pub compact: [u8; 64],
    /// Which of up to four keys is the maker's, 0 to 3.
    pub recovery_id: u8,
    /// Both in zbase32.
    pub zbase: String,
}

/// Why a text signature is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTextSignature {
    /// A character that zbase32 does not have.
    #[error("is not valid zbase32")]
    NotZbase32,
    /// Not 65 bytes.
    #[error("is {0} bytes long, a signature is 65")]
    Length(usize),
    /// No key can have made it.
    #[error("is not a signature of any key")]
    NoKey,
}

impl TextSignature {
    /// Reads zbase32.
    ///
    /// # Errors
    /// [`BadTextSignature`].
    pub fn read(zbase: &str) -> Result<Self, BadTextSignature> {
        let bytes = decode(zbase).ok_or(BadTextSignature::NotZbase32)?;
        let [first, compact @ ..] = bytes.as_slice() else {
            return Err(BadTextSignature::Length(0));
        };
        let compact = compact.try_into().map_err(|_| BadTextSignature::Length(bytes.len()))?;
        let recovery_id = first.checked_sub(RECOVERY_BASE).filter(|id| *id < 4);
        let recovery_id = recovery_id.ok_or(BadTextSignature::NoKey)?;
        Ok(Self { compact, recovery_id, zbase: zbase.to_owned() })
    }

    /// The key that has signed `text`.
    ///
    /// # Errors
    /// [`BadTextSignature::NoKey`].
    pub fn signer(&self, text: &str) -> Result<PublicKey, BadTextSignature> {
        message_signing::recover_pk(text.as_bytes(), &self.zbase)
            .map_err(|_| BadTextSignature::NoKey)
    }
}

impl Node {
    /// Signs a text with the key of our id.
    ///
    /// # Errors
    /// Never, unless what was made cannot be read.
    pub fn sign_text(&self, text: &str) -> Result<TextSignature, BadTextSignature> {
        let key = self.keyring.get_node_secret_key();
        TextSignature::read(&message_signing::sign(text.as_bytes(), &key))
    }

    /// Whether this is a node that we know of: one of the network's, or ourselves.
    pub fn knows(&self, node: &PublicKey) -> bool {
        let id = NodeId::from_pubkey(node);
        *node == self.node_id || self.graph.read_only().node(&id).is_some()
    }
}

/// The bytes; bits that are left over must be zero.
fn decode(zbase: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0_u16, 0_u32);
    for digit in zbase.bytes() {
        let value = ALPHABET.iter().position(|known| *known == digit)?;
        bits = (bits << 5) | u16::try_from(value).ok()?;
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held).ok()?);
            bits &= (1 << held) - 1;
        }
    }
    (bits == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use lightning::util::message_signing;
    use secp256k1::{Secp256k1, SecretKey};

    use super::*;

    #[test]
    fn a_signature_is_taken_apart_and_leads_to_its_key() {
        let key = SecretKey::from_slice(&[1; 32]).unwrap();
        let signed = TextSignature::read(&message_signing::sign(b"coffee", &key)).unwrap();
        assert!(signed.recovery_id < 4);
        assert_eq!(signed.signer("coffee").unwrap(), key.public_key(&Secp256k1::new()));
        assert_ne!(signed.signer("tea"), signed.signer("coffee"));
    }

    #[test]
    fn what_is_no_signature_is_told_apart() {
        let key = SecretKey::from_slice(&[1; 32]).unwrap();
        let good = message_signing::sign(b"coffee", &key);
        for (zbase, told) in [
            (String::new(), BadTextSignature::Length(0)),
            ("l0v2".to_owned(), BadTextSignature::NotZbase32),
            (good.to_uppercase(), BadTextSignature::NotZbase32),
            ("y".repeat(8), BadTextSignature::Length(5)),
            ("y".repeat(104), BadTextSignature::NoKey),
        ] {
            assert_eq!(TextSignature::read(&zbase), Err(told), "{zbase}");
        }
    }
}
