//! The invoice: what is to be paid, to whom, and over which paths.

mod builder;
mod fallback;
mod fields;
mod mirror;
mod pay_info;
mod recurrence;

use alloc::boxed::Box;
use core::fmt;
use core::str::FromStr;

use bolt1::tlv::Record;
use bolt1::{Msat, PublicKey, Seconds, Timestamp};
use bolt4::BlindedPath;
use secp256k1::schnorr::Signature;
use secp256k1::{Secp256k1, Verification};

pub use builder::InvoiceBuilder;
pub use fallback::FallbackAddress;
pub use pay_info::BlindedPayInfo;

use crate::encoding::{self, Hrp};
use crate::error::{Bolt12Error, Form, InvalidReason};
use crate::features::InvoiceFeatures;
use crate::field::{self, Message};
use crate::id::{InvreqId, OfferId};
use crate::invoice_request::InvoiceRequestFields;
use crate::merkle;
use crate::offer::OfferFields;
use crate::records::{self, Records};
use crate::recurrence::RecurringRequest;
use crate::signature::{self, SignatureError};

use fields::InvoiceFields;

/// How long an invoice lives that does not say.
const DEFAULT_RELATIVE_EXPIRY: Seconds = Seconds(7200);

/// What an invoice answers, as the fields it mirrors tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InvoiceKind {
    /// A request for an invoice for an offer.
    ForOffer,
    /// An invoice request that is a payout: no offer stands behind it.
    ForPayoutRequest,
    /// A payout offer (`offer_send_invoice`).
    ForPayoutOffer,
}

/// An invoice, valid as far as it can be judged by itself. Whether its signature holds
/// ([`Invoice::verify_signature`]), whether it is for what was asked for ([`Invoice::mirrors`],
/// [`Invoice::mirrors_offer`]), whether there is a way to pay it ([`Invoice::usable_paths`]) and whether it has expired
/// are separate questions.
///
/// It keeps the bytes it was read from, unknown fields included. The fields that it mirrors are at
/// [`Invoice::offer_view`] and [`Invoice::request_view`].
///
/// | type | name | shape | meaning |
/// |---|---|---|---|
/// | 160 | `invoice_paths` | `...*blinded_path` | payment paths, the best first |
/// | 162 | `invoice_blindedpay` | `...*blinded_payinfo` | one for each path |
/// | 164 | `invoice_created_at` | `tu64` | seconds since 1970 |
/// | 166 | `invoice_relative_expiry` | `tu32` | seconds; absent: 7200 |
/// | 168 | `invoice_payment_hash` | `sha256` | hash of the preimage |
/// | 170 | `invoice_amount` | `tu64` | msat |
/// | 172 | `invoice_fallbacks` | `...*fallback_address` | where to pay on the chain |
/// | 174 | `invoice_features` | `...*byte` | bit field: 16, 17 |
/// | 176 | `invoice_node_id` | `point` | the key that signed |
/// | 177 | `invoice_recurrence_basetime` | `tu64` | start of period 0 |
/// | 3000000057 | `invoice_replaces` | `...*sha256` | ours: payment hashes of earlier invoices for this request |
/// | 240 | `signature` | `bip340sig` | by `invoice_node_id` |
/// | 242 | `refund_signature` | `bip340sig` | ours: by the payer of the refunded invoice |
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Invoice {
    bytes: Box<[u8]>,
    offer: OfferFields,
    request: InvoiceRequestFields,
    fields: InvoiceFields,
    payment: Option<RecurringRequest>,
}

impl Invoice {
    /// Reads an invoice by the reader's rules of BOLT 12 that need neither clock nor chain nor the request it
    /// answers.
    ///
    /// # Errors
    /// [`Bolt12Error`] with the field that is to blame.
    pub fn decode(bytes: &[u8]) -> Result<Self, Bolt12Error> {
        Self::read(bytes).map_err(|error| error.found_in(Form::Invoice, bytes))
    }

