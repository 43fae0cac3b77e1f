//! BOLT 12 offers, invoice requests and invoices: strings, bytes, typed views, signatures;
//! recurrence and payer proofs.
//!
//! # Usage
//!
//! An issuer makes an offer, a payer requests an invoice for it, the issuer sends one, and the payer checks it:
//!
//! ```
//! use bolt12::secp256k1::{Keypair, Secp256k1};
//! use bolt12::{BlindedHop, BlindedPath, BlindedPayInfo, InvoiceBuilder, InvoiceRequestBuilder};
//! use bolt12::{Msat, NodeRef, Offer, OfferBuilder, Timestamp};
//!
//! let secp = Secp256k1::new();
//! let issuer = Keypair::from_seckey_slice(&secp, &[0x41; 32]).expect("a secret key");
//! // The payer takes a fresh key for each request.
//! let payer = Keypair::from_seckey_slice(&secp, &[0x42; 32]).expect("a secret key");
//!
//! let offer = OfferBuilder::new()
//!     .amount(Msat::new(10_000).expect("not more than there is"))
//!     .description("coffee")
//!     .issuer_id(&issuer.public_key())
//!     .build()?;
//! let string = offer.to_string();
//! assert!(string.starts_with("lno1"));
//!
//! let scanned: Offer = string.parse()?;
//! let request = InvoiceRequestBuilder::for_offer(&scanned)
//!     .metadata([7; 16]) // must be unpredictable
//!     .sign(&secp, &payer)?;
//!
//! request.verify_signature(&secp)?;
//! assert_eq!(request.offer_id(), offer.id());
//! let path = BlindedPath {
//!     first_node_id: NodeRef::Id(issuer.public_key()),
//!     first_path_key: payer.public_key(),
//!     hops: vec![BlindedHop {
//!         blinded_node_id: issuer.public_key(),
//!         encrypted_recipient_data: vec![0; 32],
//!     }],
//! };
//! let info = BlindedPayInfo {
//!     fee_base_msat: 0,
//!     fee_proportional_millionths: 0,
//!     cltv_expiry_delta: 24,
//!     htlc_minimum_msat: 1,
//!     htlc_maximum_msat: 100_000_000,
//!     features: Vec::new(),
//! };
//! let invoice = InvoiceBuilder::for_request(&request)
//!     .amount(request.amount_due(None)?)
//!     .created_at(Timestamp(1_700_000_000))
//!     .payment_hash([9; 32])
//!     .paths(vec![(path, info)])
//!     .sign(&secp, &issuer)?;
//!
//! invoice.verify_signature(&secp)?;
//! assert_eq!(invoice.mirrors(&request), Ok(()));
//! assert!(!invoice.is_expired_at(Timestamp(1_700_000_060)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How it is made
//!
//! * **Bytes are the truth.** A message keeps the bytes it was read from; ids, signatures and mirrors are taken from
//!   them, and the typed fields are read from them. Fields that this crate does not know survive everywhere.
//! * **What was decoded is valid**, as far as a message can be judged by itself. Questions that need a clock, a key or
//!   another message are methods that take them: `is_expired_at`, `verify_signature`, `mirrors`.
//! * **Builders end by reading what they wrote**, so that they cannot make what a reader would refuse.
//! * [`field`] is the one table of numbers, names and ranges; each error names the field that is to blame.
//!
//! Not here: onion messages and how paths are made (`bolt4`), whether an offer is ours, whether a price is right,
//! what to do next. A signature proves who made a message, not that its maker is who the text says.
//!
//! # Deviations
//!
//! From BOLT 12 as of March 2026, beyond what it leaves open (those of [`recurrence`] and [`payer_proof`] stand there):
//!
//! * **Payouts.** An offer with the even field 54 `offer_send_invoice` (empty) is a promise to pay whoever sends an
//!   invoice for it; it always has `offer_issuer_id`. Field 34 `offer_refund_for` (32 bytes, even) names the payment
//!   hash of the invoice that such an offer refunds. Both are even, so that a reader who does not know them refuses the
//!   offer. [`Invoice::mirrors_offer`] says what an invoice for one looks like. In invoice requests both are refused.
//! * **Signature element 242** `refund_signature` in an invoice is a second signature, over the same merkle root, by
//!   the `invreq_payer_id` of the invoice that is refunded. `docs/payout-offers.md` specifies both.
//! * **Field 3 000 000 057** `invoice_replaces` in an invoice names the payment hashes of earlier invoices for the same
//!   request. It is odd: whoever does not know it may ignore it. `docs/payout-offers.md` specifies it.
//! * **`lni`** is the prefix of invoices. BOLT 12 gives them none; it is the one in use.
//! * **The range of an invoice** is 0 to 239 and 1 000 000 000 to 3 999 999 999, and 240 to 1000 for signatures, as
//!   others have it too; BOLT 12 states none.
//! * **Stricter**: `offer_currency` is three capital letters; a price is checked wherever it stands, in an invoice
//!   request without an offer as well; amounts of bitcoin end at 21 million; an invoice without `invreq_metadata` or
//!   `invreq_payer_id` is refused, as it can be the answer to nothing; a request for no items at all, or for
//!   nothing to pay, is refused even where the offer has no limit; an invoice for an offer without `offer_issuer_id`
//!   must be signed by the end of one of its paths, even before it is known which was used.
//! * **More lenient**: a `lightning:` before a string is skipped; an invoice request without an offer may be signed
//!   or not; an `invoice_error` without `error` reads as one with an empty text.
#![no_std]
#![deny(clippy::as_conversions, clippy::arithmetic_side_effects, clippy::indexing_slicing)]

extern crate alloc;

/// The examples of the README, which must run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
#[cfg(test)]
extern crate std;

pub mod draft2021;
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
pub mod payer_proof;
mod price;
mod records;
pub mod recurrence;
pub mod signature;
mod string;
pub mod text;
mod value;

pub use bolt1::tlv::Record;
pub use bolt1::{
    ChainHash, DecodeError, DecodeErrorKind, Msat, NodeRef, PublicKey, Seconds, Timestamp,
};
pub use bolt4::{BlindedHop, BlindedPath};
pub use encoding::{Hrp, StringError, decode_string, encode_string};
pub use error::{Bolt12Error, BuildError, Form, InvalidReason, Problem};
pub use features::InvoiceFeatures;
pub use id::{IdError, InvreqId, OfferId};
pub use invoice::{BlindedPayInfo, FallbackAddress, Invoice, InvoiceBuilder, InvoiceKind};
pub use invoice_error::InvoiceError;
pub use invoice_request::{
    Bip353Name, InvoiceRequest, InvoiceRequestBuilder, InvoiceRequestFields, InvoiceRequestKind,
};
pub use offer::{Offer, OfferBuilder, OfferFields, QuantityMax};
pub use payer_proof::{PayerProof, PayerProofBuilder};
pub use price::{Currency, Price};
pub use recurrence::{
    Numbering, Paywindow, Recurrence, RecurrenceBase, RecurringRequest, TimeUnit,
};
pub use signature::SignatureError;
pub use string::Bolt12String;
pub use text::PeerText;

pub use secp256k1;
