//! A store that somebody watches over.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use bolt1::{Msat, PublicKey, Timestamp};
use bolt12::{InvreqId, OfferId};
use offerd_core::change::{ChangeKind, Subject, Subsystem};
use offerd_core::invoice_book::OwnInvoice;
use offerd_core::offer_book::OfferEntry;
use offerd_core::payment::{FailedAttempt, OutgoingPayment};
use offerd_core::payout::Payout;
use offerd_core::port::{
    Indexed, KeyValueStore, LogEntry, NamedChange, OpenPayouts, Page, PortError, Store,
};
use offerd_core::receipt::{Receipt, ReceiptKey, Source};
use offerd_core::subscriber::Subscriber;
use offerd_core::subscription::Subscription;
use offerd_core::{
    Batch, InvoiceRow, OfferRow, OutboxEntry, PaymentHash, PaymentId, PayoutRow, SubscriberRow,
    SubscriptionRow, Way,
};

/// Stands between a process and its store. What it does not say otherwise goes through unchanged.
pub trait StoreGuard: Send + Sync {
    /// Before each read.
    ///
    /// # Errors
    /// When the process does not live to see the answer.
    fn read(&self) -> Result<(), PortError> {
        Ok(())
    }

    /// Around each write, which is one transaction: `act` makes it durable.
    ///
    /// # Errors
    /// Those of `act`, or when the process does not live to learn how it went.
    fn write(
        &self,
        what: &str,
        act: &mut dyn FnMut() -> Result<(), PortError>,
    ) -> Result<(), PortError> {
        let _ = what;
        act()
    }

    /// What is written of a batch.
    fn batch<'a>(&self, batch: &'a Batch) -> Cow<'a, Batch> {
        Cow::Borrowed(batch)
    }

    /// Whether the outbox forgets what was done.
    fn notes_what_was_done(&self) -> bool {
        true
    }

    /// A payout as it is read.
    fn payout(&self, payout: Payout) -> Payout {
        payout
    }

    /// Claims as they are read.
    fn claims(&self, claims: Vec<OutgoingPayment>) -> Vec<OutgoingPayment> {
        claims
    }

    /// What was claimed within a time, as it is read.
    fn claimed(&self, sum: Msat) -> Msat {
        sum
    }
}

/// A store behind a [`StoreGuard`].
pub struct GuardedStore<S> {
    store: S,
    guard: Arc<dyn StoreGuard>,
}

impl<S> GuardedStore<S> {
    /// `store`, behind `guard`.
    pub fn new(store: S, guard: Arc<dyn StoreGuard>) -> Self {
        Self { store, guard }
    }

    /// The store itself, with nobody watching.
    pub fn unguarded(&self) -> &S {
        &self.store
    }
}

impl<S> fmt::Debug for GuardedStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardedStore").finish_non_exhaustive()
    }
}

/// The kinds of its events and effects.
fn describe(batch: &Batch) -> String {
    let words = batch.events.iter().map(first_word);
    words.chain(batch.effects.iter().map(first_word)).collect::<Vec<_>>().join(" ")
}

/// The name of a variant.
fn first_word(value: &impl fmt::Debug) -> String {
    let mut word = Word::default();
    // It ends with an error on purpose, at the end of the first word.
    let _ = fmt::write(&mut word, format_args!("{value:?}"));
    word.0
}

/// Takes one word and no more.
#[derive(Default)]
struct Word(String);

impl fmt::Write for Word {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = text.find(|letter: char| !letter.is_alphanumeric());
        self.0.push_str(&text[..end.unwrap_or(text.len())]);
        if end.is_some() { Err(fmt::Error) } else { Ok(()) }
    }
}

impl<S: Store> KeyValueStore for GuardedStore<S> {
    fn read(
        &self,
        primary: &str,
        secondary: &str,
        key: &str,
    ) -> Result<Option<Vec<u8>>, PortError> {
        self.guard.read()?;
        self.store.read(primary, secondary, key)
    }

