//! Making an offer.

use alloc::vec::Vec;
use core::num::NonZeroU64;

use bolt1::{ChainHash, Msat, PublicKey, Timestamp};
use bolt4::BlindedPath;

use super::{Offer, QuantityMax};
use crate::error::BuildError;
use crate::field;
use crate::price::Currency;
use crate::records::RecordMap;
use crate::recurrence::Recurrence;

/// Makes an [`Offer`]. What is not set is absent; what is set twice has its last value.
#[must_use]
#[derive(Clone, Default)]
pub struct OfferBuilder {
    records: RecordMap,
    recurrence: Option<Recurrence>,
}

impl OfferBuilder {
    /// Nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything that `offer` says, unknown fields too, for another string of it.
    pub fn like(offer: &Offer) -> Self {
        Self { records: RecordMap::copied(offer.bytes(), |_| true), recurrence: None }
    }

    /// `offer_chains`; left out for bitcoin alone, as the specification asks.
    // req OW-02
    pub fn chains(mut self, chains: &[ChainHash]) -> Self {
        if chains == [ChainHash::BITCOIN] {
            self.records.remove(field::OFFER_CHAINS);
        } else {
            let bytes: Vec<u8> = chains.iter().flat_map(|chain| chain.0).collect();
            self.records.set(field::OFFER_CHAINS, bytes);
        }
        self
    }

    /// `offer_metadata`: a cookie that comes back with every request.
    pub fn metadata(self, metadata: impl Into<Vec<u8>>) -> Self {
        self.raw(field::OFFER_METADATA, metadata)
    }

    /// `offer_amount` in bitcoin, for one item; takes the place of a price in another currency.
    pub fn amount(mut self, amount: Msat) -> Self {
        // req OW-04
        self.records.remove(field::OFFER_CURRENCY);
        self.records.set_tu64(field::OFFER_AMOUNT, amount.as_u64());
        self
    }

    /// `offer_currency` and `offer_amount` in its minor units, for one item.
    pub fn fiat(mut self, currency: Currency, minor_units: NonZeroU64) -> Self {
        self.records.set(field::OFFER_CURRENCY, currency.as_str().as_bytes());
        self.records.set_tu64(field::OFFER_AMOUNT, minor_units.get());
        self
    }

    /// `offer_description`: what is paid for; needed with an amount.
    pub fn description(self, description: &str) -> Self {
        self.raw(field::OFFER_DESCRIPTION, description)
    }

    /// `offer_features`, a big-endian bit field.
    pub fn features(self, features: impl Into<Vec<u8>>) -> Self {
        self.raw(field::OFFER_FEATURES, features)
    }

    /// `offer_absolute_expiry`: the last second in which an answer is welcome.
    pub fn absolute_expiry(mut self, expiry: Timestamp) -> Self {
        // req OW-10
        self.records.set_tu64(field::OFFER_ABSOLUTE_EXPIRY, expiry.0);
        self
    }

    /// `offer_paths`: how to reach the issuer. None at all leaves the field out.
    pub fn paths(mut self, paths: &[BlindedPath]) -> Self {
        self.records.set_paths(field::OFFER_PATHS, paths);
        self
    }

    /// `offer_issuer`: who the issuer is.
    pub fn issuer(self, issuer: &str) -> Self {
        self.raw(field::OFFER_ISSUER, issuer)
    }

    /// `offer_quantity_max`: items are counted, and at most so many.
    pub fn quantity_max(mut self, max: QuantityMax) -> Self {
        // req OW-14
        self.records.set_tu64(field::OFFER_QUANTITY_MAX, max.as_u64());
        self
    }

    /// `offer_issuer_id`: the key that will sign invoices; needed without paths, and in a payout.
    pub fn issuer_id(mut self, id: &PublicKey) -> Self {
        self.records.write(field::OFFER_ISSUER_ID, |writer| writer.write_point(id));
        self
    }

    /// The schedule by which the offer is paid again and again.
    pub fn recurrence(mut self, recurrence: Recurrence) -> Self {
        self.recurrence = Some(recurrence);
        self
    }

    /// `offer_send_invoice`: the issuer will pay whoever sends an invoice.
    pub fn send_invoice(self) -> Self {
        self.raw(field::OFFER_SEND_INVOICE, [])
    }

    /// `offer_refund_for`: the payment hash of the invoice that this payout refunds.
    pub fn refund_for(self, payment_hash: [u8; 32]) -> Self {
        self.raw(field::OFFER_REFUND_FOR, payment_hash)
    }

    /// Any field, by its number and raw value.
    pub fn raw(mut self, typ: u64, value: impl Into<Vec<u8>>) -> Self {
        self.records.set(typ, value);
        self
    }

    /// The offer, if a reader would accept it.
    ///
    /// # Errors
    /// [`BuildError::Invalid`].
    pub fn build(mut self) -> Result<Offer, BuildError> {
        if let Some(recurrence) = self.recurrence {
            recurrence.check_written()?;
            recurrence.write(&mut self.records);
        }
        Ok(Offer::decode(&self.records.encode())?)
    }
}

impl core::fmt::Debug for OfferBuilder {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("OfferBuilder").finish_non_exhaustive()
    }
}
