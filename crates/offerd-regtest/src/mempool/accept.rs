//! How transactions get in: as a group that is taken whole or not at all.
//!
//! A transaction on its own is a group of one. The group works on a copy of the mempool from which
//! what it replaces has been taken, so every member sees the mempool as it will be.

use std::collections::BTreeSet;
use std::sync::Arc;

use bitcoin::constants::COINBASE_MATURITY;
use bitcoin::{Amount, OutPoint, Transaction, TxOut, Txid};

use super::refusal::MempoolRefusal;
use super::replace::Replacement;
use super::{Entry, Mempool, policy};
use crate::coins::Coin;
use crate::kernel::KernelTransaction;
use crate::ledger::Ledger;
use crate::locks::{NextBlock, has_relative_locks};

/// On what terms transactions come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Sent by somebody: consensus and policy.
    Relay,
    /// Back from a block that a reorganisation undid: consensus alone.
    Return,
}

/// A refusal and the index of the group's member that caused it.
pub(super) type Blamed = (usize, MempoolRefusal);

impl Mempool {
    /// Takes one transaction and returns what it replaced. `now` is in seconds since 1970.
    pub(crate) fn accept(
        &mut self,
        ledger: &Ledger,
        tx: Transaction,
        admission: Admission,
        now: u64,
    ) -> Result<BTreeSet<Txid>, MempoolRefusal> {
        self.accept_group(ledger, &[Arc::new(tx)], admission, now).map_err(|(_, refusal)| refusal)
    }

    /// Takes all of `group`, parents before children, or none. Fees are asked of the group.
    pub(super) fn accept_group(
        &mut self,
        ledger: &Ledger,
        group: &[Arc<Transaction>],
        admission: Admission,
        now: u64,
    ) -> Result<BTreeSet<Txid>, Blamed> {
        for (index, tx) in group.iter().enumerate() {
            self.check_new(ledger, tx, admission).map_err(|refusal| (index, refusal))?;
        }
        let replacement = Replacement::by(self, group);
        let mut trial = self.clone();
        for txid in &replacement.evicted {
            trial.remove(txid);
        }
        let mut taken = Vec::new();
        for (index, tx) in group.iter().enumerate() {
            let entry = trial
                .examine(ledger, tx, &replacement.evicted, now)
                .map_err(|refusal| (index, refusal))?;
            if admission == Admission::Relay {
                policy::check_entry(&trial, &entry).map_err(|refusal| (index, refusal))?;
            }
            trial.insert(entry.clone());
            taken.push(entry);
        }
        if admission == Admission::Relay {
            let last = group.len().saturating_sub(1);
            check_fees(&taken).map_err(|refusal| (last, refusal))?;
            replacement.check(self, &taken).map_err(|refusal| (last, refusal))?;
            trial.check_ephemeral_dust(&taken)?;
        }
        *self = trial;
        Ok(replacement.evicted)
    }

    /// Rules that need neither coins nor other transactions.
    fn check_new(
        &self,
        ledger: &Ledger,
        tx: &Transaction,
        admission: Admission,
    ) -> Result<(), MempoolRefusal> {
        let txid = tx.compute_txid();
        if let Some(entry) = self.entry(&txid) {
            return Err(if entry.wtxid == tx.compute_wtxid() {
                MempoolRefusal::AlreadyInMempool
            } else {
                MempoolRefusal::OtherWitnessInMempool
            });
        }
        if ledger.block_of(&txid).is_some() {
            return Err(MempoolRefusal::AlreadyMined);
        }
        if tx.is_coinbase() {
            return Err(MempoolRefusal::Coinbase);
        }
        if !KernelTransaction::new(tx).is_ok_and(|tx| tx.is_sound()) {
            return Err(MempoolRefusal::Malformed);
        }
        if admission == Admission::Relay { policy::check_form(tx) } else { Ok(()) }
    }

