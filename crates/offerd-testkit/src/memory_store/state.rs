//! What a store holds, and how events change it.

use std::collections::BTreeMap;

use bolt1::{Msat, Timestamp};
use offerd_core::change::{ChangeKind, Subject, Subsystem};
use offerd_core::invoice_book::OwnInvoice;
use offerd_core::offer_book::{OfferEncoding, OfferEntry};
use offerd_core::payment::{FailedAttempt, OutgoingPayment, PaymentEnd, PaymentState, Purpose};
use offerd_core::payout::{Payout, PromiseState};
use offerd_core::port::PortError;
use offerd_core::receipt::{Receipt, ReceiptKey, ReceiptState, Source};
use offerd_core::subscriber::{Subscriber, SubscriberChange};
use offerd_core::subscription::{Subscription, SubscriptionChange};
use offerd_core::{Batch, Effect, Event, InvoiceRow, OfferRow, PaymentId, PayoutRow};

/// Everything. Lists are in the order of making; nothing is ever taken out of them.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) events: Vec<Event>,
    pub(super) offers: BTreeMap<u32, OfferEntry>,
    pub(super) payouts: BTreeMap<u32, Payout>,
    pub(super) payments: Vec<OutgoingPayment>,
    pub(super) failed_attempts: Vec<(PaymentId, FailedAttempt)>,
    pub(super) own_invoices: BTreeMap<u32, OwnInvoice>,
    pub(super) receipts: Vec<Receipt>,
    pub(super) subscribers: BTreeMap<u32, Subscriber>,
    pub(super) subscriptions: BTreeMap<u32, Subscription>,
    pub(super) outbox: BTreeMap<i64, Effect>,
    last_effect: i64,
    pub(super) named: BTreeMap<[String; 3], Vec<u8>>,
    pub(super) failing_commits: u32,
}

/// Refuses as a unique index does.
fn unique(free: bool, what: &str) -> Result<(), PortError> {
    if free { Ok(()) } else { Err(PortError::conflict(format!("{what} is there already"))) }
}

/// Refuses as a foreign key does.
fn referenced(there: bool, what: &str) -> Result<(), PortError> {
    if there { Ok(()) } else { Err(PortError::rejected(format!("there is no such {what}"))) }
}

/// The row to be changed, in the state that the change leaves.
fn there<T>(row: Option<T>, what: &str) -> Result<T, PortError> {
    row.ok_or_else(|| PortError::conflict(format!("no {what} in the right state")))
}

impl State {
    /// All of the batch, or an error; then this state is half changed and must be thrown away.
    pub(super) fn apply(&mut self, batch: &Batch) -> Result<(), PortError> {
        batch.events.iter().try_for_each(|event| self.apply_event(event))?;
        for effect in &batch.effects {
            self.last_effect += 1;
            self.outbox.insert(self.last_effect, effect.clone());
        }
        Ok(())
    }

    /// The records of an order, the first place first.
    pub(super) fn order(&self, subsystem: Subsystem, kind: ChangeKind) -> Vec<Subject> {
        let redeems = |event: &Event| {
            let id = event.earlier_payment()?;
            self.payments.iter().find(|payment| payment.id == id)?.payout()
        };
        let changes = self.events.iter().flat_map(|event| event.changes(redeems(event)));
        let wanted =
            changes.filter(|change| change.kind == kind && change.subject.subsystem() == subsystem);
        wanted.map(|change| change.subject).collect()
    }

    fn apply_event(&mut self, event: &Event) -> Result<(), PortError> {
        self.events.push(event.clone());
        match event {
            Event::OfferCreated(entry) => self.offer_created(entry),
            Event::OfferEncoded { row, encoding } => self.offer_encoded(*row, encoding),
            Event::OfferDisabled { row, at: _ } => self.offer_disabled(*row),
            Event::OfferEnabled { row, at: _ } => self.offer_enabled(*row),
            Event::PayoutCreated(payout) => self.payout_created(payout),
            Event::PayoutDisabled { row, at: _ } => self.payout_disabled(*row),
            Event::PayoutEnabled { row, at: _ } => self.payout_enabled(*row),
            Event::PaymentStarted(payment) => self.payment_started(payment),
            Event::PaymentApproved { id, at } => self.payment_approved(*id, *at),
            Event::PaymentPutOff { id, attempts, failed, next_at } => {
                self.payment_put_off(*id, *attempts, *next_at)?;
                self.attempt_failed(*id, failed)
            }
            Event::PaymentAttemptFailed { id, failed } => self.attempt_failed(*id, failed),
            Event::PaymentEnded { id, end } => self.payment_ended(*id, end),
            Event::InvoiceMade(invoice) => self.invoice_made(invoice),
            Event::InvoiceRefused { row, at } => self.invoice_refused(*row, *at),
            Event::ReceiptClaiming(receipt) => self.receipt_claiming(receipt),
            Event::ReceiptPaid { key, payment_id, amount, at } => {
                self.receipt_paid(key, payment_id, *amount, *at)
            }
            Event::ReceiptLost { key, payment_id, at } => self.receipt_lost(key, payment_id, *at),
            Event::SubscriberChanged { change, record } => self.subscriber_changed(*change, record),
            Event::SubscriptionChanged { change, record } => {
                self.subscription_changed(*change, record)
            }
        }
    }

