//! Telling what happens: sentences for people, or one JSON object a line for programs.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};

use super::balances::Balances;
use super::call::Call;
use super::error::DemoError;
use super::node::Node;

/// How often the spinner turns.
const TICK: Duration = Duration::from_millis(100);

/// Where the demo tells its story.
#[derive(Debug)]
pub(super) struct Report {
    form: Form,
    /// The name of the step that is under way.
    step: &'static str,
    /// How many steps have begun.
    steps: u32,
    /// How offer-cli is called here.
    cli: String,
    /// How this program is called here.
    daemon: String,
    /// What was told last, to show what has changed.
    balances: Option<Balances>,
}

/// To whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A program: JSON lines.
    Json,
    /// A person at a terminal: colours, and a spinner while something takes time.
    Terminal,
    /// A person who reads it later: plain lines.
    Plain,
}

impl Report {
    /// A report to standard output.
    pub(super) fn new(json: bool) -> Self {
        let form = if json {
            Form::Json
        } else if std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
            Form::Terminal
        } else {
            Form::Plain
        };
        let (cli, daemon) = (program("offer-cli"), program("offerd"));
        Self { form, step: "network", steps: 0, cli, daemon, balances: None }
    }

    /// Begins the next step of the story.
    pub(super) fn step(&mut self, name: &'static str, title: &str) {
        self.step = name;
        self.steps += 1;
        let heading = format!("{}. {title}", self.steps);
        match self.form {
            Form::Json => self.object("step", title, json!({ "number": self.steps })),
            Form::Terminal => print(&format!("\n\x1b[1m{heading}\x1b[0m")),
            Form::Plain => print(&format!("\n{heading}")),
        }
    }

    /// Says what happened: `event` and `facts` for programs, `text` for people.
    pub(super) fn tell(&self, event: &str, text: &str, facts: Value) {
        match self.form {
            Form::Json => self.object(event, text, facts),
            Form::Terminal | Form::Plain => print(&indented(text)),
        }
    }

    /// Shows the command that a person would type for what comes next.
    pub(super) fn command(&self, node: &Node, call: &Call) {
        let line = self.command_line(node, &call.command());
        match self.form {
            Form::Json => self.object("command", &line, json!({ "node": node.name() })),
            Form::Terminal => print(&format!("\n   \x1b[36m{}$ {line}\x1b[0m", node.name())),
            Form::Plain => print(&format!("\n   {}$ {line}", node.name())),
        }
    }

    /// A call of offer-cli to this node, as it would be typed here.
    pub(super) fn command_line(&self, node: &Node, rest: &str) -> String {
        let dir = super::call::quoted(&node.dir().display().to_string());
        format!("{} --dir {dir} {rest}", self.cli)
    }

    /// Shows a picture, to people only.
    pub(super) fn picture(&self, picture: &str) {
        match self.form {
            Form::Json => {}
            Form::Plain => print(&format!("\n{}\n", indented(picture))),
            // White on black whatever the terminal's own colours are: cameras want it so.
            Form::Terminal => {
                let lines = picture.lines().map(|line| format!("\x1b[97;40m{line}\x1b[0m"));
                print(&format!("\n{}\n", indented(&lines.collect::<Vec<_>>().join("\n"))));
            }
        }
    }

    /// Shows what everybody has now, and what has changed.
    pub(super) fn balances(&mut self, now: Balances) {
        match self.form {
            Form::Json => self.object("balances", &now.text(self.balances), now.facts()),
            Form::Terminal | Form::Plain => {
                print(&indented(&format!("\nbalances  {}", now.text(self.balances))));
            }
        }
        self.balances = Some(now);
    }

    /// Says that a node is no more although nobody asked it to end, and how to start it again.
    pub(super) fn ended(&self, node: &Node, status: &str) {
        let text = format!(
            "{} has ended ({status}). Its log is {}. To start it again:\n  {} run --dir {}",
            node.name(),
            node.log().display(),
            self.daemon,
            super::call::quoted(&node.dir().display().to_string()),
        );
        self.tell("node_ended", &text, json!({ "node": node.name(), "status": status }));
    }

    /// Prints one line that scripts wait for; in JSON it is an event of that name.
    pub(super) fn line(&self, word: &str, facts: Value) {
        match self.form {
            Form::Json => self.object(word, word, facts),
            Form::Terminal | Form::Plain => print(word),
        }
    }

    /// Waits for something that takes time, and lets it be seen that it does.
    pub(super) async fn work<T>(
        &self,
        text: &str,
        work: impl Future<Output = Result<T, DemoError>>,
    ) -> Result<T, DemoError> {
        let begun = Instant::now();
        let spinner = match self.form {
            Form::Json => {
                self.object("working", text, Value::Null);
                None
            }
            Form::Plain => {
                print(&format!("   … {text}"));
                None
            }
            Form::Terminal => Some(spinner(text)),
        };
        let result = work.await;
        if let Some(spinner) = spinner {
            spinner.finish_and_clear();
            let mark = if result.is_ok() { "\x1b[32m✓\x1b[0m" } else { "\x1b[31m✗\x1b[0m" };
            print(&format!("   {mark} {text} ({:.1} s)", begun.elapsed().as_secs_f64()));
        }
        result
    }

    fn object(&self, event: &str, text: &str, facts: Value) {
        let mut object = Map::new();
        object.insert("step".into(), self.step.into());
        object.insert("event".into(), event.into());
        object.insert("text".into(), text.trim().into());
        if let Value::Object(facts) = facts {
            object.extend(facts);
        }
        print(&Value::Object(object).to_string());
    }
}

/// How a person here calls this program or its companion: by the file, if it lies where this one does.
fn program(name: &str) -> String {
    let beside = std::env::current_exe().ok().map(|running| running.with_file_name(name));
    let Some(path) = beside.filter(|path| path.is_file()) else { return name.to_owned() };
    let here = std::env::current_dir().unwrap_or_default();
    let path = path.strip_prefix(&here).unwrap_or(&path);
    super::call::quoted(&path.display().to_string())
}

fn spinner(text: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("   {spinner} {msg} {elapsed}");
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.set_message(text.to_owned());
    bar.enable_steady_tick(TICK);
    bar
}

/// Text from elsewhere, such that it cannot play with the terminal.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::new();
    for letter in text.chars() {
        if matches!(letter, '\'' | '"' | '\\') {
            shown.push(letter);
        } else {
            shown.extend(letter.escape_debug());
        }
    }
    shown
}

fn indented(text: &str) -> String {
    let mut lines = String::new();
    for (index, line) in text.lines().enumerate() {
        let separator = if index == 0 { "" } else { "\n" };
        let indent = if line.is_empty() { "" } else { "   " };
        // Writing to a string cannot fail.
        let _ = write!(lines, "{separator}{indent}{line}");
    }
    lines
}

/// A line to standard output. That nobody reads any more is no reason to end the network.
fn print(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_elsewhere_keeps_its_quotes_and_loses_its_tricks() {
        assert_eq!(shown("it's \"5\" €"), "it's \"5\" €");
        assert_eq!(shown("\u{1b}[2J\u{202e}x"), "\\u{1b}[2J\\u{202e}x");
    }

    #[test]
    fn every_line_that_has_something_is_indented() {
        assert_eq!(indented("a\n\nb"), "   a\n\n   b");
    }
}
