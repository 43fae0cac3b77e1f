//! `offerd run` as a process: how it starts, answers and ends.
#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "run/operation.rs"]
mod operation;
#[path = "run/packaging.rs"]
mod packaging;

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Output, Stdio};

use offerd_testkit::rpc_schema::check_response;
use serde_json::Value;

fn offerd(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_offerd"));
    command.args(words).env("HOME", "/nonexistent");
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OFFERD_")) {
        command.env_remove(name);
    }
    command
}

fn outcome(words: &[&str]) -> Output {
    offerd(words).stdin(Stdio::null()).output().unwrap()
}

/// A process that is killed when the test is over, whatever its end.
struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    /// What it said until it was ready.
    said: String,
}

impl Process {
    /// Starts it and waits for a line with this in it. Its standard output is closed then, which it must survive.
    fn start(mut command: Command, ready: &str) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        while !said.contains(ready) {
            let read = lines.read_line(&mut said).unwrap();
            if read == 0 {
                let mut error = String::new();
                child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
                panic!("it ended before it was ready: {said}{error}");
            }
        }
        let stdin = child.stdin.take();
        Self { child, stdin, said }
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    fn exit_code(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A chain to run on.
struct Chain {
    _process: Process,
    port: String,
    cookie: String,
    dir: tempfile::TempDir,
}

impl Chain {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let cookie = dir.path().join(".cookie").to_str().unwrap().to_owned();
        let process =
            Process::start(offerd(&["regtest", "--port", "0", "--cookie", &cookie]), "ready");
        let (_, behind) = process.said.split_once("127.0.0.1:").unwrap();
        let port = behind.chars().take_while(char::is_ascii_digit).collect();
        Self { _process: process, port, cookie, dir }
    }

    fn run(&self, name: &str, more: &[&str]) -> Command {
        let dir = self.dir.path().join(name);
        let mut words = vec!["run", "--network", "regtest", "--listen", "127.0.0.1:0"];
        words.extend(["--dir", dir.to_str().unwrap(), "--bitcoind-port", &self.port]);
        words.extend(["--bitcoind-cookie", &self.cookie]);
        words.extend(more);
        offerd(&words)
    }

    fn daemon(&self, name: &str, more: &[&str]) -> Process {
        Process::start(self.run(name, more), "socket")
    }

    fn call(&self, name: &str, method: &str) -> Value {
        call(&self.dir.path().join(name).join("offerd-rpc"), method)
    }
}

fn call(socket: &Path, method: &str) -> Value {
    let mut stream = UnixStream::connect(socket).unwrap();
    write!(stream, "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":{method:?},\"params\":[]}}").unwrap();
    let mut reply = Vec::new();
    let mut byte = [0];
    while !reply.ends_with(b"\n\n") {
        stream.read_exact(&mut byte).unwrap();
        reply.push(byte[0]);
    }
    let reply: Value = serde_json::from_slice(&reply).unwrap();
    if let Some(result) = reply.get("result") {
        check_response(method, result).unwrap_or_else(|misfit| panic!("{misfit}"));
    }
    reply
}

#[test]
fn a_bad_configuration_is_told_in_one_line_and_nothing_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap();
    for words in [
        &["run", "--dir", path][..],
        &["run", "--dir", path, "--network", "moon"],
        &["run", "--dir", path, "--network", "bitcoin"],
        &["run", "--dir", path, "--network", "regtest", "--payout-any-max", "lots"],
    ] {
        let output = outcome(words);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.starts_with("offerd: ") && told.trim_end().lines().count() == 1, "{told}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn without_bitcoind_it_ends_with_a_readable_line() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("node");
    let cookie = dir.path().join("none").to_str().unwrap().to_owned();
    let output = outcome(&[
        "run",
        "--dir",
        path.to_str().unwrap(),
        "--network",
        "regtest",
        "--listen",
        "none",
        "--bitcoind-port",
        "1",
        "--bitcoind-cookie",
        &cookie,
    ]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.lines().last().unwrap().starts_with("offerd: "), "{told}");
}

#[test]
fn it_answers_on_its_socket_and_ends_after_the_reply_to_stop() {
    let chain = Chain::start();
    let daemon = chain.daemon("shop", &["--alias", "shop"]);
    let info = chain.call("shop", "getinfo")["result"].clone();
    assert_eq!(info["alias"], "shop");
    assert_eq!(info["network"], "regtest");
    let id = info["id"].as_str().unwrap();
    assert!(daemon.said.contains(id), "the start tells the node id: {}", daemon.said);
    let dir = chain.dir.path().join("shop");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    assert_eq!(mode(&dir.join("offerd-rpc")), 0o600);
    assert_eq!(mode(&dir.join("seed")) & 0o077, 0);
    assert_eq!(chain.call("shop", "stop")["result"], "Shutdown complete");
    assert_eq!(daemon.exit_code(), Some(0));
    assert!(!dir.join("offerd-rpc").exists());
}

#[test]
fn a_signal_or_a_parent_that_is_gone_ends_it_in_order_and_it_starts_again() {
    let chain = Chain::start();
    let first = chain.daemon("shop", &[]);
    let id = chain.call("shop", "getinfo")["result"]["id"].clone();
    first.signal("-TERM");
    assert_eq!(first.exit_code(), Some(0));
    let second = chain.daemon("shop", &[]);
    assert_eq!(chain.call("shop", "getinfo")["result"]["id"], id);
    second.signal("-INT");
    assert_eq!(second.exit_code(), Some(0));
    let mut third = chain.daemon("shop", &["--exit-with-parent"]);
    drop(third.stdin.take());
    assert_eq!(third.exit_code(), Some(0));
}

#[test]
fn a_directory_that_is_in_use_is_refused_with_the_other_process() {
    let chain = Chain::start();
    let daemon = chain.daemon("shop", &[]);
    let output = chain.run("shop", &[]).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains(&format!("(process {})", daemon.child.id())), "{told}");
    assert!(chain.call("shop", "getinfo")["result"].is_object());
}

#[test]
fn the_sample_is_a_file_that_only_lacks_the_network() {
    let sample = outcome(&["sample-config"]);
    assert!(sample.status.success());
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("offerd.toml"), sample.stdout).unwrap();
    let output = outcome(&["run", "--dir", dir.path().to_str().unwrap()]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("network: must be set"), "{told}");
}
