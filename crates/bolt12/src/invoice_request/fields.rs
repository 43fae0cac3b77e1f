//! The invoice request's own fields, wherever they stand: in a request, or mirrored in the invoice.

use alloc::vec::Vec;

use bolt1::{ChainHash, Msat, PublicKey};
use bolt4::BlindedPath;

use super::Bip353Name;
use crate::error::Bolt12Error;
use crate::features::refuse_compulsory;
use crate::field;
use crate::records::Records;
use crate::recurrence::RequestRecurrence;
use crate::text::PeerText;
use crate::value;

/// The fields that an invoice request adds to those of an offer. An [`InvoiceRequest`](crate::InvoiceRequest)
/// dereferences to them; an invoice shows those that it mirrors as `request_view()`.
///
/// | type | name | shape | meaning |
/// |---|---|---|---|
/// | 0 | `invreq_metadata` | `...*byte` | the payer's unpredictable blob |
/// | 80 | `invreq_chain` | `chain_hash` | chain to pay on; absent: bitcoin |
/// | 82 | `invreq_amount` | `tu64` | msat |
/// | 84 | `invreq_features` | `...*byte` | bit field |
/// | 86 | `invreq_quantity` | `tu64` | how many items |
/// | 88 | `invreq_payer_id` | `point` | the payer's key |
/// | 89 | `invreq_payer_note` | `...*utf8` | a note |
/// | 90 | `invreq_paths` | `...*blinded_path` | where to send an invoice unasked |
/// | 91 | `invreq_bip_353_name` | two strings | the name the offer was found under |
/// | 92 to 94 | `invreq_recurrence_…` | see [`RecurringRequest`](crate::RecurringRequest) | which payment of a series |
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InvoiceRequestFields {
    metadata: Vec<u8>,
    chain: Option<ChainHash>,
    amount: Option<Msat>,
    features: Vec<u8>,
    quantity: Option<u64>,
    payer_id: PublicKey,
    payer_note: Option<PeerText>,
    paths: Vec<BlindedPath>,
    bip_353_name: Option<Bip353Name>,
    recurrence: RequestRecurrence,
}

impl InvoiceRequestFields {
    /// `invreq_metadata`: the payer's unpredictable blob.
    pub fn metadata(&self) -> &[u8] {
        &self.metadata
    }

    /// The chain to pay on: `invreq_chain`, or bitcoin.
    pub fn chain(&self) -> ChainHash {
        self.chain.unwrap_or(ChainHash::BITCOIN)
    }

    /// `invreq_amount`.
    pub const fn amount(&self) -> Option<Msat> {
        self.amount
    }

    /// `invreq_features`, a big-endian bit field; empty where absent. No bit has a meaning yet.
    pub fn features(&self) -> &[u8] {
        &self.features
    }

    /// `invreq_quantity`, as the payer wrote it; may be zero, or more than the offer allows.
    pub const fn quantity(&self) -> Option<u64> {
        self.quantity
    }

    /// `invreq_payer_id`: the payer's key, used once where the request answers an offer.
    pub const fn payer_id(&self) -> PublicKey {
        self.payer_id
    }

    /// `invreq_payer_note`.
    pub const fn payer_note(&self) -> Option<&PeerText> {
        self.payer_note.as_ref()
    }

    /// `invreq_paths`: where to send an invoice that answers no offer; empty where absent.
    pub fn paths(&self) -> &[BlindedPath] {
        &self.paths
    }

    /// `invreq_bip_353_name`.
    pub const fn bip_353_name(&self) -> Option<&Bip353Name> {
        self.bip_353_name.as_ref()
    }

    /// The fields of recurrence, not yet held against the offer.
    pub(crate) const fn recurrence(&self) -> &RequestRecurrence {
        &self.recurrence
    }

    /// Whether `invreq_chain` is there, even if it says bitcoin.
    pub(crate) const fn has_chain(&self) -> bool {
        self.chain.is_some()
    }

    /// Reads the fields, with the rules that hold in requests and invoices alike.
    pub(crate) fn read(records: &Records<'_>) -> Result<Self, Bolt12Error> {
        let bytes = |typ| records.optional(typ, value::bytes);
        let fields = Self {
            metadata: records.required(field::INVREQ_METADATA, value::bytes)?,
            chain: records.optional(field::INVREQ_CHAIN, value::chain_hash)?,
            amount: records.optional(field::INVREQ_AMOUNT, value::msat)?,
            features: bytes(field::INVREQ_FEATURES)?.unwrap_or_default(),
            quantity: records.optional(field::INVREQ_QUANTITY, value::tu64)?,
            payer_id: records.required(field::INVREQ_PAYER_ID, value::point)?,
            payer_note: records.optional(field::INVREQ_PAYER_NOTE, value::text)?,
            paths: records
                .optional(field::INVREQ_PATHS, BlindedPath::decode_all)?
                .unwrap_or_default(),
            bip_353_name: records.optional(field::INVREQ_BIP_353_NAME, Bip353Name::decode)?,
            recurrence: RequestRecurrence::read(records)?,
        };
        refuse_compulsory(&fields.features, field::INVREQ_FEATURES)?;
        Ok(fields)
    }
}
