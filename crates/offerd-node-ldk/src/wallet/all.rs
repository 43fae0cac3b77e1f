//! Transactions that spend every coin.

use bdk_wallet::KeychainKind;
use bitcoin::{Amount, FeeRate, OutPoint, Psbt, ScriptBuf, Transaction};

use super::{Coin, Inner, OnchainWallet, build_failed};
use crate::error::WalletError;
use crate::locks::lock;

impl OnchainWallet {
    /// Builds and signs a transaction that pays to `script` all that is confirmed and not set aside, but `reserve`,
    /// which comes back to us. Sets its coins aside.
    pub(crate) fn build_all(
        &self,
        script: ScriptBuf,
        fee_rate: FeeRate,
        reserve: Amount,
    ) -> Result<Transaction, WalletError> {
        let mut inner = lock(&self.inner);
        let mut psbt = inner.all_to(script, fee_rate, reserve)?;
        if !inner.sign(&mut psbt)? {
            return Err(build_failed("a signature is missing"));
        }
        let tx = psbt.extract_tx().map_err(build_failed)?;
        inner.persist()?;
        inner.set_aside.extend(tx.input.iter().map(|input| input.previous_output));
        Ok(tx)
    }

    /// What [`OnchainWallet::build_all`] would pay to `script`. Nothing is built.
    pub(crate) fn most_for(
        &self,
        script: ScriptBuf,
        fee_rate: FeeRate,
        reserve: Amount,
    ) -> Result<Amount, WalletError> {
        let mut inner = lock(&self.inner);
        let psbt = inner.all_to(script.clone(), fee_rate, reserve)?;
        let paid = psbt.unsigned_tx.output.iter().find(|output| output.script_pubkey == script);
        paid.map(|output| output.value).ok_or_else(|| build_failed("nothing is left to pay"))
    }
}

impl Inner {
    fn all_to(
        &mut self,
        script: ScriptBuf,
        fee_rate: FeeRate,
        reserve: Amount,
    ) -> Result<Psbt, WalletError> {
        let available: Amount =
            self.coins().filter(Coin::is_spendable).map(|coin| coin.txout.value).sum();
        let least = script.minimal_non_dust();
        let insufficient = || WalletError::Insufficient { needed: least, available, reserve };
        if least.checked_add(reserve).is_none_or(|sum| sum > available) {
            return Err(insufficient());
        }
        let home = self.wallet.next_unused_address(KeychainKind::Internal).script_pubkey();
        let set_aside: Vec<OutPoint> = self.set_aside.iter().copied().collect();
        let mut builder = self.wallet.build_tx();
        builder
            .drain_wallet()
            .drain_to(script)
            .fee_rate(fee_rate)
            .exclude_unconfirmed()
            .unspendable(set_aside);
        if reserve > Amount::ZERO {
            builder.add_recipient(home, reserve);
        }
        let psbt = builder.finish().map_err(|error| {
            if is_too_little(&error) { insufficient() } else { build_failed(error) }
        })?;
        Ok(psbt)
    }
}

/// Whether the coins do not even pay for the fee and the reserve.
#[allow(clippy::wildcard_enum_match_arm, reason = "all others are faults of another kind")]
fn is_too_little(error: &bdk_wallet::error::CreateTxError) -> bool {
    use bdk_wallet::error::CreateTxError;
    matches!(
        error,
        CreateTxError::CoinSelection(_)
            | CreateTxError::OutputBelowDustLimit(_)
            | CreateTxError::NoUtxosSelected
    )
}
