//! Shared secrets and the keys that are derived from them.

use core::fmt;

use bolt1::PublicKey;
use hmac::{Hmac, Mac};
use secp256k1::ecdh::SharedSecret;
use secp256k1::{Scalar, Secp256k1, SecretKey, Verification};
use sha2::{Digest, Sha256};

/// A secret key that can do a Diffie-Hellman exchange, wherever it lives.
pub trait Ecdh {
    /// SHA-256 of the compressed point `key · point`; `None` when the holder of the key declines.
    fn ecdh(&self, point: &PublicKey) -> Option<[u8; 32]>;
}

impl Ecdh for SecretKey {
    fn ecdh(&self, point: &PublicKey) -> Option<[u8; 32]> {
        Some(SharedSecret::new(point, self).secret_bytes())
    }
}

/// What two ends of an exchange share (`ss`).
pub(crate) struct Secret([u8; 32]);

impl Secret {
    /// The exchange of `key` with `point`.
    pub(crate) fn exchange(key: &impl Ecdh, point: &PublicKey) -> Option<Self> {
        key.ecdh(point).map(Self)
    }

    /// The key for one purpose: `rho` (stream cipher), `mu` (HMAC), and so on.
    pub(crate) fn derive(&self, purpose: &str) -> [u8; 32] {
        hmac256(purpose.as_bytes(), &[&self.0])
    }

    /// What turns a node id into a blinded one. `None` has a chance of 2^-128.
    pub(crate) fn blinding_factor(&self) -> Option<Scalar> {
        Scalar::from_be_bytes(self.derive("blinded_node_id")).ok()
    }

    /// What turns this hop's ephemeral or path key `public` into the next one's. `None` has a chance of 2^-128.
    pub(crate) fn next_factor(&self, public: &PublicKey) -> Option<Scalar> {
        let hash = Sha256::new_with_prefix(public.serialize()).chain_update(self.0).finalize();
        Scalar::from_be_bytes(hash.into()).ok()
    }

    /// The next hop's key, seen from this hop.
    pub(crate) fn next_public<C: Verification>(
        &self,
        secp: &Secp256k1<C>,
        public: &PublicKey,
    ) -> Option<PublicKey> {
        public.mul_tweak(secp, &self.next_factor(public)?).ok()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// HMAC-SHA256 over the parts, one after the other.
pub(crate) fn hmac256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    hmac_of(key, parts).finalize().into_bytes().into()
}

/// Whether `tag` is the HMAC-SHA256 over the parts, compared in constant time.
pub(crate) fn is_hmac256(tag: &[u8; 32], key: &[u8], parts: &[&[u8]]) -> bool {
    hmac_of(key, parts).verify(tag.into()).is_ok()
}

fn hmac_of(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mac = <Hmac<Sha256> as Mac>::new_from_slice(key).expect("a key of any length will do");
    parts.iter().fold(mac, |mac, part| mac.chain_update(part))
}
