//! Which payment of a series a payment is.

use bolt12::RecurringRequest;

/// One payment of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Turn {
    /// `invreq_recurrence_counter`: payments before this one.
    pub counter: u32,
    /// `invreq_recurrence_start`: the period of the first payment; only where the offer has a base.
    pub start: Option<u32>,
}

/// What stands before the start in the text that travels with an invoice of a series.
const SERIES: char = '+';
/// What stands there where a recurring offer is paid once.
const ONCE: char = '-';

impl Turn {
    /// The period that it is for. `None` where that is beyond all numbers.
    pub fn index(&self) -> Option<u32> {
        self.start.unwrap_or(0).checked_add(self.counter)
    }

    /// What travels with an unpaid invoice of a recurring offer and comes back with its payment, before `rest`: the
    /// start, for which there is no room in what is sealed. `turn` is `None` where the offer is paid once.
    pub(crate) fn memo(turn: Option<Self>, rest: &str) -> String {
        match turn {
            None => format!("{ONCE}\n{rest}"),
            Some(Self { start: None, .. }) => format!("{SERIES}\n{rest}"),
            Some(Self { start: Some(start), .. }) => format!("{SERIES}{start}\n{rest}"),
        }
    }

    /// Reads what [`Turn::memo`] wrote, `counter` being what was sealed, and gives the rest.
    pub(crate) fn from_memo(counter: u32, memo: &str) -> (Option<Self>, &str) {
        let Some((line, rest)) = memo.split_once('\n') else { return (None, memo) };
        let start = match line.strip_prefix(SERIES) {
            Some("") => None,
            Some(digits) => match digits.parse() {
                Ok(start) => Some(start),
                Err(_) => return (None, memo),
            },
            None => return (None, if line == ONCE.to_string() { rest } else { memo }),
        };
        (Some(Self { counter, start }), rest)
    }
}

impl From<RecurringRequest> for Turn {
    fn from(request: RecurringRequest) -> Self {
        Self { counter: request.counter, start: request.start }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_travels_comes_back(counter: u32, start: Option<u32>, series: bool, note: String) {
            let turn = series.then_some(Turn { counter, start });
            let memo = Turn::memo(turn, &note);
            prop_assert_eq!(Turn::from_memo(counter, &memo), (turn, note.as_str()));
        }
    }
}
