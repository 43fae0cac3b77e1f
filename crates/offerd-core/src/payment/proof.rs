//! Proving a payment to somebody else.

use bolt12::{PayerProof, PayerProofBuilder, field};

use super::{OutgoingPayment, PaymentEnd, PaymentState};
use crate::keys::Keys;
use crate::misuse::Misuse;

/// The fields that a proof shows unless the caller says which, beside those that every proof must: what was bought, of
/// whom, when, and for how much.
pub const SHOWN_BY_DEFAULT: [u64; 4] = [
    field::OFFER_DESCRIPTION,
    field::OFFER_ISSUER_ID,
    field::INVOICE_CREATED_AT,
    field::INVOICE_AMOUNT,
];

/// Makes a proof of a payment of ours, `None` where it did not arrive or was for an invoice of BOLT 11. The payer's key follows from the invoice, so
/// nothing is kept for this but the payment. It shows those of the fields `shown` that the invoice has; the same
/// arguments give the same proof.
///
/// # Errors
/// [`Misuse::Parameter`] where a field cannot be shown; [`Misuse::WrongString`] where the payer's key is not ours.
pub fn prove(
    payment: &OutgoingPayment,
    shown: &[u64],
    note: Option<&str>,
    keys: &Keys,
) -> Result<Option<PayerProof>, Misuse> {
    let PaymentState::Ended(PaymentEnd::Paid { preimage, .. }) = &payment.state else {
        return Ok(None);
    };
    // Only invoices of BOLT 12 can be proven to have been paid by a key.
    let Some(invoice) = payment.invoice.bolt12() else { return Ok(None) };
    let request = invoice.request_view();
    // A payout's payer is the node itself.
    let key = if request.payer_id() == keys.node_id() {
        *keys.node()
    } else {
        keys.payer(request.metadata())
    };
    let mut builder = PayerProofBuilder::for_invoice(invoice);
    if let Some(note) = note {
        builder = builder.note(note);
    }
    for typ in shown {
        if *typ == field::INVREQ_METADATA {
            return Err(Misuse::parameter("include", "invreq_metadata cannot be shown"));
        }
        if invoice.records().any(|record| record.typ == *typ) && !field::is_signature(*typ) {
            builder = builder.disclose(*typ);
        }
    }
    let proof = builder.sign(keys.secp(), &key, *preimage);
    proof.map(Some).map_err(|error| Misuse::WrongString(error.to_string()))
}
