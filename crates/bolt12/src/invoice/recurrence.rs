//! Which payment of a series an invoice is for.

use super::fields::InvoiceFields;
use crate::error::{Bolt12Error, InvalidReason};
use crate::invoice_request::InvoiceRequestFields;
use crate::offer::OfferFields;
use crate::recurrence::RecurringRequest;

/// The payment that the invoice is for, by the reader's rules that need no other invoice of the series.
pub(super) fn checked_payment(
    offer: &OfferFields,
    request: &InvoiceRequestFields,
    fields: &InvoiceFields,
) -> Result<Option<RecurringRequest>, Bolt12Error> {
    // req RCR-R12
    let payment = request.recurrence().check(offer.recurrence())?;
    let (Some(recurrence), Some(payment)) = (offer.recurrence(), payment) else { return Ok(None) };
    let numbers = recurrence.numbering.numbers();
    let refuse = |field, reason| Bolt12Error::invalid(field, reason);
    if payment.cancel {
        return Err(refuse(numbers.cancel, InvalidReason::NotAllowed).req("RCR-R11"));
    }
    // req RCI-R1
    if fields.recurrence_basetime.is_none() {
        return Err(refuse(numbers.basetime, InvalidReason::Missing).req("RCI-R1"));
    }
    let start = match recurrence.base {
        Some(base) => Some(base.basetime),
        None => payment.is_initial().then_some(fields.created_at),
    };
    if start.is_some() && start != fields.recurrence_basetime {
        return Err(refuse(numbers.basetime, InvalidReason::Mismatch).req("RCI-R2"));
    }
    Ok(Some(payment))
}
