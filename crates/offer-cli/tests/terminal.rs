//! What somebody at a terminal sees. `script` (of every Debian) makes the terminal.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it stands")]

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// A daemon whose answers the test gives, one call after the other.
struct Daemon {
    dir: tempfile::TempDir,
    calls: Receiver<Call>,
}

/// A call that waits for its answer.
struct Call {
    request: String,
    stream: UnixStream,
}

impl Daemon {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(dir.path().join("offerd-rpc")).unwrap();
        let (tell, calls) = channel();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let mut request = lines.next().unwrap().unwrap();
                if request.contains("\"notifications\"") {
                    let mut stream = stream.try_clone().unwrap();
                    let id = "offer-cli:notifications";
                    write!(stream, "{{\"jsonrpc\":\"2.0\",\"id\":\"{id}\",\"result\":{{}}}}\n\n")
                        .unwrap();
                    request = lines.next().unwrap().unwrap();
                }
                if tell.send(Call { request, stream }).is_err() {
                    return;
                }
            }
        });
        Self { dir, calls }
    }

    /// The next call, which is one of this method.
    fn next(&self, method: &str) -> Call {
        let call = self.calls.recv().unwrap();
        assert!(call.request.contains(&format!("\"method\":\"{method}\"")), "{}", call.request);
        call
    }
}

impl Call {
    fn say(&mut self, text: &str) {
        write!(self.stream, "{text}\n\n").unwrap();
    }

    fn answer(mut self, result: &str) {
        self.say(&format!("{{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"result\":{result}}}"));
    }
}

/// `offer-cli` at a terminal.
struct Terminal {
    child: Child,
    output: ChildStdout,
    seen: String,
}

impl Terminal {
    /// `None` where there is nothing that makes terminals.
    fn running(dir: &Path, words: &str, variables: &[(&str, &str)]) -> Option<Self> {
        let program = env!("CARGO_BIN_EXE_offer-cli");
        let line = format!("{program} --dir {} {words}", dir.display());
        let mut command = Command::new("script");
        command.args(["-qfec", &line, "/dev/null"]).env("TERM", "xterm").env_remove("NO_COLOR");
        command.envs(variables.iter().copied()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let Ok(mut child) = command.spawn() else {
            eprintln!("SKIPPED: there is no `script` to make a terminal");
            return None;
        };
        let output = child.stdout.take().unwrap();
        Some(Self { child, output, seen: String::new() })
    }

    /// Reads until this is on the screen.
    fn until(&mut self, wanted: &str) {
        let mut piece = [0; 4_096];
        while !self.seen.contains(wanted) {
            let length = self.output.read(&mut piece).unwrap();
            assert!(length > 0, "{wanted:?} never came: {:?}", self.seen);
            self.seen.push_str(&String::from_utf8_lossy(&piece[..length]));
        }
    }

    /// All that was on the screen.
    fn end(mut self) -> String {
        let mut rest = Vec::new();
        self.output.read_to_end(&mut rest).unwrap();
        self.child.wait().unwrap();
        self.seen + &String::from_utf8_lossy(&rest)
    }
}

#[test]
fn a_call_that_takes_its_time_tells_each_attempt_and_counts_the_seconds() {
    let daemon = Daemon::new();
    let words = "--yes pay lno1qq";
    let Some(mut terminal) = Terminal::running(daemon.dir.path(), words, &[]) else { return };
    let mut call = daemon.next("pay");
    call.say(
        "{\"jsonrpc\":\"2.0\",\"method\":\"message\",\"params\":{\"id\":\"x\",\"level\":\"info\",\
         \"message\":\"pay: payee 02: no route \\u001b[2J\"}}",
    );
    terminal.until("pay: payee 02: no route \\u{1b}[2J");
    terminal.until("waiting, 1 s");
    terminal.until("waiting, 2 s");
    call.answer("{\"status\":\"complete\"}");
    let seen = terminal.end();
    let (_, rest) = seen.rsplit_once("waiting, ").unwrap();
    assert!(rest.contains("\r\u{1b}[K"), "the line that counts is taken away: {seen:?}");
    assert!(rest.contains("status") && rest.contains("complete"), "{seen:?}");
}

#[test]
fn a_quick_call_tells_nothing_but_its_result() {
    let daemon = Daemon::new();
    let Some(terminal) = Terminal::running(daemon.dir.path(), "getinfo", &[]) else { return };
    daemon.next("getinfo").answer("{\"alias\":\"shop\"}");
    assert!(!terminal.end().contains("waiting"));
}

#[test]
fn colours_are_for_terminals_of_those_who_want_them() {
    for (variables, coloured) in
        [(&[][..], true), (&[("NO_COLOR", "1")], false), (&[("TERM", "dumb")], false)]
    {
        let daemon = Daemon::new();
        let words = "listpays";
        let Some(terminal) = Terminal::running(daemon.dir.path(), words, variables) else { return };
        let pays = "{\"pays\":[{\"status\":\"complete\",\"label\":\"rent\"}]}";
        daemon.next("listpays").answer(pays);
        let seen = terminal.end();
        assert!(seen.contains("status") && seen.contains("rent"), "{seen:?}");
        assert_eq!(seen.contains("\u{1b}[32mcomplete"), coloured, "{variables:?}: {seen:?}");
        assert_eq!(seen.contains('\u{1b}'), coloured, "{variables:?}: {seen:?}");
    }
}

#[test]
fn a_payment_of_before_is_told_at_the_terminal_and_nothing_is_fetched() {
    let daemon = Daemon::new();
    let words = "pay lno1qq label=rent";
    let Some(terminal) = Terminal::running(daemon.dir.path(), words, &[]) else { return };
    daemon.next("listpays").answer("{\"pays\":[{\"status\":\"complete\"}]}");
    let again = daemon.next("pay");
    assert!(again.request.contains("lno1qq") && again.request.contains("rent"));
    again.answer("{\"status\":\"complete\",\"amount_msat\":5000}");
    let seen = terminal.end();
    assert!(seen.contains("rent: paid already, nothing is paid again."), "{seen:?}");
    assert!(seen.contains("5 sat") && !seen.contains("[y/N]"), "{seen:?}");
}

#[test]
fn what_is_to_be_paid_is_shown_and_asked_at_the_terminal() {
    let daemon = Daemon::new();
    let words = "pay lno1qq";
    let Some(mut terminal) = Terminal::running(daemon.dir.path(), words, &[]) else { return };
    daemon.next("fetchinvoice").answer("{\"invoice\":\"lni1xx\",\"changes\":{}}");
    terminal.until("Pay this? [y/N] ");
    terminal.child.stdin.take().unwrap().write_all(b"n\n").unwrap();
    assert!(terminal.end().contains("not paid"));
    assert!(daemon.calls.try_recv().is_err(), "nothing was paid");
}
