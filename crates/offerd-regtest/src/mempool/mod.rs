//! Transactions waiting to be mined, in the order they came, parents before children.
//!
//! How they get in is [`accept`]; why they do not is [`refusal`].

mod accept;
mod package;
mod policy;
mod refusal;
mod replace;

pub use package::{PackageMember, PackageReport};
pub use policy::MIN_RELAY_FEE_SAT_PER_KVB;
pub use refusal::{MempoolRefusal, PackageRefusal};

pub(crate) use accept::Admission;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use bitcoin::{Amount, Block, OutPoint, Transaction, TxOut, Txid, Wtxid};

/// A transaction in the mempool.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) tx: Arc<Transaction>,
    pub(crate) txid: Txid,
    pub(crate) wtxid: Wtxid,
    /// Virtual size in vbytes.
    pub(crate) vsize: u64,
    pub(crate) fee: Amount,
    /// Signature operations as a block counts them.
    pub(crate) sigop_cost: u64,
    /// When it came, in seconds since 1970.
    pub(crate) time: u64,
    /// Height of the tip when it came.
    pub(crate) height: u32,
}

/// The mempool. A clone shares the transactions, so a trial run costs little.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mempool {
    /// By order of arrival, which puts parents before children.
    entries: BTreeMap<u64, Entry>,
    arrival: HashMap<Txid, u64>,
    spenders: HashMap<OutPoint, Txid>,
    next_arrival: u64,
}

impl Mempool {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn contains(&self, txid: &Txid) -> bool {
        self.arrival.contains_key(txid)
    }

    pub(crate) fn entry(&self, txid: &Txid) -> Option<&Entry> {
        self.entries.get(self.arrival.get(txid)?)
    }

    /// Entries with parents before children.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// How many transactions ever came. Two equal counts at one tip mean nothing has changed.
    pub(crate) fn arrivals(&self) -> u64 {
        self.next_arrival
    }

    /// Takes everything out, parents before children.
    pub(crate) fn drain(&mut self) -> Vec<Transaction> {
        self.arrival.clear();
        self.spenders.clear();
        let entries = std::mem::take(&mut self.entries);
        entries.into_values().map(|entry| Arc::unwrap_or_clone(entry.tx)).collect()
    }

    /// The transaction here that spends `outpoint`.
    pub(crate) fn spender(&self, outpoint: &OutPoint) -> Option<&Txid> {
        self.spenders.get(outpoint)
    }

    /// The output at `outpoint` if a transaction here makes it, spent or not.
    pub(crate) fn output(&self, outpoint: &OutPoint) -> Option<&TxOut> {
        let entry = self.entry(&outpoint.txid)?;
        entry.tx.output.get(usize::try_from(outpoint.vout).ok()?)
    }

    /// Virtual size of everything here, in vbytes.
    pub(crate) fn vsize(&self) -> u64 {
        self.iter().map(|entry| entry.vsize).sum()
    }

    /// Transactions here whose outputs `tx` spends.
    pub(crate) fn parents(&self, tx: &Transaction) -> BTreeSet<Txid> {
        let spent = tx.input.iter().map(|input| input.previous_output.txid);
        spent.filter(|txid| self.contains(txid)).collect()
    }

    /// Transactions here that spend outputs of `txid`.
    pub(crate) fn children(&self, txid: &Txid) -> BTreeSet<Txid> {
        let outputs = self.entry(txid).map_or(0, |entry| entry.tx.output.len());
        (0..)
            .take(outputs)
            .filter_map(|vout| self.spender(&OutPoint { txid: *txid, vout }).copied())
            .collect()
    }

    /// All transactions here that `tx` builds on, itself left out.
    pub(crate) fn ancestors(&self, tx: &Transaction) -> BTreeSet<Txid> {
        closure(self.parents(tx), |txid| {
            self.entry(txid).map(|entry| self.parents(&entry.tx)).unwrap_or_default()
        })
    }

    /// `roots` and all transactions here that build on them.
    pub(crate) fn with_descendants(&self, roots: BTreeSet<Txid>) -> BTreeSet<Txid> {
        closure(roots, |txid| self.children(txid))
    }

    /// Takes out what a new block holds. Blocks hold nothing that was not here, so no conflict with
    /// what stays can arise.
    pub(crate) fn remove_mined(&mut self, block: &Block) {
        for tx in &block.txdata {
            self.remove(&tx.compute_txid());
        }
    }

    fn insert(&mut self, entry: Entry) {
        for input in &entry.tx.input {
            self.spenders.insert(input.previous_output, entry.txid);
        }
        self.arrival.insert(entry.txid, self.next_arrival);
        self.entries.insert(self.next_arrival, entry);
        self.next_arrival += 1;
    }

    fn remove(&mut self, txid: &Txid) {
        let Some(arrival) = self.arrival.remove(txid) else { return };
        let entry = self.entries.remove(&arrival);
        for input in entry.iter().flat_map(|entry| &entry.tx.input) {
            self.spenders.remove(&input.previous_output);
        }
    }
}

fn closure(roots: BTreeSet<Txid>, next: impl Fn(&Txid) -> BTreeSet<Txid>) -> BTreeSet<Txid> {
    let mut open: Vec<Txid> = roots.iter().copied().collect();
    let mut found = roots;
    while let Some(txid) = open.pop() {
        open.extend(next(&txid).into_iter().filter(|txid| found.insert(*txid)));
    }
    found
}
