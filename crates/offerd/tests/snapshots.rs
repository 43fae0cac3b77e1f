//! A daemon that takes snapshots of the network from a server.
#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "shared/client.rs"]
mod client;
#[path = "shared/town.rs"]
mod town;
#[path = "shared/until.rs"]
mod until;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::time::{SystemTime, UNIX_EPOCH};

use bitcoin::Network;
use bitcoin::constants::ChainHash;
use bitcoin::hex::FromHex;
use serde_json::json;
use town::{Daemon, Town};

/// Two points of the curve, in order.
const NODES: [&str; 2] = [
    "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
    "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5",
];

/// A snapshot of one channel between two nodes, as of now: version 1 of the format.
fn snapshot() -> Vec<u8> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut bytes = b"LDK\x01".to_vec();
    bytes.extend(ChainHash::using_genesis_block(Network::Regtest).to_bytes());
    bytes.extend(u32::try_from(now).unwrap().to_be_bytes());
    bytes.extend(2_u32.to_be_bytes());
    bytes.extend(NODES.iter().flat_map(|node| Vec::<u8>::from_hex(node).unwrap()));
    bytes.extend(1_u32.to_be_bytes());
    // No features; its place; its ends, by their index.
    bytes.extend([0, 0, 0xfd, 0x12, 0x34, 0, 1]);
    // One update, as most of them are: delay, least HTLC, base fee, fee in millionths, most HTLC. Its place, its flags.
    bytes.extend(1_u32.to_be_bytes());
    bytes.extend(40_u16.to_be_bytes());
    bytes.extend(1_u64.to_be_bytes());
    bytes.extend(1_000_u32.to_be_bytes());
    bytes.extend(100_u32.to_be_bytes());
    bytes.extend(1_000_000_000_u64.to_be_bytes());
    bytes.extend([0xfd, 0x12, 0x34, 0]);
    bytes
}

/// Waits for one request, answers it with `body`, and says for which path it was.
fn serve(server: &TcpListener, body: &[u8]) -> String {
    let (mut stream, _) = server.accept().unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    for line in lines {
        if line.unwrap().is_empty() {
            break;
        }
    }
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    first.split(' ').nth(1).unwrap().to_owned()
}

#[test]
fn a_snapshot_is_fetched_at_the_start_and_the_next_start_asks_for_what_came_after() {
    let town = Town::new();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("--rapid-gossip-url=http://{}/snapshot", server.local_addr().unwrap());
    let dir = town.prepare("shop");
    let shop = Daemon::start(&dir, &[&url]);
    assert_eq!(serve(&server, b"nonsense"), "/snapshot/0");
    let log = dir.with_extension("log");
    until::until("the complaint", || {
        let log = std::fs::read_to_string(&log).unwrap();
        log.contains("rapid-gossip-url: no snapshot of the network").then_some(())
    });
    // It answers all the same.
    shop.call("getinfo", json!({}));
    shop.kill();

    let shop = Daemon::start(&dir, &[&url]);
    assert_eq!(serve(&server, &snapshot()), "/snapshot/0");
    until::until("the snapshot", || {
        std::fs::read_to_string(&log).unwrap().contains("snapshot taken").then_some(())
    });
    shop.call("stop", json!({}));
    shop.ends();

    let _shop = Daemon::start(&dir, &[&url]);
    let since = serve(&server, &snapshot());
    let since: u64 = since.strip_prefix("/snapshot/").unwrap().parse().unwrap();
    assert!(since > 0, "what was taken is known after a restart");
}
