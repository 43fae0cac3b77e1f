//! A peer that says what it is told to say, byte by byte.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use lightning::io;
use lightning::ln::msgs::{DecodeError, Init, LightningError};
use lightning::ln::peer_handler::{
    CustomMessageHandler, ErroringMessageHandler, IgnoringMessageHandler, MessageHandler,
    PeerManager,
};
use lightning::ln::wire::{CustomMessageReader, Type};
use lightning::sign::KeysManager;
use lightning::types::features::{InitFeatures, NodeFeatures};
use lightning::util::logger::{Logger, Record};
use lightning::util::ser::{LengthLimitedRead, Writeable, Writer};
use lightning_net_tokio::{SocketDescriptor, connect_outbound};
use secp256k1::{PublicKey, Secp256k1};

use super::patiently;

/// Any message.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    pub(crate) typ: u16,
    pub(crate) bytes: Vec<u8>,
}

/// An even type that nobody knows: whoever gets it hangs up.
pub(crate) const UNKNOWN_EVEN: Raw = Raw { typ: 40_000, bytes: Vec::new() };

impl Type for Raw {
    fn type_id(&self) -> u16 {
        self.typ
    }
}

impl Writeable for Raw {
    fn write<W: Writer>(&self, writer: &mut W) -> Result<(), io::Error> {
        writer.write_all(&self.bytes)
    }
}

/// What to say to a message.
pub(crate) type Answer = dyn Fn(&Raw) -> Option<Raw> + Send + Sync;

/// What the peer says, and when.
pub(crate) struct Manners {
    /// As soon as it is connected.
    pub(crate) greeting: Vec<Raw>,
    /// The only type of message that it reads.
    pub(crate) reads: Option<u16>,
    /// What it says to each of those; `None` for nothing.
    pub(crate) answer: Box<Answer>,
}

struct Speaker {
    manners: Manners,
    due: Mutex<Vec<(PublicKey, Raw)>>,
}

impl CustomMessageReader for Speaker {
    type CustomMessage = Raw;

    fn read<R: LengthLimitedRead>(
        &self,
        typ: u16,
        buffer: &mut R,
    ) -> Result<Option<Raw>, DecodeError> {
        if self.manners.reads != Some(typ) {
            return Ok(None);
        }
        let mut bytes = vec![0; usize::try_from(buffer.remaining_bytes()).unwrap()];
        io::Read::read_exact(buffer, &mut bytes)?;
        Ok(Some(Raw { typ, bytes }))
    }
}

impl CustomMessageHandler for Speaker {
    fn handle_custom_message(&self, asked: Raw, from: PublicKey) -> Result<(), LightningError> {
        let answer = (self.manners.answer)(&asked);
        self.due.lock().unwrap().extend(answer.map(|answer| (from, answer)));
        Ok(())
    }

    fn get_and_clear_pending_msg(&self) -> Vec<(PublicKey, Raw)> {
        std::mem::take(&mut self.due.lock().unwrap())
    }

    fn peer_disconnected(&self, _: PublicKey) {}

    fn peer_connected(&self, node: PublicKey, _: &Init, _: bool) -> Result<(), ()> {
        let greeting = self.manners.greeting.iter();
        self.due.lock().unwrap().extend(greeting.map(|raw| (node, raw.clone())));
        Ok(())
    }

    fn provided_node_features(&self) -> NodeFeatures {
        NodeFeatures::empty()
    }

    fn provided_init_features(&self, _: PublicKey) -> InitFeatures {
        InitFeatures::empty()
    }
}

struct Quiet;

impl Logger for Quiet {
    fn log(&self, _: Record<'_>) {}
}

type RawPeer = PeerManager<
    SocketDescriptor,
    Arc<ErroringMessageHandler>,
    Arc<IgnoringMessageHandler>,
    Arc<IgnoringMessageHandler>,
    Arc<Quiet>,
    Arc<Speaker>,
    Arc<KeysManager>,
    Arc<IgnoringMessageHandler>,
>;

/// Connects a peer of this number to the node. Its node id, and what ends when the connection does.
pub(crate) async fn connect_raw_peer(
    node: PublicKey,
    address: SocketAddr,
    number: u8,
    manners: Manners,
) -> (PublicKey, impl Future<Output = ()> + Send + 'static) {
    let ignore = Arc::new(IgnoringMessageHandler {});
    let handlers = MessageHandler {
        chan_handler: Arc::new(ErroringMessageHandler::new()),
        route_handler: Arc::clone(&ignore),
        onion_message_handler: Arc::clone(&ignore),
        custom_message_handler: Arc::new(Speaker { manners, due: Mutex::default() }),
        send_only_message_handler: ignore,
    };
    let keys = Arc::new(KeysManager::new(&[number; 32], 0, 0, true));
    let id = keys.get_node_secret_key().public_key(&Secp256k1::new());
    let peer = Arc::new(RawPeer::new(handlers, 0, &[number; 32], Arc::new(Quiet), keys));
    let connection = patiently("a connection", connect_outbound(peer, node, address)).await;
    (id, connection.expect("it is taken"))
}
