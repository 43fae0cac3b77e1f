//! What a call is doing, for somebody at a terminal, once it takes longer than a second.
//!
//! Each attempt is a line, and the last line counts the seconds until there is an answer. All of it goes to the standard
//! error, and none of it anywhere but on a terminal.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::render::inert;

/// Calls that are over sooner tell nothing.
const PATIENCE: Duration = Duration::from_secs(1);
/// Back to the beginning of the line, and clear it.
const CLEAR: &str = "\r\u{1b}[K";

/// Somebody who is told.
pub(crate) struct Watcher<W> {
    output: W,
    began: Instant,
    /// What was tried before the patience was over.
    held_back: Vec<String>,
    /// Whether the last line counts seconds.
    counting: Option<u64>,
}

impl Watcher<std::io::Stderr> {
    /// The person at the terminal, if there is one that can be written over.
    pub(crate) fn at_terminal() -> Option<Self> {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        let stderr = std::io::stderr();
        (stderr.is_terminal() && !dumb).then(|| Self::of(stderr))
    }
}

impl<W: Write> Watcher<W> {
    fn of(output: W) -> Self {
        Self { output, began: Instant::now(), held_back: Vec::new(), counting: None }
    }

    /// Something was tried.
    pub(crate) fn tell(&mut self, what: &str) {
        self.held_back.push(inert(what));
        self.tick();
    }

    /// Some time has passed.
    pub(crate) fn tick(&mut self) {
        self.tick_after(self.began.elapsed());
    }

    fn tick_after(&mut self, elapsed: Duration) {
        if elapsed < PATIENCE {
            return;
        }
        let seconds = elapsed.as_secs();
        if self.held_back.is_empty() && self.counting == Some(seconds) {
            return;
        }
        let mut text = CLEAR.to_owned();
        for line in self.held_back.drain(..) {
            text.push_str("  ");
            text.push_str(&line);
            text.push('\n');
        }
        text.push_str(&format!("  waiting, {seconds} s"));
        self.counting = Some(seconds);
        // Whoever cannot be told is not told.
        let _ = self.output.write_all(text.as_bytes()).and_then(|()| self.output.flush());
    }
}

impl<W: Write> Watcher<W> {
    /// There is an answer: the line that counts goes, the attempts stay.
    pub(crate) fn finish(mut self) {
        if self.counting.take().is_some() {
            let _ = self.output.write_all(CLEAR.as_bytes()).and_then(|()| self.output.flush());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_told_within_the_first_second_and_all_of_it_then() {
        let mut output = Vec::new();
        let mut watcher = Watcher::of(&mut output);
        watcher.held_back.push("node 02: asked".to_owned());
        watcher.tick_after(Duration::from_millis(900));
        watcher.tick_after(Duration::from_millis(1_100));
        watcher.tick_after(Duration::from_millis(1_300));
        watcher.tick_after(Duration::from_millis(2_100));
        watcher.finish();
        let told = String::from_utf8(output).unwrap();
        let expected =
            format!("{CLEAR}  node 02: asked\n  waiting, 1 s{CLEAR}  waiting, 2 s{CLEAR}");
        assert_eq!(told, expected);
    }

    #[test]
    fn what_others_wrote_does_not_act_on_the_terminal() {
        let mut output = Vec::new();
        let mut watcher = Watcher::of(&mut output);
        watcher.began = Instant::now() - PATIENCE;
        watcher.tell("refused: \u{1b}[2J");
        watcher.finish();
        assert!(String::from_utf8(output).unwrap().contains("\\u{1b}[2J"));
    }
}