    fn read(bytes: &[u8]) -> Result<Self, Bolt12Error> {
        let records = Records::read(bytes, Message::Invoice)?;
        let offer = OfferFields::read(&records)?;
        let request = InvoiceRequestFields::read(&records)?;
        let fields = InvoiceFields::read(&records, offer.recurrence())?;
        let payment = recurrence::checked_payment(&offer, &request, &fields)?;
        let invoice = Self { bytes: bytes.into(), offer, request, fields, payment };
        let mismatch = |field| Bolt12Error::invalid(field, InvalidReason::Mismatch);
        // req IW-04
        if invoice.request.amount().is_some_and(|asked| asked != invoice.amount()) {
            return Err(mismatch(field::INVOICE_AMOUNT).req("IR-16"));
        }
        // req IW-06
        if !invoice.may_be_signed_by_its_node_id() {
            return Err(mismatch(field::INVOICE_NODE_ID).req("IR-12"));
        }
        Ok(invoice)
    }

    /// Whether `invoice_node_id` is the issuer's key, or the end of one of the issuer's paths where it has no other.
    /// In a payout the payee chooses.
    fn may_be_signed_by_its_node_id(&self) -> bool {
        if self.kind() != InvoiceKind::ForOffer {
            return true;
        }
        match self.offer.issuer_id() {
            Some(issuer_id) => issuer_id == self.node_id(),
            None => {
                let mut ends = self.offer.paths().iter().filter_map(|path| path.hops.last());
                ends.any(|end| end.blinded_node_id == self.node_id())
            }
        }
    }

    /// The TLV stream, exactly as it was read.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What the invoice answers.
    pub fn kind(&self) -> InvoiceKind {
        if self.offer.is_send_invoice() {
            InvoiceKind::ForPayoutOffer
        } else if self.offer.names_issuer() {
            InvoiceKind::ForOffer
        } else {
            InvoiceKind::ForPayoutRequest
        }
    }

    /// The mirrored fields of the offer.
    pub const fn offer_view(&self) -> &OfferFields {
        &self.offer
    }

    /// The mirrored fields of the invoice request.
    pub const fn request_view(&self) -> &InvoiceRequestFields {
        &self.request
    }

    /// `invoice_paths`, the best first, each with its `blinded_payinfo`. Never empty.
    pub fn payment_paths(&self) -> &[(BlindedPath, BlindedPayInfo)] {
        &self.fields.paths
    }

    /// The payment paths without a compulsory feature that is unknown. Perhaps none: whoever pays must look, for an
    /// invoice without a usable path must be refused (BOLT 12, reader of an invoice).
    pub fn usable_paths(&self) -> impl Iterator<Item = &(BlindedPath, BlindedPayInfo)> {
        // req IR-10
        self.fields.paths.iter().filter(|(_, info)| info.is_usable())
    }

    /// `invoice_created_at`.
    pub const fn created_at(&self) -> Timestamp {
        self.fields.created_at
    }

    /// `invoice_relative_expiry`, or 7200 seconds.
    pub fn relative_expiry(&self) -> Seconds {
        self.fields.relative_expiry.unwrap_or(DEFAULT_RELATIVE_EXPIRY)
    }

    /// The last second of the invoice's life.
    pub fn expires_at(&self) -> Timestamp {
        self.created_at().plus(self.relative_expiry())
    }

    /// Whether `now` is after [`Invoice::expires_at`].
    pub fn is_expired_at(&self, now: Timestamp) -> bool {
        // req IR-07
        self.expires_at() < now
    }

    /// `invoice_payment_hash`.
    pub const fn payment_hash(&self) -> [u8; 32] {
        self.fields.payment_hash
    }

    /// `invoice_amount`.
    pub const fn amount(&self) -> Msat {
        self.fields.amount
    }

    /// `invoice_fallbacks`, the best first, without those that a reader must ignore whatever they are.
    pub fn fallbacks(&self) -> impl Iterator<Item = &FallbackAddress> {
        // req IR-17
        self.fields.fallbacks.iter().filter(|address| address.is_plausible())
    }

    /// `invoice_features`.
    pub const fn features(&self) -> &InvoiceFeatures {
        &self.fields.features
    }

    /// Whether it may be paid in several parts.
    pub fn supports_mpp(&self) -> bool {
        self.fields.features.supports_mpp()
    }

    /// Whether it must be paid in several parts.
    pub fn requires_mpp(&self) -> bool {
        self.fields.features.requires_mpp()
    }

