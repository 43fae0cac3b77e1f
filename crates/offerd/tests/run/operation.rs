//! What whoever operates a node relies on: the service manager is told, the log can be rotated, and `--check` names
//! what is wrong.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::{Chain, outcome};

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// Looks until there is something to see.
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn the_service_manager_hears_when_it_is_ready_and_when_it_ends() {
    let chain = Chain::start();
    let path = chain.dir.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let heard = |wanted: &str| {
        let mut message = [0; 1024];
        loop {
            let length = socket.recv(&mut message).unwrap();
            let message = String::from_utf8_lossy(&message[..length]).into_owned();
            assert!(message.contains("STATUS="), "{message}");
            if message.lines().any(|line| line == wanted) {
                return;
            }
            assert!(!message.contains("READY=1"), "ready was told twice, or before {wanted}");
        }
    };
    let mut command = chain.run("shop", &[]);
    command.env("NOTIFY_SOCKET", &path);
    let daemon = crate::Process::start(command, "socket");
    heard("READY=1");
    assert!(chain.call("shop", "getinfo")["result"].is_object());
    daemon.signal("-TERM");
    heard("STOPPING=1");
    assert_eq!(daemon.exit_code(), Some(0));
}

#[test]
fn the_log_goes_on_in_a_new_file_after_a_hangup() {
    let chain = Chain::start();
    let (log, moved) = (chain.dir.path().join("offerd.log"), chain.dir.path().join("offerd.log.1"));
    let daemon = chain.daemon("shop", &["--log-file", log.to_str().unwrap()]);
    assert_eq!(fs::metadata(&log).unwrap().permissions().mode() & 0o777, 0o600);
    let first = until("something is logged", || {
        let text = fs::read_to_string(&log).unwrap();
        text.contains("the node runs").then_some(text)
    });
    assert!(!first.contains('\u{1b}'), "no colours in a file: {first}");
    fs::rename(&log, &moved).unwrap();
    daemon.signal("-HUP");
    until("the log is back", || {
        let text = fs::read_to_string(&log).ok()?;
        text.contains("SIGHUP").then_some(())
    });
    assert!(chain.call("shop", "getinfo")["result"].is_object());
    daemon.signal("-TERM");
    assert_eq!(daemon.exit_code(), Some(0));
    assert!(fs::read_to_string(&log).unwrap().contains("SIGTERM"));
    assert!(!fs::read_to_string(&moved).unwrap().contains("SIGTERM"));
}

#[test]
fn without_a_log_file_a_hangup_ends_it_in_order() {
    let chain = Chain::start();
    let daemon = chain.daemon("shop", &[]);
    daemon.signal("-HUP");
    assert_eq!(daemon.exit_code(), Some(0));
    assert!(!chain.dir.path().join("shop/offerd-rpc").exists());
}

/// The exit code of a check, and what it said. Options given here go before those that a node on this chain has.
fn checked(chain: &Chain, own: &[(&str, &str)]) -> (Option<i32>, String) {
    let dir = chain.dir.path().join("shop").to_str().unwrap().to_owned();
    let usual = [
        ("network", "regtest"),
        ("listen", "127.0.0.1:0"),
        ("dir", &dir),
        ("bitcoind-port", &chain.port),
        ("bitcoind-cookie", &chain.cookie),
    ];
    let usual = usual.iter().filter(|(name, _)| own.iter().all(|(own, _)| own != name));
    let flags = usual.chain(own).map(|(name, value)| format!("--{name}={value}"));
    let flags: Vec<String> = std::iter::once("--check".to_owned()).chain(flags).collect();
    let output = outcome(&flags.iter().map(String::as_str).collect::<Vec<_>>());
    let told = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(told).unwrap())
}

/// A check that finds this fault and no other.
fn assert_wrong(chain: &Chain, own: &[(&str, &str)], about: &str, what: &str) {
    let (code, told) = checked(chain, own);
    assert_eq!(code, Some(1), "{told}");
    let wrong: Vec<&str> = told.lines().filter(|line| line.contains("WRONG")).collect();
    assert_eq!(wrong.len(), 1, "{told}");
    assert!(wrong[0].starts_with(about) && wrong[0].contains(what), "{about}, {what}: {told}");
}

