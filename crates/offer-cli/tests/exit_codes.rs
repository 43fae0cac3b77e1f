//! What scripts rely on: exit codes, where output goes, and that `decode` needs nobody.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::thread::JoinHandle;

/// BOLT 12's minimal offer, from its test vectors.
const OFFER: &str = "lno1zcss9mk8y3wkklfvevcrszlmu23kfrxh49px20665dqwmn4p72pksese";

fn offer_cli(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_offer-cli"))
        .args(words)
        .env_remove("OFFERD_DIR")
        .env_remove("OFFERD_NETWORK")
        .env_remove("OFFERD_RPC_FILE")
        .env("HOME", "/nonexistent")
        .output()
        .unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// A daemon that takes one request after the other, gives each its answer and hangs up.
struct Daemon {
    dir: tempfile::TempDir,
    request: JoinHandle<String>,
}

impl Daemon {
    fn answering(answer: &'static str) -> Self {
        Self::answering_each(vec![answer])
    }

    /// Takes as many requests, each on a connection of its own.
    fn answering_each(answers: Vec<&'static str>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(dir.path().join("offerd-rpc")).unwrap();
        let request = std::thread::spawn(move || {
            let mut requests = String::new();
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = Vec::new();
                let mut byte = [0];
                while !request.ends_with(b"\n") {
                    stream.read_exact(&mut byte).unwrap();
                    request.push(byte[0]);
                }
                stream.write_all(answer.as_bytes()).unwrap();
                requests.push_str(&String::from_utf8(request).unwrap());
            }
            requests
        });
        Self { dir, request }
    }

    fn ask(self, words: &[&str]) -> (Output, String) {
        let dir: PathBuf = self.dir.path().into();
        let mut all = vec!["--dir", dir.to_str().unwrap()];
        all.extend(words);
        let output = offer_cli(&all);
        (output, self.request.join().unwrap())
    }
}

#[test]
fn a_result_goes_to_stdout_as_json_and_the_code_is_0() {
    let daemon = Daemon::answering("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"id\":\"02\"}}\n\n");
    let (output, request) = daemon.ask(&["getinfo"]);
    assert_eq!(code(&output), 0);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "{\n  \"id\": \"02\"\n}\n");
    assert!(output.stderr.is_empty());
    assert!(request.contains("\"method\":\"getinfo\"") && request.contains("\"params\":[]"));
}

#[test]
fn a_refusal_goes_to_stderr_with_code_and_message_and_the_code_is_1() {
    let daemon = Daemon::answering(
        "{\"id\":1,\"error\":{\"code\":1000,\"message\":\"label already used\",\"data\":{}}}\n\n",
    );
    let (output, request) = daemon.ask(&["offerout", "amount=5sat", "description=d", "label=a"]);
    assert_eq!(code(&output), 1);
    assert!(output.stdout.is_empty());
    let shown = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(shown.contains("1000") && shown.contains("label already used"));
    assert!(request.contains("{\"amount\":\"5sat\",\"description\":\"d\",\"label\":\"a\"}"));
}

#[test]
fn books_that_do_not_add_up_are_told_and_the_code_is_1() {
    for (answer, expected) in [
        ("{\"id\":1,\"result\":{\"balanced\":true,\"difference_msat\":0}}\n\n", 0),
        ("{\"id\":1,\"result\":{\"balanced\":false,\"difference_msat\":-7}}\n\n", 1),
    ] {
        let (output, _) = Daemon::answering(answer).ask(&["--json", "audit"]);
        assert_eq!(code(&output), expected);
        assert!(String::from_utf8_lossy(&output.stdout).contains("difference_msat"));
    }
}

#[test]
fn wrong_usage_is_2_whoever_notices_it() {
    for words in [
        &["--nonsense"][..],
        &[],
        &["offerout"],
        &["offerout", "amount=1", "nonsense=2"],
        &["getinfo", "too", "many"],
        &["--network", "moon", "getinfo"],
        &["--filter", "{", "getinfo"],
        &["completion", "cobol"],
        &["getinfo"],
    ] {
        let output = offer_cli(words);
        let expected = if words == ["getinfo"] { 3 } else { 2 };
        assert_eq!(code(&output), expected, "{words:?}");
        assert!(!output.stderr.is_empty(), "{words:?}");
    }
    let daemon =
        Daemon::answering("{\"id\":1,\"error\":{\"code\":-32602,\"message\":\"amount: x\"}}\n\n");
    assert_eq!(code(&daemon.ask(&["offerout", "x", "y"]).0), 2);
}

