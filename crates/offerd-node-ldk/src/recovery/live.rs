//! Outputs that the node's own channels take care of, and a recovery must leave alone.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use bitcoin::OutPoint;
use lightning::util::sweep::OutputSpendStatus;

use crate::types::{Monitor, Sweeper};

/// The node's channels of today.
pub(crate) struct LiveOutputs {
    pub(crate) monitor: Arc<Monitor>,
    pub(crate) sweeper: Arc<Sweeper>,
}

impl fmt::Debug for LiveOutputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveOutputs").finish_non_exhaustive()
    }
}

impl LiveOutputs {
    /// What channels of today wait for to be spent: a transaction that spends one of these is theirs.
    pub(super) fn watched(&self) -> HashSet<OutPoint> {
        let monitors = self.monitor.list_monitors().into_iter();
        let monitors = monitors.filter_map(|id| self.monitor.get_monitor(id).ok());
        let watched = monitors.flat_map(|monitor| {
            let funding = monitor.get_funding_txo().into_bitcoin_outpoint();
            let outputs = monitor.get_outputs_to_watch().into_iter();
            let outputs = outputs.flat_map(|(txid, outputs)| {
                outputs.into_iter().map(move |(vout, _)| OutPoint { txid, vout })
            });
            outputs.chain([funding]).collect::<Vec<_>>()
        });
        watched.collect()
    }

    /// Outputs that are being sent to the wallet already.
    pub(super) fn being_swept(&self) -> HashSet<OutPoint> {
        let tracked = self.sweeper.tracked_spendable_outputs();
        let outpoints = tracked.iter().map(|output| output.descriptor.spendable_outpoint());
        outpoints.map(|outpoint| outpoint.into_bitcoin_outpoint()).collect()
    }

    /// Whether some are on their way and not mined.
    pub(super) fn is_sweeping(&self) -> bool {
        self.sweeper.tracked_spendable_outputs().iter().any(|output| match output.status {
            OutputSpendStatus::PendingInitialBroadcast { .. }
            | OutputSpendStatus::PendingFirstConfirmation { .. } => true,
            OutputSpendStatus::PendingThresholdConfirmations { .. } => false,
        })
    }
}
