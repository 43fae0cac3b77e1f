//! Spending all there is, and how fast what is spent is mined.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bitcoin::{Address, Amount, FeeRate, Psbt, ScriptBuf, Transaction, WScriptHash};

use crate::chain::BroadcastError;
use crate::error::WalletError;
use crate::node::Node;

/// How soon a transaction is to be mined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// Whenever: the least that is relayed.
    Minimum,
    /// Within a day.
    Day,
    /// Within two hours.
    TwoHours,
    /// Within an hour.
    Hour,
}

impl Node {
    /// What a transaction has to pay for this speed, as far as the chain source knows.
    pub fn fee_rate(&self, speed: Speed) -> FeeRate {
        self.fees.spending(speed)
    }

    /// Pays all that the wallet can spend to `address`, except what must stay for our channels. Returns when the
    /// transaction is in the mempool.
    ///
    /// # Errors
    /// As for [`Node::withdraw`].
    pub async fn withdraw_all(
        &self,
        address: &Address,
        fee_rate: Option<FeeRate>,
    ) -> Result<Transaction, WalletError> {
        let fee_rate = fee_rate.unwrap_or_else(|| self.fees.funding());
        let reserve = self.fundings.reserve.needed(0);
        let tx = self.wallet.build_all(address.script_pubkey(), fee_rate, reserve)?;
        self.send_kept(tx).await
    }

    /// The largest channel that the wallet could fund now: all that it can spend but the funding's fee and what must
    /// stay for our channels, this one included.
    ///
    /// # Errors
    /// When that is nothing.
    pub fn largest_funding(&self, fee_rate: Option<FeeRate>) -> Result<Amount, WalletError> {
        let fee_rate = fee_rate.unwrap_or_else(|| self.fees.funding());
        let reserve = self.fundings.reserve.needed(1);
        // Of the size that a channel's output has.
        let script =
            ScriptBuf::new_p2wsh(&WScriptHash::from_raw_hash(bitcoin::hashes::Hash::all_zeros()));
        self.wallet.most_for(script, fee_rate, reserve)
    }

    /// Sends a transaction of the wallet, which is kept first: one that was sent must not be forgotten.
    pub(crate) async fn send_kept(&self, tx: Transaction) -> Result<Transaction, WalletError> {
        self.wallet.record(tx.clone())?;
        match self.source.broadcast(std::slice::from_ref(&tx)).await {
            Ok(()) => Ok(tx),
            Err(BroadcastError::Refused(reason)) => {
                self.wallet.forget(tx.compute_txid())?;
                Err(WalletError::Build(reason))
            }
            // It may have arrived, and is sent again.
            Err(BroadcastError::Unreachable(error)) => {
                Err(WalletError::Unknown { txid: tx.compute_txid(), why: error.to_string() })
            }
        }
    }
}

/// A signed transaction as a finished PSBT, in base64. `None` for one that could not be in a PSBT.
pub fn finished_psbt(tx: &Transaction) -> Option<String> {
    let mut unsigned = tx.clone();
    for input in &mut unsigned.input {
        input.witness.clear();
        input.script_sig = ScriptBuf::new();
    }
    let mut psbt = Psbt::from_unsigned_tx(unsigned).ok()?;
    for (part, input) in psbt.inputs.iter_mut().zip(&tx.input) {
        part.final_script_witness = Some(input.witness.clone());
    }
    Some(STANDARD.encode(psbt.serialize()))
}
