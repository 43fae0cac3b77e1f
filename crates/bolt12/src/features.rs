//! Feature bits: big-endian bit fields, bit 0 the least significant of the last byte.

use alloc::vec::Vec;

use crate::error::{Bolt12Error, InvalidReason};

/// Bit 16: the payer must use several parts.
const MPP_COMPULSORY: u64 = 16;
/// Bit 17: the payer may use several parts.
const MPP_OPTIONAL: u64 = 17;

/// `invoice_features`, of which two bits have a meaning: 16 and 17, multi-part payment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct InvoiceFeatures(Vec<u8>);

impl InvoiceFeatures {
    /// The feature that allows, but does not ask for, several parts (bit 17).
    pub fn basic_mpp() -> Self {
        // req IW-08
        Self(alloc::vec![0x02, 0, 0])
    }

    /// From a big-endian bit field, as it stands on the wire.
    pub fn new(bits: impl Into<Vec<u8>>) -> Self {
        Self(bits.into())
    }

    /// The bit field as it stands on the wire.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether the payer must pay in several parts (bit 16).
    pub fn requires_mpp(&self) -> bool {
        // req IR-15
        has_bit(&self.0, MPP_COMPULSORY)
    }

    /// Whether the payer may pay in several parts (bit 16 or 17).
    pub fn supports_mpp(&self) -> bool {
        self.requires_mpp() || has_bit(&self.0, MPP_OPTIONAL)
    }

    /// Refuses compulsory features other than multi-part payment.
    pub(crate) fn check(&self, field: u64) -> Result<(), Bolt12Error> {
        refuse_unknown(&self.0, &[MPP_COMPULSORY], field)
    }
}

/// Refuses any compulsory feature: those of `offer_features` and `invreq_features`, of which none exists yet.
pub(crate) fn refuse_compulsory(bits: &[u8], field: u64) -> Result<(), Bolt12Error> {
    refuse_unknown(bits, &[], field)
}

/// The least even bit that is set and not in `known`.
pub(crate) fn unknown_compulsory(bits: &[u8], known: &[u64]) -> Option<u64> {
    // req OR-02, RR-03, IR-06, IR-10
    set_bits(bits).find(|bit| bit.is_multiple_of(2) && !known.contains(bit))
}

fn refuse_unknown(bits: &[u8], known: &[u64], field: u64) -> Result<(), Bolt12Error> {
    match unknown_compulsory(bits, known) {
        Some(bit) => Err(Bolt12Error::invalid(field, InvalidReason::UnknownFeature { bit })),
        None => Ok(()),
    }
}

fn has_bit(bits: &[u8], wanted: u64) -> bool {
    set_bits(bits).any(|bit| bit == wanted)
}

/// The numbers of the bits that are set, ascending.
fn set_bits(bits: &[u8]) -> impl Iterator<Item = u64> + '_ {
    let each = bits.iter().rev().flat_map(|byte| (0..8u8).map(move |bit| byte >> bit & 1 == 1));
    (0u64..).zip(each).filter(|(_, set)| *set).map(|(number, _)| number)
}
