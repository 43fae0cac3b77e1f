//! Providers of liquidity that answer what nobody should: the call ends in time and says so, and nothing was bought.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test, what is not so ends it")]

mod common;

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
use offerd_node_ldk::LspError;
use secp256k1::{PublicKey, Secp256k1, SecretKey};
use serde_json::{Value, json};

use common::{Member, World, eventually, msat, patiently};

/// The message type of bLIP-50.
const LSPS: u16 = 37_913;
/// An even type that nobody knows: whoever gets it hangs up.
const UNKNOWN_EVEN: u16 = 40_000;

/// Any message.
#[derive(Clone, Debug)]
struct Raw {
    typ: u16,
    bytes: Vec<u8>,
}

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

/// What a provider says to a request; `None` for nothing.
type Answer = fn(&Value) -> Option<Raw>;

struct Liar {
    answer: Answer,
    due: Mutex<Vec<(PublicKey, Raw)>>,
}

impl CustomMessageReader for Liar {
    type CustomMessage = Raw;

    fn read<R: LengthLimitedRead>(
        &self,
        typ: u16,
        buffer: &mut R,
    ) -> Result<Option<Raw>, DecodeError> {
        let mut bytes = vec![0; usize::try_from(buffer.remaining_bytes()).unwrap()];
        io::Read::read_exact(buffer, &mut bytes)?;
        Ok((typ == LSPS).then_some(Raw { typ, bytes }))
    }
}

impl CustomMessageHandler for Liar {
    fn handle_custom_message(&self, asked: Raw, from: PublicKey) -> Result<(), LightningError> {
        let request = serde_json::from_slice(&asked.bytes).unwrap();
        self.due.lock().unwrap().extend((self.answer)(&request).map(|answer| (from, answer)));
        Ok(())
    }

    fn get_and_clear_pending_msg(&self) -> Vec<(PublicKey, Raw)> {
        std::mem::take(&mut self.due.lock().unwrap())
    }

    fn peer_disconnected(&self, _: PublicKey) {}

    fn peer_connected(&self, _: PublicKey, _: &Init, _: bool) -> Result<(), ()> {
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

type Provider = PeerManager<
    SocketDescriptor,
    Arc<ErroringMessageHandler>,
    Arc<IgnoringMessageHandler>,
    Arc<IgnoringMessageHandler>,
    Arc<Quiet>,
    Arc<Liar>,
    Arc<KeysManager>,
    Arc<IgnoringMessageHandler>,
>;

/// Connects a provider that answers so to the node. Its node id, and the end of the connection.
async fn provider(client: &Member, answer: Answer) -> (PublicKey, tokio::task::JoinHandle<()>) {
    let ignore = Arc::new(IgnoringMessageHandler {});
    let handlers = MessageHandler {
        chan_handler: Arc::new(ErroringMessageHandler::new()),
        route_handler: Arc::clone(&ignore),
        onion_message_handler: Arc::clone(&ignore),
        custom_message_handler: Arc::new(Liar { answer, due: Mutex::default() }),
        send_only_message_handler: ignore,
    };
    let keys = Arc::new(KeysManager::new(&[7; 32], 0, 0, true));
    let id = keys.get_node_secret_key().public_key(&Secp256k1::new());
    let peers = Arc::new(Provider::new(handlers, 0, &[7; 32], Arc::new(Quiet), keys));
    let address = client.listen_address().unwrap();
    let connected = connect_outbound(peers, client.node_id(), address);
    let connection = patiently("a connection", connected).await.expect("it is taken");
    let is_here = || client.list_peers().iter().any(|peer| peer.node_id == id && peer.connected);
    eventually("the provider", is_here).await;
    (id, tokio::spawn(connection))
}

fn lsps(text: impl Into<Vec<u8>>) -> Option<Raw> {
    Some(Raw { typ: LSPS, bytes: text.into() })
}

fn result(request: &Value, result: Value) -> Option<Raw> {
    lsps(json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }).to_string())
}

