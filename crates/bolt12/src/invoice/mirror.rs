//! Whether an invoice is for what it claims to be for: comparison with the request or payout it answers.

use bolt1::ChainHash;

use super::Invoice;
use crate::field;
use crate::invoice_request::InvoiceRequest;
use crate::offer::Offer;
use crate::records::first_difference;

impl Invoice {
    /// Whether the invoice mirrors every field of `request`, and adds none in the ranges of a request (0 to 159 and
    /// 1 000 000 000 to 2 999 999 999).
    ///
    /// # Errors
    /// The type number of the first field that differs.
    pub fn mirrors(&self, request: &InvoiceRequest) -> Result<(), u64> {
        match first_difference(self.bytes(), request.bytes(), field::in_invoice_request) {
            Some(field) => Err(field),
            None => Ok(()),
        }
    }

    /// Whether the invoice is one for the payout offer `offer`: it mirrors every field of the offer, and of the
    /// request's fields it has what a payout asks for and no other: 32 bytes of `invreq_metadata`, `invreq_chain`
    /// only for another chain than bitcoin and only one of the offer's, and the offer's `offer_issuer_id` as
    /// `invreq_payer_id`.
    ///
    /// # Errors
    /// The type number of the first field that differs; `offer_send_invoice` when `offer` is not a payout.
    pub fn mirrors_offer(&self, offer: &Offer) -> Result<(), u64> {
        if !offer.is_send_invoice() {
            return Err(field::OFFER_SEND_INVOICE);
        }
        let mut offending = first_difference(self.bytes(), offer.bytes(), field::in_offer);
        let mut suspect = |field: u64, wrong: bool| {
            if wrong && offending.is_none_or(|first| field < first) {
                offending = Some(field);
            }
        };
        let request = self.request_view();
        let redundant_chain = request.has_chain() && request.chain() == ChainHash::BITCOIN;
        suspect(field::INVREQ_METADATA, request.metadata().len() != 32);
        suspect(field::INVREQ_CHAIN, redundant_chain || !offer.supports_chain(request.chain()));
        suspect(field::INVREQ_PAYER_ID, Some(request.payer_id()) != offer.issuer_id());
        let expected =
            [field::INVREQ_METADATA, field::INVREQ_CHAIN, field::INVREQ_PAYER_ID].as_slice();
        let of_request = |typ| field::in_invoice_request(typ) && !field::in_offer(typ);
        for record in self.records().filter(|record| of_request(record.typ)) {
            suspect(record.typ, !expected.contains(&record.typ));
        }
        match offending {
            Some(field) => Err(field),
            None => Ok(()),
        }
    }
}
