//! The log of events, as far as those who follow it need it: kind and record.

use offerd_core::Event;
use offerd_core::change::Subject;
use offerd_core::payment::PaymentEnd;
use offerd_core::port::LogEntry;

/// One line, without its body.
pub(super) fn line(id: u64, event: &Event) -> LogEntry {
    let (kind, subject) = match event {
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
    let (kind, subject) = (kind.to_owned(), subject.to_string());
    LogEntry { id, kind, subject, at: None, body: "{}".to_owned() }
}
