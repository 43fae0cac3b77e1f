//! Making an invoice request.

use alloc::vec::Vec;
use core::fmt;

use bolt1::{ChainHash, Msat, PublicKey, Timestamp};
use bolt4::BlindedPath;
use secp256k1::{Keypair, Secp256k1, Signing};

use super::{Bip353Name, InvoiceRequest, sighash};
use crate::error::{Bolt12Error, BuildError, InvalidReason};
use crate::field;
use crate::offer::Offer;
use crate::price::Price;
use crate::records::{self, RecordMap};
use crate::recurrence::{Numbering, Numbers, Recurrence};
use crate::signature;

/// The use of a request that is being built: it answers this offer.
#[derive(Clone, Debug)]
pub struct ForOffer(Offer);

/// The use of a request that is being built: a promise to pay, without an offer.
#[derive(Clone, Debug)]
pub struct Payout(());

/// Makes an [`InvoiceRequest`]. What is not set is absent; what is set twice has its last value.
#[must_use]
#[derive(Clone)]
pub struct InvoiceRequestBuilder<Use> {
    records: RecordMap,
    made_for: Use,
}

impl InvoiceRequestBuilder<ForOffer> {
    /// A request for an invoice for `offer`, all of whose records are copied byte for byte.
    pub fn for_offer(offer: &Offer) -> Self {
        let records = RecordMap::copied(offer.bytes(), |_| true);
        Self { records, made_for: ForOffer(offer.clone()) }
    }

    /// `invreq_bip_353_name`: the name under which the offer was found.
    pub fn bip_353_name(self, name: &Bip353Name) -> Self {
        // req RW-44
        self.raw(field::INVREQ_BIP_353_NAME, name.encode())
    }

    /// `invreq_recurrence_counter`: how many payments of the series came before; needed where the offer is recurring.
    pub fn recurrence_counter(mut self, counter: u32) -> Self {
        // req RCR-W1, RCR-W2
        let typ = self.numbers().counter;
        self.records.set_tu64(typ, u64::from(counter));
        self
    }

    /// `invreq_recurrence_start`: the period of the first payment, the same in the whole series; needed where the
    /// offer's recurrence has a base.
    pub fn recurrence_start(mut self, period: u32) -> Self {
        // req RCR-W3
        let typ = self.numbers().start;
        self.records.set_tu64(typ, u64::from(period));
        self
    }

    /// `invreq_recurrence_cancel`: the series ends here. There will be no answer.
    pub fn recurrence_cancel(self) -> Self {
        // req RCR-W8
        let typ = self.numbers().cancel;
        self.raw(typ, [])
    }

    /// The numbers of the fields of recurrence, which follow the offer's.
    fn numbers(&self) -> Numbers {
        let ForOffer(offer) = &self.made_for;
        offer.recurrence().map_or(Numbering::Experimental, |offer| offer.numbering).numbers()
    }

    /// Signs the request with `key`, the one of `invreq_payer_id`, which is set from it if it was not set.
    ///
    /// # Errors
    /// [`BuildError`]: also when the offer is a payout, does not accept the chain, or would not accept the quantity,
    /// the fields of recurrence or (where its price is in bitcoin, and the same at all times) the amount.
    pub fn sign<C: Signing>(
        self,
        secp: &Secp256k1<C>,
        key: &Keypair,
    ) -> Result<InvoiceRequest, BuildError> {
        let ForOffer(offer) = &self.made_for;
        // req RW-03
        let request = sign(self.records, secp, key)?;
        let refuse = |field, reason| Err(Bolt12Error::invalid(field, reason).into());
        if let Some(field) =
            // req RW-01
            records::first_difference(request.bytes(), offer.bytes(), field::in_offer)
        {
            return refuse(field, InvalidReason::Mismatch);
        }
        // req RW-02
        if !offer.supports_chain(request.chain()) {
            return refuse(field::INVREQ_CHAIN, InvalidReason::Mismatch);
        }
        // req RCR-W1, RCR-W3, RCR-W4
        let cancel = request.checked_recurrence()?.is_some_and(|payment| payment.cancel);
        let price_changes = match offer.price() {
            Price::Fiat { .. } => true,
            Price::Msat(_) => offer.recurrence().is_some_and(Recurrence::is_proportional),
            Price::PayerDecides => false,
        };
        if cancel || price_changes {
            request.checked_quantity()?;
        } else {
            // req RW-04, RW-07, RW-08
            request.amount_due(None)?;
        }
        Ok(request)
    }
}

impl InvoiceRequestBuilder<Payout> {
    /// A promise to pay whoever sends an invoice for it.
    pub fn payout() -> Self {
        Self { records: RecordMap::default(), made_for: Payout(()) }
    }

    /// `offer_description`: what is paid for; needed.
    pub fn description(self, description: &str) -> Self {
        self.raw(field::OFFER_DESCRIPTION, description)
    }

    /// `offer_issuer`: who will pay.
    pub fn issuer(self, issuer: &str) -> Self {
        // req RW-21
        self.raw(field::OFFER_ISSUER, issuer)
    }

