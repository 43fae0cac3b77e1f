//! What the wallet's transactions were for, and what they have cost.
//!
//! Each transaction is looked at by what goes in and comes out: coins of ours, outputs of channels of ours, and what is
//! neither. Nothing of it is written down: the transactions are, and stay.

use std::collections::{HashMap, HashSet};

use bitcoin::{OutPoint, Transaction, TxOut};

/// What is known of outputs that are not the wallet's.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Outputs that hold or held channels.
    pub(crate) fundings: HashSet<OutPoint>,
    /// Outputs that have come out of channels, with their values in satoshi; some of them are the wallet's.
    pub(crate) from_channels: HashMap<OutPoint, u64>,
}

/// What transactions of the wallet come to, in satoshi.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Flows {
    /// What came from elsewhere than channels.
    pub(crate) deposits: u64,
    /// What went elsewhere than into channels.
    pub(crate) withdrawals: u64,
    /// What they have cost. What is paid besides a channel's own transaction counts in full, what that one has brought
    /// besides is subtracted.
    pub(crate) fees: i64,
    /// Fundings that are among them.
    pub(crate) funded: HashSet<OutPoint>,
    /// Outputs of channels that they have spent.
    pub(crate) swept: HashSet<OutPoint>,
    /// Outputs of channels that are the wallet's.
    pub(crate) in_wallet: HashSet<OutPoint>,
    /// What ended a channel in agreement and pays us: the funding and what came of it.
    pub(crate) agreed: HashMap<OutPoint, HashMap<OutPoint, u64>>,
}

impl Flows {
    /// Adds one transaction; `own` gives the outputs that are the wallet's.
    pub(crate) fn add(
        &mut self,
        tx: &Transaction,
        known: &Known,
        own: impl Fn(OutPoint) -> Option<TxOut>,
    ) {
        let inputs: Vec<OutPoint> = tx.input.iter().map(|input| input.previous_output).collect();
        let outputs = outputs(tx);
        let ours: HashMap<OutPoint, u64> =
            outputs.iter().filter(|(at, _)| own(*at).is_some()).copied().collect();
        self.in_wallet.extend(ours.keys().filter(|at| known.from_channels.contains_key(at)));
        if let Some(funding) = inputs.iter().find(|at| known.fundings.contains(at)) {
            self.agreed.entry(*funding).or_default().extend(ours);
            return;
        }
        let spent: u64 = inputs.iter().filter_map(|at| own(*at)).map(|it| it.value.to_sat()).sum();
        let swept: HashMap<OutPoint, u64> = inputs
            .iter()
            .filter(|at| own(**at).is_none())
            .filter_map(|at| Some((*at, *known.from_channels.get(at)?)))
            .collect();
        let is_known = |at: &OutPoint| own(*at).is_some() || swept.contains_key(at);
        let all_known = inputs.iter().all(is_known);
        let got: u64 = ours.values().sum();
        let paid_in = spent.saturating_add(swept.values().sum());
        self.swept.extend(swept.keys());
        if paid_in == 0 {
            let from_channels: u64 = ours.keys().filter_map(|at| known.from_channels.get(at)).sum();
            self.deposits = self.deposits.saturating_add(got.saturating_sub(from_channels));
            return;
        }
        let mut left = signed(paid_in).saturating_sub(signed(got));
        // Where others have put something in too, what goes elsewhere is theirs.
        if all_known {
            for (at, value) in outputs.iter().filter(|(at, _)| !ours.contains_key(at)) {
                left = left.saturating_sub(signed(*value));
                if known.fundings.contains(at) {
                    self.funded.insert(*at);
                } else {
                    self.withdrawals = self.withdrawals.saturating_add(*value);
                }
            }
        }
        self.fees = self.fees.saturating_add(left);
    }
}

fn outputs(tx: &Transaction) -> Vec<(OutPoint, u64)> {
    let txid = tx.compute_txid();
    let outputs = (0u32..).zip(&tx.output);
    outputs.map(|(vout, output)| (OutPoint { txid, vout }, output.value.to_sat())).collect()
}

fn signed(sat: u64) -> i64 {
    i64::try_from(sat).unwrap_or(i64::MAX)
}
