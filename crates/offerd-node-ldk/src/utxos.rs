//! Whether the channels that others tell of exist: each announcement is compared with the output that it names.
//!
//! The crate `lightning` asks for that output and goes on when it is told. Where the chain source does not keep old
//! blocks nothing can be asked, and announcements are believed for their signatures alone.

use std::fmt;
use std::sync::Arc;

use bitcoin::constants::ChainHash;
use bitcoin::{OutPoint, TxOut};
use bolt1::ShortChannelId;
use lightning::routing::utxo::{UtxoFuture, UtxoLookup, UtxoLookupError, UtxoResult};
use lightning::util::scid_utils::{block_from_scid, tx_index_from_scid, vout_from_scid};
use tokio::sync::{mpsc, watch};
use tracing::debug;

use crate::chain::{ChainError, ChainSource};
use crate::gossip::PatientGossip;
use crate::tasks::stopped;
use crate::types::{Gossip, Graph, Peers};

/// An output that somebody waits to hear of.
pub(crate) struct Asked {
    pub(crate) scid: u64,
    pub(crate) answer: UtxoFuture,
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").field("scid", &ShortChannelId(self.scid)).finish_non_exhaustive()
    }
}

/// Takes questions; [`Answers`] answers them.
#[derive(Debug)]
pub(crate) struct Questions {
    chain: ChainHash,
    /// As long as the crate allows: it stops reading from peers when too many wait.
    queue: mpsc::UnboundedSender<Asked>,
}

impl Questions {
    /// The second part is for [`Answers`].
    pub(crate) fn new(chain: ChainHash) -> (Arc<Self>, mpsc::UnboundedReceiver<Asked>) {
        let (queue, asked) = mpsc::unbounded_channel();
        (Arc::new(Self { chain, queue }), asked)
    }
}

impl UtxoLookup for Questions {
    fn get_utxo(&self, chain: &ChainHash, scid: u64) -> UtxoResult {
        if *chain != self.chain {
            return UtxoResult::Sync(Err(UtxoLookupError::UnknownChain));
        }
        let answer = UtxoFuture::new();
        match self.queue.send(Asked { scid, answer: answer.clone() }) {
            Ok(()) => UtxoResult::Async(answer),
            // The node is stopping.
            Err(_) => UtxoResult::Sync(Err(UtxoLookupError::UnknownTx)),
        }
    }
}

/// Answers one question after the other.
pub(crate) struct Answers {
    pub(crate) source: Arc<dyn ChainSource>,
    pub(crate) graph: Arc<Graph>,
    pub(crate) gossip: Arc<Gossip>,
    pub(crate) patient: Arc<PatientGossip>,
    pub(crate) peers: Arc<Peers>,
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answers").finish_non_exhaustive()
    }
}

impl Answers {
    pub(crate) async fn run(
        self,
        mut questions: mpsc::UnboundedReceiver<Asked>,
        mut stop: watch::Receiver<bool>,
    ) {
        loop {
            let asked = tokio::select! {
                () = stopped(&mut stop) => return,
                asked = questions.recv() => asked,
            };
            let Some(Asked { scid, answer }) = asked else { return };
            let place = ShortChannelId(scid);
            let found = find(&*self.source, scid).await.unwrap_or_else(|error| {
                debug!(channel = %place, %error, "it is not known whether a channel exists");
                None
            });
            if found.is_none() {
                debug!(channel = %place, "a channel that is not in the chain is not believed");
            }
            let found = found.ok_or(UtxoLookupError::UnknownTx);
            self.patient
                .take(scid, || answer.resolve(&self.graph, Arc::clone(&self.gossip), found));
            self.peers.process_events();
        }
    }
}

/// The output at this place in the best chain, if it is there and not spent.
async fn find(source: &dyn ChainSource, scid: u64) -> Result<Option<TxOut>, ChainError> {
    let Some(txid) = source.txid_at(block_from_scid(scid), tx_index_from_scid(scid)).await? else {
        return Ok(None);
    };
    source.unspent(OutPoint { txid, vout: u32::from(vout_from_scid(scid)) }).await
}
