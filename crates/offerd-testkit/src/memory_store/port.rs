//! The port.

use std::collections::BTreeMap;

use bolt1::{Msat, PublicKey, Timestamp};
use bolt12::{InvreqId, OfferId};
use offerd_core::change::{ChangeKind, Subject, Subsystem};
use offerd_core::invoice_book::OwnInvoice;
use offerd_core::offer_book::OfferEntry;
use offerd_core::payment::{FailedAttempt, OutgoingPayment};
use offerd_core::payout::{Payout, PromiseState};
use offerd_core::port::{Indexed, LogEntry, OpenPayouts, Page, PortError, Store};
use offerd_core::receipt::{Receipt, ReceiptKey, ReceiptState, Source};
use offerd_core::subscriber::Subscriber;
use offerd_core::subscription::Subscription;
use offerd_core::{
    Batch, InvoiceRow, OfferRow, OutboxEntry, PaymentHash, PaymentId, PayoutRow, SubscriberRow,
    SubscriptionRow, Way,
};

use super::state::{State, label_of};
use super::{MemoryStore, log};

impl Store for MemoryStore {
    fn commit(&self, batch: &Batch) -> Result<(), PortError> {
        let mut state = self.state();
        if let Some(left) = state.failing_commits.checked_sub(1) {
            state.failing_commits = left;
            return Err(PortError::unavailable("the disk is full, as the test wished"));
        }
        let mut changed: State = state.clone();
        changed.apply(batch)?;
        *state = changed;
        Ok(())
    }

    fn next_offer_row(&self) -> Result<OfferRow, PortError> {
        Ok(OfferRow(next(&self.state().offers)))
    }

    fn offer(&self, row: OfferRow) -> Result<Option<OfferEntry>, PortError> {
        Ok(self.state().offers.get(&row.0).cloned())
    }

    fn offer_by_id(&self, id: &OfferId) -> Result<Option<OfferEntry>, PortError> {
        Ok(find(&self.state().offers, |entry| entry.encoding(id).is_some()))
    }

    fn offer_way(&self, id: &OfferId) -> Result<Option<Way>, PortError> {
        let entry = find(&self.state().offers, |entry| entry.encoding(id).is_some());
        let way = |entry: OfferEntry| Some(Way::new(entry.encoding(id)?.path_id.clone()));
        Ok(entry.and_then(way))
    }

    fn offer_by_arguments(&self, key: &[u8; 32]) -> Result<Option<OfferEntry>, PortError> {
        Ok(find(&self.state().offers, |entry| entry.arguments_key.as_ref() == Some(key)))
    }

    fn single_use_offer_by_label(&self, label: &str) -> Result<Option<OfferEntry>, PortError> {
        Ok(find(&self.state().offers, |entry| {
            entry.single_use && entry.label.as_deref() == Some(label)
        }))
    }

    fn offers(&self, page: Page) -> Result<Vec<Indexed<OfferEntry>>, PortError> {
        Ok(numbered_page(&self.state().offers, page))
    }

    fn next_payout_row(&self) -> Result<PayoutRow, PortError> {
        Ok(PayoutRow(next(&self.state().payouts)))
    }

    fn payout(&self, row: PayoutRow) -> Result<Option<Payout>, PortError> {
        Ok(self.state().payouts.get(&row.0).cloned())
    }

    fn payout_by_nonce(&self, nonce: &[u8; 16]) -> Result<Option<Payout>, PortError> {
        Ok(find(&self.state().payouts, |payout| payout.nonce == *nonce))
    }

    fn payout_way(&self, nonce: &[u8; 16]) -> Result<Option<Way>, PortError> {
        let payout = find(&self.state().payouts, |payout| payout.nonce == *nonce);
        Ok(payout.map(|payout| Way::new(payout.path_id)))
    }

    fn payout_by_offer_id(&self, id: &OfferId) -> Result<Option<Payout>, PortError> {
        Ok(find(&self.state().payouts, |payout| payout.offer_id() == Some(*id)))
    }