    fn offer_created(&mut self, entry: &OfferEntry) -> Result<(), PortError> {
        let others = || self.offers.values();
        unique(!self.offers.contains_key(&entry.row.0), "the offer's number")?;
        if entry.arguments_key.is_some() {
            let free = others().all(|other| other.arguments_key != entry.arguments_key);
            unique(free, "an offer with these arguments")?;
        }
        if entry.single_use && entry.label.is_some() {
            let free = others().all(|other| !other.single_use || other.label != entry.label);
            unique(free, "a single-use offer with this label")?;
        }
        let stored = OfferEntry { encodings: Vec::new(), ..entry.clone() };
        self.offers.insert(entry.row.0, stored);
        entry.encodings.iter().try_for_each(|encoding| self.offer_encoded(entry.row, encoding))
    }

    fn offer_encoded(&mut self, row: OfferRow, encoding: &OfferEncoding) -> Result<(), PortError> {
        let id = encoding.offer_id();
        let free = self.offers.values().all(|other| other.encoding(&id).is_none());
        unique(free, "an encoding with this offer_id")?;
        let entry = self.offers.get_mut(&row.0);
        referenced(entry.is_some(), "offer")?;
        entry.into_iter().for_each(|entry| entry.encodings.push(encoding.clone()));
        Ok(())
    }

    fn offer_disabled(&mut self, row: OfferRow) -> Result<(), PortError> {
        let entry = self.offers.get_mut(&row.0).filter(|entry| entry.active);
        there(entry, "offer")?.active = false;
        Ok(())
    }

    fn offer_enabled(&mut self, row: OfferRow) -> Result<(), PortError> {
        let may = |entry: &&mut OfferEntry| !(entry.active || entry.single_use && entry.used);
        there(self.offers.get_mut(&row.0).filter(may), "offer")?.active = true;
        Ok(())
    }

    fn payout_created(&mut self, payout: &Payout) -> Result<(), PortError> {
        unique(!self.payouts.contains_key(&payout.row.0), "the payout's number")?;
        for other in self.payouts.values() {
            unique(other.nonce != payout.nonce, "a payout with these random bytes")?;
            let apart = |same: bool, set: bool| !(same && set);
            let labels = apart(other.label == payout.label, payout.label.is_some());
            unique(labels, "a payout with this label")?;
            let offers = apart(other.offer_id() == payout.offer_id(), payout.offer.is_some());
            unique(offers, "a payout with this offer_id")?;
            let requests =
                apart(other.invreq_id() == payout.invreq_id(), payout.invoice_request.is_some());
            unique(requests, "a payout with this invreq_id")?;
        }
        self.payouts.insert(payout.row.0, payout.clone());
        Ok(())
    }

    fn payout_disabled(&mut self, row: PayoutRow) -> Result<(), PortError> {
        let payout = self.payouts.get_mut(&row.0);
        let payout = payout.filter(|payout| payout.state == PromiseState::Open);
        there(payout, "payout")?.state = PromiseState::Disabled;
        Ok(())
    }

    fn payout_enabled(&mut self, row: PayoutRow) -> Result<(), PortError> {
        let payout = self.payouts.get_mut(&row.0);
        let payout = payout.filter(|payout| payout.state == PromiseState::Disabled);
        there(payout, "payout")?.state = PromiseState::Open;
        Ok(())
    }

