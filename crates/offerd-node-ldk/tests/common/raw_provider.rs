//! A provider that says what it is told to say.

use secp256k1::PublicKey;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::raw_peer::{Manners, Raw, connect_raw_peer};
use super::{Member, eventually};

/// The message type of bLIP-50.
const LSPS: u16 = 37_913;

/// Connects a provider that answers so to the node. Its node id, and the end of the connection.
pub(crate) async fn provider(
    client: &Member,
    answer: impl Fn(&Value) -> Option<Raw> + Send + Sync + 'static,
) -> (PublicKey, JoinHandle<()>) {
    let answer = move |asked: &Raw| answer(&serde_json::from_slice(&asked.bytes).unwrap());
    let manners = Manners { greeting: Vec::new(), reads: Some(LSPS), answer: Box::new(answer) };
    let address = client.listen_address().unwrap();
    let (id, connection) = connect_raw_peer(client.node_id(), address, 7, manners).await;
    let is_here = || client.list_peers().iter().any(|peer| peer.node_id == id && peer.connected);
    eventually("the provider", is_here).await;
    (id, tokio::spawn(connection))
}

/// Any text as a message of bLIP-50.
pub(crate) fn lsps(text: impl Into<Vec<u8>>) -> Option<Raw> {
    Some(Raw { typ: LSPS, bytes: text.into() })
}

/// The answer to a request.
pub(crate) fn result(request: &Value, result: Value) -> Option<Raw> {
    lsps(json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }).to_string())
}
