//! Beginning a recovery: before the node starts, on state that is not to be gone on with.
//!
//! Of channels, the node's part is in offerd-node-ldk. Here is what an old copy means for the business:
//!
//! * A payment whose outcome the copy does not know may have arrived. It stays pending, and is never begun again.
//! * A payment to us that was accepted may have become ours. Its receipt stays as it is.
//! * An open payout may have been redeemed since. It is disabled; its maker may open it again when he knows better.
//! * A subscription may have paid since. It is paused; its owner may resume it when he knows better. It goes on where
//!   its issuer is then: how far it is, and without a base when it is due, is not taken from the copy.

use std::path::{Path, PathBuf};

use bitcoin::Network;
use bolt1::{PublicKey, Timestamp};
use offerd_core::payout::PromiseState;
use offerd_core::port::{Page, PortError, Store};
use offerd_core::subscription::{Subscription, on_pause};
use offerd_core::{Batch, Event};
use offerd_node_ldk::{NodeError, RecoveryFile, RecoveryFileError, RecoveryPlan, begin_recovery};

/// Why a recovery could not be begun.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The recovery file cannot be used.
    #[error(transparent)]
    File(#[from] RecoveryFileError),
    /// The seed, or the node's state.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// The database cannot be read or written.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// Whose state it is, and what else is known of it.
#[derive(Clone, Debug)]
pub struct Lost {
    /// Our node id.
    pub node_id: PublicKey,
    /// The chain.
    pub network: Network,
    /// The newest recovery file there is.
    pub file: Option<RecoveryFile>,
}

/// Why a subscription does not pay after a recovery.
const RECOVERED: &str = "the state was recovered: see what was paid before it is resumed";

/// What was done to the records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Payments that stay pending, because what became of them is not known.
    pub unknown_payments: usize,
    /// Payouts that were open and are disabled now.
    pub disabled_payouts: usize,
    /// Subscriptions that were active and are paused now: old state may not know what they have paid.
    pub paused_subscriptions: usize,
}

/// Reads the recovery file at `path` where there is one.
///
/// # Errors
/// When it is there and cannot be used.
pub fn file_at(path: Option<&PathBuf>) -> Result<Option<RecoveryFile>, RecoverError> {
    let path = path.map(PathBuf::as_path).filter(|path| Path::exists(path));
    Ok(path.map(RecoveryFile::read).transpose()?)
}

/// A subscription as it is known from an old copy.
fn without_basetime(known: Subscription) -> Subscription {
    let base = known.offer.recurrence().and_then(|schedule| schedule.base);
    Subscription { basetime: base.map(|base| base.basetime), ..known }
}

/// Makes the daemon whose records are in `store` recover at its next start.
///
/// # Errors
/// When nothing or not everything was done; it may be called again.
pub fn begin(store: &dyn Store, lost: Lost, now: Timestamp) -> Result<Kept, RecoverError> {
    let pending = store.pending_payments()?;
    let claiming = store.claiming_receipts()?;
    let plan = RecoveryPlan {
        file: lost.file,
        unknown_payments: pending.iter().map(|payment| payment.id.0).collect(),
        unknown_receipts: claiming.iter().map(|receipt| receipt.payment_hash.0).collect(),
    };
    // First: from now on no start uses the old state of channels, whatever happens to the rest of this.
    begin_recovery(lost.node_id, lost.network, store, plan)?;
    let payouts = store.payouts(Page::ALL)?.into_iter().map(|payout| payout.row);
    let open = payouts.filter(|payout| payout.state == PromiseState::Open);
    let events: Vec<Event> =
        open.map(|payout| Event::PayoutDisabled { row: payout.row, at: now }).collect();
    let disabled_payouts = events.len();
    let active = store.live_subscriptions()?.into_iter().filter(Subscription::is_active);
    let paused: Vec<Batch> =
        active.map(|known| on_pause(&without_basetime(known), RECOVERED, now)).collect();
    let kept = Kept {
        unknown_payments: pending.len(),
        disabled_payouts,
        paused_subscriptions: paused.len(),
    };
    let disabled = Batch { events, effects: Vec::new() };
    store.commit(&paused.into_iter().fold(disabled, Batch::with))?;
    Ok(kept)
}
