//! Finding invoices of ours, and what they brought.

use std::collections::BTreeSet;

use bolt1::{PublicKey, Timestamp};
use bolt12::{Invoice, OfferId};
use offerd_core::change::Subject;
use offerd_core::invoice_book::OwnInvoice;
use offerd_core::port::{Indexed, Page, PortError};
use offerd_core::rates::Priced;
use offerd_core::receipt::{InvoiceWindow, Receipt, ReceiptKey, ReceiptState, Source};
use offerd_core::{OfferRow, PaymentHash};

use super::Driver;

/// One line of `listinvoices`.
#[expect(clippy::large_enum_variant, reason = "lists of them are short-lived")]
#[derive(Clone, Debug)]
pub enum ListedInvoice {
    /// Paid, or being taken.
    Receipt(Receipt),
    /// Made by us, not paid so far.
    Own(OwnInvoice),
    /// Made for a request, not paid, still in the window.
    Waiting(ReceiptKey, Invoice, Option<Priced>),
}

impl ListedInvoice {
    /// The name of its record; `None` while there is none.
    pub fn subject(&self) -> Option<Subject> {
        match self {
            Self::Receipt(receipt) => Some(Subject::of_receipt(&receipt.key)),
            Self::Own(own) => Some(Subject::Invoice(own.row)),
            Self::Waiting(..) => None,
        }
    }

    /// Whether the money is ours.
    pub fn is_paid(&self) -> bool {
        match self {
            Self::Receipt(receipt) => matches!(receipt.state, ReceiptState::Paid { .. }),
            Self::Own(_) | Self::Waiting(..) => false,
        }
    }

    /// Until when it may be paid; `None` for one that is being taken or was refused.
    pub fn payable_until(&self) -> Option<Timestamp> {
        match self {
            Self::Receipt(_) => None,
            Self::Own(own) => own.refused_at.is_none().then(|| own.expires_at()),
            Self::Waiting(_, invoice, _) => Some(invoice.expires_at()),
        }
    }

    /// Whether nobody can pay it any more, and nobody has; or its payment was lost.
    pub fn is_over_at(&self, now: Timestamp) -> bool {
        match self {
            Self::Receipt(receipt) => matches!(receipt.state, ReceiptState::Lost { .. }),
            Self::Own(own) => !own.is_open_at(now),
            Self::Waiting(_, invoice, _) => invoice.is_expired_at(now),
        }
    }
}

/// The label of an invoice that answers an offer, as Core Lightning makes them: unique, since a payer uses a key once,
/// or once for each payment of a series.
pub fn answer_label(offer_id: &OfferId, payer_id: &PublicKey, counter: u32) -> String {
    format!("{offer_id}-{payer_id}-{counter}")
}

impl Driver {
    /// Everything that `listinvoices` shows: what was paid, what we made ourselves, and the window.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn list_invoices(&self) -> Result<Vec<ListedInvoice>, PortError> {
        let store = &self.ports.store;
        let receipts = store.receipts(Page::ALL)?;
        let paid: BTreeSet<_> = receipts.iter().map(|receipt| receipt.row.payment_hash).collect();
        let own = store.own_invoices(Page::ALL)?;
        let unpaid_answers: Vec<_> = {
            let memory = self.memory();
            let pairs = memory.window.iter();
            pairs.map(|(key, invoice)| waiting(&memory.window, key, invoice)).collect()
        };
        let own = own.into_iter().map(|Indexed { row, .. }| row);
        let unpaid = own.filter(|own| !paid.contains(&own.payment_hash()));
        Ok(receipts
            .into_iter()
            .map(|Indexed { row, .. }| ListedInvoice::Receipt(row))
            .chain(unpaid.map(ListedInvoice::Own))
            .chain(unpaid_answers)
            .collect())
    }

    /// The invoice that this record is shown as.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn invoice_of(&self, subject: &Subject) -> Result<Option<ListedInvoice>, PortError> {
        let store = &self.ports.store;
        match subject {
            Subject::Invoice(row) => {
                // One that was lost may be paid again.
                let mut receipts = store.receipts_of(Source::Invoice(*row))?;
                receipts.retain(|receipt| !matches!(receipt.state, ReceiptState::Lost { .. }));
                let paid = receipts.pop();
                let own = || store.own_invoice(*row);
                match paid {
                    Some(receipt) => Ok(Some(ListedInvoice::Receipt(receipt))),
                    None => Ok(own()?.map(ListedInvoice::Own)),
                }
            }
            Subject::Receipt { offer, request_mac } => {
                let source = Source::Offer(*offer);
                let receipt = store.receipt(&ReceiptKey { source, request_mac: *request_mac })?;
                Ok(receipt.map(ListedInvoice::Receipt))
            }
            Subject::Offer(_)
            | Subject::Payment(_)
            | Subject::Payout(_)
            | Subject::Subscriber(_)
            | Subject::Subscription(_) => Ok(None),
        }
    }

    /// The invoice of this label: one that we made, or one that answered a request.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn invoice_by_label(&self, label: &str) -> Result<Option<ListedInvoice>, PortError> {
        if let Some(own) = self.ports.store.own_invoice_by_label(label)? {
            return self.invoice_of(&Subject::Invoice(own.row));
        }
        let offer_id = label.get(..64).map(hex::decode).and_then(Result::ok);
        let offer_id = offer_id.and_then(|id| <[u8; 32]>::try_from(id).ok()).map(OfferId);
        let Some(offer_id) = offer_id else { return Ok(None) };
        let Some(offer) = self.ports.store.offer_by_id(&offer_id)? else { return Ok(None) };
        self.answer_by_label(&offer_id, offer.row, label)
    }

    fn answer_by_label(
        &self,
        offer_id: &OfferId,
        row: OfferRow,
        label: &str,
    ) -> Result<Option<ListedInvoice>, PortError> {
        let is_it = |payer_id: &PublicKey, counter: Option<u32>| {
            answer_label(offer_id, payer_id, counter.unwrap_or(0)) == label
        };
        let receipts = self.ports.store.receipts_of(Source::Offer(row))?;
        let paid = |receipt: &Receipt| {
            let counter = receipt.turn.map(|turn| turn.counter);
            receipt.payer_id.as_ref().is_some_and(|payer_id| is_it(payer_id, counter))
        };
        if let Some(receipt) = receipts.into_iter().find(paid) {
            return Ok(Some(ListedInvoice::Receipt(receipt)));
        }
        let memory = self.memory();
        let mut pairs = memory.window.iter();
        let found = pairs.find(|(key, invoice)| {
            let counter = invoice.recurring_payment().map(|payment| payment.counter);
            key.source == Source::Offer(row) && is_it(&invoice.request_view().payer_id(), counter)
        });
        Ok(found.map(|(key, invoice)| waiting(&memory.window, key, invoice)))
    }
}

fn waiting(
    window: &InvoiceWindow<PublicKey>,
    key: &ReceiptKey,
    invoice: &Invoice,
) -> ListedInvoice {
    let priced = window.priced(&PaymentHash(invoice.payment_hash()));
    ListedInvoice::Waiting(*key, invoice.clone(), priced.cloned())
}
