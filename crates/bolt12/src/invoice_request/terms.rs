//! How many, and how much: the rules whose breach the payer is told about.

use core::num::NonZeroU64;

use bolt1::{DecodeError, DecodeErrorKind, Msat};

use super::{InvoiceRequest, InvoiceRequestKind};
use crate::error::{Bolt12Error, InvalidReason};
use crate::field;
use crate::offer::QuantityMax;
use crate::price::Price;

impl InvoiceRequest {
    /// The number of items, checked against `offer_quantity_max`; 1 where items are not counted. A payout is for
    /// one.
    ///
    /// # Errors
    /// [`Bolt12Error::Invalid`] in `invreq_quantity`: missing where items are counted, there where they are not,
    /// zero, or above the most.
    pub fn checked_quantity(&self) -> Result<NonZeroU64, Bolt12Error> {
        let refuse = |reason| Err(Bolt12Error::invalid(field::INVREQ_QUANTITY, reason));
        if self.kind == InvoiceRequestKind::Payout {
            return Ok(NonZeroU64::MIN);
        }
        let (max, quantity) = match (self.offer.quantity_max(), self.quantity()) {
            (None, None) => return Ok(NonZeroU64::MIN),
            (None, Some(_)) => return refuse(InvalidReason::NotAllowed),
            (Some(_), None) => return refuse(InvalidReason::Missing),
            (Some(max), Some(quantity)) => (max, quantity),
        };
        match (max, NonZeroU64::new(quantity)) {
            (_, None) => refuse(InvalidReason::Zero),
            (QuantityMax::Bounded(max), Some(quantity)) if quantity > max => {
                refuse(InvalidReason::Above { max: max.get() })
            }
            (_, Some(quantity)) => Ok(quantity),
        }
    }

    /// What the invoice must ask for: `invreq_amount`, or the price of all items where that is absent.
    ///
    /// `fiat_unit_price` is what one item costs now in msat; it is looked at only where the offer has its price in
    /// another currency.
    ///
    /// # Errors
    /// Those of [`InvoiceRequest::checked_quantity`]; [`InvalidReason::Missing`] and [`InvalidReason::Below`] in
    /// `invreq_amount`; [`InvalidReason::NoRate`] in `offer_currency`; [`DecodeErrorKind::TooLarge`] in
    /// `invreq_quantity` when the price of all items is more than all the bitcoin there is.
    pub fn amount_due(&self, fiat_unit_price: Option<Msat>) -> Result<Msat, Bolt12Error> {
        let quantity = self.checked_quantity()?;
        let unit_price = match (self.kind, self.offer.price()) {
            (InvoiceRequestKind::Payout, _) | (_, Price::PayerDecides) => {
                let missing = Bolt12Error::invalid(field::INVREQ_AMOUNT, InvalidReason::Missing);
                return self.amount().ok_or(missing);
            }
            (InvoiceRequestKind::ForOffer, Price::Msat(price)) => price,
            (InvoiceRequestKind::ForOffer, Price::Fiat { .. }) => fiat_unit_price
                .ok_or(Bolt12Error::invalid(field::OFFER_CURRENCY, InvalidReason::NoRate))?,
        };
        let expected = unit_price
            .times(quantity)
            .ok_or(DecodeError::in_field(DecodeErrorKind::TooLarge, field::INVREQ_QUANTITY))?;
        match self.amount() {
            None => Ok(expected),
            Some(amount) if amount >= expected => Ok(amount),
            Some(_) => {
                let reason = InvalidReason::Below { min: expected.as_u64() };
                Err(Bolt12Error::invalid(field::INVREQ_AMOUNT, reason))
            }
        }
    }
}
