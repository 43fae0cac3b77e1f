//! Invoices of ours as the API shows them.

use bolt1::Timestamp;
use offerd_api::ErrorObject;
use offerd_api::invoice::InvoiceView;
use offerd_core::OfferRow;
use offerd_core::change::ChangeKind;
use offerd_core::invoice_book::OwnInvoice;
use offerd_core::receipt::{Receipt, ReceiptState, Source};

use super::call::Api;
use super::error::fault_object;
use super::view;
use crate::driver::{ListedInvoice, answer_label};

/// The invoice with its places in the orders of changes.
pub(super) fn view(
    api: &Api,
    listed: &ListedInvoice,
    now: Timestamp,
) -> Result<InvoiceView, ErrorObject> {
    let mut view = match listed {
        ListedInvoice::Receipt(receipt) => of_receipt(api, receipt, now)?,
        ListedInvoice::Own(own) => of_own(own, now),
        ListedInvoice::Waiting(key, invoice) => {
            let mut view = view::invoice(invoice, now);
            if let Source::Offer(row) = key.source {
                add_offer(api, &mut view, row, Some(invoice), &invoice.request_view().payer_id())?;
            }
            view
        }
    };
    if let Some(subject) = listed.subject() {
        let place = |kind| {
            let place = api.driver.store().place_of(&subject, kind);
            place.map_err(|error| fault_object(&error))
        };
        view.created_index = place(ChangeKind::Created)?;
        view.updated_index = place(ChangeKind::Updated)?;
        view.pay_index = place(ChangeKind::Paid)?;
    }
    Ok(view)
}

fn of_receipt(api: &Api, receipt: &Receipt, now: Timestamp) -> Result<InvoiceView, ErrorObject> {
    let mut view = match &receipt.invoice {
        Some(invoice) => view::invoice(invoice, now),
        None => InvoiceView {
            payment_hash: receipt.payment_hash.to_string(),
            amount_msat: receipt.asked.as_u64(),
            ..InvoiceView::default()
        },
    };
    match receipt.state {
        ReceiptState::Claiming => view.status = "unpaid".to_owned(),
        ReceiptState::Lost { .. } => view.status = "expired".to_owned(),
        ReceiptState::Paid { at } => {
            view.status = "paid".to_owned();
            view.paid_at = Some(at.0);
            view.amount_received_msat = Some(receipt.amount.as_u64());
        }
    }
    view.invreq_payer_note = receipt.payer_note.clone().or(view.invreq_payer_note);
    view.quantity = receipt.quantity.or(view.quantity);
    match receipt.key.source {
        Source::Offer(row) => {
            add_offer(api, &mut view, row, receipt.invoice.as_ref(), &receipt.payer_id)?;
        }
        Source::Invoice(row) => {
            let own = api.driver.store().own_invoice(row).map_err(|error| fault_object(&error))?;
            view.label = own.map(|own| own.label);
        }
    }
    Ok(view)
}

/// An invoice that we made for somebody's promise.
fn of_own(own: &OwnInvoice, now: Timestamp) -> InvoiceView {
    let mut view = view::invoice(&own.invoice, now);
    view.label = Some(own.label.clone());
    if own.refused_at.is_some() {
        view.status = "expired".to_owned();
    }
    view
}

fn add_offer(
    api: &Api,
    view: &mut InvoiceView,
    row: OfferRow,
    invoice: Option<&bolt12::Invoice>,
    payer_id: &bolt1::PublicKey,
) -> Result<(), ErrorObject> {
    let entry = api.driver.offer(row).map_err(|error| fault_object(&error))?;
    let Some(entry) = entry else { return Ok(()) };
    let id = invoice.map_or_else(|| entry.newest().offer_id(), bolt12::Invoice::offer_id);
    view.label = Some(answer_label(&id, payer_id));
    view.local_offer_id = Some(id.to_string());
    if view.description.is_none() {
        view.description = view::text(entry.newest().offer.description());
    }
    Ok(())
}