    /// Consensus rules for the next block, given this mempool, from which `evicted` are gone.
    fn examine(
        &self,
        ledger: &Ledger,
        tx: &Arc<Transaction>,
        evicted: &BTreeSet<Txid>,
        now: u64,
    ) -> Result<Entry, MempoolRefusal> {
        let next = NextBlock::after(ledger);
        if !next.satisfies_lock_time(tx) {
            return Err(MempoolRefusal::NonFinal);
        }
        let mut spent = Vec::with_capacity(tx.input.len());
        for (index, input) in tx.input.iter().enumerate() {
            let outpoint = input.previous_output;
            let coin = self.spendable(ledger, &outpoint, evicted)?;
            if coin.coinbase && coin.height.saturating_add(COINBASE_MATURITY) > next.height {
                let spendable_at = coin.height.saturating_add(COINBASE_MATURITY);
                return Err(MempoolRefusal::ImmatureCoinbase { spendable_at });
            }
            let coin_time = || {
                let before = coin.height.saturating_sub(1);
                ledger.blocks.at_height(before).map_or(0, |b| ledger.blocks.median_time_past(b))
            };
            if has_relative_locks(tx) && !next.satisfies_sequence(input.sequence, &coin, coin_time)
            {
                return Err(MempoolRefusal::SequenceLocked { input: index });
            }
            spent.push(coin.output);
        }
        let fee = fee(tx, &spent)?;
        KernelTransaction::new(tx)
            .map_err(|_| MempoolRefusal::Malformed)?
            .verify_scripts(&spent)
            .map_err(|input| MempoolRefusal::Script { input })?;
        Ok(entry(tx, &spent, fee, ledger.height(), now))
    }

    /// The coin at `outpoint`, from the chain or from a transaction here.
    fn spendable(
        &self,
        ledger: &Ledger,
        outpoint: &OutPoint,
        evicted: &BTreeSet<Txid>,
    ) -> Result<Coin, MempoolRefusal> {
        if evicted.contains(&outpoint.txid) {
            return Err(MempoolRefusal::SpendsReplaced { txid: outpoint.txid });
        }
        let missing = MempoolRefusal::MissingInput { outpoint: *outpoint };
        if self.spender(outpoint).is_some() {
            return Err(missing); // by another member of the group: all else has been evicted
        }
        let unconfirmed = || {
            Coin {
                output: self.output(outpoint)?.clone(),
                height: ledger.next_height(),
                coinbase: false,
            }
            .into()
        };
        ledger.coin(outpoint).cloned().or_else(unconfirmed).ok_or(missing)
    }

    /// Dust is let in only where the group spends it again.
    fn check_ephemeral_dust(&self, taken: &[Entry]) -> Result<(), Blamed> {
        for (index, entry) in taken.iter().enumerate() {
            let kept = policy::dust_outputs(entry)
                .into_iter()
                .find(|(_, outpoint)| self.spender(outpoint).is_none());
            if let Some((output, _)) = kept {
                return Err((index, MempoolRefusal::Dust { output }));
            }
        }
        Ok(())
    }
}

fn check_fees(taken: &[Entry]) -> Result<(), MempoolRefusal> {
    let (fee, vsize) = totals(taken);
    let needed = policy::min_relay_fee(vsize);
    if fee < needed { Err(MempoolRefusal::FeeTooLow { fee, needed }) } else { Ok(()) }
}

/// Fee and virtual size of a group together.
pub(super) fn totals(taken: &[Entry]) -> (Amount, u64) {
    (taken.iter().map(|entry| entry.fee).sum(), taken.iter().map(|entry| entry.vsize).sum())
}

fn fee(tx: &Transaction, spent: &[TxOut]) -> Result<Amount, MempoolRefusal> {
    let sum = |outputs: &[TxOut]| {
        outputs.iter().try_fold(Amount::ZERO, |sum, output| sum.checked_add(output.value))
    };
    let (inputs, outputs) = sum(spent).zip(sum(&tx.output)).ok_or(MempoolRefusal::Malformed)?;
    inputs.checked_sub(outputs).ok_or(MempoolRefusal::OutputsAboveInputs)
}

fn entry(tx: &Arc<Transaction>, spent: &[TxOut], fee: Amount, height: u32, now: u64) -> Entry {
    let prevout = |outpoint: &OutPoint| {
        let index = tx.input.iter().position(|input| input.previous_output == *outpoint)?;
        spent.get(index).cloned()
    };
    Entry {
        txid: tx.compute_txid(),
        wtxid: tx.compute_wtxid(),
        vsize: tx.weight().to_vbytes_ceil(),
        fee,
        sigop_cost: u64::try_from(tx.total_sigop_cost(prevout)).unwrap_or(u64::MAX),
        time: now,
        height,
        tx: Arc::clone(tx),
    }
}
