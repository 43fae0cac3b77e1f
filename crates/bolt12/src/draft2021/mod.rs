//! The draft of 2021, as c-lightning 0.9.3 to 0.10.2 wrote it: recognised and named, no more. Deleting this folder deletes
//! the dialect.
//!
//! It has the prefixes of today (`lno`, `lnr`, `lni`) and other numbers under them, and no node answers it any more: the
//! last that did was c-lightning 0.12.1 of 2022. Nothing in it is judged here but its signature, where somebody
//! wants to know who made it ([`Draft::verify_signature`]).
//!
//! ```
//! use bolt12::{decode_string, draft2021};
//!
//! // An offer of c-lightning 0.10.1.
//! let string = "lno1qcp4256ypqpq86q2pucnq42ngssx2an9wfujqerp0y2pqun4wd68jtn00fkxzcnn9ehhyec6qgqsz83qfwdpl28qqmc7\
//!     8ymlvhmxcsywdk5wrjnj36jryg488qwlrnzyjczs";
//! let (hrp, bytes) = decode_string(string)?;
//! let draft = draft2021::recognise(hrp, &bytes).expect("it has the x-only node_id of the draft");
//! let names: Vec<&str> = draft.fields().map(|(field, _)| field.name).collect();
//! assert_eq!(names, ["currency", "amount", "description", "issuer", "recurrence", "node_id"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod signature;

use bolt1::tlv::{Record, Stream};

pub use signature::Hashing;

use crate::encoding::Hrp;
use crate::records::known_good;

/// How the value of a field is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Bytes, or keys and hashes of 32 bytes.
    Bytes,
    /// `...*utf8`.
    Text,
    /// `tu64` or `tu32`.
    Number,
    /// `tu64`: msat, or minor units where there is a `currency`.
    Amount,
    /// `...*chain_hash`.
    Chains,
    /// Nothing: it is there or not.
    Empty,
    /// `...*u64`.
    Numbers,
    /// `byte` unit (0 seconds, 1 days, 2 months, 3 years) and `tu32` period.
    Recurrence,
    /// `byte` whether any period may be the first, and `tu64` seconds since 1970.
    RecurrenceBase,
    /// `u32` seconds before, `byte` proportional, `tu32` seconds after.
    Paywindow,
}

/// A field of the draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its number.
    pub typ: u64,
    /// Its name at the end of the draft, in 0.10.2.
    pub name: &'static str,
    /// What it holds.
    pub shape: Shape,
}

/// The messages of the draft, as flags.
const OFFER: u8 = 1;
const INVOICE_REQUEST: u8 = 2;
const INVOICE: u8 = 4;

const fn field(messages: u8, typ: u64, name: &'static str, shape: Shape) -> (u8, Field) {
    (messages, Field { typ, name, shape })
}

