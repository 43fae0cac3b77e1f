//! What could be wrong: each of these, put into an otherwise right town, must be noticed.

use std::borrow::Cow;

use bolt1::Msat;
use offerd_core::payment::{
    Failure, FailureKind, OutgoingPayment, PaymentEnd, PaymentState, Purpose,
};
use offerd_core::payout::{Payout, PayoutAmount, PromiseState, Uses};
use offerd_core::subscription::SubscriptionState;
use offerd_core::{Batch, Event, Policy};
use offerd_testkit::NodeBug;

use crate::listed::listed;

listed! {
    /// A deliberate mistake.
    Bug {
        /// The node does not know a payment again by its id, and the outbox forgets nothing that it has done.
        IdsMeanNothing,
        /// Every promise may be kept as often as one likes, and the claims on it are forgotten.
        ClaimsForgotten,
        /// The disk says that it has what it has not.
        DiskLies,
        /// A fixed amount is paid up to ten times.
        AmountIgnored,
        /// Routing may cost anything.
        FeesIgnored,
        /// There is no limit for a day.
        DayIgnored,
        /// A withdrawn promise is kept.
        WithdrawalIgnored,
        /// A promise never expires.
        ExpiryIgnored,
        /// A payment is taken that nobody writes down.
        ReceiptDropped,
        /// The node takes payments before anybody has decided.
        AcceptsUnasked,
        /// A refusal does not free the label.
        RefusalForgotten,
        /// The fees that were paid are not written down.
        FeesHidden,
        /// A payment that arrived is written down as failed.
        SentIsFailed,
        /// Prices in dollars may drift as far as they like.
        DriftIgnored,
        /// A bitcoin is thought to cost twice what it does.
        RateMisread,
        /// A subscription that was cancelled is written down as one that goes on.
        CancelIgnored,
        /// How a payment has ended is not written down.
        OutcomeForgotten,
        /// What was done is not struck off the list of what is to be done.
        DeedsUnnoted,
    }
}

impl Bug {
    /// The bug of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|bug| format!("{bug:?}") == name)
    }

    /// The bug of the node under the daemon.
    pub(crate) fn of_node(self) -> Option<NodeBug> {
        match self {
            Self::IdsMeanNothing => Some(NodeBug::IdsMeanNothing),
            Self::AcceptsUnasked => Some(NodeBug::AcceptsUnasked),
            Self::FeesHidden => Some(NodeBug::HidesFees),
            _ => None,
        }
    }

    /// The bounds as the daemon with the bug sees them.
    pub(crate) fn policy(self, policy: Policy) -> Policy {
        let most = Msat::from_sat(1_000_000).unwrap();
        let dear = Msat::from_sat(2_000).unwrap();
        match self {
            Self::FeesIgnored => Policy { payout_fee_floor: dear, pay_fee_floor: dear, ..policy },
            Self::DriftIgnored => Policy { pay_rate_drift_ppm: 10_000_000, ..policy },
            Self::DayIgnored => Policy { payout_max_per_day: most, ..policy },
            _ => policy,
        }
    }

    /// What is read of a payout.
    pub(crate) fn payout(self, payout: Payout) -> Payout {
        match (self, payout.amount) {
            (Self::AmountIgnored, PayoutAmount::Exact(amount)) => {
                let most = amount.times(10.try_into().unwrap()).unwrap();
                Payout { amount: PayoutAmount::UpTo(most), ..payout }
            }
            (Self::ClaimsForgotten, _) => Payout {
                uses: Uses { most: None, total: None },
                state: PromiseState::Open,
                ..payout
            },
            (Self::WithdrawalIgnored, _) if payout.state == PromiseState::Disabled => {
                Payout { state: PromiseState::Open, ..payout }
            }
            (Self::ExpiryIgnored, _) => Payout { absolute_expiry: None, ..payout },
            _ => payout,
        }
    }

    /// Whether the outbox forgets what was done.
    pub(crate) fn notes_what_was_done(self) -> bool {
        !matches!(self, Self::IdsMeanNothing | Self::DeedsUnnoted)
    }

    /// What is read of the claims on a payout.
    pub(crate) fn claims(self, claims: Vec<OutgoingPayment>) -> Vec<OutgoingPayment> {
        if self == Self::ClaimsForgotten { Vec::new() } else { claims }
    }

    /// What is written of a batch.
    pub(crate) fn batch(self, batch: &Batch) -> Cow<'_, Batch> {
        let drops = |event: &Event| match self {
            Self::ReceiptDropped => {
                matches!(event, Event::ReceiptPaid { .. })
            }
            Self::RefusalForgotten => matches!(event, Event::InvoiceRefused { .. }),
            Self::OutcomeForgotten => matches!(event, Event::PaymentEnded { .. }),
            _ => false,
        };
        let mut changed = batch.clone();
        changed.events.retain(|event| !drops(event));
        if self == Self::SentIsFailed {
            changed.events.iter_mut().for_each(deny_arrival);
        }
        if self == Self::CancelIgnored {
            changed.events.iter_mut().for_each(go_on);
        }
        if self == Self::ClaimsForgotten {
            changed.events.iter_mut().for_each(hide_claim);
        }
        Cow::Owned(changed)
    }
}

/// A payment that arrived becomes one that did not.
fn deny_arrival(event: &mut Event) {
    if let Event::PaymentEnded { end, .. } = event
        && let PaymentEnd::Paid { at, .. } = *end
    {
        let reason = Failure::new(FailureKind::NoRoute, "lost");
        *end = PaymentEnd::Failed { reason, at };
    }
}

/// A claim becomes a payment that nobody's promise knows of, so that the schema cannot save us.
fn hide_claim(event: &mut Event) {
    if let Event::PaymentStarted(payment) = event
        && payment.state != PaymentState::Awaiting
        && payment.payout().is_some()
    {
        payment.purpose = Purpose::Order { label: None, offer_id: None, trusts_payee: false };
    }
}

/// A subscription whose owner has ended it goes on.
fn go_on(event: &mut Event) {
    if let Event::SubscriptionChanged { record, .. } = event
        && matches!(record.state, SubscriptionState::Cancelled { .. })
    {
        record.state = SubscriptionState::Active;
    }
}
