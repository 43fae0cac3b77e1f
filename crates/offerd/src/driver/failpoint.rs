//! Places at which a build for tests ends itself when it is told to: around every commit, and around what a commit
//! owes to the node. `OFFERD_FAILPOINT` names one of them; a release build has none and does not look.

use offerd_core::subscription::SubscriptionChange;
use offerd_core::{Batch, Event};

use super::fail_step::FailStep;

/// What a process does when it gets to the place that was named: it dies as if the power had gone.
#[cfg(debug_assertions)]
fn reach(moment: &str, step: FailStep) {
    use std::sync::OnceLock;
    static CHOSEN: OnceLock<Option<String>> = OnceLock::new();
    let chosen = CHOSEN.get_or_init(|| std::env::var("OFFERD_FAILPOINT").ok());
    let Some(chosen) = chosen else { return };
    if chosen.split_once(' ') == Some((moment, step.name())) {
        std::process::abort();
    }
}

#[cfg(not(debug_assertions))]
fn reach(_moment: &str, _step: FailStep) {}

/// Nothing of this step is done yet.
pub(super) fn before(step: FailStep) {
    reach("before", step);
}

/// It is done, and nobody knows.
pub(super) fn after(step: FailStep) {
    reach("after", step);
}

/// The steps that a batch commits; what an offer of ours is, and may be paid for, is none.
pub(super) fn steps(batch: &Batch) -> impl Iterator<Item = FailStep> {
    batch.events.iter().filter_map(|event| match event {
        Event::PayoutCreated(_) => Some(FailStep::PayoutCreated),
        Event::PaymentStarted(_) => Some(FailStep::PaymentStarted),
        Event::PaymentApproved { .. } => Some(FailStep::PaymentApproved),
        Event::PaymentEnded { .. } => Some(FailStep::PaymentEnded),
        Event::PayoutDisabled { .. } => Some(FailStep::PayoutDisabled),
        Event::PayoutEnabled { .. } => Some(FailStep::PayoutEnabled),
        Event::PaymentPutOff { .. } => Some(FailStep::PaymentPutOff),
        Event::PaymentAttemptFailed { .. } => Some(FailStep::PaymentAttemptFailed),
        Event::InvoiceMade(_) => Some(FailStep::InvoiceMade),
        Event::InvoiceRefused { .. } => Some(FailStep::InvoiceRefused),
        Event::ReceiptClaiming(_) => Some(FailStep::ReceiptClaiming),
        Event::ReceiptPaid { .. } => Some(FailStep::ReceiptPaid),
        Event::ReceiptLost { .. } => Some(FailStep::ReceiptLost),
        Event::SubscriberChanged { .. } => Some(FailStep::SeriesChanged),
        Event::OfferCreated(_)
        | Event::OfferEncoded { .. }
        | Event::OfferDisabled { .. }
        | Event::OfferEnabled { .. } => None,
        Event::SubscriptionChanged { change, .. } => of_subscription(*change),
    })
}

fn of_subscription(change: SubscriptionChange) -> Option<FailStep> {
    Some(match change {
        SubscriptionChange::Created => FailStep::SubscriptionCreated,
        SubscriptionChange::Reminded => FailStep::SubscriptionReminder,
        SubscriptionChange::Begun => FailStep::SubscriptionPaying,
        SubscriptionChange::Paid => FailStep::SubscriptionPaid,
        SubscriptionChange::Failed => FailStep::SubscriptionFailed,
        SubscriptionChange::Paused => FailStep::SubscriptionPaused,
        SubscriptionChange::Resumed => FailStep::SubscriptionResumed,
        SubscriptionChange::Cancelled => FailStep::SubscriptionCancelled,
        SubscriptionChange::Told => FailStep::SubscriptionTold,
        SubscriptionChange::Ended => FailStep::SubscriptionEnded,
        // Nothing is paid by it, and the issuer says the same again to the next request.
        SubscriptionChange::CaughtUp => return None,
    })
}
