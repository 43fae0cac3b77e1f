//! How many, how much, and which time: the rules whose breach the payer is told about.

use core::num::NonZeroU64;

use bolt1::{DecodeError, DecodeErrorKind, Msat, Timestamp};

use super::{InvoiceRequest, InvoiceRequestKind};
use crate::error::{Bolt12Error, Form, InvalidReason};
use crate::field;
use crate::offer::QuantityMax;
use crate::price::Price;
use crate::recurrence::{Period, RecurringRequest};

impl InvoiceRequest {
    /// The number of items, checked against `offer_quantity_max`; 1 where items are not counted. A payout is for
    /// one, and who cancels a series need not say.
    ///
    /// # Errors
    /// [`Problem::Invalid`](crate::Problem::Invalid) in `invreq_quantity`: missing where items are counted, there where they are not,
    /// zero, or above the most.
    pub fn checked_quantity(&self) -> Result<NonZeroU64, Bolt12Error> {
        self.located(self.quantity_allowed())
    }

    fn quantity_allowed(&self) -> Result<NonZeroU64, Bolt12Error> {
        let refuse =
            |reason| Err(Bolt12Error::invalid(field::INVREQ_QUANTITY, reason).req("RR-12"));
        if self.kind == InvoiceRequestKind::Payout {
            return Ok(NonZeroU64::MIN);
        }
        let (max, quantity) = match (self.offer.quantity_max(), self.quantity()) {
            (None, None) => return Ok(NonZeroU64::MIN),
            (None, Some(_)) => return refuse(InvalidReason::NotAllowed),
            // req RCR-R2
            (Some(_), None) if self.is_cancel() => return Ok(NonZeroU64::MIN),
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
    /// Those of [`InvoiceRequest::checked_quantity`]; [`InvalidReason::Missing`], [`InvalidReason::Zero`]
    /// and [`InvalidReason::Below`] in `invreq_amount`; [`InvalidReason::NoRate`] in `offer_currency`; [`DecodeErrorKind::TooLarge`] in
    /// `invreq_quantity` when the price of all items is more than all the bitcoin there is.
    pub fn amount_due(&self, fiat_unit_price: Option<Msat>) -> Result<Msat, Bolt12Error> {
        let due = self.price_of_all(fiat_unit_price).and_then(|expected| self.at_least(expected));
        self.located(due)
    }

    /// As [`InvoiceRequest::amount_due`], for what is left of `period` at `now`, if the offer has its price in
    /// proportion to that.
    ///
    /// # Errors
    /// Those of [`InvoiceRequest::amount_due`].
    pub fn amount_due_in(
        &self,
        period: &Period,
        now: Timestamp,
        fiat_unit_price: Option<Msat>,
    ) -> Result<Msat, Bolt12Error> {
        let proportional = self.offer.recurrence().is_some_and(|offer| offer.is_proportional());
        // req RCR-R3
        let share = |whole| if proportional { period.share_left(whole, now) } else { whole };
        let due = self
            .price_of_all(fiat_unit_price)
            .and_then(|expected| self.at_least(expected.map(share)));
        self.located(due)
    }

    /// Which payment of a series is asked for; `None` where the offer is not recurring, or is so only for who wants it
    /// and this payer does not. Whether the ones before it
    /// were paid, and whether it is time, is not judged here.
    ///
    /// # Errors
    /// [`Bolt12Error`] in `invreq_recurrence_counter`, `invreq_recurrence_start` or `invreq_recurrence_cancel`:
    /// missing, not allowed, or beyond `offer_recurrence_limit`.
    pub fn checked_recurrence(&self) -> Result<Option<RecurringRequest>, Bolt12Error> {
        self.located(self.recurrence().check(self.offer.recurrence()))
    }

    /// The verdict, an error naming this request.
    fn located<T>(&self, verdict: Result<T, Bolt12Error>) -> Result<T, Bolt12Error> {
        verdict.map_err(|error| error.found_in(Form::InvoiceRequest, self.bytes()))
    }

    /// Whether the payer ends a series.
    fn is_cancel(&self) -> bool {
        matches!(
            self.recurrence().check(self.offer.recurrence()),
            Ok(Some(RecurringRequest { cancel: true, .. }))
        )
    }

    /// `invreq_amount`, or `expected`, which it must not be less than.
    fn at_least(&self, expected: Option<Msat>) -> Result<Msat, Bolt12Error> {
        let refuse = |reason| Bolt12Error::invalid(field::INVREQ_AMOUNT, reason);
        match (self.amount(), expected) {
            (None, None) => Err(refuse(InvalidReason::Missing).req("RR-15")),
            (None, Some(expected)) => Ok(expected),
            (Some(amount), _) if amount.is_zero() => Err(refuse(InvalidReason::Zero)),
            (Some(amount), Some(expected)) if amount < expected => {
                Err(refuse(InvalidReason::Below { min: expected.as_u64() }).req("RR-14"))
            }
            (Some(amount), _) => Ok(amount),
        }
    }

    /// The price of all items, or `None` where the payer decides.
    fn price_of_all(&self, fiat_unit_price: Option<Msat>) -> Result<Option<Msat>, Bolt12Error> {
        let quantity = self.quantity_allowed()?;
        // req RR-13
        let unit_price = match (self.kind, self.offer.price()) {
            (InvoiceRequestKind::Payout, _) | (_, Price::PayerDecides) => return Ok(None),
            (InvoiceRequestKind::ForOffer, Price::Msat(price)) => price,
            (InvoiceRequestKind::ForOffer, Price::Fiat { .. }) => fiat_unit_price
                .ok_or(Bolt12Error::invalid(field::OFFER_CURRENCY, InvalidReason::NoRate))?,
        };
        match unit_price.times(quantity) {
            Some(price) => Ok(Some(price)),
            None => {
                let kind = DecodeErrorKind::TooLarge;
                Err(DecodeError::in_field(kind, field::INVREQ_QUANTITY).into())
            }
        }
    }
}
