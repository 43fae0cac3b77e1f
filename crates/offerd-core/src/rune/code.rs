//! The code: states of SHA-256.

use std::fmt;

use bitcoin_hashes::{Hash as _, HashEngine as _, sha256};

use super::restriction::Restriction;
use super::token::Rune;
use crate::keys::same_secret;

/// Bytes in a block of SHA-256.
const BLOCK: usize = 64;
/// Zeros for the end of a piece: a block at most.
const ZEROS: [u8; BLOCK] = [0; BLOCK];

/// A state between two pieces: all of it so far fills whole blocks.
#[derive(Clone)]
pub(super) struct Code(sha256::HashEngine);

impl Code {
    /// After a secret of 32 bytes.
    fn of_secret(secret: &[u8; 32]) -> Self {
        let mut code = Self(sha256::Hash::engine());
        code.piece(secret);
        code
    }

    /// What a rune carries, which stands for `blocks` blocks.
    pub(super) fn resume(state: [u8; 32], blocks: usize) -> Self {
        let length = blocks.saturating_mul(BLOCK);
        Self(sha256::HashEngine::from_midstate(sha256::Midstate::from_byte_array(state), length))
    }

    /// Goes on with a restriction.
    pub(super) fn add(&mut self, restriction: &Restriction) {
        self.piece(restriction.to_string().as_bytes());
    }

    pub(super) fn state(&self) -> [u8; 32] {
        self.0.midstate().to_byte_array()
    }

    /// Blocks that went in so far.
    pub(super) fn blocks(&self) -> usize {
        self.0.n_bytes_hashed().div_euclid(BLOCK)
    }

    /// A piece, ended as SHA-256 ends its input.
    fn piece(&mut self, bytes: &[u8]) {
        self.0.input(bytes);
        let length = self.0.n_bytes_hashed();
        self.0.input(&[0x80]);
        // Up to 8 bytes before the end of a block: that is where the length goes.
        let used = length.wrapping_add(1).rem_euclid(BLOCK);
        let zeros = BLOCK.wrapping_mul(2).wrapping_sub(8).wrapping_sub(used).rem_euclid(BLOCK);
        self.0.input(ZEROS.get(..zeros).unwrap_or_default());
        let bits = u64::try_from(length).unwrap_or(u64::MAX).wrapping_mul(8);
        self.0.input(&bits.to_be_bytes());
    }
}

/// What all runes of ours come from. Debug shows nothing of it.
#[derive(Clone)]
pub struct MasterRune(Code);

impl fmt::Debug for MasterRune {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterRune(…)")
    }
}

impl MasterRune {
    /// From 32 secret bytes.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(Code::of_secret(secret))
    }

    /// A rune with these restrictions.
    pub fn rune(&self, restrictions: Vec<Restriction>) -> Rune {
        let state = self.state_after(&restrictions);
        Rune::from_parts(state, restrictions)
    }

    /// Whether a rune was made here, or from one that was: compared in a time that does not tell where it differs.
    pub fn made(&self, rune: &Rune) -> bool {
        same_secret(&self.state_after(rune.restrictions()), rune.code())
    }

    fn state_after(&self, restrictions: &[Restriction]) -> [u8; 32] {
        let mut code = self.0.clone();
        restrictions.iter().for_each(|restriction| code.add(restriction));
        code.state()
    }
}

#[cfg(test)]
impl MasterRune {
    /// From a secret of another length, as the vectors have it.
    pub(super) fn of_short_secret(secret: &[u8]) -> Self {
        let mut code = Code(sha256::Hash::engine());
        code.piece(secret);
        Self(code)
    }
}
