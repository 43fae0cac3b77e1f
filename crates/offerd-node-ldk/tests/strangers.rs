//! Peers that say what nobody should say: it costs them their connection, and us nothing.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test, what is not so ends it")]
#![allow(clippy::wildcard_enum_match_arm, reason = "tests look for one event among many")]

mod common;

use std::net::SocketAddr;

use bitcoin::constants::ChainHash;
use bitcoin::hashes::{Hash, sha256d};
use bitcoin::opcodes::all::OP_CHECKMULTISIG;
use bitcoin::script::{Builder, PushBytes};
use bitcoin::{Address, Amount, Network, ScriptBuf};
use lightning::ln::msgs::UnsignedChannelAnnouncement;
use lightning::routing::gossip::NodeId;
use lightning::types::features::ChannelFeatures;
use lightning::util::ser::Writeable;
use offerd_core::port::InvoiceIssuer;
use offerd_node_ldk::FundingOrder;
use secp256k1::{Message, PublicKey, Secp256k1};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use common::raw_peer::{Manners, Raw, UNKNOWN_EVEN, connect_raw_peer};
use common::{Member, World, eventually, msat, order, patiently};

/// Connects, says `raw`, and waits until the node has hung up.
async fn annoy(node: PublicKey, address: SocketAddr, number: u8, raw: Raw) {
    // What nobody knows is its last word.
    let greeting = vec![raw, UNKNOWN_EVEN];
    let manners = Manners { greeting, reads: None, answer: Box::new(|_| None) };
    let (_, connection) = connect_raw_peer(node, address, number, manners).await;
    patiently("the end of it", connection).await;
}

/// A signature that is well formed and belongs to nothing.
fn signature() -> Vec<u8> {
    [[0; 31].as_slice(), &[1], &[0; 31], &[1]].concat()
}

fn point(number: u8) -> Vec<u8> {
    let secret = secp256k1::SecretKey::from_slice(&[number; 32]).unwrap();
    secret.public_key(&Secp256k1::new()).serialize().to_vec()
}

fn bytes(point: &[u8]) -> &PushBytes {
    point.try_into().unwrap()
}

fn regtest() -> Vec<u8> {
    ChainHash::using_genesis_block(Network::Regtest).to_bytes().to_vec()
}

/// What a stranger may say: of each kind once garbage, and once well formed and false.
fn nonsense() -> Vec<Raw> {
    let scid = 7_u64.to_be_bytes().to_vec();
    let ids = [point(1), point(2), point(3), point(4)].concat();
    let channel = [signature().repeat(4), vec![0, 0], regtest(), scid.clone(), ids].concat();
    let time = 1_700_000_000_u32.to_be_bytes().to_vec();
    let node =
        [signature(), vec![0, 0], time.clone(), point(1), vec![0; 3], vec![b'x'; 32], vec![0, 0]];
    let terms = [&[1_u8, 0, 0, 40][..], &[0; 8], &[0; 4], &[0; 4], &[0, 0, 0, 0, 0, 1, 0, 0]];
    let update = [signature(), regtest(), scid, time, terms.concat()].concat();
    let raw = |typ, bytes: &[u8]| Raw { typ, bytes: bytes.to_vec() };
    vec![
        raw(256, &[1; 10]),
        raw(256, &channel),
        raw(257, &[2; 10]),
        raw(257, &node.concat()),
        raw(258, &[3; 10]),
        raw(258, &update),
        // A second greeting, a channel's message without a channel, one for an unknown channel.
        raw(16, &[0, 0, 0, 0]),
        raw(32, &[5; 40]),
        raw(132, &[6; 200]),
        // An onion message with a point that is none, and one that is too short.
        raw(513, &[7; 33 + 2 + 1366]),
        raw(513, &[8; 3]),
    ]
}

/// A shop with a customer, and somebody else who can reach it.
async fn shop() -> (World, Member, Member) {
    let world = World::new().await;
    let (customer, shop) = (world.node().await, world.node().await);
    world.fund(&[&customer, &shop], 1, Amount::from_sat(2_000_000)).await;
    let wish = FundingOrder { announce: true, ..order(&shop, 1_000_000) };
    world.channel(&customer, &shop, wish).await;
    shop.knows_network(1).await;
    (world, customer, shop)
}

async fn pay(customer: &Member, shop: &Member) {
    let minted = shop.invoice(msat(1_000_000)).await;
    let payment = customer.pay_minted(&minted, msat(1_000_000)).await;
    let arrived = shop.inbox.claimable().await;
    shop.accept(arrived.payment_hash).await.unwrap();
    customer.inbox.outcome(payment).await.unwrap();
}

