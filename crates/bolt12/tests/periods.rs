//! When periods start, end and can be paid.

use std::num::NonZeroU32;

use bolt12::recurrence::{Period, Window};
use bolt12::{Msat, Paywindow, Recurrence, RecurrenceBase, Seconds, TimeUnit, Timestamp};
use proptest::prelude::*;
use serde_json::Value;

/// The first second of the year 10 000.
const END: u64 = 253_402_300_800;
const DAY: u64 = 86_400;

fn every(period: u32, unit: TimeUnit) -> Recurrence {
    Recurrence::every(NonZeroU32::new(period).expect("not zero"), unit)
}

fn start(schedule: Recurrence, basetime: u64, index: u32) -> Option<u64> {
    schedule.period_start(Timestamp(basetime), index).map(|start| start.0)
}

fn unit_of(name: &str) -> TimeUnit {
    match name {
        "seconds" => TimeUnit::Seconds,
        "days" => TimeUnit::Days,
        "months" => TimeUnit::Months,
        other => unreachable!("{other} is not a unit"),
    }
}

// req RCI-P1
#[test]
fn periods_start_when_the_vectors_say() {
    let file = include_str!("../../../vectors/bolt12/periods.json");
    let file: Value = serde_json::from_str(file).expect("JSON");
    let cases = file["cases"].as_array().expect("a list");
    assert_eq!(cases.len(), 52);
    for case in cases {
        let number = |key: &str| case[key].as_u64().expect("a number");
        let small = |key| u32::try_from(number(key)).expect("a u32");
        let schedule = every(small("period"), unit_of(case["unit"].as_str().expect("a string")));
        let found = start(schedule, number("basetime"), small("index"));
        assert_eq!(found, Some(number("start")), "{case}");
    }
}

#[test]
fn a_month_without_the_day_ends_early_and_the_next_one_does_not() {
    let january_31 = 1_706_659_200; // 2024-01-31
    let monthly = every(1, TimeUnit::Months);
    let days: Vec<u64> = (0..=13)
        .map(|index| (start(monthly, january_31, index).expect("in range") - january_31) / DAY)
        .collect();
    // 29 February 2024, 31 March, 30 April …, 31 January 2025, 28 February 2025.
    assert_eq!(days, [0, 29, 60, 90, 121, 151, 182, 213, 243, 274, 304, 335, 366, 394]);
}

#[test]
fn leap_days_are_those_of_the_gregorian_calendar() {
    let february_29 = 1_709_164_800; // 2024-02-29
    let yearly = every(12, TimeUnit::Months);
    assert_eq!(start(yearly, february_29, 1), Some(1_740_700_800)); // 2025-02-28
    assert_eq!(start(yearly, february_29, 4), Some(1_835_395_200)); // 2028-02-29
    assert_eq!(start(yearly, february_29, 76), Some(4_107_456_000)); // 2100-02-28
    assert_eq!(start(yearly, february_29, 376), Some(13_574_563_200)); // 2400-02-29
}

#[test]
fn time_ends_with_the_year_9999() {
    let monthly = every(1, TimeUnit::Months);
    let december = END - 31 * DAY;
    assert_eq!(start(monthly, december, 0), Some(december));
    assert_eq!(start(monthly, december, 1), None);
    assert_eq!(monthly.period_at(Timestamp(december), 0), None);
    assert_eq!(start(every(1, TimeUnit::Seconds), END - 2, 1), Some(END - 1));
    assert_eq!(start(every(1, TimeUnit::Seconds), END - 1, 1), None);
    for unit in [TimeUnit::Seconds, TimeUnit::Days, TimeUnit::Months] {
        assert_eq!(start(every(u32::MAX, unit), 0, u32::MAX), None);
        assert_eq!(start(every(1, unit), END, 0), None);
        assert_eq!(start(every(1, unit), u64::MAX, 1), None);
    }
}

// req RCR-W7, RCR-R10
#[test]
fn without_a_pay_window_a_period_is_paid_in_it_or_in_the_one_before() {
    let hourly = every(3_600, TimeUnit::Seconds);
    let window = |index| hourly.window_at(Timestamp(1_000_000), index).expect("in range");
    let expect = |opens, closes| Window { opens: Timestamp(opens), closes: Timestamp(closes) };
    assert_eq!(window(0), expect(0, 1_003_600));
    assert_eq!(window(1), expect(1_000_000, 1_007_200));
    assert_eq!(window(2), expect(1_003_600, 1_010_800));
}

// req RCR-W6, RCR-R10
#[test]
fn a_pay_window_lies_around_the_start_of_the_period() {
    let paywindow = Some(Paywindow { seconds_before: 100, seconds_after: 10 });
    let free = Recurrence { paywindow, ..every(3_600, TimeUnit::Seconds) };
    let base = Some(RecurrenceBase { basetime: Timestamp(1_000_000), proportional: false });
    let based = Recurrence { base, ..free };
    let window = |schedule: Recurrence, index| {
        let window = schedule.window_at(Timestamp(1_000_000), index).expect("in range");
        (window.opens.0, window.closes.0)
    };
    assert_eq!(window(free, 0), (999_900, 1_000_060), "a minute to pay the first invoice");
    assert_eq!(window(based, 0), (999_900, 1_000_010));
    assert_eq!(window(free, 1), (1_003_500, 1_003_610));
    assert_eq!(window(based, 1), (1_003_500, 1_003_610));
}

