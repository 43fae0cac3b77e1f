//! The offer: what somebody sells, or, with `offer_send_invoice`, promises to pay.

mod builder;
mod fields;

use alloc::boxed::Box;
use core::fmt;
use core::ops::Deref;
use core::str::FromStr;

use bolt1::tlv::Record;

pub use builder::OfferBuilder;
pub use fields::{OfferFields, QuantityMax};

use crate::encoding::{self, Hrp};
use crate::error::{Bolt12Error, Form};
use crate::field::{self, Message};
use crate::id::OfferId;
use crate::records::{self, Records};

/// An offer, valid but perhaps expired or for another chain.
///
/// It keeps the bytes it was read from, unknown fields included, and dereferences to the fields read from them.
/// A payout offer's string is money to whoever reads it, so [`Debug`](fmt::Debug) shows the id alone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Offer {
    bytes: Box<[u8]>,
    fields: OfferFields,
}

impl Offer {
    /// Reads an offer by the reader's rules of BOLT 12 that need neither clock nor chain.
    ///
    /// # Errors
    /// [`Bolt12Error`] with the field that is to blame.
    pub fn decode(bytes: &[u8]) -> Result<Self, Bolt12Error> {
        let fields = Self::read(bytes).map_err(|error| error.found_in(Form::Offer, bytes))?;
        Ok(Self { bytes: bytes.into(), fields })
    }

    fn read(bytes: &[u8]) -> Result<OfferFields, Bolt12Error> {
        let fields = OfferFields::read(&Records::read(bytes, Message::Offer)?)?;
        fields.check_offer()?;
        Ok(fields)
    }

    /// The TLV stream, exactly as it was read.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What names this offer.
    pub fn id(&self) -> OfferId {
        OfferId(records::hash(&self.bytes, field::in_offer))
    }

    /// All records, in the order of the wire.
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        records::known_good(&self.bytes)
    }

    /// The records whose meaning this crate does not know; all are odd.
    pub fn unknown_records(&self) -> impl Iterator<Item = Record<'_>> {
        self.records().filter(|record| !Message::Offer.knows(record.typ))
    }

    /// The string in upper case, for QR codes.
    pub fn to_qr_string(&self) -> alloc::string::String {
        encoding::encode_string_for_qr(Hrp::Offer, &self.bytes)
    }
}

impl Deref for Offer {
    type Target = OfferFields;

    fn deref(&self) -> &OfferFields {
        &self.fields
    }
}

impl FromStr for Offer {
    type Err = Bolt12Error;

    fn from_str(string: &str) -> Result<Self, Bolt12Error> {
        Self::decode(&encoding::decode_as(Hrp::Offer, string)?)
    }
}

impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encoding::encode_string(Hrp::Offer, &self.bytes))
    }
}

impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offer").field("id", &self.id()).finish_non_exhaustive()
    }
}
