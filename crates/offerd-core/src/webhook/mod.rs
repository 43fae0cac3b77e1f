//! Handing the log of events to a receiver of the operator's: which line is next, when it is tried again, and what is
//! put aside.
//!
//! A receiver gets the lines one after the other, each at least once. One that refuses a line is asked a few times and
//! then goes on without it; one that is away keeps everything waiting for [`PATIENCE`], then what has waited is put
//! aside too. Nothing is lost: what was put aside is on a list, and is sent when the operator wants it again.

use bolt1::{Seconds, Timestamp};

/// How long to wait after the first failure, the second, the third.
const WAITS: [Seconds; 3] = [Seconds(10), Seconds(60), Seconds(600)];
/// How long to wait after every further one.
const LONGEST_WAIT: Seconds = Seconds(1_800);
/// How often a line is sent that the receiver refuses.
const TRIES: u32 = 5;
/// How long everything waits for a receiver that is away.
pub const PATIENCE: Seconds = Seconds(3 * 86_400);

/// Lines of the log next to each other, by their places; both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first place.
    pub first: u64,
    /// The last place, not before the first.
    pub last: u64,
}

/// Lines that are not sent any more, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutAside {
    /// Which.
    pub span: Span,
    /// What the receiver said, or why it could not be reached.
    pub why: String,
}

/// What came of sending a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver has it.
    Taken,
    /// The receiver wants others, but not this one.
    Refused(String),
    /// The receiver could not be reached, or takes nothing at present.
    Away(String),
}

/// How far one receiver has got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Every line up to this place was taken or put aside; 0 before the first.
    pub through: u64,
    /// Lines that were put aside and are wanted again, the next one first. They go before those behind `through`.
    pub again: Vec<Span>,
    /// Lines that were put aside, in the order in which that was done.
    pub aside: Vec<PutAside>,
    /// How often sending has failed since something was taken or put aside.
    pub failures: u32,
    /// Not to be tried before.
    pub not_before: Option<Timestamp>,
    /// Since when the receiver is away.
    pub away_since: Option<Timestamp>,
    /// Why sending failed last; `None` when it did not.
    pub last_error: Option<String>,
}

impl Delivery {
    /// For a receiver that is new: it gets what happens behind this place.
    pub fn beginning_after(place: u64) -> Self {
        Self { through: place, ..Self::default() }
    }

    /// Where to look for the next line: behind the first place, and not behind the second where there is one.
    pub fn looks(&self) -> (u64, Option<u64>) {
        match self.again.first() {
            Some(span) => (span.first.saturating_sub(1), Some(span.last)),
            None => (self.through, None),
        }
    }

    /// There is no line where [`Self::looks`] said: nothing is left of those that are wanted again there.
    pub fn found_none_again(&mut self) {
        if !self.again.is_empty() {
            self.again.remove(0);
        }
    }

    /// Takes down what came of sending the line at `place`. `logged` is the newest place in the log.
    pub fn sent(&mut self, place: u64, outcome: Outcome, logged: u64, now: Timestamp) {
        match outcome {
            Outcome::Taken => {
                self.pass(place);
                self.rest_over();
            }
            Outcome::Refused(why) => {
                self.away_since = None;
                if self.failures.saturating_add(1) >= TRIES {
                    self.pass(place);
                    self.put_aside(Span { first: place, last: place }, &why);
                    self.rest_over();
                } else {
                    self.wait(now);
                }
                self.last_error = Some(why);
            }
            Outcome::Away(why) => {
                let since = *self.away_since.get_or_insert(now);
                if now.since(since) >= PATIENCE {
                    self.give_up_waiting(logged, &why);
                }
                self.wait(now);
                self.last_error = Some(why);
            }
        }
    }

    /// Wants lines that were put aside sent again, and at once: the one at this place, or all. Says how many places
    /// that are.
    pub fn want_again(&mut self, place: Option<u64>) -> u64 {
        let mut wanted = Vec::new();
        for PutAside { span, why } in std::mem::take(&mut self.aside) {
            match place {
                Some(place) if !span.has(place) => {
                    self.aside.push(PutAside { span, why });
                }
                Some(place) => {
                    wanted.push(Span { first: place, last: place });
                    for rest in span.without(place) {
                        self.aside.push(PutAside { span: rest, why: why.clone() });
                    }
                }
                None => wanted.push(span),
            }
        }
        let count = wanted.iter().map(Span::places).fold(0, u64::saturating_add);
        self.again.extend(wanted);
        if count > 0 {
            self.rest_over();
            self.away_since = None;
        }
        count
    }

    fn rest_over(&mut self) {
        (self.failures, self.not_before) = (0, None);
        (self.away_since, self.last_error) = (None, None);
    }

    fn wait(&mut self, now: Timestamp) {
        let at = usize::try_from(self.failures).ok();
        let wait = at.and_then(|at| WAITS.get(at)).unwrap_or(&LONGEST_WAIT);
        self.failures = self.failures.saturating_add(1);
        self.not_before = Some(now.plus(*wait));
    }

    /// The line at this place is done with. It may be a new one though others are wanted again: those may have come to
    /// be wanted while it was sent.
    fn pass(&mut self, place: u64) {
        match self.again.first_mut() {
            Some(span) if span.has(place) && place < span.last => {
                span.first = place.saturating_add(1);
            }
            Some(span) if span.has(place) => {
                self.again.remove(0);
            }
            Some(_) | None => self.through = self.through.max(place),
        }
    }

    fn give_up_waiting(&mut self, logged: u64, why: &str) {
        for span in std::mem::take(&mut self.again) {
            self.put_aside(span, why);
        }
        if logged > self.through {
            self.put_aside(Span { first: self.through.saturating_add(1), last: logged }, why);
            self.through = logged;
        }
    }

    /// Adjoining lines that were put aside for the same reason are one entry of the list.
    fn put_aside(&mut self, span: Span, why: &str) {
        match self.aside.last_mut() {
            Some(last) if last.why == why && last.span.last.checked_add(1) == Some(span.first) => {
                last.span.last = span.last;
            }
            _ => self.aside.push(PutAside { span, why: why.to_owned() }),
        }
    }
}

impl Span {
    /// How many places it has.
    pub fn places(&self) -> u64 {
        self.last.saturating_sub(self.first).saturating_add(1)
    }

    fn has(&self, place: u64) -> bool {
        (self.first..=self.last).contains(&place)
    }

    /// What is left of it on both sides of a place within.
    fn without(self, place: u64) -> impl Iterator<Item = Self> {
        let before = Self { first: self.first, last: place.saturating_sub(1) };
        let behind = Self { first: place.saturating_add(1), last: self.last };
        let before = (place > self.first).then_some(before);
        let behind = (place < self.last).then_some(behind);
        before.into_iter().chain(behind)
    }
}

#[cfg(test)]
mod tests;
