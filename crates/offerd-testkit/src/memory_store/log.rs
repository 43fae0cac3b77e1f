//! The log of events, as far as those who follow it need it: kind and record.

use offerd_core::Event;
use offerd_core::change::Subject;
use offerd_core::payment::PaymentEnd;
use offerd_core::port::LogEntry;
use offerd_core::subscriber::SubscriberChange;

/// One line, without its body.
pub(super) fn line(id: u64, event: &Event) -> LogEntry {
    let (kind, subject) = kind_and_subject(event);
    LogEntry { id, kind: kind.to_owned(), subject, at: None, body: "{}".to_owned() }
}

/// Kind and record, as a store writes them down.
fn kind_and_subject(event: &Event) -> (&'static str, String) {
    let (kind, subject) = match event {
        Event::SubscriberChanged { change, record } => {
            let kind = match change {
                SubscriberChange::Started => "subscription.started",
                SubscriberChange::Paid => "subscription.paid",
                SubscriberChange::Overdue => "subscription.overdue",
                SubscriberChange::Cancelled => "subscription.cancelled",
                SubscriberChange::Ended => "subscription.ended",
            };
            return (kind, format!("subscriber/{}", record.row.0));
        }
        Event::SubscriptionChanged { change, record } => {
            (change.kind(), Subject::Subscription(record.row))
        }
        Event::OfferCreated(entry) => ("offer_created", Subject::Offer(entry.row)),
        Event::OfferEncoded { row, .. } => ("offer_encoded", Subject::Offer(*row)),
        Event::OfferDisabled { row, .. } => ("offer_disabled", Subject::Offer(*row)),
        Event::OfferEnabled { row, .. } => ("offer_enabled", Subject::Offer(*row)),
        Event::PayoutCreated(payout) => ("payout_created", Subject::Payout(payout.row)),
        Event::PayoutDisabled { row, .. } => ("payout_disabled", Subject::Payout(*row)),
        Event::PayoutEnabled { row, .. } => ("payout_enabled", Subject::Payout(*row)),
        Event::PaymentStarted(payment) => ("payment_started", Subject::Payment(payment.id)),
        Event::PaymentApproved { id, .. } => ("payment_approved", Subject::Payment(*id)),
        Event::PaymentPutOff { id, .. } => ("payment_put_off", Subject::Payment(*id)),
        Event::PaymentAttemptFailed { id, .. } => ("payment_attempt_failed", Subject::Payment(*id)),
        Event::PaymentEnded { id, end } => {
            let kind = match end {
                PaymentEnd::Paid { .. } => "payment_paid",
                PaymentEnd::Failed { .. } => "payment_failed",
            };
            (kind, Subject::Payment(*id))
        }
        Event::InvoiceMade(invoice) => ("invoice_made", Subject::Invoice(invoice.row)),
        Event::InvoiceRefused { row, .. } => ("invoice_refused", Subject::Invoice(*row)),
        Event::ReceiptClaiming(receipt) => ("receipt_claiming", Subject::of_receipt(&receipt.key)),
        Event::ReceiptPaid { key, .. } => ("receipt_paid", Subject::of_receipt(key)),
        Event::ReceiptLost { key, .. } => ("receipt_lost", Subject::of_receipt(key)),
    };
    (kind, subject.to_string())
}
