//! Making an invoice.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::num::NonZeroU64;

use bolt1::{ChainHash, Msat, PublicKey, Seconds, Timestamp};
use bolt4::BlindedPath;
use secp256k1::{Keypair, Secp256k1, Signing};

use super::{BlindedPayInfo, DEFAULT_RELATIVE_EXPIRY, FallbackAddress, Invoice, sighash};
use crate::error::{Bolt12Error, BuildError, InvalidReason};
use crate::features::InvoiceFeatures;
use crate::field;
use crate::invoice_request::InvoiceRequest;
use crate::offer::Offer;
use crate::price::Price;
use crate::records::RecordMap;
use crate::recurrence::Numbering;
use crate::signature;

/// Makes an [`Invoice`]. What is not set is absent; what is set twice has its last value.
#[must_use]
#[derive(Clone)]
pub struct InvoiceBuilder {
    records: RecordMap,
    answered: Answered,
    refund_key: Option<Keypair>,
}

/// What the invoice answers, and must mirror in the end.
#[derive(Clone)]
enum Answered {
    Request(Box<InvoiceRequest>),
    PayoutOffer(Box<Offer>),
}

impl InvoiceBuilder {
    /// An invoice for `request`, all of whose fields but signatures are mirrored. `invoice_amount` is set where the
    /// request says an amount.
    pub fn for_request(request: &InvoiceRequest) -> Self {
        // req IW-03
        let records = RecordMap::copied(request.bytes(), field::in_invoice_request);
        let answered = Answered::Request(Box::new(request.clone()));
        Self { records, answered, refund_key: None }.amount_if_any(request.amount())
    }

    /// An invoice for the payout offer `offer`, all of whose fields are mirrored. `metadata` are random bytes;
    /// `chain` is one of the offer's. `invoice_amount` is set where the offer says one in bitcoin.
    pub fn for_payout_offer(offer: &Offer, metadata: [u8; 32], chain: ChainHash) -> Self {
        let mut records = RecordMap::copied(offer.bytes(), |_| true);
        records.set(field::INVREQ_METADATA, metadata);
        records.set_chain(chain);
        if let Some(payer) = offer.issuer_id() {
            records.write(field::INVREQ_PAYER_ID, |writer| writer.write_point(&payer));
        }
        let amount = match offer.price() {
            Price::Msat(amount) => Some(amount),
            Price::PayerDecides | Price::Fiat { .. } => None,
        };
        let answered = Answered::PayoutOffer(Box::new(offer.clone()));
        Self { records, answered, refund_key: None }.amount_if_any(amount)
    }

    /// `invoice_paths` and `invoice_blindedpay`: the payment paths, the best first; needed.
    pub fn paths(mut self, paths: Vec<(BlindedPath, BlindedPayInfo)>) -> Self {
        let (paths, infos): (Vec<_>, Vec<_>) = paths.into_iter().unzip();
        // req IW-11, IW-12
        self.records.set_paths(field::INVOICE_PATHS, &paths);
        self.records.write(field::INVOICE_BLINDEDPAY, |writer| {
            infos.iter().for_each(|info| info.encode(writer));
        });
        self
    }

    /// `invoice_created_at`; needed.
    pub fn created_at(mut self, now: Timestamp) -> Self {
        // req IW-01
        self.records.set_tu64(field::INVOICE_CREATED_AT, now.0);
        self
    }

    /// `invoice_relative_expiry`, at most 4 294 967 295 seconds (more is cut); left out for 7200.
    pub fn relative_expiry(mut self, life: Seconds) -> Self {
        // req IW-09
        if life == DEFAULT_RELATIVE_EXPIRY {
            self.records.remove(field::INVOICE_RELATIVE_EXPIRY);
        } else {
            let seconds = life.0.min(u64::from(u32::MAX));
            self.records.set_tu64(field::INVOICE_RELATIVE_EXPIRY, seconds);
        }
        self
    }

    /// `invoice_payment_hash`; needed.
    pub fn payment_hash(self, payment_hash: [u8; 32]) -> Self {
        self.raw(field::INVOICE_PAYMENT_HASH, payment_hash)
    }

    /// `invoice_amount`; needed where what is answered does not say it.
    pub fn amount(mut self, amount: Msat) -> Self {
        // req IW-02
        self.records.set_tu64(field::INVOICE_AMOUNT, amount.as_u64());
        self
    }

    fn amount_if_any(self, amount: Option<Msat>) -> Self {
        match amount {
            Some(amount) => self.amount(amount),
            None => self,
        }
    }

    /// `invoice_fallbacks`: where to pay on the chain, the best first. None at all leaves the field out.
    pub fn fallbacks(mut self, addresses: &[FallbackAddress]) -> Self {
        self.records.write(field::INVOICE_FALLBACKS, |writer| {
            // req IW-10
            addresses.iter().for_each(|address| address.encode(writer));
        });
        if addresses.is_empty() {
            self.records.remove(field::INVOICE_FALLBACKS);
        }
        self
    }

