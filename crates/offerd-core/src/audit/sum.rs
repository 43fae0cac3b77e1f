//! Sums that may fall below zero. All bitcoin there can be, many times over, fits.

use bolt1::Msat;

/// Millisatoshi, with a sign.
pub(super) type Signed = i128;

/// An amount with a sign.
pub(super) fn signed(amount: Msat) -> Signed {
    Signed::from(amount.as_u64())
}

/// Of all of them.
pub(super) fn sum(amounts: impl Iterator<Item = Signed>) -> Signed {
    amounts.fold(0, Signed::saturating_add)
}

/// As it is told. What is beyond an `i64` is no amount of bitcoin.
pub(super) fn shown(amount: Signed) -> i64 {
    let beyond = if amount < 0 { i64::MIN } else { i64::MAX };
    i64::try_from(amount).unwrap_or(beyond)
}
