//! The wallet as the `lightning` crate asks for it: to pay for closing channels, and to receive what comes of it.

use bdk_wallet::KeychainKind;
use bitcoin::{Psbt, ScriptBuf, Transaction};
use lightning::events::bump_transaction::Utxo;
use lightning::events::bump_transaction::sync::WalletSourceSync;
use lightning::sign::ChangeDestinationSourceSync;
use tracing::warn;

use super::{Coin, OnchainWallet};
use crate::error::WalletError;
use crate::locks::lock;

impl OnchainWallet {
    fn change_script(&self) -> Result<ScriptBuf, WalletError> {
        Ok(self.reveal(KeychainKind::Internal)?.script_pubkey())
    }

    /// Where the coins of a channel go when it ends: an address that none has come to so far. Several channels may
    /// get the same, since most of those that strangers ask for never come to be, and each new address is one more to
    /// watch for ever.
    pub(crate) fn closing_script(&self) -> Result<ScriptBuf, ()> {
        let mut inner = lock(&self.inner);
        let address = inner.wallet.next_unused_address(KeychainKind::Internal).address;
        inner.persist().map_err(|error| warn!(%error, "no address for a channel's end"))?;
        Ok(address.script_pubkey())
    }
}

fn utxo(coin: Coin) -> Option<Utxo> {
    let program = coin.txout.script_pubkey.as_bytes().get(2..)?;
    let key_hash = bitcoin::hashes::Hash::from_slice(program).ok()?;
    Some(Utxo::new_v0_p2wpkh(coin.outpoint, coin.txout.value, &key_hash))
}

impl WalletSourceSync for OnchainWallet {
    fn list_confirmed_utxos(&self) -> Result<Vec<Utxo>, ()> {
        Ok(self.coins().into_iter().filter(Coin::is_spendable).filter_map(utxo).collect())
    }

    fn get_change_script(&self) -> Result<ScriptBuf, ()> {
        self.change_script().map_err(|error| warn!(%error, "no address for change"))
    }

    fn sign_psbt(&self, mut psbt: Psbt) -> Result<Transaction, ()> {
        let inner = lock(&self.inner);
        for (input, outpoint) in psbt.inputs.iter_mut().zip(&psbt.unsigned_tx.input) {
            if let Some(ours) = inner.wallet.get_utxo(outpoint.previous_output) {
                *input = inner
                    .wallet
                    .get_psbt_input(ours, None, true)
                    .map_err(|error| warn!(%error, "cannot describe a coin"))?;
            }
        }
        // Inputs that are not ours stay unsigned: the crate signs those.
        inner.sign(&mut psbt).map_err(|error| warn!(%error, "cannot sign"))?;
        Ok(psbt.extract_tx_unchecked_fee_rate())
    }
}

impl ChangeDestinationSourceSync for OnchainWallet {
    fn get_change_destination_script(&self) -> Result<ScriptBuf, ()> {
        self.get_change_script()
    }
}