    fn write(
        &self,
        primary: &str,
        secondary: &str,
        key: &str,
        value: &[u8],
    ) -> Result<(), PortError> {
        self.guard.write(key, &mut || self.store.write(primary, secondary, key, value))
    }

    fn write_all(&self, changes: &[NamedChange<'_>]) -> Result<(), PortError> {
        self.guard.write("named values", &mut || self.store.write_all(changes))
    }

    fn remove(&self, primary: &str, secondary: &str, key: &str) -> Result<(), PortError> {
        self.guard.write(key, &mut || self.store.remove(primary, secondary, key))
    }

    fn list(&self, primary: &str, secondary: &str) -> Result<Vec<String>, PortError> {
        self.guard.read()?;
        self.store.list(primary, secondary)
    }
}

impl<S: Store> Store for GuardedStore<S> {
    fn commit(&self, batch: &Batch) -> Result<(), PortError> {
        let batch = self.guard.batch(batch);
        let word = describe(&batch);
        self.guard.write(&word, &mut || self.store.commit(&batch))
    }

    fn next_offer_row(&self) -> Result<OfferRow, PortError> {
        self.guard.read()?;
        self.store.next_offer_row()
    }

    fn offer(&self, row: OfferRow) -> Result<Option<OfferEntry>, PortError> {
        self.guard.read()?;
        self.store.offer(row)
    }

    fn offer_by_id(&self, id: &OfferId) -> Result<Option<OfferEntry>, PortError> {
        self.guard.read()?;
        self.store.offer_by_id(id)
    }

    fn offer_way(&self, id: &OfferId) -> Result<Option<Way>, PortError> {
        self.guard.read()?;
        self.store.offer_way(id)
    }

    fn offer_by_arguments(&self, key: &[u8; 32]) -> Result<Option<OfferEntry>, PortError> {
        self.guard.read()?;
        self.store.offer_by_arguments(key)
    }

    fn single_use_offer_by_label(&self, label: &str) -> Result<Option<OfferEntry>, PortError> {
        self.guard.read()?;
        self.store.single_use_offer_by_label(label)
    }

    fn offers(&self, page: Page) -> Result<Vec<Indexed<OfferEntry>>, PortError> {
        self.guard.read()?;
        self.store.offers(page)
    }

    fn next_payout_row(&self) -> Result<PayoutRow, PortError> {
        self.guard.read()?;
        self.store.next_payout_row()
    }

    fn payout(&self, row: PayoutRow) -> Result<Option<Payout>, PortError> {
        self.guard.read()?;
        Ok(self.store.payout(row)?.map(|payout| self.guard.payout(payout)))
    }

    fn payout_by_nonce(&self, nonce: &[u8; 16]) -> Result<Option<Payout>, PortError> {
        self.guard.read()?;
        Ok(self.store.payout_by_nonce(nonce)?.map(|payout| self.guard.payout(payout)))
    }

    fn payout_way(&self, nonce: &[u8; 16]) -> Result<Option<Way>, PortError> {
        self.guard.read()?;
        self.store.payout_way(nonce)
    }

    fn payout_by_offer_id(&self, id: &OfferId) -> Result<Option<Payout>, PortError> {
        self.guard.read()?;
        Ok(self.store.payout_by_offer_id(id)?.map(|payout| self.guard.payout(payout)))
    }

    fn payout_by_invreq_id(&self, id: &InvreqId) -> Result<Option<Payout>, PortError> {
        self.guard.read()?;
        Ok(self.store.payout_by_invreq_id(id)?.map(|payout| self.guard.payout(payout)))
    }

    fn payout_by_label(&self, label: &str) -> Result<Option<Payout>, PortError> {
        self.guard.read()?;
        self.store.payout_by_label(label)
    }

