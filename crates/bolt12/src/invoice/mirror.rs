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
    /// request's plain fields (0 and 80 to 159) it has what a payout asks for and no other: 32 bytes of
    /// `invreq_metadata`, `invreq_chain` only for another chain than bitcoin and only one of the offer's, the offer's
    /// `offer_issuer_id` as `invreq_payer_id`, and `invreq_quantity` exactly where the offer has `offer_quantity_max`,
    /// which it is within. Experimental fields of a request are the payee's own affair.
    ///
    /// # Errors
    /// The type number of the first field that differs; `offer_send_invoice` when `offer` is not a payout.
    pub fn mirrors_offer(&self, offer: &Offer) -> Result<(), u64> {
        if !offer.is_send_invoice() {
            return Err(field::OFFER_SEND_INVOICE);
        }
        let request = self.request_view();
        let redundant_chain = request.has_chain() && request.chain() == ChainHash::BITCOIN;
        let wrong_chain = redundant_chain || !offer.supports_chain(request.chain());
        let wrong_payer = Some(request.payer_id()) != offer.issuer_id();
        let counted = offer.quantity_max();
        let wrong_quantity =
            counted.is_some_and(|max| !request.quantity().is_some_and(|asked| max.admits(asked)));
        let own = |typ: u64| match typ {
            field::INVREQ_METADATA | field::INVREQ_CHAIN | field::INVREQ_PAYER_ID => true,
            field::INVREQ_QUANTITY => counted.is_some(),
            _ => false,
        };
        let unwelcome =
            |typ: &u64| *typ < field::INVOICE_PATHS && !field::in_offer(*typ) && !own(*typ);
        let offences = [
            first_difference(self.bytes(), offer.bytes(), field::in_offer),
            (request.metadata().len() != 32).then_some(field::INVREQ_METADATA),
            wrong_chain.then_some(field::INVREQ_CHAIN),
            wrong_payer.then_some(field::INVREQ_PAYER_ID),
            wrong_quantity.then_some(field::INVREQ_QUANTITY),
            self.records().map(|record| record.typ).find(unwelcome),
        ];
        match offences.into_iter().flatten().min() {
            Some(field) => Err(field),
            None => Ok(()),
        }
    }
}