    fn payout_by_invreq_id(&self, id: &InvreqId) -> Result<Option<Payout>, PortError> {
        Ok(find(&self.state().payouts, |payout| payout.invreq_id() == Some(*id)))
    }

    fn payout_by_label(&self, label: &str) -> Result<Option<Payout>, PortError> {
        Ok(find(&self.state().payouts, |payout| payout.label.as_deref() == Some(label)))
    }

    fn refunds_of(&self, payment_hash: PaymentHash) -> Result<Vec<Payout>, PortError> {
        let state = self.state();
        let refunds = |payout: &&Payout| {
            payout.refund.is_some_and(|refund| refund.payment_hash == payment_hash)
        };
        Ok(state.payouts.values().filter(refunds).cloned().collect())
    }

    fn open_payouts(&self, now: Timestamp) -> Result<OpenPayouts, PortError> {
        let state = self.state();
        let open =
            |payout: &&Payout| payout.state == PromiseState::Open && !payout.is_expired_at(now);
        let open = state.payouts.values().filter(open);
        Ok(OpenPayouts::of(open.map(|payout| payout.amount.at_most())))
    }

    fn payouts(&self, page: Page) -> Result<Vec<Indexed<Payout>>, PortError> {
        Ok(numbered_page(&self.state().payouts, page))
    }

    fn payment(&self, id: PaymentId) -> Result<Option<OutgoingPayment>, PortError> {
        Ok(self.state().payments.iter().find(|payment| payment.id == id).cloned())
    }

    fn payment_by_label(&self, label: &str) -> Result<Option<OutgoingPayment>, PortError> {
        let state = self.state();
        let labelled = || state.payments.iter().filter(|payment| label_of(payment) == Some(label));
        let newest = |wanted: fn(&OutgoingPayment) -> bool| labelled().rfind(|one| wanted(one));
        let found =
            newest(OutgoingPayment::is_paid).or_else(|| newest(OutgoingPayment::is_pending));
        Ok(found.or_else(|| newest(|_| true)).cloned())
    }

    fn payments_by_request(
        &self,
        request_key: &[u8; 32],
    ) -> Result<Vec<OutgoingPayment>, PortError> {
        Ok(filtered(&self.state().payments, |payment| payment.request_key == *request_key))
    }

    fn failed_attempts(&self, id: PaymentId) -> Result<Vec<FailedAttempt>, PortError> {
        let state = self.state();
        let of_it = state.failed_attempts.iter().filter(|(payment, _)| *payment == id);
        Ok(of_it.map(|(_, failed)| failed.clone()).collect())
    }

    fn claims(&self, payout: PayoutRow) -> Result<Vec<OutgoingPayment>, PortError> {
        Ok(filtered(&self.state().payments, |payment| payment.payout() == Some(payout)))
    }

    fn payments_of_hash(
        &self,
        payment_hash: PaymentHash,
    ) -> Result<Vec<OutgoingPayment>, PortError> {
        Ok(filtered(&self.state().payments, |payment| payment.payment_hash() == payment_hash))
    }

    fn awaiting_claims(&self) -> Result<Vec<OutgoingPayment>, PortError> {
        Ok(filtered(&self.state().payments, OutgoingPayment::is_awaiting))
    }

    fn pending_payments(&self) -> Result<Vec<OutgoingPayment>, PortError> {
        Ok(filtered(&self.state().payments, OutgoingPayment::is_pending))
    }

    fn claimed_since(&self, since: Timestamp) -> Result<Msat, PortError> {
        let state = self.state();
        let counted = state.payments.iter().filter(|payment| {
            payment.payout().is_some() && payment.is_live() && payment.created_at >= since
        });
        let sum = counted
            .flat_map(|payment| [payment.amount, payment.max_fee])
            .try_fold(Msat::ZERO, Msat::plus);
        Ok(sum.unwrap_or(Msat::MAX))
    }

    fn payments(&self, page: Page) -> Result<Vec<Indexed<OutgoingPayment>>, PortError> {
        Ok(list_page(&self.state().payments, page))
    }

