//! LDK's network graph through our eyes.

use std::sync::Arc;
use std::time::SystemTime;

use bitcoin::Network;
use bitcoin::constants::ChainHash;
use bolt1::{PublicKey, ShortChannelId};
use lightning::ln::msgs::{
    SocketAddress, UnsignedChannelAnnouncement, UnsignedChannelUpdate, UnsignedNodeAnnouncement,
};
use lightning::routing::gossip::{NetworkGraph, NodeAlias, NodeId};
use lightning::routing::utxo::UtxoLookup;
use lightning::types::features::{ChannelFeatures, NodeFeatures};
use lightning::util::logger::{Logger, Record};
use secp256k1::{Secp256k1, SecretKey};

use crate::onion::Graph;

struct Quiet;

impl Logger for Quiet {
    fn log(&self, _record: Record<'_>) {}
}

type LdkGraph = NetworkGraph<Arc<Quiet>>;

fn id(number: u8) -> PublicKey {
    SecretKey::from_slice(&[number; 32]).unwrap().public_key(&Secp256k1::new())
}

/// The channel between two nodes, numbered by them.
fn scid(one: u8, two: u8) -> u64 {
    u64::from(one.min(two)) * 1000 + u64::from(one.max(two))
}

fn add_channel(graph: &LdkGraph, one: u8, two: u8) {
    let mut ends = [one, two].map(|number| NodeId::from_pubkey(&id(number)));
    ends.sort();
    let [node_id_1, node_id_2] = ends;
    let announcement = UnsignedChannelAnnouncement {
        features: ChannelFeatures::empty(),
        chain_hash: ChainHash::using_genesis_block(Network::Regtest),
        short_channel_id: scid(one, two),
        node_id_1,
        node_id_2,
        bitcoin_key_1: node_id_1,
        bitcoin_key_2: node_id_2,
        excess_data: Vec::new(),
    };
    let nobody: Option<Arc<dyn UtxoLookup>> = None;
    graph.update_channel_from_unsigned_announcement(&announcement, &nobody).unwrap();
}

/// Both ends of the channel say that it is out of service.
fn disable_channel(graph: &LdkGraph, one: u8, two: u8) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    for direction in [0, 1] {
        let update = UnsignedChannelUpdate {
            chain_hash: ChainHash::using_genesis_block(Network::Regtest),
            short_channel_id: scid(one, two),
            timestamp: u32::try_from(now).unwrap(),
            message_flags: 1,
            channel_flags: direction | 2,
            cltv_expiry_delta: 40,
            htlc_minimum_msat: 0,
            htlc_maximum_msat: 1_000_000,
            fee_base_msat: 0,
            fee_proportional_millionths: 0,
            excess_data: Vec::new(),
        };
        graph.update_channel_unsigned(&update).unwrap();
    }
}

fn announce(graph: &LdkGraph, number: u8, forwards: bool) {
    let mut features = NodeFeatures::empty();
    if forwards {
        features.set_onion_messages_optional();
    }
    let announcement = UnsignedNodeAnnouncement {
        features,
        timestamp: 1,
        node_id: NodeId::from_pubkey(&id(number)),
        rgb: [0; 3],
        alias: NodeAlias([0; 32]),
        addresses: vec![SocketAddress::TcpIpV4 { addr: [1, 2, 3, number], port: 9735 }],
        excess_address_data: Vec::new(),
        excess_data: Vec::new(),
    };
    graph.update_node_from_unsigned_announcement(&announcement).unwrap();
}

/// 1 - 2 - 3 - 4 and, shorter, 1 - 5 - 4; all but 4 announced, all of those but 5 as forwarding.
fn graph() -> LdkGraph {
    let graph = NetworkGraph::new(Network::Regtest, Arc::new(Quiet));
    for (one, two) in [(1, 2), (2, 3), (3, 4), (1, 5), (5, 4)] {
        add_channel(&graph, one, two);
    }
    for number in [1, 2, 3] {
        announce(&graph, number, true);
    }
    announce(&graph, 5, false);
    graph
}

#[test]
fn only_nodes_that_say_so_forward_messages() {
    let graph = graph();
    let forwards = [1, 2, 3, 4, 5, 6].map(|number| graph.forwards_messages(&id(number)));
    assert_eq!(forwards, [true, true, true, false, false, false]);
}

#[test]
fn routes_avoid_nodes_that_do_not_forward_unless_they_are_our_peers() {
    let graph = graph();
    let route = |from: &[u8], to| {
        let from: Vec<_> = from.iter().map(|number| id(*number)).collect();
        graph.route(&from, &id(to))
    };
    assert_eq!(route(&[1], 4), Some(vec![id(1), id(2), id(3)]));
    assert_eq!(route(&[1, 5], 4), Some(vec![id(5)]));
    assert_eq!(route(&[1], 6), None);
    assert_eq!(route(&[6], 4), None);
}

#[test]
fn channels_that_both_ends_disabled_lead_nowhere() {
    let graph = graph();
    disable_channel(&graph, 2, 3);
    assert_eq!(graph.route(&[id(1)], &id(4)), None);
}

#[test]
fn channels_and_addresses_are_looked_up() {
    let graph = graph();
    let mut ends = [id(1), id(2)];
    ends.sort_by_key(PublicKey::serialize);
    assert_eq!(graph.channel_ends(ShortChannelId(scid(1, 2))), Some(ends));
    assert_eq!(graph.channel_ends(ShortChannelId(1)), None);
    assert_eq!(graph.addresses(&id(5)), ["1.2.3.5:9735".parse().unwrap()]);
    assert_eq!(graph.addresses(&id(4)), []);
}
