//! The offer's fields, wherever they stand: in an offer, or mirrored in what answers it.

use alloc::vec::Vec;
use core::num::NonZeroU64;

use bolt1::{ChainHash, DecodeError, PublicKey, Timestamp};
use bolt4::BlindedPath;

use crate::error::{Bolt12Error, InvalidReason};
use crate::features::refuse_compulsory;
use crate::field;
use crate::price::Price;
use crate::records::Records;
use crate::recurrence::{Numbering, Recurrence};
use crate::text::PeerText;
use crate::value;

/// How many items one invoice may be for, from `offer_quantity_max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QuantityMax {
    /// At most so many.
    Bounded(NonZeroU64),
    /// Any number, or a number that the issuer does not tell.
    Unbounded,
}

/// The fields of an offer. An [`Offer`](crate::Offer) dereferences to them; an invoice request and an invoice show
/// those that they mirror as `offer_view()`.
///
/// | type | name | shape | meaning |
/// |---|---|---|---|
/// | 2 | `offer_chains` | `...*chain_hash` | chains accepted; absent: bitcoin |
/// | 4 | `offer_metadata` | `...*byte` | the issuer's cookie |
/// | 6 | `offer_currency` | `...*utf8` | currency of the amount; absent: msat |
/// | 8 | `offer_amount` | `tu64` | price of one item |
/// | 10 | `offer_description` | `...*utf8` | what is paid for |
/// | 12 | `offer_features` | `...*byte` | bit field |
/// | 14 | `offer_absolute_expiry` | `tu64` | seconds since 1970 |
/// | 16 | `offer_paths` | `...*blinded_path` | how to reach the issuer |
/// | 18 | `offer_issuer` | `...*utf8` | who the issuer says to be |
/// | 20 | `offer_quantity_max` | `tu64` | most items; 0: any number |
/// | 22 | `offer_issuer_id` | `point` | key that signs the invoice |
/// | 24 to 29 | `offer_recurrence_…` | see [`Recurrence`] | when to pay again |
/// | 34 | `offer_refund_for` | `sha256` | ours: payment hash of the refunded invoice |
/// | 54 | `offer_send_invoice` | empty | ours: the issuer pays |
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OfferFields {
    chains: Option<Vec<ChainHash>>,
    metadata: Option<Vec<u8>>,
    price: Price,
    description: Option<PeerText>,
    features: Option<Vec<u8>>,
    absolute_expiry: Option<Timestamp>,
    paths: Vec<BlindedPath>,
    issuer: Option<PeerText>,
    quantity_max: Option<QuantityMax>,
    issuer_id: Option<PublicKey>,
    recurrence: Option<Recurrence>,
    refund_for: Option<[u8; 32]>,
    send_invoice: bool,
}

impl OfferFields {
    /// The chains the offer is good for: `offer_chains`, or bitcoin alone. Never empty.
    pub fn chains(&self) -> Vec<ChainHash> {
        self.chains.clone().unwrap_or_else(|| alloc::vec![ChainHash::BITCOIN])
    }

    /// Whether the offer is good for `chain`.
    pub fn supports_chain(&self, chain: ChainHash) -> bool {
        match &self.chains {
            Some(chains) => chains.contains(&chain),
            // req OR-03
            None => chain == ChainHash::BITCOIN,
        }
    }

    /// `offer_metadata`: the issuer's cookie.
    pub fn metadata(&self) -> Option<&[u8]> {
        self.metadata.as_deref()
    }

    /// What one item costs: `offer_amount` in the currency of `offer_currency`.
    pub const fn price(&self) -> Price {
        self.price
    }

    /// `offer_description`: what is paid for.
    pub const fn description(&self) -> Option<&PeerText> {
        self.description.as_ref()
    }

    /// `offer_features`, a big-endian bit field; empty where absent. No bit has a meaning yet.
    pub fn features(&self) -> &[u8] {
        self.features.as_deref().unwrap_or_default()
    }

    /// `offer_absolute_expiry`: the last second in which an answer is welcome.
    pub const fn absolute_expiry(&self) -> Option<Timestamp> {
        self.absolute_expiry
    }

    /// Whether `now` is after `offer_absolute_expiry`.
    pub fn is_expired_at(&self, now: Timestamp) -> bool {
        // req OR-10, RCO-R5, RCR-R4
        self.absolute_expiry.is_some_and(|expiry| expiry < now)
    }

    /// `offer_paths`: how to reach the issuer; empty where absent.
    pub fn paths(&self) -> &[BlindedPath] {
        &self.paths
    }

    /// `offer_issuer`: who the issuer says to be. Nobody has checked that.
    pub const fn issuer(&self) -> Option<&PeerText> {
        self.issuer.as_ref()
    }

    /// `offer_quantity_max`; `None` where items are not counted.
    pub const fn quantity_max(&self) -> Option<QuantityMax> {
        self.quantity_max
    }

    /// `offer_issuer_id`: the key that signs invoices, and without paths the node to contact. In a payout offer the
    /// key that pays.
    pub const fn issuer_id(&self) -> Option<PublicKey> {
        self.issuer_id
    }

