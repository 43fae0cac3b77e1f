//! The port, passed on to one file for each aggregate.

use bolt1::{Msat, PublicKey, Timestamp};
use bolt12::{InvreqId, OfferId};
use offerd_core::change::{ChangeKind, Subject, Subsystem};
use offerd_core::invoice_book::OwnInvoice;
use offerd_core::offer_book::OfferEntry;
use offerd_core::payment::{FailedAttempt, OutgoingPayment};
use offerd_core::payout::Payout;
use offerd_core::port::{Indexed, LogEntry, OpenPayouts, Page, PortError, Store};
use offerd_core::receipt::{Receipt, ReceiptKey, Source};
use offerd_core::subscriber::Subscriber;
use offerd_core::subscription::Subscription;
use offerd_core::{
    Batch, InvoiceRow, OfferRow, OutboxEntry, PaymentHash, PaymentId, PayoutRow, SubscriberRow,
    SubscriptionRow, Way,
};
use rusqlite::TransactionBehavior;

use crate::error::Doing;
use crate::store::SqliteStore;
use crate::{
    attempts, changes, events, invoices, log, offers, outbox, payments, payouts, receipts,
    subscribers, subscriptions,
};

impl Store for SqliteStore {
    fn commit(&self, batch: &Batch) -> Result<(), PortError> {
        let mut db = self.db();
        let tx = db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .doing("begin a transaction")?;
        batch.events.iter().try_for_each(|event| events::record(&tx, event))?;
        batch.effects.iter().try_for_each(|effect| outbox::push(&tx, effect))?;
        tx.commit().doing("commit a transaction")
    }

    fn next_offer_row(&self) -> Result<OfferRow, PortError> {
        offers::next_row(&self.db())
    }

    fn offer(&self, row: OfferRow) -> Result<Option<OfferEntry>, PortError> {
        offers::by_row(&self.db(), row)
    }

    fn offer_by_id(&self, id: &OfferId) -> Result<Option<OfferEntry>, PortError> {
        offers::by_id(&self.db(), id)
    }

    fn offer_way(&self, id: &OfferId) -> Result<Option<Way>, PortError> {
        offers::way(&self.db(), id)
    }

    fn offer_by_arguments(&self, key: &[u8; 32]) -> Result<Option<OfferEntry>, PortError> {
        offers::by_arguments(&self.db(), key)
    }

    fn single_use_offer_by_label(&self, label: &str) -> Result<Option<OfferEntry>, PortError> {
        offers::single_use_by_label(&self.db(), label)
    }

    fn offers(&self, page: Page) -> Result<Vec<Indexed<OfferEntry>>, PortError> {
        offers::page(&self.db(), page)
    }

    fn next_payout_row(&self) -> Result<PayoutRow, PortError> {
        payouts::next_row(&self.db())
    }

    fn payout(&self, row: PayoutRow) -> Result<Option<Payout>, PortError> {
        payouts::by_row(&self.db(), row)
    }

    fn payout_by_nonce(&self, nonce: &[u8; 16]) -> Result<Option<Payout>, PortError> {
        payouts::by_nonce(&self.db(), nonce)
    }

    fn payout_way(&self, nonce: &[u8; 16]) -> Result<Option<Way>, PortError> {
        payouts::way(&self.db(), nonce)
    }

    fn payout_by_offer_id(&self, id: &OfferId) -> Result<Option<Payout>, PortError> {
        payouts::by_offer_id(&self.db(), id)
    }

    fn payout_by_invreq_id(&self, id: &InvreqId) -> Result<Option<Payout>, PortError> {
        payouts::by_invreq_id(&self.db(), id)
    }

    fn payout_by_label(&self, label: &str) -> Result<Option<Payout>, PortError> {
        payouts::by_label(&self.db(), label)
    }

    fn refunds_of(&self, payment_hash: PaymentHash) -> Result<Vec<Payout>, PortError> {
        payouts::refunds_of(&self.db(), payment_hash)
    }

    fn open_payouts(&self, now: Timestamp) -> Result<OpenPayouts, PortError> {
        payouts::open(&self.db(), now)
    }

    fn payouts(&self, page: Page) -> Result<Vec<Indexed<Payout>>, PortError> {
        payouts::page(&self.db(), page)
    }

    fn payment(&self, id: PaymentId) -> Result<Option<OutgoingPayment>, PortError> {
        payments::by_id(&self.db(), id)
    }

    fn payment_by_label(&self, label: &str) -> Result<Option<OutgoingPayment>, PortError> {
        payments::by_label(&self.db(), label)
    }

    fn payments_by_request(
        &self,
        request_key: &[u8; 32],
    ) -> Result<Vec<OutgoingPayment>, PortError> {
        payments::by_request(&self.db(), request_key)
    }

    fn failed_attempts(&self, id: PaymentId) -> Result<Vec<FailedAttempt>, PortError> {
        attempts::of_payment(&self.db(), id)
    }

    fn claims(&self, payout: PayoutRow) -> Result<Vec<OutgoingPayment>, PortError> {
        payments::claims(&self.db(), payout)
    }

    fn payments_of_hash(
        &self,
        payment_hash: PaymentHash,
    ) -> Result<Vec<OutgoingPayment>, PortError> {
        payments::of_hash(&self.db(), payment_hash)
    }