/// A menu of one, with this in the place of one of its fields.
fn menu(request: &Value, field: &str, value: Value) -> Option<Raw> {
    let mut terms = json!({
        "min_fee_msat": "546000", "proportional": 1200, "valid_until": "2050-02-23T08:47:30.511Z",
        "min_lifetime": 1008, "max_client_to_self_delay": 2016, "min_payment_size_msat": "1000",
        "max_payment_size_msat": "1000000", "promise": "abcdefghijklmnopqrstuvwxyz",
    });
    terms[field] = value;
    result(request, json!({ "opening_fee_params_menu": [terms] }))
}

fn honest(request: &Value) -> Option<Raw> {
    menu(request, "proportional", json!(1_200))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_answer_ends_the_call_and_the_provider_may_come_again() {
    let world = World::new().await;
    let client = world.node().await;
    let lies: [Answer; 6] = [
        |_| lsps("no JSON"),
        |_| lsps("[".repeat(60_000)),
        |_| lsps(json!({ "jsonrpc": "2.0", "id": "another", "result": {} }).to_string()),
        |request| result(request, json!({})),
        |request| menu(request, "min_fee_msat", json!(546_000)),
        |request| menu(request, "valid_until", json!("soon")),
    ];
    for (number, lie) in lies.into_iter().enumerate() {
        let (id, connection) = provider(&client, lie).await;
        let told = patiently("an end", client.opening_terms(id, None, None)).await;
        assert!(matches!(told, Err(LspError::Unreadable)), "{number}: {told:?}");
        patiently("the end of the connection", connection).await.unwrap();
    }
    let (id, _connection) = provider(&client, honest).await;
    let menu = client.opening_terms(id, None, None).await.unwrap();
    assert_eq!(menu[0].fee(msat(1_000_000)), Some(msat(546_000)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_hangs_up_says_nothing_or_no_is_named() {
    let world = World::new().await;
    let client = world.node().await;
    let (id, connection) =
        provider(&client, |_| Some(Raw { typ: UNKNOWN_EVEN, bytes: Vec::new() })).await;
    let told = patiently("an end", client.opening_terms(id, None, None)).await;
    assert!(matches!(told, Err(LspError::Gone)), "{told:?}");
    patiently("the end of the connection", connection).await.unwrap();

    let (id, connection) = provider(&client, |_| None).await;
    let told = patiently("an end", client.opening_terms(id, None, None)).await;
    assert!(matches!(told, Err(LspError::NoAnswer)), "{told:?}");
    client.disconnect(id);
    patiently("the end of the connection", connection).await.unwrap();

    let refuse: Answer = |request| {
        let error = json!({ "code": 200, "message": "\u{1b}[2J".repeat(1_000) });
        lsps(json!({ "jsonrpc": "2.0", "id": request["id"], "error": error }).to_string())
    };
    let (id, _connection) = provider(&client, refuse).await;
    let told = patiently("an end", client.opening_terms(id, None, None)).await;
    let Err(LspError::Refused { code: 200, message }) = told else { panic!("{told:?}") };
    assert!(message.len() < 1_000 && !message.contains('\u{1b}'), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_that_no_payer_could_use_is_not_bought() {
    let world = World::new().await;
    let client = world.node().await;
    let sell: Answer = |request| match request["method"].as_str() {
        Some("lsps2.get_info") => honest(request),
        _ => result(
            request,
            json!({ "jit_channel_scid": "29451x4815x1", "lsp_cltv_expiry_delta": 2_017 }),
        ),
    };
    let (id, _connection) = provider(&client, sell).await;
    let menu = client.opening_terms(id, None, None).await.unwrap();
    let told = client.buy_opening(id, &menu[0], msat(1_000_000), msat(546_000)).await;
    assert!(matches!(told, Err(LspError::Delay { delay: 2_017, .. })), "{told:?}");
    assert!(client.agreements().unwrap().is_empty());
    // Nobody knows where this one is.
    let secret = SecretKey::from_slice(&[1; 32]).unwrap();
    let nobody = secret.public_key(&Secp256k1::new());
    let told = client.opening_terms(nobody, None, None).await;
    assert!(matches!(told, Err(LspError::Connect(_))), "{told:?}");
}