#[test]
fn without_a_daemon_the_code_is_3() {
    let dir = tempfile::tempdir().unwrap();
    let output = offer_cli(&["--dir", dir.path().to_str().unwrap(), "getinfo"]);
    assert_eq!(code(&output), 3);
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot reach offerd"));
}

#[test]
fn an_unknown_outcome_is_4() {
    for answer in [
        "",
        "{\"id\":1,",
        "{\"id\":1}\n\n",
        "{\"id\":1,\"error\":{\"code\":1005,\"message\":\"timeout\"}}\n\n",
        "{\"id\":1,\"result\":{\"status\":\"pending\"}}\n\n",
    ] {
        let (output, _) = Daemon::answering(answer).ask(&["pay", "lni1qq"]);
        assert_eq!(code(&output), 4, "{answer:?}");
    }
}

#[test]
fn decode_needs_no_daemon_and_says_by_its_code_whether_a_string_is_valid() {
    let output = offer_cli(&["decode", OFFER]);
    assert_eq!(code(&output), 0);
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(shown.contains("\"type\": \"bolt12 offer\"") && shown.contains("\"valid\": true"));
    for invalid in ["coffee", "lno1qq", &OFFER[..40]] {
        let output = offer_cli(&["decode", invalid]);
        assert_eq!(code(&output), 1, "{invalid}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("\"valid\": false"));
    }
    assert_eq!(code(&offer_cli(&["decode", "--flat", OFFER])), 0);
}

#[test]
fn an_export_is_all_that_was_settled_within_the_time_with_its_fees_and_its_worth() {
    let answers = vec![
        concat!(
            r#"{"id":1,"result":{"invoices":[{"payment_hash":"aa","status":"paid","paid_at":200,"#,
            r#""amount_received_msat":5000,"worth":"4.50EUR","external_id":"order-7","tags":["bar","tea"],"created_index":1}]}}"#,
            "\n\n"
        ),
        concat!(
            r#"{"id":1,"result":{"pays":["#,
            r#"{"payment_hash":"bb","status":"complete","destination":"02","created_at":90,"completed_at":100,"#,
            r#""amount_msat":1000,"amount_sent_msat":1003,"label":"rent","created_index":1},"#,
            r#"{"payment_hash":"cc","status":"complete","destination":"02","created_at":1,"completed_at":2,"#,
            r#""amount_msat":1,"created_index":2},"#,
            r#"{"payment_hash":"dd","status":"failed","destination":"02","created_at":150,"completed_at":150,"#,
            r#""amount_msat":1,"created_index":3}]}}"#,
            "\n\n"
        ),
        concat!(
            r#"{"id":1,"result":{"forwards":["#,
            r#"{"created_index":1,"status":"settled","in_channel_id":"0a","out_channel_id":"0b","#,
            r#""in_msat":902,"out_msat":900,"fee_msat":2,"resolved_time":150}]}}"#,
            "\n\n"
        ),
    ];
    let daemon = Daemon::answering_each(answers);
    let (output, requests) = daemon.ask(&["export", "--csv", "--since", "3", "--until", "201"]);
    assert_eq!(code(&output), 0);
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    let rows: Vec<&str> = shown.lines().skip(1).collect();
    let paid = "1970-01-01T00:01:40Z,100,paid,1000,3,,,rent,,,,,bb,,,,,,-1003";
    let forwarded = "1970-01-01T00:02:30Z,150,forwarded,900,2,,,,,,,,,,,,0a,0b,2";
    let received =
        "1970-01-01T00:03:20Z,200,received,5000,0,4.50,EUR,,,,,,aa,,order-7,bar; tea,,,5000";
    assert_eq!(rows, [paid, forwarded, received]);
    for method in ["listinvoices", "listpays", "listforwards"] {
        assert!(requests.contains(method), "{method}: {requests}");
    }
    assert_eq!(code(&offer_cli(&["export", "--since", "yesterday"])), 2);
}

#[test]
fn help_version_and_completion_need_no_daemon() {
    for words in [
        &["--help"][..],
        &["--version"],
        &["offerout", "--help"],
        &["completion", "bash"],
        &["completion", "zsh"],
        &["completion", "fish"],
    ] {
        let output = offer_cli(words);
        assert_eq!(code(&output), 0, "{words:?}");
        assert!(!output.stdout.is_empty(), "{words:?}");
    }
}
