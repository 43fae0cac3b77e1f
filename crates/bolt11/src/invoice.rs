//! An invoice as a whole.

use alloc::string::String;
use alloc::vec::Vec;

use bitcoin_hashes::{Hash as _, sha256};
use bolt1::{CltvDelta, Msat, PublicKey, Seconds, Timestamp};
use secp256k1::ecdsa::{RecoverableSignature, RecoveryId, Signature};
use secp256k1::{Message, Secp256k1};

use crate::words::{self, Words};
use crate::{Bolt11Error, Fallback, RouteHop, UnknownField, amount, field};

/// The scheme that may stand before a string, in any case.
const URI_SCHEME: &str = "lightning:";
/// Words of the time.
const TIMESTAMP_WORDS: usize = 7;
/// Words of the signature: 64 bytes and the recovery id.
const SIGNATURE_WORDS: usize = 104;
/// How long an invoice lives that does not say.
const DEFAULT_EXPIRY: u64 = 3_600;
/// Blocks that the last HTLC must have left, where the invoice does not say.
const DEFAULT_FINAL_DELAY: u64 = 18;

/// An invoice that was read, its signature checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// The prefix of its chain: `bc`, `tb`, `tbs` or `bcrt`.
    pub currency: &'static str,
    /// What it asks; `None` where the payer chooses.
    pub amount: Option<Msat>,
    /// When it was made.
    pub created_at: Timestamp,
    /// The hash of the preimage that proves payment, 32 bytes.
    pub payment_hash: Option<[u8; 32]>,
    /// What its payer shows, 32 bytes.
    pub payment_secret: Option<[u8; 32]>,
    /// What is paid for. Peer text.
    pub description: Option<String>,
    /// SHA-256 of a description that is told elsewhere.
    pub description_hash: Option<[u8; 32]>,
    /// What the payee wants to have back with the payment.
    pub payment_metadata: Option<Vec<u8>>,
    /// Its feature bits, big-endian without leading zeros.
    pub features: Option<Vec<u8>>,
    /// Addresses on the chain, best first.
    pub fallbacks: Vec<Fallback>,
    /// Ways to the payee over channels that are not announced.
    pub routes: Vec<Vec<RouteHop>>,
    /// Fields that have no meaning here.
    pub unknown: Vec<UnknownField>,
    pub(crate) named_payee: Option<PublicKey>,
    pub(crate) named_expiry: Option<u64>,
    pub(crate) named_final_delay: Option<u64>,
    /// Who has signed it, and is to be paid.
    pub payee: PublicKey,
    /// Its signature.
    pub signature: Signature,
}

/// Whether a string looks like one of BOLT 11, with or without `lightning:` and in any case. Nothing of it is read.
pub fn is_bolt11(string: &str) -> bool {
    let begins = |prefix: &str| {
        bare(string).get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    ["lnbc", "lntb"].into_iter().any(begins)
}

/// The string without white space around it and without its scheme.
fn bare(string: &str) -> &str {
    let string = string.trim();
    match string.split_at_checked(URI_SCHEME.len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(URI_SCHEME) => rest,
        Some(_) | None => string,
    }
}

impl Invoice {
    /// Reads a string and checks its signature.
    ///
    /// # Errors
    /// [`Bolt11Error`] says what is wrong with it.
    pub fn decode(string: &str) -> Result<Self, Bolt11Error> {
        let (hrp, all) = words::split(bare(string))?;
        let (currency, amount) = amount::read(&hrp)?;
        let signed = all.len().checked_sub(SIGNATURE_WORDS).ok_or(Bolt11Error::Truncated)?;
        let (data, signature) = all.split_at_checked(signed).ok_or(Bolt11Error::Truncated)?;
        let message = [hrp.as_bytes(), &words::padded_bytes(data)].concat();
        let (signature, recovered) = signer(&message, &words::bytes(signature))?;
        let mut fields = Words(data);
        let created_at = Timestamp(fields.number(TIMESTAMP_WORDS)?);
        let mut invoice = Self {
            currency,
            amount,
            created_at,
            payment_hash: None,
            payment_secret: None,
            description: None,
            description_hash: None,
            payment_metadata: None,
            features: None,
            fallbacks: Vec::new(),
            routes: Vec::new(),
            unknown: Vec::new(),
            named_payee: None,
            named_expiry: None,
            named_final_delay: None,
            payee: recovered,
            signature,
        };
        field::read_all(fields, &mut invoice)?;
        invoice.check(&message)?;
        Ok(invoice)
    }

    /// How long it may be paid.
    pub fn expiry(&self) -> Seconds {
        Seconds(self.named_expiry.unwrap_or(DEFAULT_EXPIRY))
    }

    /// Blocks that the last HTLC must have left when it arrives.
    pub fn min_final_cltv_expiry(&self) -> CltvDelta {
        let blocks = self.named_final_delay.unwrap_or(DEFAULT_FINAL_DELAY);
        CltvDelta(u32::try_from(blocks).unwrap_or(u32::MAX))
    }

    /// What must be in it, and whether the payee that it names has signed it.
    fn check(&mut self, message: &[u8]) -> Result<(), Bolt11Error> {
        if self.payment_hash.is_none() {
            return Err(Bolt11Error::Missing("payment_hash"));
        }
        if self.description.is_none() && self.description_hash.is_none() {
            return Err(Bolt11Error::Missing("description"));
        }
        if let Some(named) = self.named_payee {
            let secp = Secp256k1::verification_only();
            let verified = secp.verify_ecdsa(&digest(message), &self.signature, &named);
            verified.map_err(|_| Bolt11Error::Signature)?;
            self.payee = named;
        }
        Ok(())
    }
}

fn digest(message: &[u8]) -> Message {
    Message::from_digest(sha256::Hash::hash(message).to_byte_array())
}

/// The signature, and the key that it was made with.
fn signer(message: &[u8], bytes: &[u8]) -> Result<(Signature, PublicKey), Bolt11Error> {
    let wrong = |_| Bolt11Error::Signature;
    let (recovery, compact) = bytes.split_last().ok_or(Bolt11Error::Truncated)?;
    let recovery = RecoveryId::from_i32(i32::from(*recovery)).map_err(wrong)?;
    let signature = RecoverableSignature::from_compact(compact, recovery).map_err(wrong)?;
    let secp = Secp256k1::verification_only();
    let key = secp.recover_ecdsa(&digest(message), &signature).map_err(wrong)?;
    Ok((signature.to_standard(), key))
}
