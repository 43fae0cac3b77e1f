//! Which transactions touch a script or spend an output: found by looking through all blocks, for the chain is small.

use std::collections::HashSet;
use std::sync::Arc;

use bitcoin::hashes::{Hash, sha256};
use bitcoin::{OutPoint, Transaction, Txid};

use crate::blocks::StoredBlock;
use crate::chain::State;

/// A transaction and the active block it is in; `None` in the mempool.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) tx: Transaction,
    pub(crate) block: Option<Arc<StoredBlock>>,
}

/// What spends an output.
#[derive(Debug, Clone)]
pub(crate) struct Spend {
    pub(crate) txid: Txid,
    /// Index of the input that spends it.
    pub(crate) input: usize,
    /// The active block it is in; `None` in the mempool.
    pub(crate) block: Option<Arc<StoredBlock>>,
}

impl State {
    /// Blocks of the active chain from this height on, lowest first.
    fn active_from(&self, height: u32) -> impl Iterator<Item = &Arc<StoredBlock>> {
        let blocks = &self.ledger.blocks;
        (height..=blocks.tip().height).filter_map(|height| blocks.at_height(height))
    }

    /// A transaction and where it is.
    pub(crate) fn placed(&self, txid: &Txid) -> Option<Placed> {
        let block = self.ledger.block_of(txid).cloned();
        Some(Placed { tx: self.transaction(txid)?, block })
    }

    /// Transactions that pay to, or spend from, a script with this hash: oldest first, those in the mempool last.
    pub(crate) fn touching(&self, script_hash: &sha256::Hash) -> Vec<Placed> {
        let (mut outpoints, mut found) = (HashSet::new(), Vec::new());
        for stored in self.active_from(0) {
            for tx in &stored.block.txdata {
                if touches(tx, script_hash, &mut outpoints) {
                    found.push(Placed { tx: tx.clone(), block: Some(Arc::clone(stored)) });
                }
            }
        }
        for entry in self.mempool.iter() {
            if touches(&entry.tx, script_hash, &mut outpoints) {
                found.push(Placed { tx: entry.tx.as_ref().clone(), block: None });
            }
        }
        found
    }

    /// What spends an output of a transaction that exists, in the chain or in the mempool.
    pub(crate) fn spend(&self, outpoint: &OutPoint) -> Option<Spend> {
        let spending =
            |tx: &Transaction| tx.input.iter().position(|input| input.previous_output == *outpoint);
        if let Some(made) = self.ledger.block_of(&outpoint.txid) {
            for stored in self.active_from(made.height) {
                for tx in &stored.block.txdata {
                    if let Some(input) = spending(tx) {
                        let block = Some(Arc::clone(stored));
                        return Some(Spend { txid: tx.compute_txid(), input, block });
                    }
                }
            }
        }
        let entry = self.mempool.entry(self.mempool.spender(outpoint)?)?;
        Some(Spend { txid: entry.txid, input: spending(&entry.tx)?, block: None })
    }
}

/// Whether a transaction pays to the script or spends one of the `outpoints` that did; notes those that it makes.
fn touches(
    tx: &Transaction,
    script_hash: &sha256::Hash,
    outpoints: &mut HashSet<OutPoint>,
) -> bool {
    let spends = tx.input.iter().any(|input| outpoints.contains(&input.previous_output));
    let mut pays = false;
    for (vout, output) in (0..).zip(&tx.output) {
        if sha256::Hash::hash(output.script_pubkey.as_bytes()) == *script_hash {
            outpoints.insert(OutPoint { txid: tx.compute_txid(), vout });
            pays = true;
        }
    }
    spends || pays
}