    fn refunds_of(&self, payment_hash: PaymentHash) -> Result<Vec<Payout>, PortError> {
        self.guard.read()?;
        self.store.refunds_of(payment_hash)
    }

    fn open_payouts(&self, now: Timestamp) -> Result<OpenPayouts, PortError> {
        self.guard.read()?;
        self.store.open_payouts(now)
    }

    fn payouts(&self, page: Page) -> Result<Vec<Indexed<Payout>>, PortError> {
        self.guard.read()?;
        self.store.payouts(page)
    }

    fn payment(&self, id: PaymentId) -> Result<Option<OutgoingPayment>, PortError> {
        self.guard.read()?;
        self.store.payment(id)
    }

    fn payment_by_label(&self, label: &str) -> Result<Option<OutgoingPayment>, PortError> {
        self.guard.read()?;
        self.store.payment_by_label(label)
    }

    fn payments_by_request(
        &self,
        request_key: &[u8; 32],
    ) -> Result<Vec<OutgoingPayment>, PortError> {
        self.guard.read()?;
        self.store.payments_by_request(request_key)
    }

    fn failed_attempts(&self, id: PaymentId) -> Result<Vec<FailedAttempt>, PortError> {
        self.guard.read()?;
        self.store.failed_attempts(id)
    }

    fn claims(&self, payout: PayoutRow) -> Result<Vec<OutgoingPayment>, PortError> {
        self.guard.read()?;
        Ok(self.guard.claims(self.store.claims(payout)?))
    }

    fn payments_of_hash(
        &self,
        payment_hash: PaymentHash,
    ) -> Result<Vec<OutgoingPayment>, PortError> {
        self.guard.read()?;
        self.store.payments_of_hash(payment_hash)
    }

    fn awaiting_claims(&self) -> Result<Vec<OutgoingPayment>, PortError> {
        self.guard.read()?;
        self.store.awaiting_claims()
    }

    fn pending_payments(&self) -> Result<Vec<OutgoingPayment>, PortError> {
        self.guard.read()?;
        self.store.pending_payments()
    }

    fn claimed_since(&self, since: Timestamp) -> Result<Msat, PortError> {
        self.guard.read()?;
        Ok(self.guard.claimed(self.store.claimed_since(since)?))
    }

    fn payments(&self, page: Page) -> Result<Vec<Indexed<OutgoingPayment>>, PortError> {
        self.guard.read()?;
        self.store.payments(page)
    }

    fn next_invoice_row(&self) -> Result<InvoiceRow, PortError> {
        self.guard.read()?;
        self.store.next_invoice_row()
    }

    fn own_invoice(&self, row: InvoiceRow) -> Result<Option<OwnInvoice>, PortError> {
        self.guard.read()?;
        self.store.own_invoice(row)
    }

    fn bolt11_by_hash(&self, payment_hash: PaymentHash) -> Result<Option<OwnInvoice>, PortError> {
        self.guard.read()?;
        self.store.bolt11_by_hash(payment_hash)
    }

    fn own_invoice_by_label(&self, label: &str) -> Result<Option<OwnInvoice>, PortError> {
        self.guard.read()?;
        self.store.own_invoice_by_label(label)
    }

    fn own_invoices(&self, page: Page) -> Result<Vec<Indexed<OwnInvoice>>, PortError> {
        self.guard.read()?;
        self.store.own_invoices(page)
    }

    fn receipt(&self, key: &ReceiptKey) -> Result<Option<Receipt>, PortError> {
        self.guard.read()?;
        self.store.receipt(key)
    }

    fn receipts_of(&self, source: Source) -> Result<Vec<Receipt>, PortError> {
        self.guard.read()?;
        self.store.receipts_of(source)
    }

    fn receipt_by_payment(
        &self,
        payment_hash: PaymentHash,
        payment_id: &[u8; 32],
    ) -> Result<Option<Receipt>, PortError> {
        self.guard.read()?;
        self.store.receipt_by_payment(payment_hash, payment_id)
    }