/// The fields, each with the messages that have it; a number can mean one thing in one and another in the next.
const TABLE: &[(u8, Field)] = &[
    field(OFFER | INVOICE_REQUEST | INVOICE, 2, "chains", Shape::Chains),
    field(INVOICE_REQUEST | INVOICE, 3, "chain", Shape::Bytes),
    field(INVOICE_REQUEST | INVOICE, 4, "offer_id", Shape::Bytes),
    field(OFFER, 6, "currency", Shape::Text),
    field(OFFER | INVOICE_REQUEST | INVOICE, 8, "amount", Shape::Amount),
    field(OFFER | INVOICE, 10, "description", Shape::Text),
    field(OFFER | INVOICE_REQUEST | INVOICE, 12, "features", Shape::Bytes),
    field(OFFER, 14, "absolute_expiry", Shape::Number),
    field(OFFER | INVOICE, 16, "paths", Shape::Bytes),
    field(INVOICE, 18, "blindedpay", Shape::Bytes),
    field(INVOICE, 19, "blinded_capacities", Shape::Numbers),
    field(OFFER | INVOICE, 20, "issuer", Shape::Text),
    field(OFFER, 22, "quantity_min", Shape::Number),
    field(OFFER, 24, "quantity_max", Shape::Number),
    field(OFFER, 26, "recurrence", Shape::Recurrence),
    field(OFFER, 28, "recurrence_base", Shape::RecurrenceBase),
    field(OFFER | INVOICE, NODE_ID, "node_id", Shape::Bytes),
    field(INVOICE_REQUEST | INVOICE, 32, "quantity", Shape::Number),
    field(OFFER | INVOICE, 34, "refund_for", Shape::Bytes),
    field(INVOICE_REQUEST | INVOICE, 36, "recurrence_counter", Shape::Number),
    field(INVOICE_REQUEST | INVOICE, PAYER_KEY, "payer_key", Shape::Bytes),
    field(INVOICE_REQUEST | INVOICE, 39, "payer_note", Shape::Text),
    field(INVOICE, 40, "created_at", Shape::Number),
    field(INVOICE, 42, "payment_hash", Shape::Bytes),
    field(INVOICE, 44, "relative_expiry", Shape::Number),
    field(INVOICE, 46, "cltv", Shape::Number),
    field(INVOICE, 48, "fallbacks", Shape::Bytes),
    field(INVOICE_REQUEST | INVOICE, 50, "payer_info", Shape::Bytes),
    field(INVOICE, 52, "refund_signature", Shape::Bytes),
    field(OFFER | INVOICE, 54, "send_invoice", Shape::Empty),
    field(INVOICE_REQUEST | INVOICE, 56, "replace_invoice", Shape::Bytes),
    field(OFFER, 64, "recurrence_paywindow", Shape::Paywindow),
    field(INVOICE, 64, "recurrence_basetime", Shape::Number),
    field(OFFER, 66, "recurrence_limit", Shape::Number),
    field(INVOICE_REQUEST | INVOICE, 68, "recurrence_start", Shape::Number),
    field(OFFER | INVOICE, 240, "signature", Shape::Bytes),
    field(INVOICE_REQUEST, 240, "payer_signature", Shape::Bytes),
    field(INVOICE_REQUEST, 242, "recurrence_signature", Shape::Bytes),
];

/// The x-only key of an offer or invoice. Today's messages have no field 30, and may have none: it is even.
const NODE_ID: u64 = 30;
/// The x-only key of an invoice request. The same is true of it.
const PAYER_KEY: u64 = 38;

/// A message of the draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draft<'a> {
    message: u8,
    bytes: &'a [u8],
}

/// The fields of all messages of the draft; what several messages have is told for each of them.
pub fn all() -> impl Iterator<Item = Field> {
    [OFFER, INVOICE_REQUEST, INVOICE].into_iter().flat_map(fields_of)
}

fn fields_of(message: u8) -> impl Iterator<Item = Field> {
    TABLE.iter().filter(move |(messages, _)| messages & message != 0).map(|(_, field)| *field)
}

/// The message of the draft that `bytes` are, if they are one: a TLV stream with the 32-byte key that every message of
/// the draft has and no message of today can have.
pub fn recognise(hrp: Hrp, bytes: &[u8]) -> Option<Draft<'_>> {
    let (message, key) = match hrp {
        Hrp::Offer => (OFFER, NODE_ID),
        Hrp::InvoiceRequest => (INVOICE_REQUEST, PAYER_KEY),
        Hrp::Invoice => (INVOICE, NODE_ID),
        Hrp::PayerProof => return None,
    };
    let is_key = |record: &Record<'_>| record.typ == key && record.value.len() == 32;
    let is_stream = Stream::new(bytes).all(|record| record.is_ok());
    (is_stream && known_good(bytes).any(|record| is_key(&record)))
        .then_some(Draft { message, bytes })
}

impl<'a> Draft<'a> {
    /// The fields that the draft had a name for, each with its value, in the order of the wire.
    pub fn fields(&self) -> impl Iterator<Item = (Field, &'a [u8])> + use<'a> {
        let message = self.message;
        known_good(self.bytes).filter_map(move |record| {
            let field = fields_of(message).find(|field| field.typ == record.typ)?;
            Some((field, record.value))
        })
    }

    /// The records that it had no name for.
    pub fn unknown_records(&self) -> impl Iterator<Item = Record<'a>> + use<'a> {
        let message = self.message;
        known_good(self.bytes)
            .filter(move |record| fields_of(message).all(|field| field.typ != record.typ))
    }
}
