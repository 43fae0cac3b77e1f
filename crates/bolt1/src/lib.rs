//! Fundamental types of BOLT 1, as the other BOLTs use them.
//!
//! * [`Reader`] and [`Writer`]: the primitive encodings (big-endian integers, `bigsize`, the truncated
//!   integers `tu16`, `tu32` and `tu64`, `point`).
//! * [`tlv`]: records and streams, with the reader's rules of BOLT 1.
//! * [`Msat`], [`Timestamp`], [`Seconds`], [`BlockHeight`], [`CltvDelta`], [`ShortChannelId`]: units that
//!   cannot be mixed up.
//!
//! Decoding is strict: canonical encodings only, ascending types, no trailing bytes. Nothing here panics on
//! input, whatever it is. Messages and their meaning do not live here.
#![no_std]
#![deny(clippy::as_conversions, clippy::arithmetic_side_effects, clippy::indexing_slicing)]

extern crate alloc;

/// The examples of the README, which must run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
#[cfg(test)]
extern crate std;

mod amount;
mod chain;
mod error;
mod point;
mod reader;
mod scid;
mod time;
pub mod tlv;
mod writer;

pub use amount::Msat;
pub use chain::ChainHash;
pub use error::{DecodeError, DecodeErrorKind};
pub use point::{NodeRef, decode_point};
pub use reader::Reader;
pub use scid::{Direction, NotAShortChannelId, ShortChannelId};
pub use time::{BlockHeight, CltvDelta, Seconds, Timestamp};
pub use writer::Writer;

pub use secp256k1::PublicKey;