#[test]
fn a_check_of_a_node_that_could_start_changes_nothing() {
    let chain = Chain::start();
    let dir = chain.dir.path().join("shop");
    let (code, told) = checked(&chain, &[]);
    assert_eq!(code, Some(0), "{told}");
    assert!(!told.contains("WRONG") && told.contains("chain") && told.contains("height"), "{told}");
    assert!(!dir.exists());
    let daemon = chain.daemon("shop", &[]);
    let (code, told) = checked(&chain, &[]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains(&format!("(process {})", daemon.child.id())), "{told}");
    daemon.signal("-TERM");
    assert_eq!(daemon.exit_code(), Some(0));
    let listed = |dir: &Path| {
        let mut names: Vec<_> =
            fs::read_dir(dir).unwrap().map(|it| it.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = (listed(&dir), fs::read(dir.join("starts")).unwrap());
    let (code, told) = checked(&chain, &[]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!((listed(&dir), fs::read(dir.join("starts")).unwrap()), before);
    let daemon = chain.daemon("shop", &[]);
    daemon.signal("-TERM");
    assert_eq!(daemon.exit_code(), Some(0));
}

#[test]
fn a_check_names_what_is_wrong_around_the_node() {
    let chain = Chain::start();
    assert_wrong(&chain, &[("bitcoind-port", "1")], "chain", "bitcoind at 127.0.0.1:1: ");
    assert_wrong(
        &chain,
        &[("bitcoind-cookie", "/nonexistent")],
        "chain",
        "cookie file /nonexistent",
    );
    let other = chain.dir.path().join("other-cookie");
    fs::write(&other, "__cookie__:wrong").unwrap();
    assert_wrong(
        &chain,
        &[("bitcoind-cookie", other.to_str().unwrap())],
        "chain",
        "refuses the login",
    );
    assert_wrong(&chain, &[("network", "signet")], "chain", "it is for the chain regtest");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert_wrong(&chain, &[("listen", &address)], "listen", &address);
    let file = chain.dir.path().join("a-file");
    fs::write(&file, "").unwrap();
    let inside = file.join("shop");
    let config = ("config", file.to_str().unwrap());
    assert_wrong(&chain, &[config, ("dir", inside.to_str().unwrap())], "folder", "a-file");
    let log = file.join("log");
    assert_wrong(&chain, &[("log-file", log.to_str().unwrap())], "log-file", "a-file/log");
}

#[test]
fn a_check_names_what_is_wrong_with_the_state() {
    let chain = Chain::start();
    let dir = chain.dir.path().join("shop");
    let (seed, database) = (dir.join("seed"), dir.join("offerd.sqlite3"));
    let daemon = chain.daemon("shop", &[]);
    daemon.signal("-TERM");
    assert_eq!(daemon.exit_code(), Some(0));
    fs::set_permissions(&seed, fs::Permissions::from_mode(0o644)).unwrap();
    assert_wrong(&chain, &[], "seed", "chmod 600");
    fs::set_permissions(&seed, fs::Permissions::from_mode(0o600)).unwrap();
    let words = fs::read_to_string(&seed).unwrap();
    fs::write(&seed, "coffee").unwrap();
    assert_wrong(&chain, &[], "seed", "BIP 39");
    fs::remove_file(&seed).unwrap();
    assert_wrong(&chain, &[], "seed", "put it back");
    fs::write(&seed, words).unwrap();
    fs::set_permissions(&seed, fs::Permissions::from_mode(0o600)).unwrap();
    let copied = dir.join("copied");
    fs::copy(&database, &copied).unwrap();
    fs::rename(&copied, &database).unwrap();
    assert_wrong(&chain, &[], "database", "copy");
    assert_eq!(checked(&chain, &[("recover", "true")]).0, Some(0));
    fs::write(&database, "coffee, and more of it than a header has").unwrap();
    assert_wrong(&chain, &[], "database", "not a database");
}

#[test]
fn a_check_of_a_wrong_configuration_names_it_with_and_without_run() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap();
    for words in [&["run", "--check", "--dir", path][..], &["--check", "--dir", path]] {
        let output = outcome(words);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            told.trim_end(),
            "offerd: network: must be set: regtest, signet, testnet or bitcoin"
        );
    }
    let output = outcome(&["--dir", path]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("offerd run"));
}

#[test]
fn the_manual_pages_explain_every_option() {
    let dir = tempfile::tempdir().unwrap();
    let written = outcome(&["manual", dir.path().to_str().unwrap()]);
    assert_eq!(written.status.code(), Some(0));
    let page = |name: &str| fs::read_to_string(dir.path().join("man1").join(name)).unwrap();
    let run = page("offerd-run.1").replace("\\-", "-");
    for option in offerd::config::option::OPTIONS {
        assert!(run.contains(&format!("--{}", option.name)), "{}", option.name);
    }
    assert!(page("offerd.1").contains("offerd\\-run(1)"));
}
