//! Our onion messages against those of the `lightning` crate, hop by hop.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use bolt4::encrypted_data::{EncryptedData, NextHop};
use bolt4::onion_message::{Destination, OnionMessage, Peeled, create, peel};
use bolt4::{BlindedHop, BlindedPath, NodeRef, blind};
use lightning::blinded_path as ldk_path;
use lightning::blinded_path::message::{
    BlindedMessagePath, MessageContext, MessageForwardNode, NextMessageHop,
};
use lightning::io::{self, Read};
use lightning::ln::msgs::{self, DecodeError};
use lightning::onion_message::messenger::{
    self, CustomOnionMessageHandler, MessageSendInstructions, OnionMessagePath, PeeledOnion,
    Responder, ResponseInstruction, create_onion_message, peel_onion_message,
};
use lightning::onion_message::packet::OnionMessageContents;
use lightning::sign::{KeysManager, NodeSigner};
use lightning::util::logger::{Logger, Record};
use lightning::util::ser::{LengthReadable, Writeable, Writer};
use secp256k1::{PublicKey, Secp256k1, SecretKey};

/// A type that neither BOLT 12 nor the `lightning` crate gives a meaning.
const TYPE: u64 = 4_000_000_065;

/// Content of that type: whatever bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Bytes(Vec<u8>);

impl Writeable for Bytes {
    fn write<W: Writer>(&self, writer: &mut W) -> Result<(), io::Error> {
        writer.write_all(&self.0)
    }
}

impl OnionMessageContents for Bytes {
    fn tlv_type(&self) -> u64 {
        TYPE
    }
    fn msg_type(&self) -> &'static str {
        "bytes"
    }
}

struct TakeBytes;

impl CustomOnionMessageHandler for TakeBytes {
    type CustomMessage = Bytes;
    fn handle_custom_message(
        &self,
        _message: Bytes,
        _context: Option<Vec<u8>>,
        _responder: Option<Responder>,
    ) -> Option<(Bytes, ResponseInstruction)> {
        None
    }
    fn read_custom_message<R: Read>(
        &self,
        _typ: u64,
        buffer: &mut R,
    ) -> Result<Option<Bytes>, DecodeError> {
        let mut bytes = Vec::new();
        buffer.read_to_limit(&mut bytes, u64::MAX).map_err(|_| DecodeError::InvalidValue)?;
        Ok(Some(Bytes(bytes)))
    }
    fn release_pending_custom_messages(&self) -> Vec<(Bytes, MessageSendInstructions)> {
        Vec::new()
    }
}

struct Quiet;

impl Logger for Quiet {
    fn log(&self, _record: Record<'_>) {}
}

/// A node with its keys as the `lightning` crate keeps them.
struct Node {
    keys: KeysManager,
    secret: SecretKey,
    id: PublicKey,
}

impl Node {
    fn new(number: u8) -> Self {
        let keys = KeysManager::new(&[number; 32], 0, 0, true);
        let secret = keys.get_node_secret_key();
        Self { keys, secret, id: secret.public_key(&Secp256k1::new()) }
    }

    fn peel_theirs(&self, message: &OnionMessage) -> PeeledOnion<Bytes> {
        let message = to_ldk(message);
        peel_onion_message(&message, &Secp256k1::new(), &self.keys, &Quiet, &TakeBytes).unwrap()
    }

