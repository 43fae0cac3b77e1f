//! Replacement: who pays more takes the place. As in bitcoind, nobody has to have signalled it.

use std::collections::BTreeSet;
use std::sync::Arc;

use bitcoin::{Amount, Transaction, Txid};

use super::accept::totals;
use super::refusal::MempoolRefusal;
use super::{Entry, Mempool};

/// How many transactions a group may evict.
const MAX_EVICTED: usize = 100;

/// What a replacement pays beyond what it evicts, in satoshis per 1000 vbytes of its own size.
const INCREMENTAL_FEE_SAT_PER_KVB: u64 = 1_000;

/// What a group would push out of the mempool.
#[derive(Debug)]
pub(super) struct Replacement {
    /// Spenders of the same outputs.
    conflicts: BTreeSet<Txid>,
    /// The conflicts and everything that builds on them.
    pub(super) evicted: BTreeSet<Txid>,
}

impl Replacement {
    pub(super) fn by(mempool: &Mempool, group: &[Arc<Transaction>]) -> Self {
        let spent = group.iter().flat_map(|tx| &tx.input).map(|input| &input.previous_output);
        let conflicts: BTreeSet<_> =
            spent.filter_map(|outpoint| mempool.spender(outpoint).copied()).collect();
        let evicted = mempool.with_descendants(conflicts.clone());
        Self { conflicts, evicted }
    }

    /// Whether `taken` pays for the replacement: all that was offered and the incremental fee
    /// beyond, at a feerate above that of every conflict.
    pub(super) fn check(&self, before: &Mempool, taken: &[Entry]) -> Result<(), MempoolRefusal> {
        if self.conflicts.is_empty() {
            return Ok(());
        }
        if self.evicted.len() > MAX_EVICTED {
            return Err(MempoolRefusal::TooManyReplaced);
        }
        let (fee, vsize) = totals(taken);
        let offered: Amount =
            self.evicted.iter().filter_map(|txid| before.entry(txid)).map(|entry| entry.fee).sum();
        let more = vsize.saturating_mul(INCREMENTAL_FEE_SAT_PER_KVB).div_ceil(1_000);
        let by_fee = offered + Amount::from_sat(more);
        let by_feerate = self
            .conflicts
            .iter()
            .filter_map(|txid| before.entry(txid))
            .map(|conflict| fee_just_above(conflict, vsize))
            .max()
            .unwrap_or(Amount::ZERO);
        let needed = by_fee.max(by_feerate);
        if fee < needed { Err(MempoolRefusal::ReplacementFee { fee, needed }) } else { Ok(()) }
    }
}

/// The least fee at which `vsize` vbytes pay a higher feerate than `conflict` does.
fn fee_just_above(conflict: &Entry, vsize: u64) -> Amount {
    let product = u128::from(conflict.fee.to_sat()) * u128::from(vsize);
    let fee = product / u128::from(conflict.vsize.max(1)) + 1;
    Amount::from_sat(u64::try_from(fee).unwrap_or(u64::MAX))
}
