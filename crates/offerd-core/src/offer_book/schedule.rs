//! What a maker of a code says of its schedule.

use std::num::NonZeroU32;

use bolt1::Timestamp;
use bolt12::{Paywindow, Recurrence, RecurrenceBase, TimeUnit};

use crate::misuse::Misuse;

/// The parameters, as they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScheduleArguments {
    /// `N` and a unit: seconds, minutes, hours, days, weeks, months or years, the last letter optional.
    pub recurrence: Option<String>,
    /// When period 0 starts.
    pub base: Option<Timestamp>,
    /// `-B+A`: from B seconds before a period's start until A seconds after it.
    pub paywindow: Option<String>,
    /// The last period.
    pub limit: Option<u32>,
    /// Whether whoever comes late in a period pays for the rest of it.
    pub proportional: bool,
    /// Whether wallets that do not know recurrence may pay once.
    pub optional: bool,
}

/// The schedule; `None` where there is to be none.
///
/// # Errors
/// [`Misuse`] names the parameter that does not fit.
pub fn schedule(
    arguments: &ScheduleArguments,
    now: Timestamp,
) -> Result<Option<Recurrence>, Misuse> {
    let Some(cycle) = &arguments.recurrence else { return refuse_the_rest(arguments) };
    let (period, unit) = read_cycle(cycle)?;
    if arguments.optional && arguments.base.is_some() {
        // req RCO-W1
        let expected = "does not go with recurrence_base: whoever pays by a calendar must know it";
        return Err(Misuse::parameter("optional_recurrence", expected));
    }
    if arguments.proportional && arguments.base.is_none() {
        let expected = "needs recurrence_base: without it nobody comes late";
        return Err(Misuse::parameter("proportional_amount", expected));
    }
    let proportional = arguments.proportional;
    let limit = arguments.limit.map(|limit| {
        let expected = "should be at least 1: the last period, where the first is 0";
        NonZeroU32::new(limit).ok_or(Misuse::parameter("recurrence_limit", expected))
    });
    let schedule = Recurrence {
        compulsory: !arguments.optional,
        base: arguments.base.map(|basetime| RecurrenceBase { basetime, proportional }),
        paywindow: arguments.paywindow.as_deref().map(read_paywindow).transpose()?,
        limit: limit.transpose()?,
        ..Recurrence::every(period, unit)
    };
    let first = arguments.base.unwrap_or(now);
    let last = schedule.limit.map_or(1, NonZeroU32::get);
    if schedule.period_at(first, last).is_none() {
        let (name, far) = match (schedule.limit, arguments.base) {
            (Some(_), _) => ("recurrence_limit", "the last period"),
            (None, Some(_)) => ("recurrence_base", "the second period"),
            (None, None) => ("recurrence", "the second period"),
        };
        return Err(Misuse::parameter(name, format!("{far} should end before the year 10000")));
    }
    Ok(Some(schedule))
}

/// What goes with a schedule and nothing else.
fn refuse_the_rest(arguments: &ScheduleArguments) -> Result<Option<Recurrence>, Misuse> {
    let given = [
        ("recurrence_base", arguments.base.is_some()),
        ("recurrence_paywindow", arguments.paywindow.is_some()),
        ("recurrence_limit", arguments.limit.is_some()),
        ("proportional_amount", arguments.proportional),
        ("optional_recurrence", arguments.optional),
    ];
    match given.into_iter().find(|(_, given)| *given) {
        Some((name, _)) => Err(Misuse::parameter(name, "needs recurrence")),
        None => Ok(None),
    }
}

fn read_cycle(text: &str) -> Result<(NonZeroU32, TimeUnit), Misuse> {
    let expected = "should be a number and a unit of time, such as 10seconds, 5minutes, 1hour, 1day, 2weeks, \
                    1month or 1year";
    let refuse = || Misuse::parameter("recurrence", expected);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, word) = text.split_at_checked(digits).ok_or_else(refuse)?;
    let number: u32 = number.parse().map_err(|_| refuse())?;
    let (unit, times) = match word.strip_suffix('s').unwrap_or(word) {
        "second" => (TimeUnit::Seconds, 1),
        "minute" => (TimeUnit::Seconds, 60),
        "hour" => (TimeUnit::Seconds, 3_600),
        "day" => (TimeUnit::Days, 1),
        "week" => (TimeUnit::Days, 7),
        "month" => (TimeUnit::Months, 1),
        "year" => (TimeUnit::Months, 12),
        _ => return Err(refuse()),
    };
    // req RCO-W2
    let period = number.checked_mul(times).and_then(NonZeroU32::new).ok_or_else(refuse)?;
    Ok((period, unit))
}

