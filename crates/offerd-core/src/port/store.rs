//! What we ask of a store.

use std::fmt;

use bolt1::{Msat, PublicKey, Timestamp};
use bolt12::{InvreqId, OfferId};

use super::PortError;
use crate::change::{ChangeKind, Subject, Subsystem};
use crate::effect::OutboxEntry;
use crate::event::Batch;
use crate::id::{
    InvoiceRow, OfferRow, PaymentHash, PaymentId, PayoutRow, SubscriberRow, SubscriptionRow,
};
use crate::invoice_book::OwnInvoice;
use crate::offer_book::OfferEntry;
use crate::payment::{FailedAttempt, OutgoingPayment};
use crate::payout::Payout;
use crate::receipt::{Receipt, ReceiptKey, Source};
use crate::subscriber::Subscriber;
use crate::subscription::Subscription;
use crate::way::Way;

/// Named byte strings for the Lightning node's own state (channel manager, monitors, wallet, graph). Two
/// levels of namespace, as the node needs them. A write is on disk when it returns.
pub trait KeyValueStore: Send + Sync {
    /// The value, `None` when there is none.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn read(&self, primary: &str, secondary: &str, key: &str)
    -> Result<Option<Vec<u8>>, PortError>;

    /// Writes or replaces it, durably.
    ///
    /// # Errors
    /// When it could not be made durable; the old value is then still there.
    fn write(
        &self,
        primary: &str,
        secondary: &str,
        key: &str,
        value: &[u8],
    ) -> Result<(), PortError>;

    /// Makes all changes in order and in one transaction, durably.
    ///
    /// # Errors
    /// When it could not be made durable; then none of them was made.
    fn write_all(&self, changes: &[NamedChange<'_>]) -> Result<(), PortError>;

    /// Removes it; no error when it was not there.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn remove(&self, primary: &str, secondary: &str, key: &str) -> Result<(), PortError>;

    /// All keys of a namespace, in any order.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn list(&self, primary: &str, secondary: &str) -> Result<Vec<String>, PortError>;
}

/// One change of [`KeyValueStore::write_all`].
#[derive(Clone, Copy)]
pub struct NamedChange<'a> {
    /// First level of the namespace.
    pub primary: &'a str,
    /// Second level of the namespace.
    pub secondary: &'a str,
    /// The name.
    pub key: &'a str,
    /// What is written; `None`: it is removed, no matter whether it was there.
    pub value: Option<&'a [u8]>,
}

/// Without the value, which may hold secrets.
impl fmt::Debug for NamedChange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamedChange")
            .field("primary", &self.primary)
            .field("secondary", &self.secondary)
            .field("key", &self.key)
            .field("bytes", &self.value.map(<[u8]>::len))
            .finish()
    }
}

/// One page of a list: rows from `start` on in the order of their making, at most `limit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The first `created_index` wanted, from 1.
    pub start: u64,
    /// Most rows wanted.
    pub limit: u64,
}

impl Page {
    /// Everything.
    pub const ALL: Self = Self { start: 1, limit: u64::MAX };
}

/// The payouts that can be redeemed, in sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenPayouts {
    /// How many.
    pub count: u64,
    /// What one redemption of each may take at most, without routing fees; all bitcoin where it is more than that.
    pub at_most: Msat,
}

impl OpenPayouts {
    /// The sum of what each of them pays at most.
    pub fn of(amounts: impl IntoIterator<Item = Msat>) -> Self {
        amounts.into_iter().fold(Self::default(), |sum, amount| Self {
            count: sum.count.saturating_add(1),
            at_most: sum.at_most.plus(amount).unwrap_or(Msat::MAX),
        })
    }
}

/// One line of the log of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Its place in the log: from 1, growing, never reused.
    pub id: u64,
    /// What has happened: `offer_created`, `receipt_paid`.
    pub kind: String,
    /// The record that it is about: as [`Subject`] names it, a receipt by the invoice or offer it is for.
    pub subject: String,
    /// When, where the event says so.
    pub at: Option<Timestamp>,
    /// More of it: a JSON object of ids, amounts and states. Never a string that pays out, a preimage or a path's secret.
    pub body: String,
}

/// A row with its place in the order of making (from 1, never reused).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indexed<T> {
    /// Its place.
    pub created_index: u64,
    /// The row.
    pub row: T,
}