    fn next_invoice_row(&self) -> Result<InvoiceRow, PortError> {
        Ok(InvoiceRow(next(&self.state().own_invoices)))
    }

    fn own_invoice(&self, row: InvoiceRow) -> Result<Option<OwnInvoice>, PortError> {
        Ok(self.state().own_invoices.get(&row.0).cloned())
    }

    fn bolt11_by_hash(&self, payment_hash: PaymentHash) -> Result<Option<OwnInvoice>, PortError> {
        Ok(find(&self.state().own_invoices, |invoice| {
            invoice.bolt11().is_some_and(|terms| terms.payment_hash == payment_hash)
        }))
    }

    fn own_invoice_by_label(&self, label: &str) -> Result<Option<OwnInvoice>, PortError> {
        Ok(find(&self.state().own_invoices, |invoice| {
            invoice.label == label && invoice.refused_at.is_none()
        }))
    }

    fn own_invoices(&self, page: Page) -> Result<Vec<Indexed<OwnInvoice>>, PortError> {
        Ok(numbered_page(&self.state().own_invoices, page))
    }

    fn receipt(&self, key: &ReceiptKey) -> Result<Option<Receipt>, PortError> {
        let is_it = |receipt: &&Receipt| receipt.is_live() && receipt.key == *key;
        Ok(self.state().receipts.iter().find(is_it).cloned())
    }

    fn receipts_of(&self, source: Source) -> Result<Vec<Receipt>, PortError> {
        Ok(filtered(&self.state().receipts, |receipt| receipt.key.source == source))
    }

    fn receipt_by_payment(
        &self,
        payment_hash: PaymentHash,
        payment_id: &[u8; 32],
    ) -> Result<Option<Receipt>, PortError> {
        let is_it = |receipt: &&Receipt| receipt.is_of(payment_hash, payment_id);
        Ok(self.state().receipts.iter().find(is_it).cloned())
    }

    fn receipts_of_hash(&self, payment_hash: PaymentHash) -> Result<Vec<Receipt>, PortError> {
        Ok(filtered(&self.state().receipts, |receipt| receipt.payment_hash == payment_hash))
    }

    fn claiming_receipts(&self) -> Result<Vec<Receipt>, PortError> {
        let claiming = |receipt: &Receipt| receipt.state == ReceiptState::Claiming;
        Ok(filtered(&self.state().receipts, claiming))
    }

    fn receipts(&self, page: Page) -> Result<Vec<Indexed<Receipt>>, PortError> {
        Ok(list_page(&self.state().receipts, page))
    }

    fn next_subscriber_row(&self) -> Result<SubscriberRow, PortError> {
        Ok(SubscriberRow(next(&self.state().subscribers)))
    }

    fn subscriber(&self, row: SubscriberRow) -> Result<Option<Subscriber>, PortError> {
        Ok(self.state().subscribers.get(&row.0).cloned())
    }

    fn series(
        &self,
        offer: OfferRow,
        payer_id: &PublicKey,
    ) -> Result<Option<Subscriber>, PortError> {
        Ok(find(&self.state().subscribers, |series| {
            series.offer == offer && series.payer_id == *payer_id
        }))
    }

    fn subscribers_by_due(&self, most: u64) -> Result<Vec<Subscriber>, PortError> {
        let state = self.state();
        let mut due: Vec<_> = state.subscribers.values().filter(|it| it.due_at.is_some()).collect();
        due.sort_by_key(|series| (series.due_at, series.row));
        due.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        Ok(due.into_iter().cloned().collect())
    }

    fn subscribers(&self, page: Page) -> Result<Vec<Indexed<Subscriber>>, PortError> {
        Ok(numbered_page(&self.state().subscribers, page))
    }

    fn next_subscription_row(&self) -> Result<SubscriptionRow, PortError> {
        Ok(SubscriptionRow(next(&self.state().subscriptions)))
    }

