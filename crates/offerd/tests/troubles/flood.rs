//! More events than anybody takes: a stream that nobody reads, and a receiver that does not answer.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::client::call;
use crate::town::{Daemon, Town};
use crate::visitor::free_address;

/// How many offers are disabled and enabled at a time, and how often each is.
const OFFERS: u64 = 4;
const TIMES: u64 = 250;
/// All that happens: each offer is made, disabled and enabled.
const EVENTS: u64 = OFFERS + 2 * OFFERS * TIMES;
/// By so much a daemon may grow meanwhile: caches, and pieces of what it reads.
const MOST_KIB: u64 = 48 * 1_024;

/// One thing that happened, as whoever follows is told.
type Told = (u64, String, String);

fn read(event: &Value) -> Told {
    let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
    (event["id"].as_u64().unwrap(), text("kind"), text("subject"))
}

/// Somebody's server, which answers nothing until it is let go, and then tells what it is given.
struct Slow {
    address: SocketAddr,
    let_go: Sender<()>,
    told: Receiver<Told>,
}

impl Slow {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (let_go, waits) = mpsc::channel();
        let (tells, told) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                // Before it is let go, whoever calls is kept waiting; afterwards the sender is gone.
                let _ = waits.recv();
                if serve(stream.unwrap(), &tells).is_err() {
                    // The daemon had given up on this one.
                    continue;
                }
            }
        });
        Self { address, let_go, told }
    }
}

/// Answers each request of a connection.
fn serve(mut stream: TcpStream, tells: &Sender<Told>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim_end().to_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        lines.read_exact(&mut body)?;
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
        // The test may be over.
        let _ = tells.send(read(&serde_json::from_slice(&body).unwrap()));
    }
}

/// A stream of events from here on, of which nothing is read yet.
fn follow(door: &str, rune: &str, after: u64) -> TcpStream {
    let mut stream = TcpStream::connect(door).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let request =
        format!("GET /v1/events?after={after} HTTP/1.1\r\nhost: a\r\nrune: {rune}\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

/// Reads on until everything was told, and comes back by the last id where it is hung up on.
fn read_all(mut stream: TcpStream, door: &str, rune: &str) -> Vec<Told> {
    let mut told: Vec<Told> = Vec::new();
    loop {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let Some(data) = line.strip_prefix("data: ") else { continue };
            told.push(read(&serde_json::from_str(data).unwrap()));
            if told.len() == usize::try_from(EVENTS).unwrap() {
                return told;
            }
        }
        stream = follow(door, rune, told.last().map_or(0, |(id, ..)| *id));
    }
}

/// What a process has in memory, in KiB.
fn in_memory(daemon: &Daemon) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

fn flood(daemon: &Daemon) {
    thread::scope(|scope| {
        for number in 0..OFFERS {
            let dir = daemon.dir.clone();
            scope.spawn(move || {
                let order = json!({ "amount": "any", "description": format!("cup {number}") });
                let id = call(&dir, "offer", order)["offer_id"].clone();
                for _ in 0..TIMES {
                    call(&dir, "disableoffer", json!([id]));
                    call(&dir, "enableoffer", json!([id]));
                }
            });
        }
    });
}

#[test]
fn whoever_is_slow_gets_all_of_a_flood_in_order_and_the_daemon_does_not_grow_by_it() {
    let town = Town::new();
    let (dir, door, slow) = (town.prepare("shop"), free_address(), Slow::open());
    let url = format!("http://{}/", slow.address);
    let daemon = Daemon::start(&dir, &["--http-listen", &door, "--webhook", &url]);
    let rune = daemon.call("createrune", json!({}))["rune"].as_str().unwrap().to_owned();
    let unread = follow(&door, &rune, 0);
    let before = in_memory(&daemon);
    flood(&daemon);
    let grown = in_memory(&daemon).saturating_sub(before);
    assert!(grown < MOST_KIB, "{grown} KiB");
    let streamed = read_all(unread, &door, &rune);
    let Slow { let_go, told, .. } = slow;
    drop(let_go);
    let mut posted: Vec<Told> = Vec::new();
    while posted.last().is_none_or(|(id, ..)| *id < EVENTS) {
        let next = told.recv_timeout(Duration::from_secs(60)).unwrap();
        // What was sent before and not answered comes again.
        if posted.last() != Some(&next) {
            posted.push(next);
        }
    }
    let ids: Vec<u64> = streamed.iter().map(|(id, ..)| *id).collect();
    assert_eq!(ids, (1..=EVENTS).collect::<Vec<_>>());
    assert_eq!(posted, streamed, "both are told the same in the same order");
    let webhook = &daemon.call("listwebhooks", json!({}))["webhooks"][0];
    assert!(webhook["failed"].as_array().is_none_or(Vec::is_empty), "{webhook}");
    let grown = in_memory(&daemon).saturating_sub(before);
    assert!(grown < MOST_KIB, "{grown} KiB");
}