/// The offer book, payouts, payments, receipts and the outbox. Reads see everything that was committed.
///
/// Synchronous on purpose: a decision is read, made and committed by one caller at a time, and a store of a
/// single file has nothing to wait for but the disk.
pub trait Store: KeyValueStore {
    /// Writes all events and effects of a batch in one transaction. When it returns, they are on disk; when it
    /// fails, nothing of it is there.
    ///
    /// # Errors
    /// `Conflict` when a row that must be unique exists already (a label, a receipt key, a payment id, a second
    /// unfinished claim on one payout, a second payment of one request or label, be it beside an unfinished one that
    /// it trusts the payee about), or a row is no longer in a state that the event can leave (a payment that
    /// has ended fails, a disabled offer is disabled): read again and decide again. `Rejected` for a new row that
    /// belongs to one that does not exist.
    fn commit(&self, batch: &Batch) -> Result<(), PortError>;

    /// The next free number for an offer, from 1.
    ///
    /// # Errors
    /// When the store cannot be read; so for every read below.
    fn next_offer_row(&self) -> Result<OfferRow, PortError>;
    /// The offer of this number.
    fn offer(&self, row: OfferRow) -> Result<Option<OfferEntry>, PortError>;
    /// The offer one of whose strings has this offer_id.
    fn offer_by_id(&self, id: &OfferId) -> Result<Option<OfferEntry>, PortError>;
    /// By which way the string with this offer_id is reached, and nothing more: this is all that a stranger can make us
    /// read before it is clear that he came by that way.
    fn offer_way(&self, id: &OfferId) -> Result<Option<Way>, PortError>;
    /// The offer that was made with these normalised arguments.
    fn offer_by_arguments(&self, key: &[u8; 32]) -> Result<Option<OfferEntry>, PortError>;
    /// The single-use offer of this label.
    fn single_use_offer_by_label(&self, label: &str) -> Result<Option<OfferEntry>, PortError>;
    /// Offers, oldest first.
    fn offers(&self, page: Page) -> Result<Vec<Indexed<OfferEntry>>, PortError>;

    /// The next free number for a payout, from 1.
    fn next_payout_row(&self) -> Result<PayoutRow, PortError>;
    /// The payout of this number.
    fn payout(&self, row: PayoutRow) -> Result<Option<Payout>, PortError>;
    /// The payout with these 16 random bytes.
    fn payout_by_nonce(&self, nonce: &[u8; 16]) -> Result<Option<Payout>, PortError>;
    /// By which way the payout with these 16 random bytes is reached, and nothing more; see [`Store::offer_way`].
    fn payout_way(&self, nonce: &[u8; 16]) -> Result<Option<Way>, PortError>;
    /// The payout whose `lno1…` has this offer_id.
    fn payout_by_offer_id(&self, id: &OfferId) -> Result<Option<Payout>, PortError>;
    /// The payout whose `lnr1…` has this invreq_id.
    fn payout_by_invreq_id(&self, id: &InvreqId) -> Result<Option<Payout>, PortError>;
    /// The payout of this label, in any state.
    fn payout_by_label(&self, label: &str) -> Result<Option<Payout>, PortError>;
    /// The payouts that refund the invoice of this payment hash, oldest first.
    fn refunds_of(&self, payment_hash: PaymentHash) -> Result<Vec<Payout>, PortError>;
    /// The payouts that can be redeemed at this time, in sum.
    fn open_payouts(&self, now: Timestamp) -> Result<OpenPayouts, PortError>;
    /// Payouts, oldest first.
    fn payouts(&self, page: Page) -> Result<Vec<Indexed<Payout>>, PortError>;

    /// The payment of this id.
    fn payment(&self, id: PaymentId) -> Result<Option<OutgoingPayment>, PortError>;
    /// The payment that we were told to make under this label: the newest that arrived, else the newest whose outcome
    /// is not known, else the newest.
    fn payment_by_label(&self, label: &str) -> Result<Option<OutgoingPayment>, PortError>;
    /// All payments for one request, oldest first.
    fn payments_by_request(
        &self,
        request_key: &[u8; 32],
    ) -> Result<Vec<OutgoingPayment>, PortError>;
    /// The attempts at a payment that came to nothing and were written down, oldest first.
    fn failed_attempts(&self, id: PaymentId) -> Result<Vec<FailedAttempt>, PortError>;
    /// All claims on a payout, oldest first.
    fn claims(&self, payout: PayoutRow) -> Result<Vec<OutgoingPayment>, PortError>;
    /// All payments of ours with this payment hash, oldest first: the payee chose it, so there may be several.
    fn payments_of_hash(
        &self,
        payment_hash: PaymentHash,
    ) -> Result<Vec<OutgoingPayment>, PortError>;
    /// All claims that wait for approval, oldest first.
    fn awaiting_claims(&self) -> Result<Vec<OutgoingPayment>, PortError>;
    /// All payments whose outcome is not known, oldest first.
    fn pending_payments(&self) -> Result<Vec<OutgoingPayment>, PortError>;
    /// The sum of amounts and fee limits of all claims decided since then that have not failed.
    fn claimed_since(&self, since: Timestamp) -> Result<Msat, PortError>;
    /// Payments, oldest first.
    fn payments(&self, page: Page) -> Result<Vec<Indexed<OutgoingPayment>>, PortError>;