// req RCR-W5, RCI-W2
#[test]
fn a_window_includes_its_first_second_and_not_its_last() {
    let window = Window { opens: Timestamp(10), closes: Timestamp(20) };
    let inside: Vec<u64> = (0..30).filter(|now| window.contains(Timestamp(*now))).collect();
    assert_eq!(inside, (10..20).collect::<Vec<u64>>());
    assert_eq!(window.left(Timestamp(13)), Seconds(7));
    assert_eq!(window.left(Timestamp(21)), Seconds(0));
}

#[test]
fn the_share_of_nothing_is_nothing_and_that_of_everything_does_not_overflow() {
    let long = Period { start: Timestamp(0), end: Timestamp(END) };
    assert_eq!(long.share_left(Msat::ZERO, Timestamp(5)), Msat::ZERO);
    assert_eq!(long.share_left(Msat::MAX, Timestamp(0)), Msat::MAX);
    let half = long.share_left(Msat::MAX, Timestamp(END / 2));
    assert_eq!(half.as_u64(), Msat::MAX.as_u64() / 2);
}

fn any_schedule() -> impl Strategy<Value = Recurrence> {
    let unit = prop_oneof![Just(TimeUnit::Seconds), Just(TimeUnit::Days), Just(TimeUnit::Months)];
    (prop_oneof![1u32..40, 1..=u32::MAX], unit).prop_map(|(period, unit)| every(period, unit))
}

/// Year, month (from 1) and day of a moment, counted day by day.
fn date(seconds: u64) -> (u64, u64, u64) {
    let divides = |by: u64, year: u64| year.is_multiple_of(by);
    let leap = |year| divides(4, year) && (!divides(100, year) || divides(400, year));
    let (mut year, mut days) = (1970, seconds / DAY);
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    (year, month, days + 1)
}

proptest! {
    #[test]
    fn periods_follow_one_another_without_gap_or_overlap(
        schedule in any_schedule(), base in 0..END, index in prop_oneof![0u32..50, any::<u32>()],
    ) {
        let at = |index: u32| schedule.period_at(Timestamp(base), index);
        if let Some(period) = at(index) {
            prop_assert!(period.start < period.end);
            prop_assert_eq!(schedule.index_at(Timestamp(base), period.start), Some(index));
            let last = Timestamp(period.end.0 - 1);
            prop_assert_eq!(schedule.index_at(Timestamp(base), last), Some(index));
            if let Some(next) = index.checked_add(1).and_then(at) {
                prop_assert_eq!(next.start, period.end);
            }
        }
    }

    #[test]
    fn monthly_periods_do_not_drift(base in 0..END, months in 1u32..40, index in 0u32..2_000) {
        let schedule = every(months, TimeUnit::Months);
        if let Some(found) = start(schedule, base, index) {
            let (from, to) = (date(base), date(found));
            prop_assert_eq!(base % DAY, found % DAY, "the time of day stays");
            let passed = (to.0 * 12 + to.1) - (from.0 * 12 + from.1);
            prop_assert_eq!(passed, u64::from(months) * u64::from(index));
            let last_of_month = date(found + DAY).2 == 1;
            prop_assert!(to.2 == from.2 || (to.2 < from.2 && last_of_month));
        }
    }

    #[test]
    fn many_short_periods_start_where_one_long_one_does(
        base in 0..END, unit in 0..3usize, period in 1u32..1_000, index in 1u32..1_000,
    ) {
        let unit = [TimeUnit::Seconds, TimeUnit::Days, TimeUnit::Months][unit];
        let (many, one) = (every(period, unit), every(period * index, unit));
        prop_assert_eq!(start(many, base, index), start(one, base, 1));
    }

    #[test]
    fn a_window_opens_before_it_closes_and_never_earlier_for_a_later_period(
        schedule in any_schedule(), base in 0..END, index in 0u32..1_000,
        paywindow in prop::option::of((any::<u32>(), 1..u32::MAX)),
    ) {
        let paywindow = paywindow
            .map(|(seconds_before, seconds_after)| Paywindow { seconds_before, seconds_after });
        let schedule = Recurrence { paywindow, ..schedule };
        let window = |index| schedule.window_at(Timestamp(base), index);
        if let (Some(this), Some(next)) = (window(index), window(index + 1)) {
            prop_assert!(this.opens < this.closes);
            prop_assert!(this.opens <= next.opens);
        }
    }

    #[test]
    fn the_share_falls_as_time_passes_and_is_never_more_than_the_whole(
        amount in 1..=Msat::MAX.as_u64(), start in 0..1_000_000u64, length in 1..1_000_000u64,
        earlier in 0..3_000_000u64, later in 0..3_000_000u64,
    ) {
        let amount = Msat::new(amount).expect("in range");
        let period = Period { start: Timestamp(start), end: Timestamp(start + length) };
        let (earlier, later) = (earlier.min(later), earlier.max(later));
        let [more, less] = [earlier, later].map(|now| period.share_left(amount, Timestamp(now)));
        prop_assert!(Msat::ZERO < less && less <= more && more <= amount);
    }
}
