//! The merkle tree of an invoice of which some leaves are hidden.
//!
//! A hash is passed on where exactly one side of a branch is hidden, after those of both sides: first everything that
//! the left and the right side need, then the hidden side itself.

use alloc::vec::Vec;

use crate::merkle::Hasher;

/// A leaf together with its nonce.
pub(super) struct Leaf {
    pub(super) hash: [u8; 32],
    pub(super) hidden: bool,
}

/// Adds to `missing` the hashes that a reader needs who knows only the leaves that are not hidden; returns the hash of
/// the tree, and whether all of it is hidden.
pub(super) fn collect_missing(
    hasher: &Hasher,
    leaves: &[Leaf],
    missing: &mut Vec<[u8; 32]>,
) -> ([u8; 32], bool) {
    if let [leaf] = leaves {
        return (leaf.hash, leaf.hidden);
    }
    let Some((left, right)) = split(leaves) else { return ([0; 32], true) };
    let (left, left_hidden) = collect_missing(hasher, left, missing);
    let (right, right_hidden) = collect_missing(hasher, right, missing);
    // req PPW-06
    match (left_hidden, right_hidden) {
        (true, false) => missing.push(left),
        (false, true) => missing.push(right),
        (true, true) | (false, false) => {}
    }
    (hasher.branch(&left, &right), left_hidden && right_hidden)
}

/// The hash of the tree, a hidden leaf being `None`; `Ok(None)` where all of it is hidden. Takes what it needs of
/// `missing`, which must be enough.
pub(super) fn rebuild(
    hasher: &Hasher,
    leaves: &[Option<[u8; 32]>],
    missing: &mut impl Iterator<Item = [u8; 32]>,
) -> Result<Option<[u8; 32]>, NotEnough> {
    if let [leaf] = leaves {
        return Ok(*leaf);
    }
    let Some((left, right)) = split(leaves) else { return Ok(None) };
    let left = rebuild(hasher, left, missing)?;
    let right = rebuild(hasher, right, missing)?;
    let (shown, other) = match (left, right) {
        (None, None) => return Ok(None),
        (Some(left), Some(right)) => (left, right),
        (Some(shown), None) | (None, Some(shown)) => (shown, missing.next().ok_or(NotEnough)?),
    };
    Ok(Some(hasher.branch(&shown, &other)))
}

/// The hashes ran out.
pub(super) struct NotEnough;

/// Two parts, the left one as large as the largest power of two that leaves something for the right one; `None` for no
/// leaves at all.
fn split<T>(leaves: &[T]) -> Option<(&[T], &[T])> {
    let parts = leaves.split_at_checked(leaves.len().checked_next_power_of_two()? / 2)?;
    (!leaves.is_empty()).then_some(parts)
}
