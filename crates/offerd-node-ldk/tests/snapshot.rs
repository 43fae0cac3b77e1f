//! Snapshots of the network: taken, kept, and refused with a reason.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test, what is not so ends it")]

mod common;

use std::time::{SystemTime, UNIX_EPOCH};

use bitcoin::constants::ChainHash;
use bitcoin::{Network, secp256k1};
use bolt1::Timestamp;
use common::World;

fn now() -> u32 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u32::try_from(now.as_secs()).unwrap()
}

/// A snapshot of one channel between two nodes, with a price in both directions: version 1 of the format.
fn snapshot(network: Network, seen: u32) -> Vec<u8> {
    let secp = secp256k1::Secp256k1::new();
    let mut nodes = [3, 4].map(|byte| {
        secp256k1::SecretKey::from_slice(&[byte; 32]).unwrap().public_key(&secp).serialize()
    });
    nodes.sort_unstable();
    let mut bytes = b"LDK\x01".to_vec();
    bytes.extend(ChainHash::using_genesis_block(network).to_bytes());
    bytes.extend(seen.to_be_bytes());
    bytes.extend(2_u32.to_be_bytes());
    bytes.extend(nodes.concat());
    // One channel: no features, its place as a difference to 0, its ends by their index.
    bytes.extend(1_u32.to_be_bytes());
    bytes.extend([0, 0]);
    bytes.extend([0xfd, 0x12, 0x34]);
    bytes.extend([0, 1]);
    // Two updates, of what most of them say: delay, least HTLC, base fee, fee in millionths, most HTLC.
    bytes.extend(2_u32.to_be_bytes());
    bytes.extend(40_u16.to_be_bytes());
    bytes.extend(1_u64.to_be_bytes());
    bytes.extend(1_000_u32.to_be_bytes());
    bytes.extend(100_u32.to_be_bytes());
    bytes.extend(1_000_000_000_u64.to_be_bytes());
    // Each: the difference to the place before it, and flags: the direction in the lowest bit.
    bytes.extend([0xfd, 0x12, 0x34, 0]);
    bytes.extend([0, 1]);
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_is_taken_and_known_after_a_restart() {
    let world = World::new().await;
    let mut node = world.node().await;
    assert_eq!(node.snapshot_time(), None);
    let seen = now();
    node.take_snapshot(&snapshot(Network::Regtest, seen)).unwrap();
    let known = node.graph_size();
    assert_eq!((known.channels, known.nodes, known.priced), (1, 2, 2));
    let time = node.snapshot_time().unwrap();
    assert!(time <= Timestamp(seen.into()) && time > Timestamp(0));
    node.restart().await;
    assert_eq!(node.graph_size().channels, 1);
    assert_eq!(node.snapshot_time(), Some(time));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_snapshot_of_our_network_is_refused_with_a_reason() {
    let world = World::new().await;
    let node = world.node().await;
    let refused = |bytes: &[u8]| node.take_snapshot(bytes).unwrap_err().to_string();
    let whole = snapshot(Network::Regtest, now());
    assert!(refused(b"<html>not found</html>").starts_with("it cannot be read: "));
    for length in [0, 4, 40, 80, whole.len() - 1] {
        assert!(refused(&whole[..length]).starts_with("it cannot be read: "), "{length}");
    }
    let foreign = refused(&snapshot(Network::Bitcoin, now()));
    assert!(foreign.contains("chain hash does not match"), "{foreign}");
    let old = refused(&snapshot(Network::Regtest, now() - 30 * 86_400));
    assert!(old.contains("more than two weeks old"), "{old}");
    node.take_snapshot(&whole).unwrap();
}
