//! The set of unspent outputs of the active chain. The engine keeps one too but does not show it.

use std::collections::HashMap;

use bitcoin::{Block, OutPoint, Transaction, TxOut};

/// An unspent output of the active chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Coin {
    /// The output itself.
    pub(crate) output: TxOut,
    /// Height of the block that made it.
    pub(crate) height: u32,
    /// Whether a coinbase made it, so that it matures after 100 blocks.
    pub(crate) coinbase: bool,
}

/// Coins a block spent, kept to undo it.
pub(crate) type Undo = Vec<(OutPoint, Coin)>;

/// Unspent outputs by outpoint.
#[derive(Debug, Default)]
pub(crate) struct Coins(HashMap<OutPoint, Coin>);

impl Coins {
    pub(crate) fn coin(&self, outpoint: &OutPoint) -> Option<&Coin> {
        self.0.get(outpoint)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&OutPoint, &Coin)> {
        self.0.iter()
    }

    /// Applies a block that the engine has accepted and returns what undoes it.
    pub(crate) fn connect(&mut self, block: &Block, height: u32) -> Undo {
        let mut undo = Undo::new();
        for tx in &block.txdata {
            for input in &tx.input {
                undo.extend(self.0.remove_entry(&input.previous_output));
            }
            for (outpoint, output) in spendable_outputs(tx) {
                let coin = Coin { output: output.clone(), height, coinbase: tx.is_coinbase() };
                self.0.insert(outpoint, coin);
            }
        }
        undo
    }

    /// Takes a block back, given what [`Coins::connect`] returned for it.
    pub(crate) fn disconnect(&mut self, block: &Block, undo: Undo) {
        self.0.extend(undo);
        for tx in &block.txdata {
            for (outpoint, _) in spendable_outputs(tx) {
                self.0.remove(&outpoint);
            }
        }
    }
}

fn spendable_outputs(tx: &Transaction) -> impl Iterator<Item = (OutPoint, &TxOut)> {
    let txid = tx.compute_txid();
    (0..)
        .zip(&tx.output)
        .filter(|(_, output)| !output.script_pubkey.is_op_return())
        .map(move |(vout, output)| (OutPoint { txid, vout }, output))
}
