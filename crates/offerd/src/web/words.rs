//! Amounts, times and other people's texts, as people read them.

use bolt1::{Msat, Seconds, Timestamp};
use bolt12::recurrence::TimeUnit;
use bolt12::{PeerText, Recurrence};
use offerd_core::rates::FiatAmount;

/// Between groups of three digits: narrow, and no place to break the line.
const GROUP: char = '\u{202f}';
/// Seconds of a day.
const DAY: u64 = 86_400;

/// An amount in sat: `1 234.5 sat`.
pub(crate) fn sat(amount: Msat) -> String {
    let (whole, rest) = (amount.as_u64() / 1_000, amount.as_u64() % 1_000);
    let decimals = if rest == 0 { String::new() } else { format!(".{rest:03}") };
    let decimals = decimals.trim_end_matches('0');
    format!("{}{decimals}{GROUP}sat", grouped(whole))
}

/// An amount of a currency: `5.00 USD`.
pub(crate) fn fiat(amount: FiatAmount) -> String {
    let text = amount.to_string();
    let code = amount.currency().to_string();
    let number = text.strip_suffix(&code).unwrap_or(&text);
    format!("{number}{GROUP}{code}")
}

/// A moment in UTC: `2026-11-21 14:55 UTC`.
pub(crate) fn moment(at: Timestamp) -> String {
    let (year, month, day) = date(at.0 / DAY);
    let (hour, minute) = (at.0 % DAY / 3_600, at.0 % 3_600 / 60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
}

/// How long ago something was: `3 hours ago`. What is still to come has only just been.
pub(crate) fn ago(age: Seconds) -> String {
    const UNITS: [(u64, &str); 3] = [(DAY, "day"), (3_600, "hour"), (60, "minute")];
    let fits = UNITS.iter().find(|(size, _)| age.0 >= *size);
    let Some((size, unit)) = fits else { return "just now".to_owned() };
    match age.0 / size {
        1 => format!("1 {unit} ago"),
        count => format!("{} {unit}s ago", grouped(count)),
    }
}

/// What somebody wrote, with nothing in it that acts; HTML escapes it once more.
pub(crate) fn text(text: Option<&PeerText>) -> Option<String> {
    text.map(ToString::to_string).filter(|text| !text.trim().is_empty())
}

/// How often, as people say it: `every month`, `every 2 weeks`.
pub(crate) fn period(schedule: &Recurrence) -> String {
    let period = schedule.period.get();
    let (count, unit) = match schedule.unit {
        TimeUnit::Seconds => whole(
            period,
            &[(604_800, "week"), (86_400, "day"), (3_600, "hour"), (60, "minute")],
            "second",
        ),
        TimeUnit::Days => whole(period, &[(7, "week")], "day"),
        TimeUnit::Months => whole(period, &[(12, "year")], "month"),
    };
    if count == 1 { format!("every {unit}") } else { format!("every {count} {unit}s") }
}

/// The largest unit of which it is a whole number.
fn whole(
    period: u32,
    larger: &[(u32, &'static str)],
    smallest: &'static str,
) -> (u32, &'static str) {
    let fits = larger.iter().find(|(size, _)| period.is_multiple_of(*size));
    fits.map_or((period, smallest), |(size, unit)| (period / size, unit))
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(GROUP);
        }
        text.push(digit);
    }
    text
}

/// Year, month and day of a day since 1970. Years begin in March here, so that the leap day is the last of one.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    #[test]
    fn amounts_are_grouped_and_lose_no_millisatoshi() {
        let shown = |msat| sat(Msat::new(msat).unwrap()).replace(GROUP, " ");
        assert_eq!(shown(0), "0 sat");
        assert_eq!(shown(500), "0.5 sat");
        assert_eq!(shown(1_234_567_890), "1 234 567.89 sat");
        assert_eq!(shown(999_000), "999 sat");
        let dollars: FiatAmount = "5USD".parse().unwrap();
        assert_eq!(fiat(dollars).replace(GROUP, " "), "5.00 USD");
    }

    #[test]
    fn moments_are_those_of_the_calendar() {
        for (at, shown) in [
            (0, "1970-01-01 00:00 UTC"),
            (951_782_399, "2000-02-28 23:59 UTC"),
            (951_825_600, "2000-02-29 12:00 UTC"),
            (1_709_251_200, "2024-03-01 00:00 UTC"),
            (4_102_444_799, "2099-12-31 23:59 UTC"),
        ] {
            assert_eq!(moment(Timestamp(at)), shown);
        }
    }

    #[test]
    fn ages_are_said_in_the_largest_unit() {
        for (age, said) in [
            (0, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (7_199, "1 hour ago"),
            (2 * DAY, "2 days ago"),
            (DAY * 1_234, "1\u{202f}234 days ago"),
        ] {
            assert_eq!(ago(Seconds(age)), said);
        }
    }

    #[test]
    fn nothing_in_a_text_of_others_acts() {
        let shown = text(Some(&PeerText::new("<b>\u{202e}evil\u{1b}[2J</b>\n"))).unwrap();
        assert_eq!(shown, "<b>\\u{202e}evil\\u{1b}[2J</b>\\n");
        assert_eq!(text(Some(&PeerText::new(" "))), None);
    }

    #[test]
    fn periods_are_said_in_the_largest_unit_that_fits() {
        for (count, unit, said) in [
            (1, TimeUnit::Months, "every month"),
            (24, TimeUnit::Months, "every 2 years"),
            (14, TimeUnit::Days, "every 2 weeks"),
            (10, TimeUnit::Days, "every 10 days"),
            (3_600, TimeUnit::Seconds, "every hour"),
            (90, TimeUnit::Seconds, "every 90 seconds"),
        ] {
            let schedule = Recurrence::every(NonZeroU32::new(count).unwrap(), unit);
            assert_eq!(period(&schedule), said);
        }
    }
}