    fn payment_started(&mut self, payment: &OutgoingPayment) -> Result<(), PortError> {
        unique(self.payments.iter().all(|other| other.id != payment.id), "a payment of this id")?;
        let standing = self.payments.iter().filter(|other| other.is_live());
        match &payment.purpose {
            Purpose::Claim { payout, reply_path: _ } => {
                referenced(self.payouts.contains_key(&payout.0), "payout")?;
                if !payment.is_awaiting() {
                    unique(self.has_room(*payout), "a claim on this payout")?;
                }
            }
            Purpose::Order { label, offer_id: _, trusts_payee } => {
                let in_the_way = |other: &&OutgoingPayment| {
                    other.is_paid() || !(*trusts_payee && other.is_pending())
                };
                let standing = standing.filter(in_the_way);
                for other in standing.filter(|other| other.payout().is_none()) {
                    let free = other.request_key != payment.request_key;
                    unique(free, "a payment for this request")?;
                    unique(label.is_none() || label_of(other) != label.as_deref(), "the label")?;
                }
            }
        }
        self.payments.push(payment.clone());
        Ok(())
    }

    fn payment_put_off(
        &mut self,
        id: PaymentId,
        attempts: u32,
        next_at: Timestamp,
    ) -> Result<(), PortError> {
        let payment = self.payments.iter_mut().find(|payment| payment.id == id);
        let payment = there(payment.filter(|payment| payment.is_pending()), "payment")?;
        payment.state = PaymentState::Pending { attempts, next_at: Some(next_at) };
        Ok(())
    }

    /// Whether a payout may be claimed once more.
    fn has_room(&self, row: PayoutRow) -> bool {
        let claims = self.payments.iter().filter(|payment| payment.payout() == Some(row));
        let live = claims.filter(|claim| claim.is_live()).count();
        let most = self.payouts.get(&row.0).and_then(|payout| payout.uses.most);
        most.is_none_or(|most| u32::try_from(live).is_ok_and(|live| live < most))
    }

    fn payment_approved(&mut self, id: PaymentId, at: Timestamp) -> Result<(), PortError> {
        let awaiting = |payment: &&OutgoingPayment| payment.id == id && payment.is_awaiting();
        let payout = self.payments.iter().find(awaiting).and_then(OutgoingPayment::payout);
        let room = self.has_room(there(payout, "claim that waits")?);
        unique(room, "a claim on this payout")?;
        for payment in self.payments.iter_mut().filter(|payment| payment.id == id) {
            payment.state = PaymentState::Pending { attempts: 0, next_at: None };
            payment.created_at = at;
        }
        Ok(())
    }

    fn attempt_failed(&mut self, id: PaymentId, failed: &FailedAttempt) -> Result<(), PortError> {
        let payment = self.payments.iter().find(|payment| payment.id == id);
        there(payment.filter(|payment| payment.is_pending()), "payment")?;
        self.failed_attempts.push((id, failed.clone()));
        Ok(())
    }

    /// A proof is recorded even where the payment was thought to have failed.
    fn payment_ended(&mut self, id: PaymentId, end: &PaymentEnd) -> Result<(), PortError> {
        let proven = matches!(end, PaymentEnd::Paid { .. });
        let may_end =
            |payment: &OutgoingPayment| !payment.is_paid() && (proven || !has_failed(payment));
        let payment = self.payments.iter_mut().find(|payment| payment.id == id);
        let payment = there(payment.filter(|payment| may_end(payment)), "payment")?;
        payment.state = PaymentState::Ended(end.clone());
        if let (true, Some(row)) = (proven, payment.payout()) {
            let claims = self.payments.iter().filter(|claim| claim.payout() == Some(row));
            let paid = claims.filter(|claim| claim.is_paid()).count();
            let payout = there(self.payouts.get_mut(&row.0), "payout")?;
            let kept = u32::try_from(paid).unwrap_or(u32::MAX);
            if payout.uses.most.is_some_and(|most| kept >= most) {
                payout.state = PromiseState::Spent;
            }
        }
        Ok(())
    }

    fn invoice_made(&mut self, invoice: &OwnInvoice) -> Result<(), PortError> {
        unique(!self.own_invoices.contains_key(&invoice.row.0), "the invoice's number")?;
        let mut standing = self.own_invoices.values().filter(|other| other.refused_at.is_none());
        let free =
            invoice.refused_at.is_some() || standing.all(|other| other.label != invoice.label);
        unique(free, "an invoice with this label")?;
        if let Some(terms) = invoice.bolt11() {
            let same = |other: &OwnInvoice| {
                other.bolt11().is_some_and(|other| other.payment_hash == terms.payment_hash)
            };
            unique(!self.own_invoices.values().any(same), "an invoice with this payment hash")?;
        }
        self.own_invoices.insert(invoice.row.0, invoice.clone());
        Ok(())
    }