    /// What both make of a message to forward; they must agree on every byte.
    fn forward(&self, message: &OnionMessage) -> (NextHop, OnionMessage) {
        let ours = peel(&Secp256k1::new(), &self.secret, message).unwrap();
        let Peeled::Forward { next, message: forwarded } = ours else { unreachable!("{ours:?}") };
        let PeeledOnion::Forward(their_next, theirs) = self.peel_theirs(message) else {
            unreachable!("the other side does not forward")
        };
        assert_eq!(forwarded.encode(), theirs.encode());
        match (next, their_next) {
            (NextHop::NodeId(ours), NextMessageHop::NodeId(theirs)) => assert_eq!(ours, theirs),
            (NextHop::ShortChannelId(ours), NextMessageHop::ShortChannelId(theirs)) => {
                assert_eq!(ours.0, theirs);
            }
            other => unreachable!("{other:?}"),
        }
        (next, forwarded)
    }
}

fn nodes() -> [Node; 4] {
    [1, 2, 3, 4].map(Node::new)
}

fn session_key() -> SecretKey {
    SecretKey::from_slice(&[77; 32]).unwrap()
}

fn to_ldk(message: &OnionMessage) -> msgs::OnionMessage {
    let bytes = message.encode();
    msgs::OnionMessage::read_from_fixed_length_buffer(&mut &bytes[..]).unwrap()
}

fn path_to_ldk(path: &BlindedPath) -> BlindedMessagePath {
    let NodeRef::Id(first) = path.first_node_id else { unreachable!("made by node id") };
    let hops = path.hops.iter().map(|hop| ldk_path::BlindedHop {
        blinded_node_id: hop.blinded_node_id,
        encrypted_payload: hop.encrypted_recipient_data.clone(),
    });
    BlindedMessagePath::from_blinded_path(first, path.first_path_key, hops.collect())
}

fn path_from_ldk(first_node: PublicKey, path: &BlindedMessagePath) -> BlindedPath {
    let hops = path.blinded_hops().iter().map(|hop| BlindedHop {
        blinded_node_id: hop.blinded_node_id,
        encrypted_recipient_data: hop.encrypted_payload.clone(),
    });
    BlindedPath {
        first_node_id: NodeRef::Id(first_node),
        first_path_key: path.blinding_point(),
        hops: hops.collect(),
    }
}

/// A path of ours over two nodes.
fn our_path(over: &Node, end: &Node, path_id: &[u8]) -> BlindedPath {
    let hops = [
        (over.id, EncryptedData::forward(NextHop::NodeId(end.id))),
        (end.id, EncryptedData::receive(Some(path_id.to_vec()))),
    ];
    blind(&Secp256k1::new(), session_key(), NodeRef::Id(over.id), &hops).unwrap()
}

#[test]
fn their_message_over_our_path_arrives_with_us() {
    let secp = Secp256k1::new();
    let [sender, peer, over, end] = nodes();
    for len in [0, 1, 900, 20_000] {
        let content = vec![7; len];
        let path = our_path(&over, &end, b"path id");
        let reply = our_path(&peer, &sender, b"reply");
        let way = OnionMessagePath {
            intermediate_nodes: vec![peer.id],
            destination: messenger::Destination::BlindedPath(path_to_ldk(&path)),
            first_node_addresses: vec![],
        };
        let lookup = &ldk_path::EmptyNodeIdLookUp {};
        let (first, message, _) = create_onion_message(
            &&sender.keys,
            &&sender.keys,
            &lookup,
            &secp,
            way,
            Bytes(content.clone()),
            Some(path_to_ldk(&reply)),
        )
        .unwrap();
        assert_eq!(first, peer.id);
        let message = OnionMessage::decode(&message.encode()).unwrap();
        let (next, message) = peer.forward(&message);
        assert_eq!(next, NextHop::NodeId(over.id));
        let (next, message) = over.forward(&message);
        assert_eq!(next, NextHop::NodeId(end.id));
        let received = peel(&secp, &end.secret, &message).unwrap();
        let path_id = Some(b"path id".to_vec());
        let contents = vec![(TYPE, content)];
        assert_eq!(received, Peeled::Receive { path_id, reply_path: Some(reply), contents });
    }
}

#[test]
fn our_message_to_a_node_arrives_with_them() {
    let secp = Secp256k1::new();
    let [sender, peer, over, end] = nodes();
    for len in [0, 900, 20_000] {
        let content = vec![7; len];
        let reply = our_path(&over, &sender, b"reply");
        let (first, message) = create(
            &secp,
            session_key(),
            &[peer.id, over.id],
            &Destination::Node(end.id),
            (TYPE, content.clone()),
            Some(&reply),
        )
        .unwrap();
        assert_eq!(first, peer.id);
        let (_, message) = peer.forward(&message);
        let (_, message) = over.forward(&message);
        let PeeledOnion::Custom(received, context, their_reply) = end.peel_theirs(&message) else {
            unreachable!("it is a message of our type")
        };
        assert_eq!((received, context), (Bytes(content), None));
        assert_eq!(their_reply, Some(path_to_ldk(&reply)));
    }
}

#[test]
fn our_message_over_their_path_arrives_with_them() {
    let secp = Secp256k1::new();
    let [_, peer, over, end] = nodes();
    let forward = [MessageForwardNode { node_id: over.id, short_channel_id: Some(42) }];
    let theirs = BlindedMessagePath::new(
        &forward,
        end.id,
        end.keys.get_receive_auth_key(),
        MessageContext::Custom(b"context".to_vec()),
        &end.keys,
        &secp,
    );
    let path = path_from_ldk(over.id, &theirs);
    for before in [&[][..], &[peer.id]] {
        let to = Destination::Path(path.clone());
        let (first, mut message) =
            create(&secp, session_key(), before, &to, (TYPE, vec![5; 50]), None).unwrap();
        assert_eq!(first, before.first().copied().unwrap_or(over.id));
        if !before.is_empty() {
            message = peer.forward(&message).1;
        }
        let (next, message) = over.forward(&message);
        assert_eq!(next, NextHop::ShortChannelId(bolt1::ShortChannelId(42)));
        let PeeledOnion::Custom(received, context, None) = end.peel_theirs(&message) else {
            unreachable!("it is a message of our type")
        };
        assert_eq!((received, context), (Bytes(vec![5; 50]), Some(b"context".to_vec())));
    }
}

#[test]
fn our_advanced_path_is_theirs() {
    let secp = Secp256k1::new();
    let [_, peer, over, end] = nodes();
    let hops = [
        (peer.id, EncryptedData::forward(NextHop::NodeId(over.id))),
        (over.id, EncryptedData::forward(NextHop::NodeId(end.id))),
        (end.id, EncryptedData::receive(None)),
    ];
    let path = blind(&secp, session_key(), NodeRef::Id(peer.id), &hops).unwrap();
    let mut theirs = path_to_ldk(&path);
    theirs.advance_path_by_one(&&peer.keys, &&ldk_path::EmptyNodeIdLookUp {}, &secp).unwrap();
    let ours = path.advance(&secp, &peer.secret).unwrap();
    let ours = ours.into_path(|next| match next {
        NextHop::NodeId(id) => Some(id),
        NextHop::ShortChannelId(_) => None,
    });
    assert_eq!(path_to_ldk(&ours.unwrap()), theirs);
}