    /// `invoice_features`. No bit at all leaves the field out.
    pub fn features(mut self, features: &InvoiceFeatures) -> Self {
        self.records.set(field::INVOICE_FEATURES, features.as_bytes());
        if features.as_bytes().is_empty() {
            self.records.remove(field::INVOICE_FEATURES);
        }
        self
    }

    /// Allows the payer to pay in several parts.
    pub fn basic_mpp(self) -> Self {
        self.features(&InvoiceFeatures::basic_mpp())
    }

    /// `invoice_node_id`: the key that will sign; that of [`InvoiceBuilder::sign`] where it is not set.
    pub fn node_id(mut self, id: &PublicKey) -> Self {
        self.records.write(field::INVOICE_NODE_ID, |writer| writer.write_point(id));
        self
    }

    /// `invoice_recurrence_basetime`: the start of period 0 of the payer's series; needed where the offer is recurring.
    pub fn recurrence_basetime(mut self, start: Timestamp) -> Self {
        let offer = match &self.answered {
            Answered::Request(request) => request.offer_view().recurrence(),
            Answered::PayoutOffer(offer) => offer.recurrence(),
        };
        let numbering = offer.map_or(Numbering::Experimental, |offer| offer.numbering);
        // req RCI-W1
        self.records.set_tu64(numbering.numbers().basetime, start.0);
        self
    }

    /// `invreq_recurrence_counter` and what goes with it, for a payout offer that recurs: the period that is redeemed.
    /// Nothing for one that does not.
    pub fn period(mut self, period: u32) -> Self {
        let Answered::PayoutOffer(offer) = &self.answered else { return self };
        let Some((recurrence, base)) = offer.recurrence().and_then(|it| Some((it, it.base?)))
        else {
            return self;
        };
        let numbers = recurrence.numbering.numbers();
        self.records.set_tu64(numbers.counter, u64::from(period));
        self.records.set_tu64(numbers.start, 0);
        self.recurrence_basetime(base.basetime)
    }

    /// `invreq_quantity`, for a payout offer that counts items: `invoice_amount` becomes the price of so many, where
    /// the offer has one in bitcoin and that is not more than there is.
    pub fn quantity(mut self, quantity: NonZeroU64) -> Self {
        self.records.set_tu64(field::INVREQ_QUANTITY, quantity.get());
        let each = match &self.answered {
            Answered::PayoutOffer(offer) => offer.price(),
            Answered::Request(_) => Price::PayerDecides,
        };
        match each {
            Price::Msat(each) => self.amount_if_any(each.times(quantity)),
            Price::PayerDecides | Price::Fiat { .. } => self,
        }
    }

    /// `invoice_replaces`: the payment hashes of earlier invoices for the same request. None at all leaves the field
    /// out.
    pub fn replaces(mut self, payment_hashes: &[[u8; 32]]) -> Self {
        self.records.set(field::INVOICE_REPLACES, payment_hashes.concat());
        if payment_hashes.is_empty() {
            self.records.remove(field::INVOICE_REPLACES);
        }
        self
    }

    /// Adds `refund_signature` by `key`, the one of `invreq_payer_id` in the invoice that is refunded.
    pub fn refund_key(mut self, key: &Keypair) -> Self {
        self.refund_key = Some(*key);
        self
    }

    /// Any field, by its number and raw value.
    pub fn raw(mut self, typ: u64, value: impl Into<Vec<u8>>) -> Self {
        self.records.set(typ, value);
        self
    }

    /// Signs the invoice with `key`, the one of `invoice_node_id`.
    ///
    /// # Errors
    /// [`BuildError`]: also when a field of what is answered was changed, or a payout offer is none.
    pub fn sign<C: Signing>(
        mut self,
        secp: &Secp256k1<C>,
        key: &Keypair,
    ) -> Result<Invoice, BuildError> {
        if !self.records.contains(field::INVOICE_NODE_ID) {
            self = self.node_id(&key.public_key());
        }
        let unsigned = self.records.encode();
        let signature = |key: &Keypair, name| signature::sign(secp, key, sighash(&unsigned, name));
        // req IW-07
        self.records.set(field::SIGNATURE, signature(key, signature::SIGNATURE).as_ref());
        if let Some(payer) = &self.refund_key {
            let signature = signature(payer, signature::REFUND_SIGNATURE);
            self.records.set(field::REFUND_SIGNATURE, signature.as_ref());
        }
        let invoice = Invoice::decode(&self.records.encode())?;
        if invoice.node_id().x_only_public_key().0 != key.x_only_public_key().0 {
            return Err(BuildError::WrongKey { field: field::INVOICE_NODE_ID });
        }
        match &self.answered {
            // req IR-11
            Answered::Request(request) => invoice.mirrors(request),
            Answered::PayoutOffer(offer) => invoice.mirrors_offer(offer),
        }
        .map_err(|field| Bolt12Error::invalid(field, InvalidReason::Mismatch))?;
        Ok(invoice)
    }
}

impl fmt::Debug for InvoiceBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvoiceBuilder").finish_non_exhaustive()
    }
}
