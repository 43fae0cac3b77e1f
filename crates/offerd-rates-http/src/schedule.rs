//! When to ask whom next.

use std::collections::BTreeMap;
use std::time::Duration;

use bolt12::Currency;
use tokio::time::Instant;

/// One question: which source, about which currency.
pub(crate) type Question = (usize, Currency);

/// How often sources are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// From one answer to the next question.
    pub every: Duration,
    /// The wait after a failure, doubled with each further one; never above `most_wait`.
    pub first_wait: Duration,
    /// The longest wait.
    pub most_wait: Duration,
}

impl Default for Pace {
    /// Every minute; after a failure 10 s, 20 s, 40 s, … up to half an hour.
    fn default() -> Self {
        Self {
            every: Duration::from_secs(60),
            first_wait: Duration::from_secs(10),
            most_wait: Duration::from_secs(1800),
        }
    }
}

impl Pace {
    fn wait_after(&self, failures: u32) -> Duration {
        let Some(doublings) = failures.checked_sub(1) else { return self.every };
        let factor = 2_u32.checked_pow(doublings).unwrap_or(u32::MAX);
        self.first_wait.saturating_mul(factor).min(self.most_wait)
    }
}

#[derive(Clone, Copy, Debug)]
enum Turn {
    /// To be asked at this time.
    Due(Instant),
    /// Being asked.
    Asked,
}

/// Every question that is asked again and again.
#[derive(Debug)]
pub(crate) struct Schedule {
    pace: Pace,
    turns: BTreeMap<Question, (Turn, u32)>,
}

impl Schedule {
    pub(crate) fn new(pace: Pace) -> Self {
        Self { pace, turns: BTreeMap::new() }
    }

    /// Adds a question, due at once. One that is there already stays as it is.
    pub(crate) fn add(&mut self, question: Question, now: Instant) {
        self.turns.entry(question).or_insert((Turn::Due(now), 0));
    }

    /// Takes up to `most` of what is due; they are being asked from now on.
    pub(crate) fn take_due(&mut self, now: Instant, most: usize) -> Vec<Question> {
        let mut due = Vec::new();
        for (question, (turn, _)) in &mut self.turns {
            if due.len() < most && matches!(turn, Turn::Due(at) if *at <= now) {
                *turn = Turn::Asked;
                due.push(*question);
            }
        }
        due
    }

    /// When the next question is due, if any waits.
    pub(crate) fn next(&self) -> Option<Instant> {
        let waiting = self.turns.values().filter_map(|(turn, _)| match turn {
            Turn::Due(at) => Some(*at),
            Turn::Asked => None,
        });
        waiting.min()
    }

    /// Notes how a question went, which says when it is asked again.
    pub(crate) fn done(&mut self, question: Question, was_answered: bool, now: Instant) {
        if let Some((turn, failures)) = self.turns.get_mut(&question) {
            *failures = if was_answered { 0 } else { failures.saturating_add(1) };
            *turn = Turn::Due(now + self.pace.wait_after(*failures));
        }
    }

    /// How often in a row a question has failed.
    pub(crate) fn failures(&self, question: Question) -> u32 {
        self.turns.get(&question).map_or(0, |(_, failures)| *failures)
    }

    /// Whether a question about `currency` is being asked, or is due by `now`.
    pub(crate) fn is_asking(&self, currency: Currency, now: Instant) -> bool {
        let mut about = self.turns.iter().filter(|((_, about), _)| *about == currency);
        about.any(|(_, (turn, _))| match turn {
            Turn::Asked => true,
            Turn::Due(at) => *at <= now,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(source: usize) -> Question {
        (source, Currency::new("USD").unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_is_asked_at_once_then_at_its_pace() {
        let start = Instant::now();
        let mut schedule = Schedule::new(Pace::default());
        schedule.add(question(0), start);
        assert_eq!(schedule.take_due(start, 9), [question(0)]);
        assert_eq!(schedule.take_due(start, 9), []);
        assert!(schedule.is_asking(question(0).1, start));
        schedule.done(question(0), true, start);
        assert!(!schedule.is_asking(question(0).1, start));
        assert_eq!(schedule.next(), Some(start + Duration::from_secs(60)));
        schedule.add(question(0), start);
        assert_eq!(schedule.take_due(start, 9), [], "what is there already stays as it is");
    }

    #[tokio::test(start_paused = true)]
    async fn failures_wait_longer_each_time_and_one_answer_ends_it() {
        let start = Instant::now();
        let mut schedule = Schedule::new(Pace::default());
        schedule.add(question(0), start);
        let mut waits = Vec::new();
        for _ in 0..12 {
            schedule.take_due(schedule.next().unwrap(), 9);
            schedule.done(question(0), false, start);
            waits.push((schedule.next().unwrap() - start).as_secs());
        }
        assert_eq!(waits, [10, 20, 40, 80, 160, 320, 640, 1280, 1800, 1800, 1800, 1800]);
        assert_eq!(schedule.failures(question(0)), 12);
        schedule.done(question(0), true, start);
        assert_eq!(schedule.failures(question(0)), 0);
        assert_eq!((schedule.next().unwrap() - start).as_secs(), 60);
    }
}