fn read_paywindow(text: &str) -> Result<Paywindow, Misuse> {
    let refuse = |expected: &str| Misuse::parameter("recurrence_paywindow", expected);
    let malformed = || {
        refuse(
            "should be -BEFORE+AFTER, in seconds around the start of a period, such as -3600+86400",
        )
    };
    let number = |digits: &str| {
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse::<u32>().ok().filter(|_| plain).ok_or_else(malformed)
    };
    let (before, after) =
        text.strip_prefix('-').and_then(|rest| rest.split_once('+')).ok_or_else(malformed)?;
    let paywindow = Paywindow { seconds_before: number(before)?, seconds_after: number(after)? };
    if (paywindow.seconds_before, paywindow.seconds_after) == (0, 0) {
        return Err(refuse("should be open for at least a second: nobody could pay"));
    }
    Ok(paywindow)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_790_000_000);

    fn made(cycle: &str) -> Result<Option<Recurrence>, Misuse> {
        let recurrence = Some(cycle.to_owned());
        schedule(&ScheduleArguments { recurrence, ..ScheduleArguments::default() }, NOW)
    }

    fn blamed(arguments: &ScheduleArguments) -> &'static str {
        match schedule(arguments, NOW) {
            Err(Misuse::Parameter { parameter, .. }) => parameter,
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn every_unit_of_time_is_known() {
        for (text, period, unit) in [
            ("1second", 1, TimeUnit::Seconds),
            ("10seconds", 10, TimeUnit::Seconds),
            ("10minutes", 600, TimeUnit::Seconds),
            ("10hours", 36_000, TimeUnit::Seconds),
            ("10days", 10, TimeUnit::Days),
            ("1week", 7, TimeUnit::Days),
            ("10months", 10, TimeUnit::Months),
            ("10years", 120, TimeUnit::Months),
        ] {
            let expected = Recurrence::every(NonZeroU32::new(period).unwrap(), unit);
            assert_eq!(made(text), Ok(Some(expected)), "{text}");
        }
    }

    #[test]
    fn what_is_no_schedule_is_refused_by_name() {
        for text in ["", "day", "0days", "1", "1 day", "-1day", "1fortnight", "4294967295hours"] {
            assert!(matches!(made(text), Err(Misuse::Parameter { parameter: "recurrence", .. })));
        }
        assert!(matches!(
            made("4294967295months"),
            Err(Misuse::Parameter { parameter: "recurrence", .. })
        ));
        let daily = || ScheduleArguments {
            recurrence: Some("1day".into()),
            ..ScheduleArguments::default()
        };
        for window in
            ["", "10", "-10", "+10", "-+", "-0+0", "--1+2", "-1+-2", "-1+2%", "-1+4294967296"]
        {
            let with = ScheduleArguments { paywindow: Some(window.into()), ..daily() };
            assert_eq!(blamed(&with), "recurrence_paywindow", "{window}");
        }
        assert_eq!(blamed(&ScheduleArguments { limit: Some(0), ..daily() }), "recurrence_limit");
        let far = ScheduleArguments { limit: Some(u32::MAX), ..daily() };
        assert_eq!(blamed(&far), "recurrence_limit");
        let late = ScheduleArguments { base: Some(Timestamp(253_402_300_000)), ..daily() };
        assert_eq!(blamed(&late), "recurrence_base");
        let share = ScheduleArguments { proportional: true, ..daily() };
        assert_eq!(blamed(&share), "proportional_amount");
        let both = ScheduleArguments { optional: true, base: Some(NOW), ..daily() };
        assert_eq!(blamed(&both), "optional_recurrence");
        let alone = ScheduleArguments { limit: Some(3), ..ScheduleArguments::default() };
        assert_eq!(blamed(&alone), "recurrence_limit");
    }
}
