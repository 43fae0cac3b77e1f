//! Packages: transactions that are sent together so that children can pay for their parents.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use bitcoin::{Amount, Transaction, Txid, Wtxid};

use super::Mempool;
use super::accept::{Admission, totals};
use super::refusal::{MempoolRefusal, PackageRefusal};
use crate::ledger::Ledger;

/// How many transactions a package may have.
const MAX_MEMBERS: usize = 25;

/// What became of a package, one member after another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageReport {
    /// In the order they were given.
    pub members: Vec<PackageMember>,
    /// Transactions that were in the mempool before and gave way.
    pub replaced: Vec<Txid>,
}

impl PackageReport {
    /// Whether every member is in the mempool now.
    pub fn is_success(&self) -> bool {
        self.members.iter().all(|member| member.refusal.is_none())
    }
}

/// What became of one member of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageMember {
    /// Its id.
    pub txid: Txid,
    /// Its id with the witness.
    pub wtxid: Wtxid,
    /// Why it is not in the mempool; `None` when it is, were it there before or not.
    pub refusal: Option<MempoolRefusal>,
    /// The members whose fees and sizes were counted together with its own.
    pub paid_with: Vec<Wtxid>,
    /// Its own fee; zero when it was refused.
    pub fee: Amount,
    /// Its own virtual size, in vbytes.
    pub vsize: u64,
    /// Fee of those it was counted with, its own included.
    pub joint_fee: Amount,
    /// Virtual size of those together, in vbytes.
    pub joint_vsize: u64,
}

impl Mempool {
    /// Takes each member on its own if it can, and those that cannot pay alone as one group.
    pub(crate) fn accept_package(
        &mut self,
        ledger: &Ledger,
        package: Vec<Transaction>,
        now: u64,
    ) -> Result<PackageReport, PackageRefusal> {
        check_shape(&package)?;
        let members: Vec<_> = package.into_iter().map(Arc::new).collect();
        let mut replaced = BTreeSet::new();
        let mut refusals = BTreeMap::new();
        let mut together = Vec::new();
        for (index, tx) in members.iter().enumerate() {
            match self.accept_group(ledger, std::slice::from_ref(tx), Admission::Relay, now) {
                Ok(evicted) => replaced.extend(evicted),
                Err((_, MempoolRefusal::AlreadyInMempool)) => {}
                Err((_, refusal)) => {
                    if may_be_cured(&refusal) {
                        together.push(index);
                    }
                    refusals.insert(index, refusal);
                }
            }
        }
        let group: Vec<_> = together.iter().filter_map(|i| members.get(*i).cloned()).collect();
        if group.len() > 1 && group.len() == refusals.len() {
            match self.accept_group(ledger, &group, Admission::Relay, now) {
                Ok(evicted) => {
                    replaced.extend(evicted);
                    refusals.clear();
                }
                Err((blamed, refusal)) => {
                    refusals.extend(together.get(blamed).map(|index| (*index, refusal)));
                }
            }
        }
        let members = members
            .iter()
            .enumerate()
            .map(|(index, tx)| {
                let joint =
                    if together.contains(&index) { &group[..] } else { std::slice::from_ref(tx) };
                self.report(tx, refusals.remove(&index), joint)
            })
            .collect();
        Ok(PackageReport { members, replaced: replaced.into_iter().collect() })
    }

    fn report(
        &self,
        tx: &Transaction,
        refusal: Option<MempoolRefusal>,
        joint: &[Arc<Transaction>],
    ) -> PackageMember {
        let entries: Vec<_> =
            joint.iter().filter_map(|tx| self.entry(&tx.compute_txid()).cloned()).collect();
        let (joint_fee, joint_vsize) = totals(&entries);
        PackageMember {
            txid: tx.compute_txid(),
            wtxid: tx.compute_wtxid(),
            refusal,
            fee: self.entry(&tx.compute_txid()).map_or(Amount::ZERO, |entry| entry.fee),
            vsize: tx.weight().to_vbytes_ceil(),
            paid_with: entries.iter().map(|entry| entry.wtxid).collect(),
            joint_fee,
            joint_vsize,
        }
    }
}

/// Whether other members of a package can make up for what a transaction lacks.
fn may_be_cured(refusal: &MempoolRefusal) -> bool {
    matches!(
        refusal,
        MempoolRefusal::FeeTooLow { .. }
            | MempoolRefusal::ReplacementFee { .. }
            | MempoolRefusal::MissingInput { .. }
    )
}

fn check_shape(package: &[Transaction]) -> Result<(), PackageRefusal> {
    if package.is_empty() {
        return Err(PackageRefusal::Empty);
    }
    if package.len() > MAX_MEMBERS {
        return Err(PackageRefusal::TooMany);
    }
    let mut later: HashSet<Txid> = package.iter().map(Transaction::compute_txid).collect();
    if later.len() < package.len() {
        return Err(PackageRefusal::Duplicates);
    }
    let mut spent = HashSet::new();
    for tx in package {
        if tx.input.iter().any(|input| later.contains(&input.previous_output.txid)) {
            return Err(PackageRefusal::NotSorted);
        }
        if !tx.input.iter().all(|input| spent.insert(input.previous_output)) {
            return Err(PackageRefusal::Conflict);
        }
        later.remove(&tx.compute_txid());
    }
    Ok(())
}
