//! Keys that channels pay to, without knowing anything of the channels.
//!
//! Our balance when the peer closes (`to_remote`, BOLT 3) is for a key `m/8'/i'` from the BIP 32 master key of the
//! Lightning seed, i from 0 to 999; which one depends on the channel. The output is P2WPKH, or with anchors a P2WSH that
//! needs one confirmation.
//!
//! Everything else that a channel may pay to us without a delay goes to addresses of the wallet, which finds it.

use std::collections::HashMap;
use std::fmt;

use bitcoin::bip32::{ChildNumber, Xpriv};
use bitcoin::hashes::Hash as _;
use bitcoin::opcodes::all::{OP_CHECKSIGVERIFY, OP_CSV};
use bitcoin::script::Builder;
use bitcoin::secp256k1::{All, Message, Secp256k1, SecretKey};
use bitcoin::sighash::SighashCache;
use bitcoin::{
    Amount, CompressedPublicKey, EcdsaSighashType, Network, Script, ScriptBuf, Sequence,
    Transaction, Witness,
};
use lightning::sign::STATIC_PAYMENT_KEY_COUNT;
use serde::{Deserialize, Serialize};

use crate::error::NodeError;

const TO_REMOTE_CHILD: u32 = 8;

/// Which key an output is for, and how it is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum KeyRef {
    /// `to_remote` of a channel without anchors.
    ToRemote(u16),
    /// `to_remote` of a channel with anchors.
    ToRemoteAnchors(u16),
}

/// The keys, and the scripts that pay to them.
pub(super) struct RescueKeys {
    secp: Secp256k1<All>,
    master: Xpriv,
    scripts: HashMap<ScriptBuf, KeyRef>,
}

impl fmt::Debug for RescueKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RescueKeys(…)")
    }
}

impl RescueKeys {
    /// Derives all of them.
    pub(super) fn new(lightning_seed: &[u8; 32]) -> Result<Self, NodeError> {
        // For which network does not matter: the key is never written.
        let master = Xpriv::new_master(Network::Bitcoin, lightning_seed).map_err(no_key)?;
        let mut keys = Self { secp: Secp256k1::new(), master, scripts: HashMap::new() };
        for index in 0..STATIC_PAYMENT_KEY_COUNT {
            for key in [KeyRef::ToRemote(index), KeyRef::ToRemoteAnchors(index)] {
                keys.add(key)?;
            }
        }
        Ok(keys)
    }

    fn add(&mut self, key: KeyRef) -> Result<(), NodeError> {
        let script = self.script(key)?;
        self.scripts.insert(script, key);
        Ok(())
    }

    /// The key of an output with this script, if it is one of ours.
    pub(super) fn find(&self, script: &Script) -> Option<KeyRef> {
        self.scripts.get(script).copied()
    }

    fn secret(&self, key: KeyRef) -> Result<SecretKey, NodeError> {
        let (KeyRef::ToRemote(index) | KeyRef::ToRemoteAnchors(index)) = key;
        let path = [hardened(TO_REMOTE_CHILD)?, hardened(u32::from(index))?];
        Ok(self.master.derive_priv(&self.secp, &path).map_err(no_key)?.private_key)
    }

    fn public(&self, key: KeyRef) -> Result<CompressedPublicKey, NodeError> {
        Ok(CompressedPublicKey(self.secret(key)?.public_key(&self.secp)))
    }

    fn script(&self, key: KeyRef) -> Result<ScriptBuf, NodeError> {
        let public = self.public(key)?;
        Ok(match key {
            KeyRef::ToRemoteAnchors(_) => {
                ScriptBuf::new_p2wsh(&anchors_script(&public).wscript_hash())
            }
            KeyRef::ToRemote(_) => ScriptBuf::new_p2wpkh(&public.wpubkey_hash()),
        })
    }

    /// Signs input `index` of `tx`, which spends an output of `value` to this key.
    pub(super) fn sign(
        &self,
        tx: &Transaction,
        index: usize,
        key: KeyRef,
        value: Amount,
    ) -> Result<Witness, NodeError> {
        let public = self.public(key)?;
        let mut cache = SighashCache::new(tx);
        let all = EcdsaSighashType::All;
        let (hash, last) = match key {
            KeyRef::ToRemoteAnchors(_) => {
                let script = anchors_script(&public);
                let hash =
                    cache.p2wsh_signature_hash(index, &script, value, all).map_err(no_key)?;
                (hash.to_byte_array(), script.into_bytes())
            }
            KeyRef::ToRemote(_) => {
                let script = ScriptBuf::new_p2wpkh(&public.wpubkey_hash());
                let hash =
                    cache.p2wpkh_signature_hash(index, &script, value, all).map_err(no_key)?;
                (hash.to_byte_array(), public.to_bytes().to_vec())
            }
        };
        let signature = self.secp.sign_ecdsa_low_r(&Message::from_digest(hash), &self.secret(key)?);
        let mut first = signature.serialize_der().to_vec();
        first.push(all.to_u32().try_into().unwrap_or(1));
        Ok(Witness::from_slice(&[first, last]))
    }
}

impl KeyRef {
    /// What an input that spends such an output must say.
    pub(super) fn sequence(self) -> Sequence {
        match self {
            Self::ToRemoteAnchors(_) => Sequence::from_height(1),
            Self::ToRemote(_) => Sequence::ENABLE_RBF_NO_LOCKTIME,
        }
    }
}

/// `to_remote` with anchors (BOLT 3).
fn anchors_script(key: &CompressedPublicKey) -> ScriptBuf {
    Builder::new()
        .push_slice(key.to_bytes())
        .push_opcode(OP_CHECKSIGVERIFY)
        .push_int(1)
        .push_opcode(OP_CSV)
        .into_script()
}

fn hardened(index: u32) -> Result<ChildNumber, NodeError> {
    ChildNumber::from_hardened_idx(index).map_err(no_key)
}

fn no_key(error: impl fmt::Display) -> NodeError {
    NodeError::Corrupt { what: "the seed", why: error.to_string() }
}

#[cfg(test)]
mod tests {
    use lightning::sign::KeysManager;

    use super::*;

    #[test]
    fn these_are_the_scripts_that_channels_pay_to() {
        let seed = [7; 32];
        let ours = RescueKeys::new(&seed).unwrap();
        let theirs = KeysManager::new(&seed, 1, 2, true);
        let balances = theirs.possible_v2_counterparty_closed_balance_spks(&Secp256k1::new());
        assert!(balances.len() > 1_000);
        for script in &balances {
            assert!(ours.find(script).is_some(), "{script}");
        }
        assert_eq!(ours.scripts.len(), balances.len());
    }
}
