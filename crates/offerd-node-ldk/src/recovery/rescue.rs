//! Sending what was found to the wallet, and knowing when all is back.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bitcoin::hex::FromHex as _;
use bitcoin::{FeeRate, OutPoint, ScriptBuf, Transaction};
use lightning::chain::chaininterface::FEERATE_FLOOR_SATS_PER_KW;
use lightning::sign::ChangeDestinationSourceSync;
use offerd_core::port::{NodeEvent, NodeEvents, PortError};
use tokio::sync::watch;
use tracing::{info, warn};

use super::live::LiveOutputs;
use super::old_channels::Harvester;
use super::scan::Recovery;
use super::state::{FoundOutput, Mined, Phase, State, Sweep};
use super::sweep;
use crate::broadcast::Broadcaster;
use crate::chain::ChainView;
use crate::error::NodeError;
use crate::fees::FeeTable;
use crate::peers::Connector;
use crate::tasks::stopped;
use crate::wallet::OnchainWallet;

/// Blocks after which something in the chain counts as final.
const FINAL_DEPTH: u32 = 6;
/// Blocks that a sweep may stay out of the chain before it is made again with a higher fee.
const PATIENCE: u32 = 6;
/// How often it is looked, without a block.
const PAUSE: Duration = Duration::from_secs(30);

/// Does the work of a recovery.
pub(crate) struct Rescuer {
    pub(crate) recovery: Arc<Recovery>,
    pub(crate) live: LiveOutputs,
    /// What was put aside, if anything was.
    pub(crate) old: Option<Harvester>,
    pub(crate) wallet: Arc<OnchainWallet>,
    pub(crate) broadcaster: Arc<Broadcaster>,
    pub(crate) fees: Arc<FeeTable>,
    pub(crate) view: Arc<ChainView>,
    pub(crate) connector: Arc<Connector>,
    /// Who is told of payments that turn out to have arrived.
    pub(crate) caller: Arc<dyn NodeEvents>,
}

impl fmt::Debug for Rescuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rescuer").finish_non_exhaustive()
    }
}