    /// `invoice_node_id`: the key that signed the invoice.
    pub const fn node_id(&self) -> PublicKey {
        self.fields.node_id
    }

    /// Which payment of a series the invoice is for; `None` where the offer is not recurring. It is never a
    /// cancellation.
    pub const fn recurring_payment(&self) -> Option<RecurringRequest> {
        self.payment
    }

    /// `invoice_recurrence_basetime`: the start of period 0 of the payer's series. There exactly where the offer is
    /// recurring; the same in every invoice of a series, which only its payer can check.
    pub const fn recurrence_basetime(&self) -> Option<Timestamp> {
        self.fields.recurrence_basetime
    }

    /// `invoice_replaces`: the payment hashes of earlier invoices for the same request, of which and of this one the
    /// payee takes one payment. Empty where the field is absent.
    pub fn replaces(&self) -> &[[u8; 32]] {
        &self.fields.replaces
    }

    /// `refund_signature`, valid or not.
    pub const fn refund_signature(&self) -> Option<Signature> {
        self.fields.refund_signature
    }

    /// Checks the signature by `invoice_node_id`.
    ///
    /// # Errors
    /// [`SignatureError::Wrong`].
    pub fn verify_signature<C: Verification>(
        &self,
        secp: &Secp256k1<C>,
    ) -> Result<(), SignatureError> {
        // req IR-13
        let sighash = sighash(&self.bytes, signature::SIGNATURE);
        signature::verify(secp, &self.node_id(), sighash, &self.fields.signature)
    }

    /// Checks `refund_signature` by `payer_id`, the `invreq_payer_id` of the invoice that is refunded.
    ///
    /// # Errors
    /// [`SignatureError::Missing`] or [`SignatureError::Wrong`].
    pub fn verify_refund_signature<C: Verification>(
        &self,
        secp: &Secp256k1<C>,
        payer_id: &PublicKey,
    ) -> Result<(), SignatureError> {
        let signature = self.refund_signature().ok_or(SignatureError::Missing)?;
        let sighash = sighash(&self.bytes, signature::REFUND_SIGNATURE);
        signature::verify(secp, payer_id, sighash, &signature)
    }

    /// What names the mirrored offer.
    pub fn offer_id(&self) -> OfferId {
        OfferId(records::hash(&self.bytes, field::in_offer))
    }

    /// What names the mirrored request.
    pub fn invreq_id(&self) -> InvreqId {
        InvreqId(self.request_key())
    }

    /// SHA-256 of the mirrored request's records: equal to the request's own
    /// [`request_key`](crate::InvoiceRequest::request_key).
    pub fn request_key(&self) -> [u8; 32] {
        records::hash(&self.bytes, field::in_invoice_request)
    }

    /// The records of the mirrored request, the offer's included.
    pub fn invreq_records(&self) -> impl Iterator<Item = Record<'_>> {
        self.records().filter(|record| field::in_invoice_request(record.typ))
    }

    /// All records, in the order of the wire.
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        records::known_good(&self.bytes)
    }

    /// The records whose meaning this crate does not know; all are odd.
    pub fn unknown_records(&self) -> impl Iterator<Item = Record<'_>> {
        self.records().filter(|record| !Message::Invoice.knows(record.typ))
    }

    /// The string in upper case, for QR codes.
    pub fn to_qr_string(&self) -> alloc::string::String {
        encoding::encode_string_for_qr(Hrp::Invoice, &self.bytes)
    }
}

/// What the signature element `fieldname` signs in the invoice `bytes`.
fn sighash(bytes: &[u8], fieldname: &str) -> [u8; 32] {
    signature::sighash(signature::INVOICE, fieldname, &merkle::root(bytes))
}

impl FromStr for Invoice {
    type Err = Bolt12Error;

    fn from_str(string: &str) -> Result<Self, Bolt12Error> {
        Self::decode(&encoding::decode_as(Hrp::Invoice, string)?)
    }
}

impl fmt::Display for Invoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encoding::encode_string(Hrp::Invoice, &self.bytes))
    }
}

impl fmt::Debug for Invoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invoice")
            .field("invreq_id", &self.invreq_id())
            .field("kind", &self.kind())
            .field("amount", &self.amount())
            .finish_non_exhaustive()
    }
}
