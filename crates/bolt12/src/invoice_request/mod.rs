//! The invoice request: a payer's order for an invoice, or, without an offer, a promise to pay one.

mod bip_353_name;
mod builder;
mod fields;
mod terms;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Deref;
use core::str::FromStr;

use bolt1::tlv::Record;
use secp256k1::schnorr::Signature;
use secp256k1::{Secp256k1, Verification};

pub use bip_353_name::Bip353Name;
pub use builder::{ForOffer, InvoiceRequestBuilder, Payout};
pub use fields::InvoiceRequestFields;

use crate::encoding::{self, Hrp};
use crate::error::{Bolt12Error, Form, InvalidReason};
use crate::field::{self, Message};
use crate::id::{InvreqId, OfferId};
use crate::merkle;
use crate::offer::OfferFields;
use crate::records::{self, Records};
use crate::signature::{self, SignatureError};
use crate::value;

/// The two uses of an invoice request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InvoiceRequestKind {
    /// It orders an invoice for an offer, whose fields it mirrors: `offer_issuer_id` or `offer_paths` is there.
    ForOffer,
    /// There is no offer behind it: its maker will pay whoever sends an invoice for it.
    Payout,
}

/// An invoice request, valid as far as it can be judged by itself. Whether its signature holds is a separate
/// question ([`InvoiceRequest::verify_signature`]), as are its quantity, its amount
/// and its place in a series ([`InvoiceRequest::checked_quantity`], [`InvoiceRequest::amount_due`],
/// [`InvoiceRequest::checked_recurrence`]): a breach of their rules is answered and not dropped.
///
/// It keeps the bytes it was read from, unknown fields included, and dereferences to the fields of its own; those
/// of the offer are at [`InvoiceRequest::offer_view`]. [`Debug`](fmt::Debug) shows the id alone: a payout's string
/// is money to whoever reads it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct InvoiceRequest {
    bytes: Box<[u8]>,
    kind: InvoiceRequestKind,
    offer: OfferFields,
    fields: InvoiceRequestFields,
    signature: Option<Signature>,
}

impl InvoiceRequest {
    /// Reads an invoice request by the reader's rules of BOLT 12 for its kind, as far as they need neither clock
    /// nor chain nor the offer itself.
    ///
    /// # Errors
    /// [`Bolt12Error`] with the field that is to blame.
    pub fn decode(bytes: &[u8]) -> Result<Self, Bolt12Error> {
        Self::read(bytes).map_err(|error| error.found_in(Form::InvoiceRequest, bytes))
    }

    fn read(bytes: &[u8]) -> Result<Self, Bolt12Error> {
        let records = Records::read(bytes, Message::InvoiceRequest)?;
        let offer = OfferFields::read(&records)?;
        let fields = InvoiceRequestFields::read(&records)?;
        let signature = records.optional(field::SIGNATURE, value::signature)?;
        if offer.is_send_invoice() {
            let reason = InvalidReason::NotAllowed;
            return Err(Bolt12Error::invalid(field::OFFER_SEND_INVOICE, reason));
        }
        let kind = if offer.names_issuer() {
            offer.check_offer()?;
            InvoiceRequestKind::ForOffer
        } else {
            offer.check_payout_request()?;
            fields.recurrence().refuse_any()?;
            if fields.amount().is_none() {
                // req RW-26
                let missing = Bolt12Error::invalid(field::INVREQ_AMOUNT, InvalidReason::Missing);
                return Err(missing.req("RR-21"));
            }
            InvoiceRequestKind::Payout
        };
        Ok(Self { bytes: bytes.into(), kind, offer, fields, signature })
    }

    /// The TLV stream, exactly as it was read.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Which of its two uses this request has.
    pub const fn kind(&self) -> InvoiceRequestKind {
        self.kind
    }

    /// Whether it orders an invoice for an offer.
    pub fn is_for_offer(&self) -> bool {
        self.kind == InvoiceRequestKind::ForOffer
    }

    /// The fields of the offer that it mirrors; in a payout those that describe it.
    pub const fn offer_view(&self) -> &OfferFields {
        &self.offer
    }

    /// The records of the mirrored offer, as they stand on the wire.
    pub fn offer_bytes(&self) -> Vec<u8> {
        let mirrored = self.records().filter(|record| field::in_offer(record.typ));
        mirrored.flat_map(|record| record.bytes).copied().collect()
    }

    /// What names the mirrored offer.
    pub fn offer_id(&self) -> OfferId {
        OfferId(records::hash(&self.bytes, field::in_offer))
    }

    /// What names this request: the same whether it is signed or not.
    pub fn invreq_id(&self) -> InvreqId {
        InvreqId(records::hash(&self.bytes, field::in_invoice_request))
    }

    /// SHA-256 of all records but signatures: the key under which at most one invoice is accepted.
    pub fn request_key(&self) -> [u8; 32] {
        records::hash(&self.bytes, |typ| !field::is_signature(typ))
    }

    /// Whether there is a signature, valid or not.
    pub const fn has_signature(&self) -> bool {
        self.signature.is_some()
    }

    /// Checks the signature by `invreq_payer_id`. A payout need not have one.
    ///
    /// # Errors
    /// [`SignatureError::Missing`] or [`SignatureError::Wrong`].
    pub fn verify_signature<C: Verification>(
        &self,
        secp: &Secp256k1<C>,
    ) -> Result<(), SignatureError> {
        // req RR-04
        let signature = self.signature.as_ref().ok_or(SignatureError::Missing)?;
        let sighash = sighash(&self.bytes);
        signature::verify(secp, &self.payer_id(), sighash, signature)
    }

    /// All records, in the order of the wire.
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        records::known_good(&self.bytes)
    }

    /// The records whose meaning this crate does not know; all are odd.
    pub fn unknown_records(&self) -> impl Iterator<Item = Record<'_>> {
        self.records().filter(|record| !Message::InvoiceRequest.knows(record.typ))
    }

    /// The string in upper case, for QR codes.
    pub fn to_qr_string(&self) -> alloc::string::String {
        encoding::encode_string_for_qr(Hrp::InvoiceRequest, &self.bytes)
    }
}

/// What `signature` signs in the invoice request `bytes`.
fn sighash(bytes: &[u8]) -> [u8; 32] {
    signature::sighash(signature::INVOICE_REQUEST, signature::SIGNATURE, &merkle::root(bytes))
}

impl Deref for InvoiceRequest {
    type Target = InvoiceRequestFields;

    fn deref(&self) -> &InvoiceRequestFields {
        &self.fields
    }
}

impl FromStr for InvoiceRequest {
    type Err = Bolt12Error;

    fn from_str(string: &str) -> Result<Self, Bolt12Error> {
        Self::decode(&encoding::decode_as(Hrp::InvoiceRequest, string)?)
    }
}

impl fmt::Display for InvoiceRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encoding::encode_string(Hrp::InvoiceRequest, &self.bytes))
    }
}

impl fmt::Debug for InvoiceRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvoiceRequest")
            .field("id", &self.invreq_id())
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
