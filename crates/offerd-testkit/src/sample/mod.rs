//! Values to test with: valid, alike on every run, and different for every number.
//!
//! The fields of records are public, so a test that cares about one says so:
//! `Payout { label: Some("x".into()), ..sample::payout(1) }`.

mod message;
mod record;

use bolt1::{PublicKey, Timestamp};
use rand::{RngCore as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use secp256k1::{All, Keypair, Secp256k1};

pub use message::{
    invoice, invoice_for, invoice_for_payout_offer, invoice_request, message_path, offer,
    payment_path, payout_offer, payout_request, payout_request_signed, recurring_offer,
};
pub use record::{
    arrived, bolt11_invoice, bolt11_order, candidate, claim, failed, failed_attempt, fiat_payout,
    offer_encoding, offer_entry, order, own_invoice, paid, payout, payout_of_many, priced, receipt,
    refund, single_use_offer_entry, subscriber, subscription, worth,
};

/// The time at which samples were made.
pub const NOW: Timestamp = Timestamp(1_750_000_000);

/// A context for signing and verifying.
pub fn secp() -> Secp256k1<All> {
    Secp256k1::new()
}

/// `N` bytes, others for every `what` and `number`.
pub fn bytes<const N: usize>(what: &str, number: u32) -> [u8; N] {
    let mut seed = [0; 32];
    let named = what.bytes().chain(number.to_be_bytes());
    for (index, byte) in named.enumerate() {
        let folded: &mut u8 = &mut seed[index % 32];
        *folded = folded.rotate_left(3) ^ byte;
    }
    let mut bytes = [0; N];
    ChaCha20Rng::from_seed(seed).fill_bytes(&mut bytes);
    bytes
}

/// A key pair, another one for every `number`.
pub fn keypair(number: u32) -> Keypair {
    Keypair::from_seckey_slice(&secp(), &bytes::<32>("key", number))
        .expect("all but a few of 2^256 byte strings are keys")
}

/// The public key of [`keypair`].
pub fn point(number: u32) -> PublicKey {
    keypair(number).public_key()
}
