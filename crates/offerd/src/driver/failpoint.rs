//! Places at which a build for tests ends itself when it is told to: around every commit, and around what a commit
//! owes to the node. `OFFERD_FAILPOINT` names one of them; a release build has none and does not look.

use offerd_core::{Batch, Event};

/// What a process does when it gets to the place that was named: it dies as if the power had gone.
#[cfg(debug_assertions)]
fn reach(moment: &str, step: &str) {
    use std::sync::OnceLock;
    static CHOSEN: OnceLock<Option<String>> = OnceLock::new();
    let chosen = CHOSEN.get_or_init(|| std::env::var("OFFERD_FAILPOINT").ok());
    let Some(chosen) = chosen else { return };
    if chosen.split_once(' ') == Some((moment, step)) {
        std::process::abort();
    }
}

#[cfg(not(debug_assertions))]
fn reach(_moment: &str, _step: &str) {}

/// Nothing of this step is done yet.
pub(super) fn before(step: &str) {
    reach("before", step);
}

/// It is done, and nobody knows.
pub(super) fn after(step: &str) {
    reach("after", step);
}

/// The steps that a batch commits; what an offer of ours is, and may be paid for, is none.
pub(super) fn steps(batch: &Batch) -> impl Iterator<Item = &'static str> {
    batch.events.iter().filter_map(|event| match event {
        Event::PayoutCreated(_) => Some("payout-created"),
        Event::PaymentStarted(_) => Some("payment-started"),
        Event::PaymentApproved { .. } => Some("payment-approved"),
        Event::PaymentEnded { .. } => Some("payment-ended"),
        Event::PayoutDisabled { .. } => Some("payout-disabled"),
        Event::PayoutEnabled { .. } => Some("payout-enabled"),
        Event::PaymentPutOff { .. } => Some("payment-put-off"),
        Event::PaymentAttemptFailed { .. } => Some("payment-attempt-failed"),
        Event::InvoiceMade(_) => Some("invoice-made"),
        Event::InvoiceRefused { .. } => Some("invoice-refused"),
        Event::ReceiptClaiming(_) => Some("receipt-claiming"),
        Event::ReceiptPaid { .. } => Some("receipt-paid"),
        Event::ReceiptLost { .. } => Some("receipt-lost"),
        Event::SubscriberChanged { .. } => Some("series-changed"),
        Event::OfferCreated(_)
        | Event::OfferEncoded { .. }
        | Event::OfferDisabled { .. }
        | Event::OfferEnabled { .. } => None,
        Event::SubscriptionChanged { change, .. } => Some(change.kind()),
    })
}