    fn subscription(&self, row: SubscriptionRow) -> Result<Option<Subscription>, PortError> {
        Ok(self.state().subscriptions.get(&row.0).cloned())
    }

    fn subscription_by_label(&self, label: &str) -> Result<Option<Subscription>, PortError> {
        Ok(find(&self.state().subscriptions, |known| known.label == label))
    }

    fn subscription_by_payment(&self, id: PaymentId) -> Result<Option<Subscription>, PortError> {
        Ok(find(&self.state().subscriptions, |known| known.paying == Some(id)))
    }

    fn live_subscriptions(&self) -> Result<Vec<Subscription>, PortError> {
        let state = self.state();
        Ok(state.subscriptions.values().filter(|known| known.is_live()).cloned().collect())
    }

    fn subscriptions(&self, page: Page) -> Result<Vec<Indexed<Subscription>>, PortError> {
        Ok(numbered_page(&self.state().subscriptions, page))
    }

    fn last_place(&self, subsystem: Subsystem, kind: ChangeKind) -> Result<u64, PortError> {
        let order = self.state().order(subsystem, kind);
        Ok((0_u64..).zip(&order).last().map_or(0, |(place, _)| place + 1))
    }

    fn subject_at(
        &self,
        subsystem: Subsystem,
        kind: ChangeKind,
        place: u64,
    ) -> Result<Option<Subject>, PortError> {
        let order = self.state().order(subsystem, kind);
        Ok((1_u64..).zip(order).find(|(at, _)| *at == place).map(|(_, subject)| subject))
    }

    fn place_of(&self, subject: &Subject, kind: ChangeKind) -> Result<Option<u64>, PortError> {
        let order = self.state().order(subject.subsystem(), kind);
        Ok((1_u64..).zip(order).filter(|(_, at)| at == subject).last().map(|(place, _)| place))
    }

    fn log_after(&self, after: u64, most: usize) -> Result<Vec<LogEntry>, PortError> {
        let state = self.state();
        let lines = (1_u64..).zip(&state.events).filter(|(id, _)| *id > after).take(most);
        Ok(lines.map(|(id, event)| log::line(id, event)).collect())
    }

    fn last_logged(&self) -> Result<u64, PortError> {
        Ok(u64::try_from(self.state().events.len()).unwrap_or(u64::MAX))
    }

    fn outbox(&self) -> Result<Vec<OutboxEntry>, PortError> {
        let state = self.state();
        let entries = state.outbox.iter();
        Ok(entries.map(|(id, effect)| OutboxEntry { id: *id, effect: effect.clone() }).collect())
    }

    fn effect_done(&self, id: i64) -> Result<(), PortError> {
        self.state().outbox.remove(&id);
        Ok(())
    }
}

fn next<T>(rows: &BTreeMap<u32, T>) -> u32 {
    rows.last_key_value().map_or(0, |(last, _)| *last).saturating_add(1)
}

fn find<T: Clone>(rows: &BTreeMap<u32, T>, is_it: impl Fn(&T) -> bool) -> Option<T> {
    rows.values().find(|row| is_it(row)).cloned()
}

fn filtered<T: Clone>(rows: &[T], wanted: impl Fn(&T) -> bool) -> Vec<T> {
    rows.iter().filter(|row| wanted(row)).cloned().collect()
}

fn numbered_page<T: Clone>(rows: &BTreeMap<u32, T>, page: Page) -> Vec<Indexed<T>> {
    page_of(rows.iter().map(|(number, row)| (u64::from(*number), row)), page)
}

fn list_page<T: Clone>(rows: &[T], page: Page) -> Vec<Indexed<T>> {
    page_of((1..).zip(rows), page)
}

fn page_of<'a, T: Clone + 'a>(
    rows: impl Iterator<Item = (u64, &'a T)>,
    page: Page,
) -> Vec<Indexed<T>> {
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    rows.filter(|(index, _)| *index >= page.start)
        .take(limit)
        .map(|(created_index, row)| Indexed { created_index, row: row.clone() })
        .collect()
}