fn is_undisturbed(shop: &Member, customer: &Member) {
    let peers = shop.list_peers();
    assert!(peers.iter().all(|peer| peer.node_id == customer.node_id() && peer.connected));
    assert!(shop.channel().usable);
    assert_eq!(shop.graph_size().channels, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_who_talk_nonsense_cost_nothing_but_their_connection() {
    let (_world, customer, shop) = shop().await;
    let address = shop.listen_address().unwrap();
    for (number, raw) in (1..).zip(nonsense()) {
        let what = format!("message of type {} and {} bytes", raw.typ, raw.bytes.len());
        annoy(shop.node_id(), address, number, raw).await;
        eventually(&what, || shop.list_peers().len() == 1).await;
        is_undisturbed(&shop, &customer);
    }
    pay(&customer, &shop).await;
}

/// A channel between the keys 1 and 2, at this place, with all signatures.
fn announcement(scid: u64) -> Raw {
    let ids = ends().map(|end| NodeId::from_slice(&point(end)).unwrap());
    let contents = UnsignedChannelAnnouncement {
        features: ChannelFeatures::empty(),
        chain_hash: ChainHash::using_genesis_block(Network::Regtest),
        short_channel_id: scid,
        node_id_1: ids[0],
        node_id_2: ids[1],
        bitcoin_key_1: ids[0],
        bitcoin_key_2: ids[1],
        excess_data: Vec::new(),
    };
    let contents = contents.encode();
    let hash = Message::from_digest(sha256d::Hash::hash(&contents).to_byte_array());
    let signed = |end: u8| {
        let secret = secp256k1::SecretKey::from_slice(&[end; 32]).unwrap();
        Secp256k1::new().sign_ecdsa(&hash, &secret).serialize_compact().to_vec()
    };
    let signatures = ends().map(signed).concat().repeat(2);
    Raw { typ: 256, bytes: [signatures, contents].concat() }
}

/// The two keys, as they stand in announcements.
fn ends() -> [u8; 2] {
    let mut ends = [1, 2];
    ends.sort_by_key(|end| point(*end));
    ends
}

/// A mined output that pays to this script, and its short channel id.
fn mined(world: &World, script: &ScriptBuf) -> u64 {
    let address = Address::from_script(script, Network::Regtest).unwrap();
    let txid = world.chain.faucet(&address, Amount::from_sat(500_000)).unwrap();
    world.mine(1);
    let height = world.chain.height();
    let txs = world.chain.block(height).unwrap().txdata;
    let index = txs.iter().position(|tx| tx.compute_txid() == txid).unwrap();
    let vout = txs[index].output.iter().position(|out| out.script_pubkey == *script).unwrap();
    u64::from(height) << 40 | (index as u64) << 16 | vout as u64
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_that_strangers_announce_is_believed_only_where_its_output_is() {
    let (world, customer, shop) = shop().await;
    let address = shop.listen_address().unwrap();
    let [one, two] = ends().map(point);
    let funding = Builder::new().push_int(2).push_slice(bytes(&one)).push_slice(bytes(&two));
    let funding = funding.push_int(2).push_opcode(OP_CHECKMULTISIG).into_script().to_p2wsh();
    let true_one = mined(&world, &funding);
    let elsewhere = mined(&world, &world.chain.faucet_address().script_pubkey());
    world.all_see_the_tip(&[&customer, &shop]).await;
    let (no_block, no_tx, no_output) = (9_999 << 40, true_one + (77 << 16), true_one + 50);
    let said = [no_block, no_tx, no_output, elsewhere, true_one];
    for (number, scid) in (20..).zip(said) {
        annoy(shop.node_id(), address, number, announcement(scid)).await;
    }
    // One is looked up after the other, and the true one came last.
    eventually("the channel that is there", || shop.graph_size().channels == 2).await;
    pay(&customer, &shop).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_who_do_not_finish_their_handshake_cost_nothing() {
    let (_world, customer, shop) = shop().await;
    let address = shop.listen_address().unwrap();
    // Nothing; less than a handshake's first part; one of the right length and version, but no point in it;
    // something altogether different.
    let openings: [&[u8]; 4] = [b"", &[0; 20], &[0; 50], &[b'G'; 300]];
    let mut silent = Vec::new();
    for opening in openings {
        for _ in 0..5 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(opening).await.unwrap();
            drop(stream);
            // And one that stays, and says no more.
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(opening).await.unwrap();
            silent.push(stream);
        }
    }
    is_undisturbed(&shop, &customer);
    pay(&customer, &shop).await;
}
