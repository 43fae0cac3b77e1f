//! The merkle root of a message, which its signatures sign (BOLT 12, "Signature Calculation").
//!
//! Each record is hashed together with a nonce that only the first record can yield, so that a later proof can
//! show some records and hide the others.

use alloc::vec::Vec;

use crate::field;
use crate::hash::{Digest, Sha256, finish, tagged};
use crate::records::known_good;

/// The merkle root over the records of a TLV stream; signature elements (240 to 1000) are left out.
///
/// `bytes` are those of a message that was decoded. A stream without a record to hash has the root zero, and what
/// cannot be read is left out.
pub fn root(bytes: &[u8]) -> [u8; 32] {
    let Some(first) = known_good(bytes).next() else { return [0; 32] };
    let hasher = Hasher::new(first.bytes);
    // req SG-02
    let hashed = || known_good(bytes).filter(|record| !field::is_signature(record.typ));
    let mut level = Vec::with_capacity(hashed().count());
    level.extend(hashed().map(|record| hasher.pair(record.typ, record.bytes)));
    hasher.fold(level)
}

/// The three tagged hashes of one message, their tags already taken in.
pub(crate) struct Hasher {
    leaf: Sha256,
    branch: Sha256,
    nonce: Sha256,
}

impl Hasher {
    /// `first` is the message's first record, whole.
    pub(crate) fn new(first: &[u8]) -> Self {
        Self {
            // req SG-03
            leaf: tagged(&[b"LnLeaf"]),
            nonce: tagged(&[b"LnNonce", first]),
            branch: tagged(&[b"LnBranch"]),
        }
    }

    /// A record's leaf, joined with its nonce.
    pub(crate) fn pair(&self, typ: u64, record: &[u8]) -> [u8; 32] {
        self.branch(&self.leaf(record), &self.nonce(typ))
    }

    /// The nonce of the record of type `typ`.
    pub(crate) fn nonce(&self, typ: u64) -> [u8; 32] {
        let mut nonce = self.nonce.clone();
        input_bigsize(&mut nonce, typ);
        finish(nonce)
    }

    /// A record's leaf.
    pub(crate) fn leaf(&self, record: &[u8]) -> [u8; 32] {
        let mut engine = self.leaf.clone();
        engine.update(record);
        finish(engine)
    }

    /// Two nodes joined, the lesser first.
    pub(crate) fn branch(&self, one: &[u8; 32], other: &[u8; 32]) -> [u8; 32] {
        let mut engine = self.branch.clone();
        // req SG-04
        engine.update(one.min(other));
        engine.update(one.max(other));
        finish(engine)
    }

    /// Joins neighbours level by level; a node without a neighbour rises as it is.
    pub(crate) fn fold(&self, mut level: Vec<[u8; 32]>) -> [u8; 32] {
        // req SG-04
        while level.len() > 1 {
            let mut joined = 0;
            for node in (0..level.len()).step_by(2) {
                let parent = match level.get(node..).unwrap_or_default() {
                    [one, other, ..] => self.branch(one, other),
                    lone => lone.first().copied().unwrap_or_default(),
                };
                // What is overwritten has been joined already.
                if let Some(place) = level.get_mut(joined) {
                    *place = parent;
                }
                joined = joined.saturating_add(1);
            }
            level.truncate(joined);
        }
        level.first().copied().unwrap_or_default()
    }
}

/// Takes in `number` as a `bigsize`.
fn input_bigsize(engine: &mut Sha256, number: u64) {
    if let Ok(small) = u8::try_from(number)
        && small < 0xfd
    {
        engine.update([small]);
    } else if let Ok(two) = u16::try_from(number) {
        engine.update([0xfd]);
        engine.update(two.to_be_bytes());
    } else if let Ok(four) = u32::try_from(number) {
        engine.update([0xfe]);
        engine.update(four.to_be_bytes());
    } else {
        engine.update([0xff]);
        engine.update(number.to_be_bytes());
    }
}
