//! News that comes before its channel.

use std::sync::{Arc, Barrier};
use std::time::{SystemTime, UNIX_EPOCH};

use bitcoin::constants::ChainHash;
use bitcoin::hashes::{Hash, sha256d};
use bitcoin::{Amount, Network, TxOut};
use lightning::ln::chan_utils::make_funding_redeemscript;
use lightning::ln::msgs::{
    BaseMessageHandler, ChannelAnnouncement, ChannelUpdate, MessageSendEvent, NodeAnnouncement,
    RoutingMessageHandler, UnsignedChannelAnnouncement, UnsignedChannelUpdate,
    UnsignedNodeAnnouncement,
};
use lightning::routing::gossip::{NetworkGraph, NodeAlias, NodeId};
use lightning::types::features::{ChannelFeatures, NodeFeatures};
use lightning::util::ser::Writeable;
use secp256k1::ecdsa::Signature;
use secp256k1::{Message, PublicKey, Secp256k1, SecretKey};
use tokio::sync::mpsc::UnboundedReceiver;

use super::PatientGossip;
use crate::locks::lock;
use crate::logger::NodeLogger;
use crate::types::Gossip;
use crate::utxos::{Asked, Questions};

/// A channel of ours with the peer.
const SCID: u64 = 1 << 40;
/// A channel of the peer's with somebody else.
const ANOTHER: u64 = 2 << 40;

fn secret(of: u8) -> SecretKey {
    SecretKey::from_slice(&[of; 32]).unwrap()
}

fn id(of: u8) -> PublicKey {
    secret(of).public_key(&Secp256k1::new())
}

/// The two ends, as they stand in announcements.
fn ends() -> [u8; 2] {
    let mut ends = [1, 2];
    ends.sort_by_key(|end| NodeId::from_pubkey(&id(*end)));
    ends
}

fn sign(contents: &impl Writeable, by: u8) -> Signature {
    let hash = sha256d::Hash::hash(&contents.encode()).to_byte_array();
    Secp256k1::new().sign_ecdsa(&Message::from_digest(hash), &secret(by))
}

fn announcement() -> ChannelAnnouncement {
    announcement_of(SCID)
}

fn announcement_of(scid: u64) -> ChannelAnnouncement {
    let ends = ends();
    let [node_id_1, node_id_2] = ends.map(|end| NodeId::from_pubkey(&id(end)));
    let contents = UnsignedChannelAnnouncement {
        features: ChannelFeatures::empty(),
        chain_hash: ChainHash::using_genesis_block(Network::Regtest),
        short_channel_id: scid,
        node_id_1,
        node_id_2,
        bitcoin_key_1: node_id_1,
        bitcoin_key_2: node_id_2,
        excess_data: Vec::new(),
    };
    let [one, two] = ends.map(|end| sign(&contents, end));
    ChannelAnnouncement {
        node_signature_1: one,
        node_signature_2: two,
        bitcoin_signature_1: one,
        bitcoin_signature_2: two,
        contents,
    }
}

/// The peer's terms.
fn update(scid: u64) -> ChannelUpdate {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let contents = UnsignedChannelUpdate {
        chain_hash: ChainHash::using_genesis_block(Network::Regtest),
        short_channel_id: scid,
        timestamp: u32::try_from(now).unwrap(),
        message_flags: 1,
        channel_flags: 0,
        cltv_expiry_delta: 40,
        htlc_minimum_msat: 0,
        htlc_maximum_msat: 1_000_000,
        fee_base_msat: 0,
        fee_proportional_millionths: 0,
        excess_data: Vec::new(),
    };
    ChannelUpdate { signature: sign(&contents, ends()[0]), contents }
}

/// With one channel of ours, with who is first in announcements.
fn gossip() -> PatientGossip {
    gossip_asking(None)
}

/// The same, which asks there whether channels exist.
fn gossip_asking(questions: Option<Arc<Questions>>) -> PatientGossip {
    let graph = Arc::new(NetworkGraph::new(Network::Regtest, Arc::new(NodeLogger)));
    let questions = questions.map(|questions| questions as _);
    let gossip = Arc::new(Gossip::new(graph, questions, Arc::new(NodeLogger)));
    let peer = id(ends()[0]);
    let channels_with = move |with: &PublicKey| if *with == peer { vec![SCID] } else { Vec::new() };
    PatientGossip::new(gossip, Box::new(channels_with))
}

#[derive(Debug, PartialEq)]
enum Said {
    Announcement(u64),
    Terms(ChannelUpdate),
    Node(NodeAnnouncement),
}

/// What it says to all, in this order.
fn said(gossip: &PatientGossip) -> Vec<Said> {
    let events = gossip.get_and_clear_pending_msg_events().into_iter();
    let said = events.map(|event| {
        if let MessageSendEvent::BroadcastChannelAnnouncement { msg, update_msg: None } = event {
            Said::Announcement(msg.contents.short_channel_id)
        } else if let MessageSendEvent::BroadcastChannelUpdate { msg } = event {
            Said::Terms(msg)
        } else if let MessageSendEvent::BroadcastNodeAnnouncement { msg } = event {
            Said::Node(msg)
        } else {
            panic!("{event:?}")
        }
    });
    said.collect()
}

/// Announces the channel, which is looked up in the chain and found there.
fn announce(gossip: &PatientGossip, asked: &mut UnboundedReceiver<Asked>, scid: u64) {
    gossip.handle_channel_announcement(None, &announcement_of(scid)).unwrap_err();
    find(gossip, &asked.try_recv().unwrap());
}

