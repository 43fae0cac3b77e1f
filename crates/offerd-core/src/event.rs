//! What has happened, as it is committed.

use bolt1::{Msat, Timestamp};

use crate::effect::Effect;
use crate::id::{InvoiceRow, OfferRow, PaymentId, PayoutRow};
use crate::invoice_book::OwnInvoice;
use crate::offer_book::{OfferEncoding, OfferEntry};
use crate::payment::{FailedAttempt, OutgoingPayment, PaymentEnd};
use crate::payout::Payout;
use crate::receipt::{Receipt, ReceiptKey};
use crate::subscriber::{Subscriber, SubscriberChange};
use crate::subscription::{Subscription, SubscriptionChange};

/// One thing that happened. A store appends it to its log and changes its rows in the same transaction.
/// Deliberately exhaustive: a new event must be handled everywhere.
#[expect(clippy::large_enum_variant, reason = "taken apart at once, never kept in numbers")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An offer entered the book, with its first encoding.
    OfferCreated(OfferEntry),
    /// An offer got one more encoding, because our paths changed.
    OfferEncoded {
        /// Which offer.
        row: OfferRow,
        /// The new encoding.
        encoding: OfferEncoding,
    },
    /// An offer is no longer answered, and its outstanding invoices no longer accepted.
    OfferDisabled {
        /// Which offer.
        row: OfferRow,
        /// When.
        at: Timestamp,
    },
    /// A disabled offer is answered again, and its outstanding invoices accepted.
    OfferEnabled {
        /// Which offer.
        row: OfferRow,
        /// When.
        at: Timestamp,
    },
    /// A promise to pay was made.
    PayoutCreated(Payout),
    /// A promise is no longer open to claims; one that is being paid goes on.
    PayoutDisabled {
        /// Which promise.
        row: PayoutRow,
        /// When.
        at: Timestamp,
    },
    /// A disabled promise is open again.
    PayoutEnabled {
        /// Which promise.
        row: PayoutRow,
        /// When.
        at: Timestamp,
    },
    /// A payment of ours was decided: for an order, or as the claim on a payout, which may have to wait for approval.
    PaymentStarted(OutgoingPayment),
    /// A claim that waited for approval may be paid.
    PaymentApproved {
        /// Which payment.
        id: PaymentId,
        /// When.
        at: Timestamp,
    },
    /// An attempt came to nothing with nothing in flight; another follows at `next_at`.
    PaymentPutOff {
        /// Which payment.
        id: PaymentId,
        /// Attempts made so far.
        attempts: u32,
        /// What the last one came to.
        failed: FailedAttempt,
        /// When to try again.
        next_at: Timestamp,
    },
    /// One way that was tried did not lead there; the payment goes on.
    PaymentAttemptFailed {
        /// Which payment.
        id: PaymentId,
        /// What it came to.
        failed: FailedAttempt,
    },
    /// A payment of ours has arrived or failed for good. A payout whose claim was paid is spent by the same
    /// commit.
    PaymentEnded {
        /// Which payment.
        id: PaymentId,
        /// How, and when.
        end: PaymentEnd,
    },
    /// We made an invoice for somebody's promise to pay.
    InvoiceMade(OwnInvoice),
    /// The other side refused that invoice: its label is free again.
    InvoiceRefused {
        /// Which invoice.
        row: InvoiceRow,
        /// When.
        at: Timestamp,
    },
    /// A payment arrived and was accepted; the preimage goes out after this commit.
    ReceiptClaiming(Receipt),
    /// The accepted payment is ours.
    ReceiptPaid {
        /// Which request.
        key: ReceiptKey,
        /// By which payment of the node.
        payment_id: [u8; 32],
        /// What we got.
        amount: Msat,
        /// When.
        at: Timestamp,
    },
    /// An accepted payment went back before its preimage was released.
    ReceiptLost {
        /// Which request.
        key: ReceiptKey,
        /// Which payment of the node.
        payment_id: [u8; 32],
        /// When.
        at: Timestamp,
    },
    /// Something happened to a series that pays an offer of ours.
    SubscriberChanged {
        /// What.
        change: SubscriberChange,
        /// The series from then on; a new one where it has started.
        record: Subscriber,
    },
    /// Something happened to a subscription of ours.
    SubscriptionChanged {
        /// What.
        change: SubscriptionChange,
        /// The subscription from then on; a new one where it was made.
        record: Box<Subscription>,
    },
}

/// What one decision commits: all of it or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// What happened, in order.
    pub events: Vec<Event>,
    /// What must be done now even if we crash first.
    pub effects: Vec<Effect>,
}

impl Batch {
    /// A batch of one event and nothing to do.
    pub fn of(event: Event) -> Self {
        Self { events: vec![event], effects: Vec::new() }
    }

    /// The same with what another decision commits, after it.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.events.extend(other.events);
        self.effects.extend(other.effects);
        self
    }

    /// The same with an effect that must follow.
    #[must_use]
    pub fn and_then(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }
}
