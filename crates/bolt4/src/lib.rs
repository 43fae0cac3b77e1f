//! Onion messages and blinded paths of BOLT 4.
#![no_std]
#![deny(clippy::as_conversions, clippy::arithmetic_side_effects, clippy::indexing_slicing)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod blinded_path;

pub use blinded_path::{BlindedHop, BlindedPath};
