//! What has happened since the start, counted: for the figures. Lost at every end, as counters are.
//!
//! Each count is under a word of ours. Nothing that others choose is ever one: there are as many as there are words.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use offerd_core::payment::{OutgoingPayment, PaymentEnd, PaymentState, Purpose};
use offerd_core::{Batch, Event, Ignored};

use super::Driver;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Figure {
    /// Payments on claims of payouts, by the state that they came to.
    Claims,
    /// What was paid out for payouts, in msat.
    ClaimsPaidMsat,
    /// Attempts at payments that came to nothing, by why.
    FailedAttempts,
    /// Payments that failed for good, by why.
    FailedPayments,
    /// What routing our payments has cost, in msat.
    FeesPaidMsat,
    /// Messages about offers that were not even looked into, by why.
    IgnoredMessages,
    /// Invoice requests, by what came of them: `answered`, `cancelled`, or the word of the refusal.
    InvoiceRequests,
    /// Invoices made for requests: fewer than were answered, since one is sent again while it is valid.
    InvoicesMade,
    /// Payments that we were told to make, by the state that they came to.
    Orders,
    /// What was paid for orders, in msat.
    OrdersPaidMsat,
    /// Payments to us, by the state that they came to.
    Receipts,
    /// What payments to us brought, in msat.
    ReceivedMsat,
    /// Invoices for payouts, by what came of them: `claimed`, `awaiting`, `repeated`, or the word of the refusal.
    Redemptions,
}

/// The counts, by figure and word; the word is empty where a figure has but one.
pub type Counts = BTreeMap<(Figure, &'static str), u64>;

/// Keeps them.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Counts>);

impl Tally {
    pub(super) fn count(&self, figure: Figure, word: &'static str) {
        self.add(figure, word, 1);
    }

    fn add(&self, figure: Figure, word: &'static str, more: u64) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry((figure, word)).or_default();
        *count = count.saturating_add(more);
    }

    fn counts(&self) -> Counts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Driver {
    /// What has happened since the start.
    pub fn counts(&self) -> Counts {
        self.tally.counts()
    }

    /// Counts a message that gets no answer.
    pub(super) fn count_ignored(&self, asked: Option<Figure>, why: Ignored) {
        self.tally.count(asked.unwrap_or(Figure::IgnoredMessages), why.word());
    }

    /// Counts what a commit was about.
    pub(super) fn count_batch(&self, batch: &Batch) {
        batch.events.iter().for_each(|event| self.count_event(event));
    }

    fn count_event(&self, event: &Event) {
        let tally = &self.tally;
        match event {
            Event::PaymentStarted(payment) => {
                let word = match payment.state {
                    PaymentState::Awaiting => "awaiting",
                    PaymentState::Pending { .. } | PaymentState::Ended(_) => "started",
                };
                tally.count(figures_of(payment).0, word);
            }
            Event::PaymentApproved { .. } => tally.count(Figure::Claims, "started"),
            Event::PaymentPutOff { failed, .. } | Event::PaymentAttemptFailed { failed, .. } => {
                tally.count(Figure::FailedAttempts, failed.failure.kind.word());
            }
            Event::PaymentEnded { id, end } => {
                // The record is there, or nothing could be committed about it; what cannot be read is not counted.
                if let Ok(Some(payment)) = self.ports.store.payment(*id) {
                    self.count_end(&payment, end);
                }
            }
            Event::ReceiptClaiming(_) => tally.count(Figure::Receipts, "claiming"),
            Event::ReceiptPaid { amount, .. } => {
                tally.count(Figure::Receipts, "paid");
                tally.add(Figure::ReceivedMsat, "", amount.as_u64());
            }
            Event::ReceiptLost { .. } => tally.count(Figure::Receipts, "lost"),
            Event::OfferCreated(_)
            | Event::OfferEncoded { .. }
            | Event::OfferDisabled { .. }
            | Event::OfferEnabled { .. }
            | Event::PayoutCreated(_)
            | Event::PayoutDisabled { .. }
            | Event::PayoutEnabled { .. }
            | Event::InvoiceMade(_)
            | Event::InvoiceRefused { .. }
            | Event::SubscriberChanged { .. }
            | Event::SubscriptionChanged { .. } => {}
        }
    }

    fn count_end(&self, payment: &OutgoingPayment, end: &PaymentEnd) {
        let (states, amounts) = figures_of(payment);
        match end {
            PaymentEnd::Paid { fee, .. } => {
                self.tally.count(states, "paid");
                self.tally.add(amounts, "", payment.amount.as_u64());
                self.tally.add(Figure::FeesPaidMsat, "", fee.unwrap_or_default().as_u64());
            }
            PaymentEnd::Failed { reason, .. } => {
                self.tally.count(states, "failed");
                self.tally.count(Figure::FailedPayments, reason.kind.word());
            }
        }
    }
}

/// Where a payment's states are counted, and where its amount.
fn figures_of(payment: &OutgoingPayment) -> (Figure, Figure) {
    match payment.purpose {
        Purpose::Order { .. } => (Figure::Orders, Figure::OrdersPaidMsat),
        Purpose::Claim { .. } => (Figure::Claims, Figure::ClaimsPaidMsat),
    }
}
