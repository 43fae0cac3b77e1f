//! Bringing the wallet up to date from a server that knows single transactions.
//!
//! As from whole blocks, only what is mined is taken over. What the server's mempool has, or misses, changes nothing: a
//! transaction of ours that was not sent yet must not free its coins.

use std::collections::HashSet;

use bdk_wallet::chain::spk_client::{FullScanRequest, SyncRequest};
use bdk_wallet::{KeychainKind, Update};
use bitcoin::Txid;

use super::OnchainWallet;
use crate::chain::ChainError;
use crate::locks::lock;

/// What to ask the server about.
pub(crate) enum Questions {
    /// The addresses that were given out.
    Given(SyncRequest<(KeychainKind, u32)>),
    /// All addresses one after the other: it is not known how many were given out.
    All(FullScanRequest<KeychainKind>),
}

impl OnchainWallet {
    /// What to ask a server about to bring the wallet to the best block.
    pub(crate) fn questions(&self) -> Questions {
        let inner = lock(&self.inner);
        let began_anew = inner.wallet.latest_checkpoint().height() == 0;
        if began_anew {
            Questions::All(inner.wallet.start_full_scan().build())
        } else {
            Questions::Given(inner.wallet.start_sync_with_revealed_spks().build())
        }
    }

    /// Takes over what the server has answered.
    pub(crate) fn take_answers(&self, mut update: Update) -> Result<(), ChainError> {
        let mined: HashSet<Txid> = update.tx_update.anchors.iter().map(|(_, txid)| *txid).collect();
        update.tx_update.txs.retain(|tx| mined.contains(&tx.compute_txid()));
        update.tx_update.seen_ats.clear();
        update.tx_update.evicted_ats.clear();
        let mut inner = lock(&self.inner);
        let connected = inner.wallet.apply_update(update);
        connected.map_err(|error| ChainError(format!("its blocks do not connect: {error}")))?;
        let written = inner.persist_after_block();
        written.map_err(|error| ChainError(format!("the wallet could not be written: {error}")))
    }
}
