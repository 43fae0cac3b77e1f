//! Questions of bLIP-50 (JSON-RPC 2.0 in messages) that are asked beside the crate, and requests for services that it
//! does not give.

use bitcoin::hex::DisplayHex as _;
use lightning::sign::EntropySource as _;
use lightning_liquidity::lsps0::ser::{LSPSRequestId, RawLSPSMessage};
use secp256k1::PublicKey;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tracing::debug;

use super::{Answer, Liquidity, LspError, Question};
use crate::locks::lock;
use crate::node::Node;

/// What the methods of bLIP-51 begin with.
const ORDERS: &str = "lsps1.";
/// Requests that wait to be served; more are dropped.
const MOST_WAITING: usize = 64;

/// A request of bLIP-51 that somebody sends to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRequest {
    /// Who asks.
    pub client: PublicKey,
    /// The request, JSON. Peer text.
    pub text: String,
}

/// Any message of bLIP-50.
#[derive(Deserialize)]
struct Envelope {
    id: Option<String>,
    method: Option<String>,
    result: Option<Value>,
    error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    code: i32,
    message: String,
    data: Option<Value>,
}

impl Refusal {
    /// With the field that is wrong, where it is named.
    fn read(&self) -> LspError {
        let named = |name| self.data.as_ref()?.get(name)?.as_str();
        let mut words = self.message.clone();
        for more in [named("property"), named("message")].into_iter().flatten() {
            words.push_str(": ");
            words.push_str(more);
        }
        LspError::refused(self.code, &words)
    }
}

impl Liquidity {
    /// Asks a provider without the crate; what is to be sent waits here.
    pub(super) fn ask_beside(
        &self,
        provider: PublicKey,
        method: &str,
        params: &Value,
    ) -> Result<Question, LspError> {
        self.ask(provider, true, |_| {
            let id = LSPSRequestId(self.keyring.get_secure_random_bytes().to_lower_hex_string());
            let payload = json!({
                "jsonrpc": "2.0", "id": id.0, "method": method, "params": params,
            });
            self.send_beside(provider, payload.to_string());
            Ok(id)
        })
    }

    fn send_beside(&self, to: PublicKey, payload: String) {
        lock(&self.outbox).push((to, RawLSPSMessage { payload }));
    }

    /// Takes a message that is none for the crate: an answer to what was asked beside it, or a request that is served
    /// beside it. `false` where it is neither.
    pub(super) fn take_beside(&self, text: &str, sender: &PublicKey) -> bool {
        let is_asked =
            lock(&self.asked).values().any(|asked| asked.beside && asked.provider == *sender);
        let desk = lock(&self.desk).clone();
        if !is_asked && desk.is_none() {
            return false;
        }
        let Ok(envelope) = serde_json::from_str::<Envelope>(text) else { return false };
        match (envelope.method, envelope.id, desk) {
            (Some(method), Some(_), Some(desk)) if method.starts_with(ORDERS) => {
                let request = OrderRequest { client: *sender, text: text.to_owned() };
                if desk.try_send(request).is_err() {
                    debug!(%sender, "a request for a channel was dropped: too many wait");
                }
                true
            }
            (None, Some(id), _) => {
                let answer = match (envelope.error, envelope.result) {
                    (Some(refusal), _) => Err(refusal.read()),
                    (None, Some(result)) => Ok(Answer::Beside(result)),
                    (None, None) => Err(LspError::Unreadable),
                };
                self.answered_beside(LSPSRequestId(id), sender, answer)
            }
            (_, None, _) | (Some(_), _, _) => false,
        }
    }

    fn answered_beside(
        &self,
        id: LSPSRequestId,
        sender: &PublicKey,
        answer: Result<Answer, LspError>,
    ) -> bool {
        let mut all = lock(&self.asked);
        let is_it = all.get(&id).is_some_and(|asked| asked.beside && asked.provider == *sender);
        let Some(asked) = is_it.then(|| all.remove(&id)).flatten() else { return false };
        // Whoever asked may have gone meanwhile.
        let _ = asked.answer.send(answer);
        true
    }
}

impl Node {
    /// From now on requests of bLIP-51 come to the receiver, for whoever runs this node to serve them with
    /// [`Node::answer_order_request`]. Without this nobody is answered. Requests that nobody fetches are dropped.
    pub fn serve_orders(&self) -> mpsc::Receiver<OrderRequest> {
        let (desk, requests) = mpsc::channel(MOST_WAITING);
        lock(&self.liquidity.desk).replace(desk);
        requests
    }

    /// Sends an answer, JSON with the request's `id`, to whoever has asked, if it is connected.
    pub fn answer_order_request(&self, client: PublicKey, answer: String) {
        self.liquidity.send_beside(client, answer);
        self.peers.process_events();
    }
}
