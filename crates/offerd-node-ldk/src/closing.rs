//! Closing channels: by agreement with the other end, or by ourselves when that takes too long.

use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use bitcoin::{OutPoint, Transaction};
use lightning::events::ClosureReason;
use tokio::sync::watch;
use tracing::info;

use crate::error::ChannelError;
use crate::locks::lock;
use crate::node::Node;
use crate::views::ChannelState;

/// Between two tries to begin, while the channel cannot be closed for a reason that passes.
const RETRY: Duration = Duration::from_secs(1);
/// How long after its end a channel's last transaction is waited for: where we did not make it, we never see it.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// How a channel ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseKind {
    /// By agreement.
    Mutual,
    /// By one end alone.
    Unilateral,
    /// Before it was funded.
    Unopened,
}

/// A channel that was closed.
#[derive(Clone, Debug)]
pub struct ClosedChannel {
    /// How.
    pub kind: CloseKind,
    /// The transaction that ends it, unless the other end alone has sent it.
    pub tx: Option<Transaction>,
}

/// What has been seen of a channel's end.
#[derive(Clone, Debug, Default)]
struct Progress {
    kind: Option<CloseKind>,
    tx: Option<Transaction>,
}

/// Channels whose end somebody waits for.
#[derive(Default)]
pub(crate) struct Closings(Mutex<HashMap<[u8; 32], Watched>>);

struct Watched {
    funding: Option<OutPoint>,
    waiters: usize,
    progress: watch::Sender<Progress>,
}

impl fmt::Debug for Closings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closings").finish_non_exhaustive()
    }
}

impl Closings {
    fn watch(&self, channel_id: [u8; 32], funding: Option<OutPoint>) -> ClosingWatch<'_> {
        let mut watched = lock(&self.0);
        let fresh = || Watched { funding, waiters: 0, progress: watch::Sender::default() };
        let entry = watched.entry(channel_id).or_insert_with(fresh);
        entry.waiters = entry.waiters.saturating_add(1);
        ClosingWatch { closings: self, channel_id, progress: entry.progress.subscribe() }
    }

    /// A channel has ended.
    pub(crate) fn on_closed(&self, channel_id: [u8; 32], reason: &ClosureReason) {
        let watched = lock(&self.0);
        let Some(entry) = watched.get(&channel_id) else { return };
        let kind = if entry.funding.is_some() { kind(reason) } else { CloseKind::Unopened };
        entry.progress.send_modify(|progress| progress.kind = Some(kind));
    }

    /// Transactions are being sent, perhaps such that end a channel.
    pub(crate) fn on_sent(&self, txs: &[Transaction]) {
        for entry in lock(&self.0).values() {
            let ends = |tx: &&Transaction| {
                tx.input.iter().any(|input| Some(input.previous_output) == entry.funding)
            };
            if let Some(tx) = txs.iter().find(ends) {
                entry.progress.send_modify(|progress| progress.tx = Some(tx.clone()));
            }
        }
    }
}

fn kind(reason: &ClosureReason) -> CloseKind {
    match reason {
        ClosureReason::LegacyCooperativeClosure
        | ClosureReason::CounterpartyInitiatedCooperativeClosure
        | ClosureReason::LocallyInitiatedCooperativeClosure => CloseKind::Mutual,
        ClosureReason::FundingTimedOut
        | ClosureReason::DisconnectedPeer
        | ClosureReason::CounterpartyCoopClosedUnfundedChannel
        | ClosureReason::LocallyCoopClosedUnfundedChannel
        | ClosureReason::FundingBatchClosure => CloseKind::Unopened,
        ClosureReason::CounterpartyForceClosed { .. }
        | ClosureReason::HolderForceClosed { .. }
        | ClosureReason::CommitmentTxConfirmed
        | ClosureReason::ProcessingError { .. }
        | ClosureReason::OutdatedChannelManager
        | ClosureReason::HTLCsTimedOut { .. }
        | ClosureReason::PeerFeerateTooLow { .. } => CloseKind::Unilateral,
    }
}

/// Somebody who waits for a channel's end.
struct ClosingWatch<'a> {
    closings: &'a Closings,
    channel_id: [u8; 32],
    progress: watch::Receiver<Progress>,
}

impl ClosingWatch<'_> {
    /// Waits for the end, and a little for the transaction.
    async fn closed(&mut self) -> ClosedChannel {
        // The sender is there as long as we are.
        let seen = |progress: &Progress| progress.kind.is_some();
        let _ = self.progress.wait_for(seen).await;
        let kind = self.progress.borrow().kind.unwrap_or(CloseKind::Unilateral);
        if kind != CloseKind::Unopened {
            let told = self.progress.wait_for(|progress| progress.tx.is_some());
            let _ = tokio::time::timeout(LAST_WORDS, told).await;
        }
        ClosedChannel { kind, tx: self.progress.borrow().tx.clone() }
    }
}

impl Drop for ClosingWatch<'_> {
    fn drop(&mut self) {
        let mut watched = lock(&self.closings.0);
        if let Some(entry) = watched.get_mut(&self.channel_id) {
            entry.waiters = entry.waiters.saturating_sub(1);
            if entry.waiters == 0 {
                watched.remove(&self.channel_id);
            }
        }
    }
}

impl Node {
    /// Closes a channel by agreement with its other end, and, with `unilateral_after`, by ourselves when that has not
    /// come about by then. Waits until it is closed; a peer that is away is waited for.
    ///
    /// # Errors
    /// [`ChannelError::Unknown`]; or when the channel cannot be closed by ourselves either.
    pub async fn close(
        &self,
        channel_id: [u8; 32],
        unilateral_after: Option<Duration>,
    ) -> Result<ClosedChannel, ChannelError> {
        let channels = self.list_peer_channels();
        let channel = channels.iter().find(|channel| channel.channel_id == channel_id);
        let funding = channel.ok_or(ChannelError::Unknown)?.funding;
        let mut end = self.broadcaster.closings.watch(channel_id, funding);
        let agreement = async {
            self.begin_agreement(channel_id).await;
            end.closed().await
        };
        let Some(limit) = unilateral_after else { return Ok(agreement.await) };
        if let Ok(closed) = tokio::time::timeout(limit, agreement).await {
            return Ok(closed);
        }
        info!(?limit, "no agreement on closing a channel: closed by ourselves");
        match self.close_channel(channel_id, true) {
            // It has ended this moment.
            Ok(()) | Err(ChannelError::Unknown) => Ok(end.closed().await),
            Err(error) => Err(error),
        }
    }

    /// Tells the other end that we want to close, as soon as it can be told.
    async fn begin_agreement(&self, channel_id: [u8; 32]) {
        let mut changes = self.channel_changes();
        loop {
            changes.borrow_and_update();
            let begun = self.close_channel(channel_id, false);
            if begun.is_ok() || !self.is_open(channel_id) {
                return;
            }
            tokio::select! {
                _ = changes.changed() => {}
                () = tokio::time::sleep(RETRY) => {}
            }
        }
    }

    /// Whether nobody has begun to close it.
    fn is_open(&self, channel_id: [u8; 32]) -> bool {
        self.list_peer_channels().iter().any(|channel| {
            channel.channel_id == channel_id
                && matches!(
                    channel.state,
                    ChannelState::Opening | ChannelState::AwaitingLockin | ChannelState::Normal
                )
        })
    }
}
