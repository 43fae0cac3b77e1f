//! Times as dates.

use jiff::Timestamp;

/// Seconds since 1970 as people write them: `2026-11-21 07:05:28 UTC`. `None` beyond the last day of the year 9999 but one.
pub(crate) fn for_people(seconds: u64) -> Option<String> {
    Some(timestamp(seconds)?.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

/// The same as programs read them, RFC 3339: `2026-11-21T07:05:28Z`.
pub(crate) fn for_programs(seconds: u64) -> Option<String> {
    Some(timestamp(seconds)?.to_string())
}

fn timestamp(seconds: u64) -> Option<Timestamp> {
    Timestamp::from_second(seconds.try_into().ok()?).ok()
}