    /// `offer_absolute_expiry`: the last second in which an invoice is welcome.
    pub fn absolute_expiry(mut self, expiry: Timestamp) -> Self {
        self.records.set_tu64(field::OFFER_ABSOLUTE_EXPIRY, expiry.0);
        self
    }

    /// `invreq_paths`: where to send the invoice. None at all leaves the field out.
    pub fn paths(mut self, paths: &[BlindedPath]) -> Self {
        // req RW-23
        self.records.set_paths(field::INVREQ_PATHS, paths);
        self
    }

    /// The request without a signature, as the specification asks.
    ///
    /// # Errors
    /// [`BuildError::Invalid`].
    pub fn build_unsigned(self) -> Result<InvoiceRequest, BuildError> {
        self.check()?;
        Ok(InvoiceRequest::decode(&self.records.encode())?)
    }

    /// The request signed with `key`, the one of `invreq_payer_id`, which is set from it if it was not set. Its
    /// `invreq_id` is that of the unsigned request.
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn sign<C: Signing>(
        self,
        secp: &Secp256k1<C>,
        key: &Keypair,
    ) -> Result<InvoiceRequest, BuildError> {
        self.check()?;
        sign(self.records, secp, key)
    }

    /// The writer's rules that a reader does not enforce: a description, and nothing of an offer that could be
    /// taken for one.
    fn check(&self) -> Result<(), BuildError> {
        let refuse = |field, reason| Err(Bolt12Error::invalid(field, reason).into());
        // req RW-20
        if !self.records.contains(field::OFFER_DESCRIPTION) {
            return refuse(field::OFFER_DESCRIPTION, InvalidReason::Missing);
        }
        // req RW-24
        let forbidden = [
            field::OFFER_CHAINS,
            field::OFFER_METADATA,
            field::OFFER_CURRENCY,
            field::OFFER_AMOUNT,
            field::OFFER_FEATURES,
            field::OFFER_PATHS,
            field::OFFER_QUANTITY_MAX,
            field::OFFER_ISSUER_ID,
            field::SIGNATURE,
        ];
        match forbidden.into_iter().find(|typ| self.records.contains(*typ)) {
            Some(typ) => refuse(typ, InvalidReason::NotAllowed),
            None => Ok(()),
        }
    }
}

impl<Use> InvoiceRequestBuilder<Use> {
    /// `invreq_metadata`: bytes that nobody can predict; needed.
    pub fn metadata(self, metadata: impl Into<Vec<u8>>) -> Self {
        // req RW-41
        self.raw(field::INVREQ_METADATA, metadata)
    }

    /// `invreq_chain`; left out for bitcoin, as the specification asks.
    pub fn chain(mut self, chain: ChainHash) -> Self {
        self.records.set_chain(chain);
        self
    }

    /// `invreq_amount`.
    pub fn amount(mut self, amount: Msat) -> Self {
        self.records.set_tu64(field::INVREQ_AMOUNT, amount.as_u64());
        self
    }

    /// `invreq_features`, a big-endian bit field.
    pub fn features(self, features: impl Into<Vec<u8>>) -> Self {
        self.raw(field::INVREQ_FEATURES, features)
    }

    /// `invreq_quantity`: how many items.
    pub fn quantity(mut self, quantity: u64) -> Self {
        self.records.set_tu64(field::INVREQ_QUANTITY, quantity);
        self
    }

    /// `invreq_payer_id`: the payer's key, to be used once where the request answers an offer.
    pub fn payer_id(mut self, id: &PublicKey) -> Self {
        // req RW-22
        self.records.write(field::INVREQ_PAYER_ID, |writer| writer.write_point(id));
        self
    }

    /// `invreq_payer_note`.
    pub fn payer_note(self, note: &str) -> Self {
        self.raw(field::INVREQ_PAYER_NOTE, note)
    }

    /// Any field, by its number and raw value.
    pub fn raw(mut self, typ: u64, value: impl Into<Vec<u8>>) -> Self {
        self.records.set(typ, value);
        self
    }
}

/// Signs what was set, and reads it as anybody will.
fn sign<C: Signing>(
    mut records: RecordMap,
    secp: &Secp256k1<C>,
    key: &Keypair,
) -> Result<InvoiceRequest, BuildError> {
    if !records.contains(field::INVREQ_PAYER_ID) {
        records.write(field::INVREQ_PAYER_ID, |writer| writer.write_point(&key.public_key()));
    }
    let signature = signature::sign(secp, key, sighash(&records.encode()));
    records.set(field::SIGNATURE, signature.as_ref());
    let request = InvoiceRequest::decode(&records.encode())?;
    if request.payer_id().x_only_public_key().0 != key.x_only_public_key().0 {
        return Err(BuildError::WrongKey { field: field::INVREQ_PAYER_ID });
    }
    Ok(request)
}

impl<Use> fmt::Debug for InvoiceRequestBuilder<Use> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvoiceRequestBuilder").finish_non_exhaustive()
    }
}
