//! `listinvoices`

use bolt1::Timestamp;
use offerd_api::ErrorObject;
use offerd_api::invoice::{InvoiceList, InvoiceView};
use offerd_core::OfferRow;
use offerd_core::invoice_book::OwnInvoice;
use offerd_core::receipt::{Receipt, ReceiptState, Source};

use super::{Outcome, limit};
use crate::driver::ListedInvoice;
use crate::rpc::call::Api;
use crate::rpc::error::fault_object;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) fn call(api: &Api, args: &Args) -> Outcome {
    let now = api.driver.now();
    let listed = api.driver.list_invoices().map_err(|error| fault_object(&error))?;
    let wanted = Wanted::read(args)?;
    let mut invoices = Vec::new();
    for (position, listed) in (1u64..).zip(listed) {
        let view = match listed {
            // Receipts come first and are never removed, so their position is their number.
            ListedInvoice::Receipt(receipt) => {
                let mut view = of_receipt(api, &receipt, now)?;
                view.created_index = Some(position);
                view.pay_index = view.paid_at.map(|_| position);
                view
            }
            ListedInvoice::Own(own) => of_own(&own, now),
            ListedInvoice::Waiting(key, invoice) => {
                let mut view = view::invoice(&invoice, now);
                if let Source::Offer(row) = key.source {
                    add_offer(api, &mut view, row, Some(&invoice))?;
                }
                view.label = Some(label(&view, &invoice.request_view().payer_id()));
                view
            }
        };
        if wanted.fits(&view) {
            invoices.push(view);
        }
    }
    invoices.truncate(limit(args)?);
    view::json(InvoiceList { invoices })
}

/// The filters of the call.
struct Wanted {
    label: Option<String>,
    bolt12: Option<String>,
    payment_hash: Option<String>,
    offer_id: Option<String>,
    status: Option<String>,
    start: u64,
}

impl Wanted {
    fn read(args: &Args) -> Result<Self, ErrorObject> {
        let hex = |id: [u8; 32]| hex::encode(id);
        let invstring: Option<String> = args.get("invstring")?;
        let invoice = invstring.map(|string| string.trim().parse::<bolt12::Invoice>()).transpose();
        let invoice = invoice.map_err(|error| ErrorObject::parameter("invstring", error))?;
        Ok(Self {
            label: args.get("label")?,
            bolt12: invoice.map(|invoice| invoice.to_string()),
            payment_hash: args.get("payment_hash")?.map(hex),
            offer_id: args.get("offer_id")?.map(hex),
            status: args.get("status")?,
            start: args.need("start")?,
        })
    }

    fn fits(&self, view: &InvoiceView) -> bool {
        let same = |wanted: &Option<String>, is: Option<&String>| {
            wanted.is_none() || wanted.as_ref() == is
        };
        same(&self.label, view.label.as_ref())
            && same(&self.bolt12, view.bolt12.as_ref())
            && same(&self.payment_hash, Some(&view.payment_hash))
            && same(&self.offer_id, view.local_offer_id.as_ref())
            && same(&self.status, Some(&view.status))
            && view.created_index.is_none_or(|index| index >= self.start)
    }
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
            add_offer(api, &mut view, row, receipt.invoice.as_ref())?;
            view.label = Some(label(&view, &receipt.payer_id));
        }
        Source::Invoice(row) => {
            let own = api.driver.store().own_invoice(row).map_err(|error| fault_object(&error))?;
            view.label = own.map(|own| own.label);
        }
    }
    Ok(view)
}

/// An invoice that we made for somebody's promise.
pub(super) fn of_own(own: &OwnInvoice, now: Timestamp) -> InvoiceView {
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
) -> Result<(), ErrorObject> {
    let entry = api.driver.offer(row).map_err(|error| fault_object(&error))?;
    let Some(entry) = entry else { return Ok(()) };
    let id = invoice.map_or_else(|| entry.newest().offer_id(), bolt12::Invoice::offer_id);
    view.local_offer_id = Some(id.to_string());
    if view.description.is_none() {
        view.description = view::text(entry.newest().offer.description());
    }
    Ok(())
}

/// The name of an invoice that answers an offer, as Core Lightning makes them: unique, since a payer uses a key once.
fn label(view: &InvoiceView, payer_id: &bolt1::PublicKey) -> String {
    format!("{}-{payer_id}-0", view.local_offer_id.as_deref().unwrap_or_default())
}