    fn awaiting_claims(&self) -> Result<Vec<OutgoingPayment>, PortError> {
        payments::awaiting(&self.db())
    }

    fn pending_payments(&self) -> Result<Vec<OutgoingPayment>, PortError> {
        payments::pending(&self.db())
    }

    fn claimed_since(&self, since: Timestamp) -> Result<Msat, PortError> {
        payments::claimed_since(&self.db(), since)
    }

    fn payments(&self, page: Page) -> Result<Vec<Indexed<OutgoingPayment>>, PortError> {
        payments::page(&self.db(), page)
    }

    fn next_invoice_row(&self) -> Result<InvoiceRow, PortError> {
        invoices::next_row(&self.db())
    }

    fn own_invoice(&self, row: InvoiceRow) -> Result<Option<OwnInvoice>, PortError> {
        invoices::by_row(&self.db(), row)
    }

    fn bolt11_by_hash(&self, payment_hash: PaymentHash) -> Result<Option<OwnInvoice>, PortError> {
        invoices::bolt11_by_hash(&self.db(), payment_hash)
    }

    fn own_invoice_by_label(&self, label: &str) -> Result<Option<OwnInvoice>, PortError> {
        invoices::by_label(&self.db(), label)
    }

    fn own_invoices(&self, page: Page) -> Result<Vec<Indexed<OwnInvoice>>, PortError> {
        invoices::page(&self.db(), page)
    }

    fn receipt(&self, key: &ReceiptKey) -> Result<Option<Receipt>, PortError> {
        receipts::by_key(&self.db(), key)
    }

    fn receipts_of(&self, source: Source) -> Result<Vec<Receipt>, PortError> {
        receipts::of_source(&self.db(), source)
    }

    fn receipt_by_payment(
        &self,
        payment_hash: PaymentHash,
        payment_id: &[u8; 32],
    ) -> Result<Option<Receipt>, PortError> {
        receipts::by_payment(&self.db(), payment_hash, payment_id)
    }

    fn receipts_of_hash(&self, payment_hash: PaymentHash) -> Result<Vec<Receipt>, PortError> {
        receipts::of_hash(&self.db(), payment_hash)
    }

    fn claiming_receipts(&self) -> Result<Vec<Receipt>, PortError> {
        receipts::claiming(&self.db())
    }

    fn receipts(&self, page: Page) -> Result<Vec<Indexed<Receipt>>, PortError> {
        receipts::page(&self.db(), page)
    }

    fn next_subscriber_row(&self) -> Result<SubscriberRow, PortError> {
        subscribers::next_row(&self.db())
    }

    fn subscriber(&self, row: SubscriberRow) -> Result<Option<Subscriber>, PortError> {
        subscribers::by_row(&self.db(), row)
    }

    fn series(
        &self,
        offer: OfferRow,
        payer_id: &PublicKey,
    ) -> Result<Option<Subscriber>, PortError> {
        subscribers::of_payer(&self.db(), offer, payer_id)
    }

    fn subscribers_by_due(&self, most: u64) -> Result<Vec<Subscriber>, PortError> {
        subscribers::by_due(&self.db(), most)
    }

    fn subscribers(&self, page: Page) -> Result<Vec<Indexed<Subscriber>>, PortError> {
        subscribers::page(&self.db(), page)
    }

    fn next_subscription_row(&self) -> Result<SubscriptionRow, PortError> {
        subscriptions::next_row(&self.db())
    }

    fn subscription(&self, row: SubscriptionRow) -> Result<Option<Subscription>, PortError> {
        subscriptions::by_row(&self.db(), row)
    }

    fn subscription_by_label(&self, label: &str) -> Result<Option<Subscription>, PortError> {
        subscriptions::by_label(&self.db(), label)
    }

    fn subscription_by_payment(&self, id: PaymentId) -> Result<Option<Subscription>, PortError> {
        subscriptions::by_payment(&self.db(), id)
    }

    fn live_subscriptions(&self) -> Result<Vec<Subscription>, PortError> {
        subscriptions::live(&self.db())
    }

    fn subscriptions(&self, page: Page) -> Result<Vec<Indexed<Subscription>>, PortError> {
        subscriptions::page(&self.db(), page)
    }

    fn last_place(&self, subsystem: Subsystem, kind: ChangeKind) -> Result<u64, PortError> {
        changes::last_place(&self.db(), subsystem, kind)
    }

    fn subject_at(
        &self,
        subsystem: Subsystem,
        kind: ChangeKind,
        place: u64,
    ) -> Result<Option<Subject>, PortError> {
        changes::subject_at(&self.db(), subsystem, kind, place)
    }

    fn place_of(&self, subject: &Subject, kind: ChangeKind) -> Result<Option<u64>, PortError> {
        changes::place_of(&self.db(), subject, kind)
    }

    fn log_after(&self, after: u64, most: usize) -> Result<Vec<LogEntry>, PortError> {
        log::after(&self.db(), after, most)
    }

    fn last_logged(&self) -> Result<u64, PortError> {
        log::last(&self.db())
    }

    fn outbox(&self) -> Result<Vec<OutboxEntry>, PortError> {
        outbox::all(&self.db())
    }

    fn effect_done(&self, id: i64) -> Result<(), PortError> {
        outbox::done(&self.db(), id)
    }
}
