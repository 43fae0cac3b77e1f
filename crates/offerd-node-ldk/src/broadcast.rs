//! Sending transactions, again and again until they are where they belong.
//!
//! Nothing is sent before the state that it comes from is on disk: a commitment transaction that a restarted node
//! does not know as its own is one whose outputs it does not claim.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use bitcoin::{Transaction, Txid};
use lightning::chain::chaininterface::BroadcasterInterface;
use tokio::sync::{mpsc, watch};
use tracing::{debug, error, info};

use crate::chain::{BroadcastError, ChainSource, ChainView};
use crate::closing::Closings;
use crate::tasks::stopped;
use crate::writer::StateWriter;

/// Most packages that wait for another try; the oldest is given up for a new one.
const MOST_WAITING: usize = 500;
/// Tries, one per block, before a package that is refused is given up.
const MOST_TRIES: u32 = 144;

/// Takes transactions at once and sends them later.
pub(crate) struct Broadcaster {
    queue: mpsc::UnboundedSender<Vec<Transaction>>,
    /// Who waits for the last transaction of a channel.
    pub(crate) closings: Closings,
}

impl fmt::Debug for Broadcaster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broadcaster").finish_non_exhaustive()
    }
}

impl Broadcaster {
    /// The second part is for [`run`].
    pub(crate) fn new() -> (Arc<Self>, mpsc::UnboundedReceiver<Vec<Transaction>>) {
        let (queue, packages) = mpsc::unbounded_channel();
        (Arc::new(Self { queue, closings: Closings::default() }), packages)
    }

    /// Queues transactions that go together, parents before children.
    pub(crate) fn send(&self, package: Vec<Transaction>) {
        self.closings.on_sent(&package);
        // Fails only when the node stops; what matters is sent again at the next start.
        let _ = self.queue.send(package);
    }
}

impl BroadcasterInterface for Broadcaster {
    fn broadcast_transactions(&self, txs: &[&Transaction]) {
        self.send(txs.iter().map(|tx| (*tx).clone()).collect());
    }
}

struct Waiting {
    package: Vec<Transaction>,
    tries: u32,
}

/// Sends what comes, and with each block once more what was refused, until `stop`.
pub(crate) async fn run(
    mut packages: mpsc::UnboundedReceiver<Vec<Transaction>>,
    writer: Arc<StateWriter>,
    source: Arc<dyn ChainSource>,
    view: Arc<ChainView>,
    mut stop: watch::Receiver<bool>,
) {
    let mut blocks = view.subscribe();
    let mut waiting = VecDeque::new();
    loop {
        tokio::select! {
            package = packages.recv() => match package {
                Some(package) => {
                    if !written(&writer).await {
                        return;
                    }
                    try_one(&*source, Waiting { package, tries: 0 }, &mut waiting).await;
                }
                None => return,
            },
            changed = blocks.changed() => {
                if changed.is_err() {
                    return;
                }
                for package in std::mem::take(&mut waiting) {
                    try_one(&*source, package, &mut waiting).await;
                }
            }
            () = stopped(&mut stop) => return,
        }
    }
}

/// Whether all that a transaction may rest on is on disk. If not, the node is stopping.
async fn written(writer: &Arc<StateWriter>) -> bool {
    let writer = Arc::clone(writer);
    match tokio::task::spawn_blocking(move || writer.write_all_made()).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            error!(%error, "a transaction is not sent: what it rests on could not be written");
            false
        }
        Err(error) => {
            error!(%error, "a transaction is not sent");
            false
        }
    }
}

async fn try_one(source: &dyn ChainSource, mut entry: Waiting, waiting: &mut VecDeque<Waiting>) {
    let txids: Vec<Txid> = entry.package.iter().map(Transaction::compute_txid).collect();
    match source.broadcast(&entry.package).await {
        Ok(()) => {
            debug!(?txids, "sent");
            return;
        }
        Err(BroadcastError::Refused(reason)) => {
            info!(?txids, reason, tries = entry.tries, "not in the mempool");
            entry.tries = entry.tries.saturating_add(1);
        }
        Err(BroadcastError::Unreachable(error)) => info!(?txids, %error, "not sent yet"),
    }
    if entry.tries < MOST_TRIES {
        if waiting.len() >= MOST_WAITING {
            waiting.pop_front();
        }
        waiting.push_back(entry);
    }
}
