//! What is kept of a payment or a redemption: the piece of a page that shows it.

use askama::Template;
use bolt1::{Msat, Timestamp};
use bolt12::PeerText;
use serde_json::Value;

use super::summary::{self, Bill, Given};
use crate::web::words;

/// Facts by name, and strings to copy.
#[derive(Default, Template)]
#[template(path = "screen/receipt.html")]
pub(super) struct Receipt {
    facts: Vec<(&'static str, String)>,
    strings: Vec<(&'static str, String)>,
}

impl Receipt {
    /// Of a payment, as `pay` or `listpays` shows it.
    pub(super) fn of_payment(payment: &Value, at: Option<Timestamp>, proof: Option<&str>) -> Self {
        let text = |name: &str| payment.get(name).and_then(Value::as_str);
        let number = |name: &str| payment.get(name).and_then(Value::as_u64);
        let mut receipt = Self::default();
        let amount = number("amount_msat");
        receipt.sat("Paid", amount);
        let sent = number("amount_sent_msat");
        receipt.sat("Fee", sent.zip(amount).and_then(|(sent, paid)| sent.checked_sub(paid)));
        receipt.fact("Price", payment.pointer("/priced/price").and_then(Value::as_str));
        let invoice = text("bolt12").or_else(|| text("bolt11"));
        receipt.invoice(invoice.unwrap_or_default());
        let at = at.or_else(|| number("completed_at").map(Timestamp));
        receipt.facts.extend(at.map(|at| ("When", words::moment(at))));
        receipt.fact("Payment hash", text("payment_hash"));
        receipt.fact("Preimage", text("payment_preimage").or_else(|| text("preimage")));
        receipt.string("Proof of payment, to show to others", proof);
        receipt.string("The invoice", invoice);
        receipt
    }

    /// Of an invoice of ours that was paid, as `sendinvoice` or `listinvoices` shows it.
    pub(super) fn of_redemption(invoice: &Value) -> Self {
        let text = |name: &str| invoice.get(name).and_then(Value::as_str);
        let number = |name: &str| invoice.get(name).and_then(Value::as_u64);
        let mut receipt = Self::default();
        receipt.sat("Received", number("amount_received_msat"));
        receipt.peer("For", text("description"));
        receipt.fact("Worth", text("worth"));
        let at = number("paid_at").map(Timestamp);
        receipt.facts.extend(at.map(|at| ("When", words::moment(at))));
        receipt.fact("Payment hash", text("payment_hash"));
        receipt
    }

    /// It as a piece of a page.
    pub(super) fn html(&self) -> String {
        self.render().unwrap_or_else(|error| {
            tracing::error!(%error, "a receipt could not be made");
            String::new()
        })
    }

    /// What the invoice says itself.
    fn invoice(&mut self, string: &str) {
        match summary::read(string) {
            Ok(Given::Invoice(Bill::Bolt12(invoice))) => {
                let offer = invoice.offer_view();
                self.peer("For", offer.description().map(PeerText::as_str));
                self.peer("Issuer", offer.issuer().map(PeerText::as_str));
                let quantity = invoice.request_view().quantity();
                self.facts.extend(quantity.map(|count| ("Quantity", count.to_string())));
                self.peer("Note", invoice.request_view().payer_note().map(PeerText::as_str));
                self.fact("To", Some(&invoice.node_id().to_string()));
            }
            Ok(Given::Invoice(Bill::Bolt11(invoice))) => {
                self.peer("For", invoice.description.as_deref());
                self.fact("To", Some(&invoice.payee.to_string()));
            }
            Ok(Given::Offer(_) | Given::Payout(_)) | Err(_) => {}
        }
    }

    fn sat(&mut self, name: &'static str, msat: Option<u64>) {
        self.facts.extend(msat.and_then(Msat::new).map(|amount| (name, words::sat(amount))));
    }

    fn fact(&mut self, name: &'static str, text: Option<&str>) {
        self.facts.extend(text.map(|text| (name, text.to_owned())));
    }

    fn peer(&mut self, name: &'static str, text: Option<&str>) {
        let text = text.map(PeerText::new);
        self.facts.extend(words::text(text.as_ref()).map(|text| (name, text)));
    }

    fn string(&mut self, name: &'static str, text: Option<&str>) {
        self.strings.extend(text.map(|text| (name, text.to_owned())));
    }
}
