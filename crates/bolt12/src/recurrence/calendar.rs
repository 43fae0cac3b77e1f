//! The Gregorian calendar from 1970 to 9999, in UTC, without leap seconds.

/// Seconds of a day.
pub(super) const DAY: u64 = 86_400;
/// The first second of the year 10 000, which this calendar does not reach.
pub(super) const END: u64 = 253_402_300_800;

const EPOCH_YEAR: u64 = 1970;
const LAST_YEAR: u64 = 9999;

/// The moment `months` after `seconds`, both in seconds since 1970: the same time of the same day of the month, or of
/// the month's last day where it has no such day. `None` beyond the year 9999.
pub(super) fn months_later(seconds: u64, months: u64) -> Option<u64> {
    let date = Date::of_day(seconds.checked_div(DAY)?)?;
    let total = date.year.checked_mul(12)?.checked_add(date.month)?.checked_add(months)?;
    let (year, month) = (total / 12, total % 12);
    if year > LAST_YEAR {
        return None;
    }
    let day = date.day.min(days_in_month(year, month).checked_sub(1)?);
    let day_number = Date { year, month, day }.day_number()?;
    day_number.checked_mul(DAY)?.checked_add(seconds % DAY)
}

/// A day; the month and the day of the month are counted from 0.
struct Date {
    year: u64,
    month: u64,
    day: u64,
}

impl Date {
    /// The date of the day `number`, 0 being 1970-01-01.
    fn of_day(number: u64) -> Option<Self> {
        // No year is longer than 366 days, so this is not too late, and a few steps reach the year.
        let earliest = EPOCH_YEAR.checked_add(number / 366)?;
        let year = (earliest..=LAST_YEAR).find(|year| {
            year.checked_add(1).and_then(days_before_year).is_some_and(|end| number < end)
        })?;
        let mut day = number.checked_sub(days_before_year(year)?)?;
        for month in 0..12 {
            match day.checked_sub(days_in_month(year, month)) {
                Some(rest) => day = rest,
                None => return Some(Self { year, month, day }),
            }
        }
        None
    }

    /// The inverse of [`Date::of_day`]. The day of the month must exist.
    fn day_number(&self) -> Option<u64> {
        let before = (0..self.month).map(|month| days_in_month(self.year, month)).sum();
        days_before_year(self.year)?.checked_add(before)?.checked_add(self.day)
    }
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// The days of the `month`, counted from 0, of `year`.
fn days_in_month(year: u64, month: u64) -> u64 {
    match month {
        1 if is_leap(year) => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

/// The days from 1970-01-01 to the first of `year`, which is not before 1970.
fn days_before_year(year: u64) -> Option<u64> {
    let years = year.checked_sub(EPOCH_YEAR)?;
    let leaps = leap_years_before(year)?.checked_sub(leap_years_before(EPOCH_YEAR)?)?;
    years.checked_mul(365)?.checked_add(leaps)
}

/// The leap years from the year 1 to the one before `year`.
fn leap_years_before(year: u64) -> Option<u64> {
    let last = year.checked_sub(1)?;
    (last / 4).checked_sub(last / 100)?.checked_add(last / 400)
}
