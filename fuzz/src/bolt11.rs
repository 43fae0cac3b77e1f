//! Invoices of BOLT 11: whatever is taken means the same to LDK, where LDK takes it too.

use bech32::primitives::iter::{ByteIterExt, Fe32IterExt};
use bech32::{Bech32, Fe32, Hrp};
use bolt11::Invoice;
use lightning::bitcoin::hashes::{Hash, sha256};
use lightning::bolt11_invoice::Bolt11Invoice;
use secp256k1::{Message, Secp256k1, SecretKey};

/// The longest human-readable part that bech32 allows.
const MOST_HRP: usize = 83;

/// As a string; and as what follows the prefix, signed, so that the fields are reached.
pub fn bolt11(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        judge(text);
    }
    if let Some(text) = signed(data) {
        judge(&text);
    }
}

fn judge(text: &str) {
    let Ok(ours) = Invoice::decode(text) else { return };
    assert!(bolt11::is_bolt11(text) || !text.trim().to_lowercase().starts_with("lnbc"));
    assert_eq!(Invoice::decode(&format!("lightning:{}", text.trim())).as_ref(), Ok(&ours));
    let Ok(theirs) = text.parse::<Bolt11Invoice>() else { return };
    assert_eq!(ours.payment_hash, Some(theirs.payment_hash().to_byte_array()));
    assert_eq!(ours.payment_secret, Some(theirs.payment_secret().0));
    assert_eq!(ours.amount.map(|amount| amount.as_u64()), theirs.amount_milli_satoshis());
    assert_eq!(ours.created_at.0, theirs.duration_since_epoch().as_secs());
    assert_eq!(ours.expiry().0, theirs.expiry_time().as_secs());
    assert_eq!(u64::from(ours.min_final_cltv_expiry().0), theirs.min_final_cltv_expiry_delta());
    assert_eq!(ours.payee, theirs.get_payee_pub_key());
}

/// The first byte says how much of the rest is the amount; of what remains, each byte is a word.
fn signed(data: &[u8]) -> Option<String> {
    let (amount, rest) = data.split_first()?;
    let (amount, rest) = rest.split_at_checked(usize::from(*amount).min(MOST_HRP))?;
    let prefix = format!("lnbcrt{}", std::str::from_utf8(amount).ok()?.to_lowercase());
    let words: Vec<Fe32> = rest.iter().filter_map(|byte| Fe32::try_from(byte & 31).ok()).collect();
    let mut message = prefix.clone().into_bytes();
    message.extend(bytes(&words));
    let digest = Message::from_digest(sha256::Hash::hash(&message).to_byte_array());
    let key = SecretKey::from_slice(&[0x42; 32]).expect("a valid key");
    let signature = Secp256k1::new().sign_ecdsa_recoverable(&digest, &key);
    let (recovery, compact) = signature.serialize_compact();
    let last = u8::try_from(recovery.to_i32()).expect("0 to 3");
    let tail = compact.into_iter().chain([last]).bytes_to_fes();
    let hrp = Hrp::parse(&prefix).ok()?;
    Some(words.into_iter().chain(tail).with_checksum::<Bech32>(&hrp).chars().collect())
}

/// What is signed of the words: their bits, with zeros to fill the last byte.
fn bytes(words: &[Fe32]) -> Vec<u8> {
    let bits: Vec<u8> = words
        .iter()
        .flat_map(|word| (0..5).rev().map(move |bit| word.to_u8() >> bit & 1))
        .collect();
    let byte =
        |bits: &[u8]| bits.iter().enumerate().fold(0, |byte, (at, bit)| byte | bit << (7 - at));
    bits.chunks(8).map(byte).collect()
}
