//! The invoice's own fields.

use alloc::vec::Vec;

use bolt1::{Msat, PublicKey, Seconds, Timestamp};
use bolt4::BlindedPath;
use secp256k1::schnorr::Signature;

use super::{BlindedPayInfo, FallbackAddress};
use crate::error::{Bolt12Error, InvalidReason};
use crate::features::InvoiceFeatures;
use crate::field;
use crate::records::Records;
use crate::recurrence::Recurrence;
use crate::value;

/// What an invoice adds to the request it answers.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct InvoiceFields {
    pub(super) paths: Vec<(BlindedPath, BlindedPayInfo)>,
    pub(super) created_at: Timestamp,
    pub(super) relative_expiry: Option<Seconds>,
    pub(super) payment_hash: [u8; 32],
    pub(super) amount: Msat,
    pub(super) fallbacks: Vec<FallbackAddress>,
    pub(super) features: InvoiceFeatures,
    pub(super) node_id: PublicKey,
    pub(super) recurrence_basetime: Option<Timestamp>,
    pub(super) replaces: Vec<[u8; 32]>,
    pub(super) signature: Signature,
    pub(super) refund_signature: Option<Signature>,
}

impl InvoiceFields {
    /// Reads the fields; that of recurrence in the numbering of the offer's, if it is recurring.
    pub(super) fn read(
        records: &Records<'_>,
        recurrence: Option<&Recurrence>,
    ) -> Result<Self, Bolt12Error> {
        let relative_expiry = records.optional(field::INVOICE_RELATIVE_EXPIRY, value::tu32)?;
        let features = records.optional(field::INVOICE_FEATURES, value::bytes)?;
        // req RCI-W3
        let recurrence_basetime = match recurrence.map(|offer| offer.numbering.numbers().basetime) {
            Some(typ) => records.optional(typ, value::timestamp)?,
            None => None,
        };
        let fields = Self {
            paths: read_paths(records)?,
            created_at: records.required(field::INVOICE_CREATED_AT, value::timestamp)?,
            relative_expiry: relative_expiry.map(|seconds| Seconds(u64::from(seconds))),
            payment_hash: records.required(field::INVOICE_PAYMENT_HASH, value::array)?,
            amount: records.required(field::INVOICE_AMOUNT, value::msat)?,
            fallbacks: records
                .optional(field::INVOICE_FALLBACKS, FallbackAddress::decode_all)?
                .unwrap_or_default(),
            features: InvoiceFeatures::new(features.unwrap_or_default()),
            node_id: records.required(field::INVOICE_NODE_ID, value::point)?,
            recurrence_basetime,
            replaces: records.optional(field::INVOICE_REPLACES, value::hashes)?.unwrap_or_default(),
            signature: records.required(field::SIGNATURE, value::signature)?,
            refund_signature: records.optional(field::REFUND_SIGNATURE, value::signature)?,
        };
        fields.features.check(field::INVOICE_FEATURES)?;
        Ok(fields)
    }
}

/// `invoice_paths`, each with its `blinded_payinfo`. Whether any can be used is a question of its own: who must not
/// pay the invoice may still have to answer it.
fn read_paths(records: &Records<'_>) -> Result<Vec<(BlindedPath, BlindedPayInfo)>, Bolt12Error> {
    let paths = records.required(field::INVOICE_PATHS, BlindedPath::decode_all)?;
    let infos = records.required(field::INVOICE_BLINDEDPAY, BlindedPayInfo::decode_all)?;
    // req IW-12
    if paths.len() != infos.len() {
        let count = InvalidReason::CountMismatch;
        return Err(Bolt12Error::invalid(field::INVOICE_BLINDEDPAY, count).req("IR-09"));
    }
    Ok(paths.into_iter().zip(infos).collect())
}