    fn invoice_refused(&mut self, row: InvoiceRow, at: Timestamp) -> Result<(), PortError> {
        let invoice = self.own_invoices.get_mut(&row.0);
        let invoice = invoice.filter(|invoice| invoice.refused_at.is_none());
        there(invoice, "invoice")?.refused_at = Some(at);
        Ok(())
    }

    fn receipt_claiming(&mut self, receipt: &Receipt) -> Result<(), PortError> {
        for other in &self.receipts {
            unique(!other.is_live() || other.key != receipt.key, "a receipt for this request")?;
            let same_payment = other.is_of(receipt.payment_hash, &receipt.payment_id);
            unique(!same_payment, "a receipt of this payment")?;
        }
        match receipt.key.source {
            Source::Offer(row) => referenced(self.offers.contains_key(&row.0), "offer")?,
            Source::Invoice(row) => referenced(self.own_invoices.contains_key(&row.0), "invoice")?,
        }
        self.receipts.push(receipt.clone());
        Ok(())
    }

    fn receipt_mut(&mut self, key: &ReceiptKey, payment_id: &[u8; 32]) -> Option<&mut Receipt> {
        let is_it =
            |receipt: &&mut Receipt| receipt.key == *key && receipt.payment_id == *payment_id;
        self.receipts.iter_mut().find(is_it)
    }

    /// Money that came is recorded even where it was thought to be lost.
    fn receipt_paid(
        &mut self,
        key: &ReceiptKey,
        payment_id: &[u8; 32],
        amount: Msat,
        at: Timestamp,
    ) -> Result<(), PortError> {
        let unpaid = |receipt: &&mut Receipt| !matches!(receipt.state, ReceiptState::Paid { .. });
        let receipt = there(self.receipt_mut(key, payment_id).filter(unpaid), "receipt")?;
        receipt.amount = amount;
        receipt.state = ReceiptState::Paid { at };
        if let Source::Offer(row) = key.source {
            there(self.offers.get_mut(&row.0), "offer")?.used = true;
        }
        Ok(())
    }

    fn receipt_lost(
        &mut self,
        key: &ReceiptKey,
        payment_id: &[u8; 32],
        at: Timestamp,
    ) -> Result<(), PortError> {
        let claiming = |receipt: &&mut Receipt| receipt.state == ReceiptState::Claiming;
        let receipt = there(self.receipt_mut(key, payment_id).filter(claiming), "receipt")?;
        receipt.state = ReceiptState::Lost { at };
        Ok(())
    }

    fn subscriber_changed(
        &mut self,
        change: SubscriberChange,
        record: &Subscriber,
    ) -> Result<(), PortError> {
        let same =
            |other: &Subscriber| other.offer == record.offer && other.payer_id == record.payer_id;
        if change == SubscriberChange::Started {
            let free = |other: &Subscriber| other.row != record.row && !same(other);
            unique(self.subscribers.values().all(free), "a series")?;
            referenced(self.offers.contains_key(&record.offer.0), "offer")?;
        } else {
            let known = self.subscribers.get(&record.row.0).filter(|known| same(known));
            let onward = |known: &&Subscriber| known.next_counter <= record.next_counter;
            there(known.filter(onward), "series")?;
        }
        self.subscribers.insert(record.row.0, record.clone());
        Ok(())
    }

    fn subscription_changed(
        &mut self,
        change: SubscriptionChange,
        record: &Subscription,
    ) -> Result<(), PortError> {
        if change == SubscriptionChange::Created {
            let free =
                |other: &Subscription| other.row != record.row && other.label != record.label;
            unique(self.subscriptions.values().all(free), "a subscription")?;
        } else {
            let known = self.subscriptions.get(&record.row.0);
            let onward = |known: &&Subscription| {
                known.label == record.label && known.next_counter <= record.next_counter
            };
            there(known.filter(onward), "subscription")?;
        }
        if let Some(id) = record.paying {
            let others = self.subscriptions.values().filter(|other| other.row != record.row);
            unique(others.into_iter().all(|other| other.paying != Some(id)), "the payment")?;
            referenced(self.payments.iter().any(|payment| payment.id == id), "payment")?;
        }
        self.subscriptions.insert(record.row.0, record.clone());
        Ok(())
    }
}

fn has_failed(payment: &OutgoingPayment) -> bool {
    matches!(payment.state, PaymentState::Ended(PaymentEnd::Failed { .. }))
}

pub(super) fn label_of(payment: &OutgoingPayment) -> Option<&str> {
    match &payment.purpose {
        Purpose::Order { label, .. } => label.as_deref(),
        Purpose::Claim { .. } => None,
    }
}
