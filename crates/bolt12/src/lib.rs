//! BOLT 12 offers, invoice requests and invoices: strings, bytes, typed views, signatures.
#![no_std]
#![deny(clippy::as_conversions, clippy::arithmetic_side_effects, clippy::indexing_slicing)]

extern crate alloc;

pub mod invoice;

pub use bolt4::{BlindedHop, BlindedPath};
pub use invoice::BlindedPayInfo;
