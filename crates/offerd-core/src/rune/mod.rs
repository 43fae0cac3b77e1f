//! Runes: bearer tokens that anybody can restrict further, and nobody less.
//!
//! A rune is a list of restrictions and a code that vouches for them. The code is the state of SHA-256 after a secret of
//! ours and each restriction, every piece ended as if it were the last one: whoever has the state can go on, so can add a
//! restriction, but cannot go back. The format is that of Core Lightning: `base64url(code ‖ restrictions)`.
//!
//! * [`Restriction`]: alternatives, one of which must hold.
//! * [`Rune`]: reading, writing, restricting.
//! * [`MasterRune`]: making them, and telling ours from others.
//!
//! What the fields mean (`method`, `time`, `pname…`) does not live here: who asks brings the values along.

mod code;
mod restriction;
mod token;

pub use code::MasterRune;
pub use restriction::{Alternative, Condition, Restriction, RestrictionError, read_restrictions};
pub use token::{Rune, RuneError};

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests;
