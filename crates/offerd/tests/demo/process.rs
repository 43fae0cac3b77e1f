//! The built program, started as anybody would.

use std::io::{BufRead, BufReader, Lines, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::attempt;
use crate::until::until;

const PROGRAM: &str = env!("CARGO_BIN_EXE_offerd");
/// Waits until a node has written down all that it had to: its database rests for some looks.
pub(crate) fn until_quiet(dir: &Path) {
    const LOOKS: u32 = 20;
    let files = ["offerd.sqlite3", "offerd.sqlite3-wal"].map(|name| dir.join(name));
    let state = || files.each_ref().map(|file| file.metadata().and_then(|it| it.modified()).ok());
    let (mut last, mut same) = (state(), 0);
    until("the database rests", || {
        let now = state();
        same = if now == last { same + 1 } else { 0 };
        last = now;
        (same >= LOOKS).then_some(())
    });
}

/// A finished run.
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `offerd demo` with these arguments to its end.
pub(crate) fn run_demo(args: &[&str]) -> Finished {
    let output = Command::new(PROGRAM).arg("demo").args(args).stdin(Stdio::null()).output();
    let output = output.unwrap();
    Finished {
        status: output.status,
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A run that goes on, with what it prints.
pub(crate) struct Started {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Started {
    /// Runs the program with these arguments.
    pub(crate) fn new(args: &[&str]) -> Self {
        let mut process = Command::new(PROGRAM)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, lines }
    }

    /// The next line that has this in it.
    pub(crate) fn line_with(&mut self, text: &str) -> String {
        let mut lines = self.lines.by_ref().map_while(Result::ok);
        lines.find(|line| line.contains(text)).unwrap_or_else(|| panic!("it never said {text}"))
    }

    /// Presses Ctrl-C and waits for the end.
    pub(crate) fn end(&mut self) -> ExitStatus {
        signal("-INT", self.process.id());
        self.process.wait().unwrap()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A network that stays up until it is dropped.
pub(crate) struct Demo {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    pub(crate) dir: TempDir,
    /// What was told when the network was ready.
    pub(crate) ready: Value,
}

impl Demo {
    /// Starts a network without a story and waits until it is ready.
    pub(crate) fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut process = Command::new(PROGRAM)
            .args(["demo", "--no-story", "--json", "--dir"])
            .arg(dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let ready = next_event(&mut lines, "ready");
        Self { process, lines, dir, ready }
    }

    /// The folder of a node.
    pub(crate) fn node(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The id of a node's process.
    pub(crate) fn pid(&self, name: &str) -> u32 {
        let nodes = self.ready["nodes"].as_array().unwrap();
        let node = nodes.iter().find(|node| node["name"] == name).unwrap();
        node["pid"].as_u64().unwrap().try_into().unwrap()
    }

    /// The ids of all nodes' processes.
    pub(crate) fn pids(&self) -> Vec<u32> {
        ["shop", "atm", "customer"].map(|name| self.pid(name)).to_vec()
    }

    /// Kills a node without warning, and waits until the demo has said so.
    pub(crate) fn kill_node(&mut self, name: &str) {
        signal("-9", self.pid(name));
        let ended = next_event(&mut self.lines, "node_ended");
        assert_eq!(ended["node"], name);
    }

    /// Asks the demo to end, by this signal, and waits until it has.
    pub(crate) fn end(&mut self, by: &str) -> ExitStatus {
        signal(by, self.process.id());
        self.process.wait().unwrap()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        if thread::panicking() {
            for name in ["shop", "atm", "customer"] {
                let log = std::fs::read_to_string(self.node(name).join("log")).unwrap_or_default();
                let last: Vec<&str> = log.lines().rev().take(10).collect();
                eprintln!("the end of {name}'s log, newest first:\n{}", last.join("\n"));
            }
        }
        if self.process.try_wait().is_ok_and(|status| status.is_none()) {
            self.end("-TERM");
        }
    }
}

fn next_event(lines: &mut Lines<BufReader<ChildStdout>>, wanted: &str) -> Value {
    for line in lines {
        let event: Value = serde_json::from_str(&line.unwrap()).unwrap();
        if event["event"] == wanted {
            return event;
        }
        assert_ne!(event["event"], "failed", "{event}");
    }
    panic!("the demo ended before it said {wanted}");
}

/// A node started again by hand.
pub(crate) struct Restarted {
    process: Child,
    _stdin: Option<ChildStdin>,
}

impl Restarted {
    /// Starts the node of this folder as the demo says that one should, and waits until its channels are up.
    pub(crate) fn start(dir: &Path) -> Self {
        let mut process = Command::new(PROGRAM)
            .args(["run", "--exit-with-parent", "--dir"])
            .arg(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdin = process.stdin.take();
        let started = Self { process, _stdin: stdin };
        until("the node is back with its channels", || {
            let info = attempt(dir, "getinfo", &json!({}));
            let info = info.ok()?.ok()?;
            let is_up = info["num_active_channels"].as_u64()? > 0
                && info["num_inactive_channels"].as_u64()? == 0;
            is_up.then_some(())
        });
        started
    }
}

impl Drop for Restarted {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Sends a signal.
pub(crate) fn signal(signal: &str, pid: u32) {
    let status = Command::new("kill").args([signal, &pid.to_string()]).status().unwrap();
    assert!(status.success(), "kill {signal} {pid}");
}

/// Whether a process is there and not a zombie that waits to be fetched.
pub(crate) fn is_running(pid: u32) -> bool {
    let output = Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output();
    let mut state = String::new();
    let read = output.unwrap().stdout.as_slice().read_to_string(&mut state);
    read.is_ok() && !state.trim().is_empty() && !state.starts_with('Z')
}