    fn receipts_of_hash(&self, payment_hash: PaymentHash) -> Result<Vec<Receipt>, PortError> {
        self.guard.read()?;
        self.store.receipts_of_hash(payment_hash)
    }

    fn claiming_receipts(&self) -> Result<Vec<Receipt>, PortError> {
        self.guard.read()?;
        self.store.claiming_receipts()
    }

    fn receipts(&self, page: Page) -> Result<Vec<Indexed<Receipt>>, PortError> {
        self.guard.read()?;
        self.store.receipts(page)
    }

    fn next_subscriber_row(&self) -> Result<SubscriberRow, PortError> {
        self.guard.read()?;
        self.store.next_subscriber_row()
    }

    fn subscriber(&self, row: SubscriberRow) -> Result<Option<Subscriber>, PortError> {
        self.guard.read()?;
        self.store.subscriber(row)
    }

    fn series(
        &self,
        offer: OfferRow,
        payer_id: &PublicKey,
    ) -> Result<Option<Subscriber>, PortError> {
        self.guard.read()?;
        self.store.series(offer, payer_id)
    }

    fn subscribers_by_due(&self, most: u64) -> Result<Vec<Subscriber>, PortError> {
        self.guard.read()?;
        self.store.subscribers_by_due(most)
    }

    fn subscribers(&self, page: Page) -> Result<Vec<Indexed<Subscriber>>, PortError> {
        self.guard.read()?;
        self.store.subscribers(page)
    }

    fn next_subscription_row(&self) -> Result<SubscriptionRow, PortError> {
        self.guard.read()?;
        self.store.next_subscription_row()
    }

    fn subscription(&self, row: SubscriptionRow) -> Result<Option<Subscription>, PortError> {
        self.guard.read()?;
        self.store.subscription(row)
    }

    fn subscription_by_label(&self, label: &str) -> Result<Option<Subscription>, PortError> {
        self.guard.read()?;
        self.store.subscription_by_label(label)
    }

    fn subscription_by_payment(&self, id: PaymentId) -> Result<Option<Subscription>, PortError> {
        self.guard.read()?;
        self.store.subscription_by_payment(id)
    }

    fn live_subscriptions(&self) -> Result<Vec<Subscription>, PortError> {
        self.guard.read()?;
        self.store.live_subscriptions()
    }

    fn subscriptions(&self, page: Page) -> Result<Vec<Indexed<Subscription>>, PortError> {
        self.guard.read()?;
        self.store.subscriptions(page)
    }

    fn last_place(&self, subsystem: Subsystem, kind: ChangeKind) -> Result<u64, PortError> {
        self.guard.read()?;
        self.store.last_place(subsystem, kind)
    }

    fn subject_at(
        &self,
        subsystem: Subsystem,
        kind: ChangeKind,
        place: u64,
    ) -> Result<Option<Subject>, PortError> {
        self.guard.read()?;
        self.store.subject_at(subsystem, kind, place)
    }

    fn place_of(&self, subject: &Subject, kind: ChangeKind) -> Result<Option<u64>, PortError> {
        self.guard.read()?;
        self.store.place_of(subject, kind)
    }

    fn log_after(&self, after: u64, most: usize) -> Result<Vec<LogEntry>, PortError> {
        self.guard.read()?;
        self.store.log_after(after, most)
    }

    fn last_logged(&self) -> Result<u64, PortError> {
        self.guard.read()?;
        self.store.last_logged()
    }

    fn outbox(&self) -> Result<Vec<OutboxEntry>, PortError> {
        self.guard.read()?;
        self.store.outbox()
    }

    fn effect_done(&self, id: i64) -> Result<(), PortError> {
        if !self.guard.notes_what_was_done() {
            return Ok(());
        }
        self.guard.write("the note that something was done", &mut || self.store.effect_done(id))
    }
}
