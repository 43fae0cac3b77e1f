//! BOLT 12 offers, invoice requests and invoices: strings, bytes, typed views, signatures.
#![no_std]
#![deny(clippy::as_conversions, clippy::arithmetic_side_effects, clippy::indexing_slicing)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod encoding;
mod error;
mod features;
pub mod field;
mod hash;
mod id;
pub mod invoice;
mod invoice_error;
pub mod invoice_request;
pub mod merkle;
pub mod offer;
mod price;
mod records;
pub mod signature;
mod string;
pub mod text;
mod value;

pub use bolt1::{ChainHash, DecodeError, DecodeErrorKind, Msat, PublicKey, Seconds, Timestamp};
pub use bolt4::{BlindedHop, BlindedPath};
pub use encoding::{Hrp, StringError, decode_string, encode_string};
pub use error::{Bolt12Error, BuildError, InvalidReason};
pub use features::InvoiceFeatures;
pub use id::{IdError, InvreqId, OfferId};
pub use invoice::{BlindedPayInfo, FallbackAddress, Invoice, InvoiceBuilder, InvoiceKind};
pub use invoice_error::InvoiceError;
pub use invoice_request::{
    Bip353Name, InvoiceRequest, InvoiceRequestBuilder, InvoiceRequestFields, InvoiceRequestKind,
};
pub use offer::{Offer, OfferBuilder, OfferFields, QuantityMax};
pub use price::{Currency, Price};
pub use signature::SignatureError;
pub use string::Bolt12String;
pub use text::PeerText;
