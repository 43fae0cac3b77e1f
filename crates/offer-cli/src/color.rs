//! Colours, on a terminal alone, and not where somebody does not want them (`NO_COLOR`, <https://no-color.org>).

use std::ffi::OsStr;
use std::io::IsTerminal;

/// Whether there are any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Colors(bool);

/// States, and whether they are good, bad or still open.
const STATES: [(&str, &str); 16] = [
    ("paid", GREEN),
    ("complete", GREEN),
    ("active", GREEN),
    ("true", GREEN),
    ("pending", YELLOW),
    ("unpaid", YELLOW),
    ("awaiting", YELLOW),
    ("claimed", YELLOW),
    ("open", GREEN),
    ("failed", RED),
    ("expired", RED),
    ("disabled", RED),
    ("refused", RED),
    ("cancelled", RED),
    ("false", YELLOW),
    ("lapsed", RED),
];
const GREEN: &str = "\u{1b}[32m";
const YELLOW: &str = "\u{1b}[33m";
const RED: &str = "\u{1b}[31m";
const BOLD: &str = "\u{1b}[1m";
const PLAIN: &str = "\u{1b}[0m";

impl Colors {
    /// None.
    pub(crate) const NONE: Self = Self(false);

    /// Those that suit an output.
    pub(crate) fn for_output(output: &impl IsTerminal) -> Self {
        let said = |name: &str| std::env::var_os(name);
        Self::choose(output.is_terminal(), said("NO_COLOR").as_deref(), said("TERM").as_deref())
    }

    fn choose(terminal: bool, no_color: Option<&OsStr>, term: Option<&OsStr>) -> Self {
        let wanted = no_color.is_none_or(OsStr::is_empty);
        let able = term.is_some_and(|term| !term.is_empty() && term != "dumb");
        Self(terminal && wanted && able)
    }

    /// The name of something.
    pub(crate) fn name(self, text: &str) -> String {
        if self.0 && !text.trim().is_empty() {
            format!("{BOLD}{text}{PLAIN}")
        } else {
            text.to_owned()
        }
    }

    /// Something that has gone wrong.
    pub(crate) fn bad(self, text: &str) -> String {
        if self.0 { format!("{RED}{text}{PLAIN}") } else { text.to_owned() }
    }

    /// A value; of a state by how good it is.
    pub(crate) fn value(self, text: &str) -> String {
        let state = STATES.iter().find(|(state, _)| *state == text.trim_end());
        match state.filter(|_| self.0) {
            Some((_, color)) => format!("{color}{text}{PLAIN}"),
            None => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_of_those_who_want_them() {
        let (xterm, empty, one) =
            (Some(OsStr::new("xterm")), Some(OsStr::new("")), Some(OsStr::new("1")));
        assert_eq!(Colors::choose(true, None, xterm), Colors(true));
        assert_eq!(Colors::choose(true, empty, xterm), Colors(true));
        for (terminal, no_color, term) in [
            (false, None, xterm),
            (true, one, xterm),
            (true, None, Some(OsStr::new("dumb"))),
            (true, None, None),
        ] {
            assert_eq!(Colors::choose(terminal, no_color, term), Colors::NONE);
        }
    }

    #[test]
    fn only_states_are_coloured_among_values() {
        let colors = Colors(true);
        assert_eq!(colors.value("paid  "), format!("{GREEN}paid  {PLAIN}"));
        assert_eq!(colors.value("two teas"), "two teas");
        assert_eq!(
            (Colors::NONE.value("paid"), Colors::NONE.bad("x")),
            ("paid".into(), "x".into())
        );
    }
}