    /// The schedule, where the offer is to be paid again and again.
    pub const fn recurrence(&self) -> Option<&Recurrence> {
        self.recurrence.as_ref()
    }

    /// Whether the issuer pays whoever sends an invoice (`offer_send_invoice`): a payout.
    pub const fn is_send_invoice(&self) -> bool {
        self.send_invoice
    }

    /// `offer_refund_for`: the payment hash of the invoice that is refunded.
    pub const fn refund_for(&self) -> Option<[u8; 32]> {
        self.refund_for
    }

    /// Whether there is somebody to ask for an invoice: the mark of an offer, as opposed to a mere invoice request.
    pub(crate) fn names_issuer(&self) -> bool {
        self.issuer_id.is_some() || !self.paths.is_empty()
    }

    /// Reads the fields, with the rules for each alone and for the price, which hold in every message.
    pub(crate) fn read(records: &Records<'_>) -> Result<Self, Bolt12Error> {
        Ok(Self {
            chains: records.optional(field::OFFER_CHAINS, value::chain_hashes)?,
            metadata: records.optional(field::OFFER_METADATA, value::bytes)?,
            price: Price::read(records)?,
            description: records.optional(field::OFFER_DESCRIPTION, value::text)?,
            features: records.optional(field::OFFER_FEATURES, value::bytes)?,
            absolute_expiry: records.optional(field::OFFER_ABSOLUTE_EXPIRY, value::timestamp)?,
            paths: records
                .optional(field::OFFER_PATHS, BlindedPath::decode_all)?
                .unwrap_or_default(),
            issuer: records.optional(field::OFFER_ISSUER, value::text)?,
            quantity_max: records.optional(field::OFFER_QUANTITY_MAX, QuantityMax::decode)?,
            issuer_id: records.optional(field::OFFER_ISSUER_ID, value::point)?,
            recurrence: Recurrence::read(records)?,
            refund_for: records.optional(field::OFFER_REFUND_FOR, value::array)?,
            send_invoice: records.optional(field::OFFER_SEND_INVOICE, value::empty)?.is_some(),
        })
    }

    /// The reader's rules for an offer that look at several fields.
    pub(crate) fn check_offer(&self) -> Result<(), Bolt12Error> {
        let missing = |field| Bolt12Error::invalid(field, InvalidReason::Missing);
        // req OW-06
        if self.price != Price::PayerDecides && self.description.is_none() {
            return Err(missing(field::OFFER_DESCRIPTION).req("OR-04"));
        }
        // req OW-12
        if !self.names_issuer() {
            return Err(missing(field::OFFER_ISSUER_ID).req("OR-07"));
        }
        if self.send_invoice && self.issuer_id.is_none() {
            return Err(missing(field::OFFER_ISSUER_ID));
        }
        if self.refund_for.is_some() && !self.send_invoice {
            return Err(missing(field::OFFER_SEND_INVOICE));
        }
        // Of a payout every period is known to both sides, in fields that its invoice may have.
        let fits = |recurrence: &&Recurrence| {
            recurrence.compulsory
                && recurrence.base.is_some_and(|base| !base.proportional)
                && recurrence.numbering == Numbering::Experimental
        };
        let recurrence = self.recurrence.as_ref().filter(|_| self.send_invoice);
        if let Some(recurrence) = recurrence.filter(|recurrence| !fits(recurrence)) {
            return Err(Bolt12Error::invalid(recurrence.field(), InvalidReason::NotAllowed));
        }
        refuse_compulsory(self.features(), field::OFFER_FEATURES)
    }

    /// The reader's rules for what an invoice request without an offer may mirror.
    pub(crate) fn check_payout_request(&self) -> Result<(), Bolt12Error> {
        let recurrence = self.recurrence.as_ref().map(Recurrence::field);
        let present = [
            (self.chains.is_some(), field::OFFER_CHAINS),
            (self.features.is_some(), field::OFFER_FEATURES),
            (self.quantity_max.is_some(), field::OFFER_QUANTITY_MAX),
            (recurrence.is_some(), recurrence.unwrap_or_default()),
            (self.refund_for.is_some(), field::OFFER_REFUND_FOR),
        ];
        match present.iter().find(|(present, _)| *present) {
            Some((_, field)) => {
                Err(Bolt12Error::invalid(*field, InvalidReason::NotAllowed).req("RR-20"))
            }
            None => Ok(()),
        }
    }
}

impl QuantityMax {
    /// As it stands in `offer_quantity_max`: zero for any number.
    pub fn new(most: u64) -> Self {
        // req OW-14
        NonZeroU64::new(most).map_or(Self::Unbounded, Self::Bounded)
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        value::tu64(bytes).map(Self::new)
    }

    /// Whether one invoice may be for so many items: at least one, and at most the maximum.
    pub fn admits(self, quantity: u64) -> bool {
        let below = match self {
            Self::Unbounded => true,
            Self::Bounded(max) => quantity <= max.get(),
        };
        quantity > 0 && below
    }

    /// As it stands in `offer_quantity_max`: zero for any number.
    pub fn as_u64(self) -> u64 {
        match self {
            Self::Bounded(max) => max.get(),
            Self::Unbounded => 0,
        }
    }
}
