//! From our numbers to those of SQL, which are signed.

use bolt1::{Seconds, Timestamp};
use offerd_core::port::PortError;

/// A moment as the `_unix` columns hold it.
///
/// # Errors
/// `Rejected` from 2^63 s on.
pub(crate) fn unix(at: Timestamp) -> Result<i64, PortError> {
    integer(at.0)
}

/// A moment that may be absent.
pub(crate) fn opt_unix(at: Option<Timestamp>) -> Result<Option<i64>, PortError> {
    at.map(unix).transpose()
}

/// A span of time as the `_seconds` columns hold it.
///
/// # Errors
/// `Rejected` from 2^63 s on.
pub(crate) fn seconds(span: Seconds) -> Result<i64, PortError> {
    integer(span.0)
}

/// A bound for comparing and limiting: what no column can hold is as good as the largest that it can.
pub(crate) fn bound(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn integer(number: u64) -> Result<i64, PortError> {
    i64::try_from(number)
        .map_err(|_| PortError::rejected(format!("cannot store {number}: it is above 2^63 - 1")))
}
