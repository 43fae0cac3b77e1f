//! Invoices of ours as the API shows them.

use bolt1::{Msat, Timestamp};
use bolt11::is_bolt11;
use offerd_api::invoice::InvoiceView;
use offerd_api::{ErrorObject, uri};
use offerd_core::OfferRow;
use offerd_core::change::ChangeKind;
use offerd_core::invoice_book::{Bolt11Terms, OwnContent, OwnInvoice};
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
        ListedInvoice::Waiting(key, invoice, priced) => {
            let mut view = view::invoice(invoice, now);
            let priced = priced.as_ref();
            view.priced = priced.map(|priced| view::priced(priced, invoice.created_at()));
            if let Source::Offer(row) = key.source {
                let payer_id = invoice.request_view().payer_id();
                let counter = invoice.recurring_payment().map(|payment| payment.counter);
                add_offer(api, &mut view, row, Some(invoice), Some((&payer_id, counter)))?;
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
    let own = match receipt.key.source {
        Source::Invoice(row) => {
            api.driver.store().own_invoice(row).map_err(|error| fault_object(&error))?
        }
        Source::Offer(_) => None,
    };
    let mut view = match (&own, &receipt.invoice) {
        (Some(own), _) => of_own(own, now),
        (None, Some(invoice)) => view::invoice(invoice, now),
        (None, None) => InvoiceView {
            payment_hash: receipt.payment_hash.to_string(),
            amount_msat: Some(receipt.asked.as_u64()),
            ..InvoiceView::default()
        },
    };
    match receipt.state {
        ReceiptState::Claiming => view.status = "unpaid".to_owned(),
        ReceiptState::Lost { .. } => view.status = "expired".to_owned(),
        ReceiptState::Paid { at } => {
            view.status = "paid".to_owned();
            view.paid_at = Some(at.0);
            view.payment_preimage = Some(hex::encode(receipt.preimage.0));
            view.amount_received_msat = Some(receipt.amount.as_u64());
        }
    }
    view.created_at = view.created_at.or(Some(receipt.invoice_created_at.0));
    let priced = receipt.priced.as_ref();
    view.priced = priced.map(|priced| view::priced(priced, receipt.invoice_created_at));
    view.worth = receipt.worth.map(|worth| worth.to_string());
    view.invreq_payer_note = receipt.payer_note.clone().or(view.invreq_payer_note);
    view.quantity = receipt.quantity.or(view.quantity);
    if let Source::Offer(row) = receipt.key.source {
        let counter = receipt.turn.map(|turn| turn.counter);
        let payer = receipt.payer_id.as_ref().map(|payer_id| (payer_id, counter));
        add_offer(api, &mut view, row, receipt.invoice.as_ref(), payer)?;
    }
    Ok(view)
}

/// An invoice that we made ourselves.
fn of_own(own: &OwnInvoice, now: Timestamp) -> InvoiceView {
    let mut view = match &own.content {
        OwnContent::Redemption { invoice, .. } => view::invoice(invoice, now),
        OwnContent::Bolt11(terms) => of_bolt11(own, terms, now),
    };
    view.label = Some(own.label.clone());
    view.created_at = Some(own.created_at.0);
    if own.refused_at.is_some() {
        view.status = "expired".to_owned();
    }
    view
}

fn of_bolt11(own: &OwnInvoice, terms: &Bolt11Terms, now: Timestamp) -> InvoiceView {
    let status = if own.is_open_at(now) { "unpaid" } else { "expired" };
    InvoiceView {
        description: Some(terms.description.clone()),
        payment_hash: terms.payment_hash.to_string(),
        status: status.to_owned(),
        expires_at: Some(terms.expires_at.0),
        amount_msat: terms.amount.map(Msat::as_u64),
        bolt11: Some(terms.string.clone()),
        ..InvoiceView::default()
    }
}

fn add_offer(
    api: &Api,
    view: &mut InvoiceView,
    row: OfferRow,
    invoice: Option<&bolt12::Invoice>,
    payer: Option<(&bolt1::PublicKey, Option<u32>)>,
) -> Result<(), ErrorObject> {
    let entry = api.driver.offer(row).map_err(|error| fault_object(&error))?;
    let Some(entry) = entry else { return Ok(()) };
    let id = invoice.map_or_else(|| entry.newest().offer_id(), bolt12::Invoice::offer_id);
    let label =
        |(payer_id, counter): (_, Option<u32>)| answer_label(&id, payer_id, counter.unwrap_or(0));
    view.label = payer.map(label);
    view.local_offer_id = Some(id.to_string());
    view.external_id = entry.external_id.clone();
    view.tags = entry.tags.clone();
    if view.description.is_none() {
        view.description = view::text(entry.newest().offer.description());
    }
    Ok(())
}

/// The string of an invoice as we write it, of either kind.
pub(super) fn read_string(parameter: &str, string: &str) -> Result<String, ErrorObject> {
    let string = uri::code_in(string).map_err(|error| ErrorObject::parameter(parameter, error))?;
    let string = string.as_ref();
    if is_bolt11(string) {
        let lower = string.to_ascii_lowercase();
        return Ok(lower.strip_prefix("lightning:").unwrap_or(&lower).to_owned());
    }
    let invoice = string.parse::<bolt12::Invoice>();
    Ok(invoice.map_err(|error| ErrorObject::parameter(parameter, error))?.to_string())
}
