//! `listinvoices`

use offerd_api::ErrorObject;
use offerd_api::invoice::{InvoiceList, InvoiceView};
use offerd_core::OfferRow;
use offerd_core::receipt::Source;

use super::{Outcome, limit};
use crate::driver::ListedInvoice;
use crate::rpc::call::Api;
use crate::rpc::error::fault_object;
use crate::rpc::params::Args;
use crate::rpc::{invoices, view};

pub(super) fn call(api: &Api, args: &Args) -> Outcome {
    let now = api.driver.now();
    let wanted = Wanted::read(args)?;
    let listed = api.driver.list_invoices().map_err(|error| fault_object(&error))?;
    let mut found = Vec::new();
    for listed in listed {
        if wanted.fits_offer(api, &listed)? {
            let view = invoices::view(api, &listed, now)?;
            if wanted.fits(&view) {
                found.push(view);
            }
        }
    }
    // What has no place in an order comes last.
    found.sort_by_key(|view| wanted.place(view).unwrap_or(u64::MAX));
    found.truncate(limit(args)?);
    view::json(InvoiceList { invoices: found })
}

/// The filters of the call.
struct Wanted {
    label: Option<String>,
    string: Option<String>,
    payment_hash: Option<String>,
    offer_id: Option<String>,
    status: Option<String>,
    tag: Option<String>,
    external_id: Option<String>,
    index: Option<String>,
    start: u64,
}

impl Wanted {
    fn read(args: &Args) -> Result<Self, ErrorObject> {
        let hex = |id: [u8; 32]| hex::encode(id);
        let string: Option<String> = args.get("invstring")?;
        let string =
            string.map(|string| invoices::read_string("invstring", &string)).transpose()?;
        Ok(Self {
            label: args.get("label")?,
            string,
            payment_hash: args.get("payment_hash")?.map(hex),
            offer_id: args.get("offer_id")?.map(hex),
            status: args.get("status")?,
            tag: args.get("tag")?,
            external_id: args.get("external_id")?,
            index: args.get("index")?,
            start: args.need("start")?,
        })
    }

    /// The place of an invoice in the order that was asked for.
    fn place(&self, view: &InvoiceView) -> Option<u64> {
        match self.index.as_deref() {
            Some("updated") => view.updated_index,
            _ => view.created_index,
        }
    }

    fn fits(&self, view: &InvoiceView) -> bool {
        let same = |wanted: &Option<String>, is: Option<&String>| {
            wanted.is_none() || wanted.as_ref() == is
        };
        same(&self.label, view.label.as_ref())
            && same(&self.string, view.bolt11.as_ref().or(view.bolt12.as_ref()))
            && same(&self.payment_hash, Some(&view.payment_hash))
            && same(&self.offer_id, view.local_offer_id.as_ref())
            && same(&self.status, Some(&view.status))
            && match self.place(view) {
                Some(place) => place >= self.start,
                None => self.index.is_none(),
            }
    }

    /// Whether the offer behind it has the tag and the external id that are asked for.
    fn fits_offer(&self, api: &Api, listed: &ListedInvoice) -> Result<bool, ErrorObject> {
        if self.tag.is_none() && self.external_id.is_none() {
            return Ok(true);
        }
        let Some(row) = offer_of(listed) else { return Ok(false) };
        let entry = api.driver.offer(row).map_err(|error| fault_object(&error))?;
        Ok(entry.is_some_and(|entry| {
            self.tag.as_ref().is_none_or(|tag| entry.tags.contains(tag))
                && (self.external_id.is_none() || entry.external_id == self.external_id)
        }))
    }
}

fn offer_of(listed: &ListedInvoice) -> Option<OfferRow> {
    let source = match listed {
        ListedInvoice::Receipt(receipt) => receipt.key.source,
        ListedInvoice::Waiting(key, ..) => key.source,
        ListedInvoice::Own(_) => return None,
    };
    match source {
        Source::Offer(row) => Some(row),
        Source::Invoice(_) => None,
    }
}
