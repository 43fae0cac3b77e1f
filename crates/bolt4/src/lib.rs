//! Onion messages and blinded paths of BOLT 4.
//!
//! * [`blinded_path`]: a [`BlindedPath`] as it travels; making one with [`blind()`], taking the first step on one
//!   with [`BlindedPath::advance`].
//! * [`encrypted_data`]: what the maker of a path tells each hop of it.
//! * [`onion_message`]: [`create`](onion_message::create) a message, [`peel`](onion_message::peel) one off.
//! * [`sphinx`]: the onion packets underneath, for whoever needs the bare layers.
//!
//! Nothing here owns a node key, a clock, randomness or peers: secret keys and session keys are arguments, and
//! a node key that lives elsewhere takes part through [`Ecdh`]. What the payload fields from 64 on mean is left
//! to BOLT 12; here they are bytes. Payment onions are not built here, and neither are the fields of payment
//! paths: [`blind_encoded`] takes them as bytes.
//!
//! # Use
//! ```
//! use bolt4::encrypted_data::{EncryptedData, NextHop};
//! use bolt4::onion_message::{Destination, Peeled, create, peel};
//! use bolt4::{NodeRef, blind};
//! use secp256k1::{PublicKey, Secp256k1, SecretKey};
//!
//! let secp = Secp256k1::new();
//! let key = |byte| SecretKey::from_slice(&[byte; 32]).expect("a valid key");
//! let id = |byte| PublicKey::from_secret_key(&secp, &key(byte));
//!
//! // Bob can be reached over Alice.
//! let path = blind(
//!     &secp,
//!     key(7), // fresh randomness in earnest
//!     NodeRef::Id(id(1)),
//!     &[
//!         (id(1), EncryptedData::forward(NextHop::NodeId(id(2)))),
//!         (id(2), EncryptedData::receive(Some(b"for the shop".to_vec()))),
//!     ],
//! )?;
//! // A peer of Alice says hello to Bob.
//! let (peer, message) =
//!     create(&secp, key(8), &[], &Destination::Path(path), (65, b"hello".to_vec()), None)?;
//! assert_eq!(peer, id(1));
//! let Peeled::Forward { next, message } = peel(&secp, &key(1), &message)? else { unreachable!() };
//! assert_eq!(next, NextHop::NodeId(id(2)));
//! let Peeled::Receive { path_id, contents, .. } = peel(&secp, &key(2), &message)? else { unreachable!() };
//! assert_eq!(path_id.as_deref(), Some(&b"for the shop"[..]));
//! assert_eq!(contents, [(65, b"hello".to_vec())]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Deviations
//! * An `encrypted_data_tlv` with the payment fields 10 or 12 is refused for messages; the specification only
//!   forbids writing it.
//! * A payload of length 0 is refused, as the rules for peeling say; the text on onion messages would allow it.
#![no_std]
#![deny(clippy::as_conversions, clippy::arithmetic_side_effects, clippy::indexing_slicing)]

extern crate alloc;

/// The examples of the README, which must run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
#[cfg(test)]
extern crate std;

pub mod blinded_path;
pub mod encrypted_data;
mod error;
mod keys;
pub mod onion_message;
pub mod sphinx;

pub use blinded_path::{Advanced, BlindedHop, BlindedPath, blind, blind_encoded};
pub use bolt1::NodeRef;
pub use error::{CreateError, Malformed, Part, PathError, PeelError};
pub use keys::Ecdh;
