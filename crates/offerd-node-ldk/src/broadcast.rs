//! Sending transactions, again and again until they are where they belong.
//!
//! Nothing is sent before the state that it comes from is on disk: a commitment transaction that a restarted node
//! does not know as its own is one whose outputs it does not claim.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::sync::Arc;

use bitcoin::{OutPoint, Transaction, Txid};
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

/// A package that was refused, or could not be handed in.
struct Waiting {
    package: Vec<Transaction>,
    tries: u32,
}

/// What waits for another try. Each block makes all of it due, once.
#[derive(Default)]
struct Refused {
    waiting: VecDeque<Waiting>,
    /// How many, from the front, are due.
    due: usize,
}

impl Refused {
    fn on_block(&mut self) {
        self.due = self.waiting.len();
    }

    fn next_due(&mut self) -> Option<Waiting> {
        self.due = self.due.checked_sub(1)?;
        self.waiting.pop_front()
    }

    fn put_back(&mut self, entry: Waiting) {
        if entry.tries >= MOST_TRIES {
            return;
        }
        if self.waiting.len() >= MOST_WAITING {
            self.waiting.pop_front();
            self.due = self.due.saturating_sub(1);
        }
        self.waiting.push_back(entry);
    }

    /// Gives up what `package` takes the place of: whatever spends a coin that it spends. The crate makes another
    /// transaction for the same coins when it wants to pay more.
    fn replace(&mut self, package: &[Transaction]) {
        let spends = |package: &[Transaction]| -> HashSet<OutPoint> {
            package.iter().flat_map(|tx| &tx.input).map(|input| input.previous_output).collect()
        };
        let coins = spends(package);
        self.waiting.retain(|entry| coins.is_disjoint(&spends(&entry.package)));
        self.due = self.due.min(self.waiting.len());
    }
}

/// Sends what comes, and with each block once more what was refused, until `stop`. What is new goes first: much may
/// have been refused, and each refusal takes its time.
pub(crate) async fn run(
    mut packages: mpsc::UnboundedReceiver<Vec<Transaction>>,
    writer: Arc<StateWriter>,
    source: Arc<dyn ChainSource>,
    view: Arc<ChainView>,
    mut stop: watch::Receiver<bool>,
) {
    let mut blocks = view.subscribe();
    let mut refused = Refused::default();
    loop {
        tokio::select! {
            biased;
            () = stopped(&mut stop) => return,
            package = packages.recv() => {
                let Some(package) = package else { return };
                if !written(&writer).await {
                    return;
                }
                refused.replace(&package);
                try_one(&*source, Waiting { package, tries: 0 }, &mut refused).await;
            }
            changed = blocks.changed() => {
                if changed.is_err() {
                    return;
                }
                refused.on_block();
            }
            () = std::future::ready(()), if refused.due > 0 => {
                if let Some(entry) = refused.next_due() {
                    try_one(&*source, entry, &mut refused).await;
                }
            }
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

async fn try_one(source: &dyn ChainSource, mut entry: Waiting, refused: &mut Refused) {
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
    refused.put_back(entry);
}

#[cfg(test)]
mod tests {
    use bitcoin::absolute::LockTime;
    use bitcoin::hashes::Hash;
    use bitcoin::transaction::Version;
    use bitcoin::{TxIn, Txid};

    use super::*;

    /// A transaction that spends coins of these numbers.
    fn spending(coins: &[u8]) -> Vec<Transaction> {
        let input = coins.iter().map(|coin| TxIn {
            previous_output: OutPoint { txid: Txid::from_byte_array([*coin; 32]), vout: 0 },
            ..TxIn::default()
        });
        let (version, lock_time) = (Version::TWO, LockTime::ZERO);
        vec![Transaction { version, lock_time, input: input.collect(), output: Vec::new() }]
    }

    fn refused(packages: &[&[u8]]) -> Refused {
        let mut refused = Refused::default();
        for coins in packages {
            refused.put_back(Waiting { package: spending(coins), tries: 1 });
        }
        refused
    }

    #[test]
    fn what_was_refused_is_due_once_with_each_block() {
        let mut refused = refused(&[&[1], &[2]]);
        assert!(refused.next_due().is_none(), "no block yet");
        refused.on_block();
        for _ in 0..2 {
            let entry = refused.next_due().unwrap();
            refused.put_back(entry);
        }
        assert!(refused.next_due().is_none());
        assert_eq!(refused.waiting.len(), 2);
    }

    #[test]
    fn what_spends_the_same_coin_takes_the_place_of_what_was_refused() {
        let mut refused = refused(&[&[1, 2], &[3], &[2]]);
        refused.on_block();
        refused.replace(&spending(&[2, 4]));
        assert_eq!((refused.waiting.len(), refused.due), (1, 1));
        assert_eq!(refused.next_due().unwrap().package, spending(&[3]));
    }

    #[test]
    fn what_is_refused_again_and_again_is_given_up() {
        let mut refused = Refused::default();
        refused.put_back(Waiting { package: spending(&[1]), tries: MOST_TRIES });
        assert!(refused.waiting.is_empty());
    }
}