    /// The next free number for an invoice of ours, from 1.
    fn next_invoice_row(&self) -> Result<InvoiceRow, PortError>;
    /// The invoice of this number.
    fn own_invoice(&self, row: InvoiceRow) -> Result<Option<OwnInvoice>, PortError>;
    /// The invoice of BOLT 11 with this payment hash.
    fn bolt11_by_hash(&self, payment_hash: PaymentHash) -> Result<Option<OwnInvoice>, PortError>;
    /// The invoice of this label that was not refused.
    fn own_invoice_by_label(&self, label: &str) -> Result<Option<OwnInvoice>, PortError>;
    /// Invoices of ours, oldest first.
    fn own_invoices(&self, page: Page) -> Result<Vec<Indexed<OwnInvoice>>, PortError>;

    /// The receipt of this key that was not lost.
    fn receipt(&self, key: &ReceiptKey) -> Result<Option<Receipt>, PortError>;
    /// The receipts of a source, oldest first.
    fn receipts_of(&self, source: Source) -> Result<Vec<Receipt>, PortError>;
    /// The receipt of this payment of the node.
    fn receipt_by_payment(
        &self,
        payment_hash: PaymentHash,
        payment_id: &[u8; 32],
    ) -> Result<Option<Receipt>, PortError>;
    /// The receipts of payments with this hash, oldest first.
    fn receipts_of_hash(&self, payment_hash: PaymentHash) -> Result<Vec<Receipt>, PortError>;
    /// The receipts of payments that were accepted and are neither ours nor lost, oldest first.
    fn claiming_receipts(&self) -> Result<Vec<Receipt>, PortError>;
    /// Receipts, oldest first.
    fn receipts(&self, page: Page) -> Result<Vec<Indexed<Receipt>>, PortError>;

    /// The next free number for a series that pays an offer of ours, from 1.
    fn next_subscriber_row(&self) -> Result<SubscriberRow, PortError>;
    /// The series of this number.
    fn subscriber(&self, row: SubscriberRow) -> Result<Option<Subscriber>, PortError>;
    /// The series by which this payer pays this offer.
    fn series(
        &self,
        offer: OfferRow,
        payer_id: &PublicKey,
    ) -> Result<Option<Subscriber>, PortError>;
    /// The series that have a time at which something happens by itself, at most so many, the earliest first.
    fn subscribers_by_due(&self, most: u64) -> Result<Vec<Subscriber>, PortError>;
    /// Series, oldest first.
    fn subscribers(&self, page: Page) -> Result<Vec<Indexed<Subscriber>>, PortError>;

    /// The next free number for a subscription of ours, from 1.
    fn next_subscription_row(&self) -> Result<SubscriptionRow, PortError>;
    /// The subscription of this number.
    fn subscription(&self, row: SubscriptionRow) -> Result<Option<Subscription>, PortError>;
    /// The subscription of this label, in any state.
    fn subscription_by_label(&self, label: &str) -> Result<Option<Subscription>, PortError>;
    /// The subscription whose next payment is this one.
    fn subscription_by_payment(&self, id: PaymentId) -> Result<Option<Subscription>, PortError>;
    /// The subscriptions to which something may happen by itself, oldest first.
    fn live_subscriptions(&self) -> Result<Vec<Subscription>, PortError>;
    /// Subscriptions, oldest first.
    fn subscriptions(&self, page: Page) -> Result<Vec<Indexed<Subscription>>, PortError>;

    /// The newest place in this order, 0 when nothing has happened yet.
    fn last_place(&self, subsystem: Subsystem, kind: ChangeKind) -> Result<u64, PortError>;
    /// The record at this place, from 1.
    fn subject_at(
        &self,
        subsystem: Subsystem,
        kind: ChangeKind,
        place: u64,
    ) -> Result<Option<Subject>, PortError>;
    /// The newest place of a record in this order of its list.
    fn place_of(&self, subject: &Subject, kind: ChangeKind) -> Result<Option<u64>, PortError>;

    /// Lines of the log of events behind this place, oldest first, so many at most.
    fn log_after(&self, after: u64, most: usize) -> Result<Vec<LogEntry>, PortError>;
    /// The newest place in the log, 0 when nothing has happened yet.
    fn last_logged(&self) -> Result<u64, PortError>;

    /// What is still to be done, oldest first.
    fn outbox(&self) -> Result<Vec<OutboxEntry>, PortError>;
    /// It was done.
    fn effect_done(&self, id: i64) -> Result<(), PortError>;
}
