//! What the mempool asks beyond consensus, one transaction at a time.

use bitcoin::policy::{MAX_STANDARD_TX_SIGOPS_COST, MAX_STANDARD_TX_WEIGHT};
use bitcoin::{Amount, OutPoint, Transaction};

use super::refusal::MempoolRefusal;
use super::{Entry, Mempool};

/// Fee below which a transaction on its own is refused, in satoshis per 1000 vbytes.
pub const MIN_RELAY_FEE_SAT_PER_KVB: u64 = 1_000;

/// Bytes without witness below which a transaction could be taken for an inner merkle node.
const MIN_BASE_SIZE: usize = 65;

/// How many transactions may depend on one another, the new one included.
const MAX_CHAIN: usize = 25;

/// Virtual size of all transactions together, in vbytes: 50 full blocks.
const MAX_MEMPOOL_VSIZE: u64 = 50_000_000;

/// Limits of BIP 431, in vbytes.
const TRUC_MAX_VSIZE: u64 = 10_000;
const TRUC_CHILD_MAX_VSIZE: u64 = 1_000;

const TRUC_VERSION: i32 = 3;

/// The fee a size asks for at the minimum feerate, rounded up.
pub(super) fn min_relay_fee(vsize: u64) -> Amount {
    Amount::from_sat(vsize.saturating_mul(MIN_RELAY_FEE_SAT_PER_KVB).div_ceil(1_000))
}

/// Rules that need nothing but the transaction.
pub(super) fn check_form(tx: &Transaction) -> Result<(), MempoolRefusal> {
    if !(1..=TRUC_VERSION).contains(&tx.version.0) {
        return Err(MempoolRefusal::Version);
    }
    if tx.base_size() < MIN_BASE_SIZE {
        return Err(MempoolRefusal::TooSmall);
    }
    if tx.weight().to_wu() > MAX_STANDARD_TX_WEIGHT.into() {
        return Err(MempoolRefusal::TooLarge);
    }
    Ok(())
}

/// Rules that need the fee, and the mempool with the parents in it.
pub(super) fn check_entry(mempool: &Mempool, entry: &Entry) -> Result<(), MempoolRefusal> {
    if entry.sigop_cost > u64::from(MAX_STANDARD_TX_SIGOPS_COST) {
        return Err(MempoolRefusal::TooManySigops);
    }
    let dust = dust_outputs(entry);
    if let Some((output, _)) = dust.first()
        && (dust.len() > 1 || entry.fee > Amount::ZERO)
    {
        return Err(MempoolRefusal::Dust { output: *output });
    }
    if mempool.vsize() + entry.vsize > MAX_MEMPOOL_VSIZE {
        return Err(MempoolRefusal::Full);
    }
    check_chain(mempool, entry)?;
    check_truc(mempool, entry)
}

/// Outputs of a transaction that are worth less than they cost to spend, with their index.
pub(super) fn dust_outputs(entry: &Entry) -> Vec<(usize, OutPoint)> {
    (0..)
        .zip(entry.tx.output.iter().enumerate())
        .filter(|(_, (_, output))| {
            !output.script_pubkey.is_op_return()
                && output.value < output.script_pubkey.minimal_non_dust()
        })
        .map(|(vout, (index, _))| (index, OutPoint { txid: entry.txid, vout }))
        .collect()
}

fn check_chain(mempool: &Mempool, entry: &Entry) -> Result<(), MempoolRefusal> {
    let ancestors = mempool.ancestors(&entry.tx);
    let too_long = ancestors.len() >= MAX_CHAIN
        || ancestors.iter().any(|txid| mempool.with_descendants([*txid].into()).len() >= MAX_CHAIN);
    if too_long { Err(MempoolRefusal::ChainTooLong) } else { Ok(()) }
}

/// BIP 431. A sibling is not evicted, it stands in the way.
fn check_truc(mempool: &Mempool, entry: &Entry) -> Result<(), MempoolRefusal> {
    let is_truc = |tx: &Transaction| tx.version.0 == TRUC_VERSION;
    let parents = mempool.parents(&entry.tx);
    let violation = if parents
        .iter()
        .filter_map(|txid| mempool.entry(txid))
        .any(|parent| is_truc(&parent.tx) != is_truc(&entry.tx))
    {
        Some("parent and child differ in version")
    } else if !is_truc(&entry.tx) {
        None
    } else if entry.vsize > TRUC_MAX_VSIZE {
        Some("too large")
    } else if mempool.ancestors(&entry.tx).len() > 1 {
        Some("more than one ancestor")
    } else if !parents.is_empty() && entry.vsize > TRUC_CHILD_MAX_VSIZE {
        Some("child too large")
    } else if parents.iter().any(|txid| !mempool.children(txid).is_empty()) {
        Some("parent has a child already")
    } else {
        None
    };
    violation.map_or(Ok(()), |rule| Err(MempoolRefusal::Truc(rule)))
}