impl Rescuer {
    /// Works until everything is back, or `stop`.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut blocks = self.view.subscribe();
        while !self.recovery.is_done() {
            if let Err(error) = self.step() {
                warn!(%error, "the recovery does not get on");
            }
            if let Err(error) = self.tell().await {
                warn!(%error, "a payment that has arrived could not be told of");
            }
            tokio::select! {
                () = stopped(&mut stop) => return,
                changed = blocks.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
        self.connector.also_keep(HashSet::new());
    }

    fn step(&self) -> Result<(), NodeError> {
        if let Some(old) = &self.old {
            old.step();
            let proofs = old.proofs();
            if !proofs.is_empty() {
                self.recovery.change(|state| state.proofs.extend(proofs))?;
            }
        }
        self.leave_live_ones()?;
        self.connector.also_keep(self.recovery.peers_awaited());
        let height = self.view.height();
        let ready = self.recovery.look(State::unspent);
        match self.recovery.look(|state| state.sweep.clone()) {
            Some(sweep) if !self.is_outdated(&sweep, &ready, height) => {
                self.broadcaster.send(vec![sweep.tx]);
            }
            before => self.sweep(before.as_ref(), &ready, height)?,
        }
        let left_over = !self.is_worth_fetching(height)?;
        let harvested =
            self.old.as_ref().is_none_or(|old| old.is_done() && !self.live.is_sweeping());
        let told = self.recovery.look(|state| state.proofs.is_empty());
        if harvested && told && self.recovery.look(|state| state.is_complete(height, left_over)) {
            info!("everything that was lost is back in the wallet, or known not to be ours");
            self.recovery.change(|state| state.phase = Phase::Done)?;
        }
        Ok(())
    }

    /// Tells our caller of payments that have arrived, and that their outcome is known.
    async fn tell(&self) -> Result<(), PortError> {
        for proof in self.recovery.look(|state| state.proofs.clone()) {
            let bytes = |text: &str| <[u8; 32]>::from_hex(text).ok();
            if let (Some(payment_id), Some(preimage)) =
                (bytes(&proof.payment_id), bytes(&proof.preimage))
            {
                info!(payment = %proof.payment_id, "the chain shows that this payment has arrived");
                let (fee, parts) = (None, None);
                let sent = NodeEvent::PaymentSent { payment_id, preimage, fee, parts };
                self.caller.handle(sent).await?;
            }
            self.recovery.change(|state| {
                state.proofs.retain(|known| *known != proof);
                state.unknown_payments.retain(|unknown| *unknown != proof.payment_id);
            })?;
        }
        Ok(())
    }

    /// Strikes off what the channels of today bring in by themselves.
    fn leave_live_ones(&self) -> Result<(), PortError> {
        let (watched, swept) = (self.live.watched(), self.live.being_swept());
        let is_live = |output: &FoundOutput| {
            swept.contains(&output.outpoint)
                || output.from.iter().any(|spent| watched.contains(spent))
        };
        if self.recovery.look(|state| state.outputs.iter().any(is_live)) {
            self.recovery.change(|state| state.outputs.retain(|output| !is_live(output)))?;
        }
        Ok(())
    }

    /// Whether a sweep no longer takes what there is, or waits for too long with a fee that is too low by now.
    fn is_outdated(&self, sweep: &Sweep, ready: &[FoundOutput], height: u32) -> bool {
        let takes: HashSet<OutPoint> =
            sweep.tx.input.iter().map(|input| input.previous_output).collect();
        let there: HashSet<OutPoint> = ready.iter().map(|output| output.outpoint).collect();
        let waits = height.saturating_sub(sweep.height) >= PATIENCE;
        takes != there || (waits && self.next_fee_rate(Some(sweep)) > sweep.fee_rate)
    }

    /// Today's fee rate, in sat per 1000 weight units; above that of the transaction that is replaced by a quarter
    /// where it is above it at all, as mempools want it.
    fn next_fee_rate(&self, before: Option<&Sweep>) -> u64 {
        let now = self.fees.funding().to_sat_per_kwu();
        match before {
            Some(sweep) => {
                let least = sweep.fee_rate.saturating_add(sweep.fee_rate / 4);
                if now >= least { now } else { sweep.fee_rate }
            }
            None => now,
        }
    }

    fn sweep(
        &self,
        before: Option<&Sweep>,
        ready: &[FoundOutput],
        height: u32,
    ) -> Result<(), NodeError> {
        let fee_rate = self.next_fee_rate(before);
        let script = self.script()?;
        let tx = match ready {
            [] => None,
            ready => {
                let rate = FeeRate::from_sat_per_kwu(fee_rate);
                sweep::build(&self.recovery.keys, ready, &script, rate, height)?
            }
        };
        let mined = |sweep: &&Sweep| !self.recovery.look(|state| state.is_mined(&sweep.tx));
        if let Some(before) = before.filter(mined) {
            self.wallet.forget(before.tx.compute_txid())?;
        }
        // Kept first: a transaction that was sent must not be forgotten.
        let next = tx.clone().map(|tx| Sweep { tx, fee_rate, height });
        if next.is_some() || before.is_some() {
            self.recovery.change(|state| state.sweep = next)?;
        }
        if let Some(tx) = tx {
            info!(txid = %tx.compute_txid(), outputs = tx.input.len(), "found outputs go to the wallet");
            self.wallet.record(tx.clone())?;
            self.broadcaster.send(vec![tx]);
        }
        Ok(())
    }

    /// Whether what is not spent would leave anything at the least fee there can be. If not, waiting for lower fees is in
    /// vain.
    fn is_worth_fetching(&self, height: u32) -> Result<bool, NodeError> {
        let unspent = self.recovery.look(State::unspent);
        if unspent.is_empty() {
            return Ok(true);
        }
        let least = FeeRate::from_sat_per_kwu(u64::from(FEERATE_FLOOR_SATS_PER_KW));
        let tx = sweep::build(&self.recovery.keys, &unspent, &self.script()?, least, height)?;
        Ok(tx.is_some())
    }

    /// One address for all sweeps.
    fn script(&self) -> Result<ScriptBuf, NodeError> {
        if let Some(script) = self.recovery.look(|state| state.script.clone()) {
            return Ok(script);
        }
        let script = self
            .wallet
            .get_change_destination_script()
            .map_err(|()| PortError::unavailable("the wallet gives no address"))?;
        self.recovery.change(|state| state.script = Some(script.clone()))?;
        Ok(script)
    }
}

impl State {
    /// Outputs that can be swept now. One confirmation is enough for every kind there is.
    fn unspent(&self) -> Vec<FoundOutput> {
        self.outputs.iter().filter(|output| output.spent.is_none()).cloned().collect()
    }

    fn is_mined(&self, tx: &Transaction) -> bool {
        let txid = tx.compute_txid();
        self.outputs.iter().any(|output| output.spent.is_some_and(|spent| spent.txid == txid))
    }

    /// Whether all channels are closed and all outputs spent, for good; those that are not may be left over if that is
    /// as it is to be.
    fn is_complete(&self, height: u32, may_be_left_over: bool) -> bool {
        let is_final = |mined: &Option<Mined>| {
            mined.is_some_and(|mined| height.saturating_sub(mined.height) >= FINAL_DEPTH - 1)
        };
        self.knows_channels
            && self.channels.iter().all(|channel| is_final(&channel.closed))
            && self.outputs.iter().all(|output| match output.spent {
                Some(_) => is_final(&output.spent),
                None => may_be_left_over,
            })
    }
}