fn find(gossip: &PatientGossip, asked: &Asked) {
    gossip.take(asked.scid, || {
        let graph = gossip.gossip.network_graph();
        asked.answer.resolve(graph, Arc::clone(&gossip.gossip), Ok(funding()));
    });
}

#[test]
fn terms_that_come_before_their_channel_are_said_when_it_is_announced() {
    let gossip = gossip();
    let peer = id(ends()[0]);
    let early = update(SCID);
    assert!(gossip.handle_channel_update(Some(peer), &early).is_err());
    assert_eq!(said(&gossip), []);
    gossip.handle_channel_announcement(None, &announcement()).unwrap();
    assert_eq!(said(&gossip), [Said::Terms(early.clone())]);
    assert!(gossip.handle_channel_update(None, &early).unwrap(), "they are new, and passed on");
    gossip.handle_channel_announcement(None, &announcement()).unwrap_err();
    assert_eq!(said(&gossip), [], "once is enough");
}

#[test]
fn nothing_is_kept_of_channels_that_are_not_ours_with_who_speaks() {
    let gossip = gossip();
    let [peer, stranger] = ends().map(id);
    assert!(gossip.handle_channel_update(Some(stranger), &update(SCID)).is_err());
    assert!(gossip.handle_channel_update(Some(peer), &update(ANOTHER)).is_err());
    assert!(lock(&gossip.early).is_empty());
    gossip.handle_channel_announcement(None, &announcement()).unwrap();
    assert_eq!(said(&gossip), []);
}

#[test]
fn terms_of_a_known_channel_are_not_said_again() {
    let gossip = gossip();
    let peer = id(ends()[0]);
    gossip.handle_channel_announcement(None, &announcement()).unwrap();
    let update = update(SCID);
    assert!(gossip.handle_channel_update(Some(peer), &update).unwrap());
    assert!(gossip.handle_channel_update(Some(peer), &update).is_err(), "they are known");
    assert!(lock(&gossip.early).is_empty());
    assert_eq!(said(&gossip), []);
}

/// The output that an announcement speaks of.
fn funding() -> TxOut {
    let [one, two] = ends().map(id);
    let script_pubkey = make_funding_redeemscript(&one, &two).to_p2wsh();
    TxOut { value: Amount::from_sat(1_000_000), script_pubkey }
}

#[test]
fn terms_that_come_while_their_channel_is_being_taken_are_not_lost() {
    let chain = ChainHash::using_genesis_block(Network::Regtest);
    let (questions, mut asked) = Questions::new(chain);
    let gossip = gossip_asking(Some(questions));
    for round in 1..=200_u32 {
        let scid = (u64::from(round) + 2) << 40;
        gossip.handle_channel_announcement(None, &announcement_of(scid)).unwrap_err();
        let question = asked.try_recv().unwrap();
        let terms = update(scid);
        let start = Barrier::new(2);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                start.wait();
                // A little later in each round, so that one of them meets the moment.
                (0..round * 50).for_each(|_| std::hint::spin_loop());
                // It says an error when the terms are kept until the channel is taken.
                drop(gossip.handle_channel_update(None, &terms));
            });
            start.wait();
            find(&gossip, &question);
        });
        let graph = gossip.gossip.network_graph().read_only();
        let channel = graph.channel(scid).unwrap();
        assert!(channel.one_to_two.is_some(), "lost in round {round}");
    }
}

#[test]
fn news_that_is_passed_on_before_its_channel_is_said_again_after_it() {
    let chain = ChainHash::using_genesis_block(Network::Regtest);
    let (questions, mut asked) = Questions::new(chain);
    let gossip = gossip_asking(Some(questions));
    let (terms, node) = (update(ANOTHER), node_announcement());
    announce(&gossip, &mut asked, ANOTHER);
    assert!(gossip.handle_channel_update(None, &terms).unwrap(), "passed on at once");
    assert!(gossip.handle_node_announcement(None, &node).unwrap(), "this too");
    let all = [Said::Announcement(ANOTHER), Said::Terms(terms.clone()), Said::Node(node)];
    assert_eq!(said(&gossip), all);

    let mut later = terms.contents.clone();
    later.timestamp += 1;
    let later = ChannelUpdate { signature: sign(&later, ends()[0]), contents: later };
    gossip.handle_channel_update(None, &later).unwrap();
    assert_eq!(
        said(&gossip),
        [Said::Terms(later.clone())],
        "the announcement may still be on its way"
    );

    let mut last = later.contents;
    last.timestamp += 1;
    let last = ChannelUpdate { signature: sign(&last, ends()[0]), contents: last };
    gossip.handle_channel_update(None, &last).unwrap();
    assert_eq!(said(&gossip), [], "all know the channel");
}

/// Who the first of the two is.
fn node_announcement() -> NodeAnnouncement {
    let contents = UnsignedNodeAnnouncement {
        features: NodeFeatures::empty(),
        timestamp: update(ANOTHER).contents.timestamp,
        node_id: NodeId::from_pubkey(&id(ends()[0])),
        rgb: [0; 3],
        alias: NodeAlias([0; 32]),
        addresses: Vec::new(),
        excess_address_data: Vec::new(),
        excess_data: Vec::new(),
    };
    NodeAnnouncement { signature: sign(&contents, ends()[0]), contents }
}
