//! The faucet's wallet: one well-known key, whose coins come from mining.

use std::cmp::Reverse;

use bitcoin::constants::COINBASE_MATURITY;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::{All, Message, Secp256k1, SecretKey};
use bitcoin::sighash::{EcdsaSighashType, P2wpkhError, SighashCache};
use bitcoin::{
    Address, Amount, CompressedPublicKey, KnownHrp, OutPoint, Script, ScriptBuf, Sequence,
    Transaction, TxIn, TxOut, Witness, absolute, ecdsa, transaction,
};

use crate::error::FaucetError;
use crate::ledger::Ledger;
use crate::mempool::Mempool;

/// What the faucet's own transactions pay, in satoshis per vbyte.
const FEE_SAT_PER_VB: u64 = 2;
/// Sizes in vbytes: everything but inputs and outputs, an input of ours, an output of ours, and an
/// output without its script.
const OVERHEAD_VSIZE: u64 = 11;
const INPUT_VSIZE: u64 = 68;
const CHANGE_VSIZE: u64 = 31;
const OUTPUT_VSIZE: u64 = 9;

/// A coin below this is left alone: spending it gains next to nothing.
const LEAST_COIN: Amount = Amount::from_sat(10_000);

/// Own unconfirmed change is spent only while it builds on fewer transactions than this.
const MAX_ANCESTORS: usize = 20;

/// The key everybody knows and the script it opens.
pub(crate) struct Wallet {
    secp: Secp256k1<All>,
    key: SecretKey,
    public: CompressedPublicKey,
    address: Address,
    script: ScriptBuf,
}

impl std::fmt::Debug for Wallet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wallet").field("address", &self.address).finish_non_exhaustive()
    }
}

struct Spendable {
    outpoint: OutPoint,
    value: Amount,
    confirmed: bool,
}

impl Wallet {
    pub(crate) fn new() -> Self {
        let secp = Secp256k1::new();
        let seed = sha256::Hash::hash(b"offerd regtest faucet").to_byte_array();
        let key = SecretKey::from_slice(&seed).expect("this hash is below the curve order");
        let public = CompressedPublicKey(key.public_key(&secp));
        let address = Address::p2wpkh(&public, KnownHrp::Regtest);
        let script = address.script_pubkey();
        Self { secp, key, public, address, script }
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// Builds and signs a payment of `amount` to `to`, with change back to the faucet.
    pub(crate) fn pay(
        &self,
        ledger: &Ledger,
        mempool: &Mempool,
        to: &Script,
        amount: Amount,
    ) -> Result<Transaction, FaucetError> {
        let coins = self.spendable(ledger, mempool);
        let available = coins.iter().map(|coin| coin.value).sum();
        let insufficient = FaucetError::Insufficient { available, wanted: amount };
        let output_vsize = OUTPUT_VSIZE + u64::try_from(to.len()).unwrap_or(u64::MAX);
        let mut vsize = OVERHEAD_VSIZE + CHANGE_VSIZE + output_vsize;
        let (mut chosen, mut sum) = (Vec::new(), Amount::ZERO);
        for coin in coins {
            vsize += INPUT_VSIZE;
            sum += coin.value;
            chosen.push(coin);
            let fee = Amount::from_sat(vsize * FEE_SAT_PER_VB);
            let needed = amount.checked_add(fee);
            if let Some(change) = needed.and_then(|needed| sum.checked_sub(needed)) {
                return Ok(self.build(&chosen, to, amount, change)?);
            }
        }
        Err(insufficient)
    }

    /// Coins the next block may spend, the confirmed and large ones first.
    fn spendable(&self, ledger: &Ledger, mempool: &Mempool) -> Vec<Spendable> {
        let confirmed = ledger
            .coins
            .iter()
            .filter(|(_, coin)| {
                !coin.coinbase || coin.height + COINBASE_MATURITY <= ledger.next_height()
            })
            .map(|(outpoint, coin)| (*outpoint, &coin.output, true));
        let unconfirmed = mempool
            .iter()
            .filter(|entry| mempool.ancestors(&entry.tx).len() < MAX_ANCESTORS)
            .flat_map(|entry| {
                (0..)
                    .zip(&entry.tx.output)
                    .map(|(vout, output)| (OutPoint { txid: entry.txid, vout }, output, false))
            });
        let mut coins: Vec<_> = confirmed
            .chain(unconfirmed)
            .filter(|(outpoint, output, _)| {
                output.script_pubkey == self.script
                    && output.value >= LEAST_COIN
                    && mempool.spender(outpoint).is_none()
            })
            .map(|(outpoint, output, confirmed)| Spendable {
                outpoint,
                value: output.value,
                confirmed,
            })
            .collect();
        coins.sort_by_key(|coin| (Reverse((coin.confirmed, coin.value)), coin.outpoint));
        coins
    }

    fn build(
        &self,
        coins: &[Spendable],
        to: &Script,
        amount: Amount,
        change: Amount,
    ) -> Result<Transaction, P2wpkhError> {
        let mut output = vec![TxOut { value: amount, script_pubkey: to.to_owned() }];
        if change >= LEAST_COIN {
            output.push(TxOut { value: change, script_pubkey: self.script.clone() });
        }
        let input = coins
            .iter()
            .map(|coin| TxIn {
                previous_output: coin.outpoint,
                sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
                ..TxIn::default()
            })
            .collect();
        let tx = Transaction {
            version: transaction::Version::TWO,
            lock_time: absolute::LockTime::ZERO,
            input,
            output,
        };
        self.sign(tx, coins)
    }

    fn sign(&self, mut tx: Transaction, coins: &[Spendable]) -> Result<Transaction, P2wpkhError> {
        let mut cache = SighashCache::new(&mut tx);
        for (index, coin) in coins.iter().enumerate() {
            let sighash_type = EcdsaSighashType::All;
            let sighash =
                cache.p2wpkh_signature_hash(index, &self.script, coin.value, sighash_type)?;
            let message = Message::from_digest(sighash.to_byte_array());
            let signature = self.secp.sign_ecdsa(&message, &self.key);
            let signature = ecdsa::Signature { signature, sighash_type };
            if let Some(witness) = cache.witness_mut(index) {
                *witness = Witness::p2wpkh(&signature, &self.public.0);
            }
        }
        Ok(tx)
    }
}
