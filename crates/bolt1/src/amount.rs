//! Amounts in millisatoshi.

use core::fmt;
use core::num::NonZeroU64;

/// An amount in millisatoshi (msat), the unit of every amount on the wire. Range: 0 to [`Msat::MAX`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Msat(u64);

impl Msat {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// All bitcoin there will ever be: 21 million bitcoin in millisatoshi.
    pub const MAX: Self = Self(2_100_000_000_000_000_000);

    /// An amount of `msat` millisatoshi, or `None` above [`Msat::MAX`].
    pub const fn new(msat: u64) -> Option<Self> {
        // req TL-11
        if msat > Self::MAX.0 { None } else { Some(Self(msat)) }
    }

    /// An amount of `sat` satoshi, or `None` above [`Msat::MAX`].
    pub const fn from_sat(sat: u64) -> Option<Self> {
        match sat.checked_mul(1000) {
            Some(msat) => Self::new(msat),
            None => None,
        }
    }

    /// The amount in millisatoshi.
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The amount as a signed 64-bit integer, as SQL stores it. Always fits.
    pub fn to_i64(self) -> i64 {
        i64::try_from(self.0).expect("at most 2.1e18, below 2^63")
    }

    /// The whole satoshis, rounded down.
    pub const fn as_sat_floor(self) -> u64 {
        self.0.checked_div(1000).expect("1000 is not zero")
    }

    /// Whether this is nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum, or `None` above [`Msat::MAX`].
    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).and_then(Self::new)
    }

    /// The difference, or `None` below zero.
    pub fn minus(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The product, or `None` above [`Msat::MAX`].
    pub fn times(self, factor: NonZeroU64) -> Option<Self> {
        self.0.checked_mul(factor.get()).and_then(Self::new)
    }

    /// `ppm` millionths of the amount, rounded down; never above [`Msat::MAX`].
    pub fn ppm(self, ppm: u32) -> Self {
        let part = u128::from(self.0)
            .checked_mul(u128::from(ppm))
            .and_then(|product| product.checked_div(1_000_000))
            .and_then(|part| u64::try_from(part).ok())
            .unwrap_or(Self::MAX.0);
        Self::new(part).unwrap_or(Self::MAX)
    }
}

impl fmt::Display for Msat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}msat", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // req TL-11
    #[test]
    fn arithmetic_stops_at_all_the_bitcoin_there_is() {
        assert_eq!(Msat::new(u64::MAX), None);
        assert_eq!(Msat::MAX.plus(Msat::new(1).unwrap()), None);
        assert_eq!(Msat::MAX.times(NonZeroU64::new(2).unwrap()), None);
        assert_eq!(Msat::ZERO.minus(Msat::new(1).unwrap()), None);
        assert_eq!(Msat::from_sat(2_100_000_000_000_000), Some(Msat::MAX));
        assert_eq!(Msat::from_sat(u64::MAX), None);
        assert_eq!(Msat::MAX.to_i64(), 2_100_000_000_000_000_000);
    }

    #[test]
    fn parts_per_million_round_down_and_do_not_wrap() {
        assert_eq!(Msat::new(1_000_000).unwrap().ppm(5_000), Msat::new(5_000).unwrap());
        assert_eq!(Msat::new(199).unwrap().ppm(5_000), Msat::ZERO);
        assert_eq!(Msat::MAX.ppm(u32::MAX), Msat::MAX);
    }
}
