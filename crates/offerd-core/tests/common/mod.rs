//! What the tests of the machines have in common.
#![allow(dead_code, reason = "each test binary uses its part of it")]

use bolt1::{ChainHash, Msat};
use offerd_core::Policy;
use offerd_core::keys::Keys;
use offerd_testkit::sample;

/// The keys of [`sample::point`] `number`.
pub(crate) fn keys(number: u32) -> Keys {
    Keys::new(&sample::keypair(number).secret_key())
}

pub(crate) fn policy() -> Policy {
    Policy::for_chain(ChainHash::BITCOIN)
}

pub(crate) fn msat(msat: u64) -> Msat {
    Msat::new(msat).expect("less than all bitcoin")
}

/// The message with one bit of its last 64 bytes, the signature, turned.
pub(crate) fn with_broken_signature(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    *bytes.last_mut().expect("not empty") ^= 1;
    bytes
}
