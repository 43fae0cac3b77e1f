//! Liquidity bought from a provider (an LSP), and sold as one: bLIP-50 to 52 over the `lightning-liquidity` crate.
//!
//! The crate reads and writes the messages of bLIP-52 and remembers what was asked; here are its questions and answers
//! made into calls, and kept what was agreed on ([`Agreements`]). Channels are ordered beside the crate ([`ordering`],
//! [`own`], [`order_wire`]), and orders kept ([`Orders`]) and followed ([`Follower`]). What is agreed to and ordered is
//! decided in offerd-core.

mod agreements;
mod buying;
mod error;
mod following;
mod order_wire;
mod ordering;
mod orders;
mod own;
mod service;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lightning::ln::msgs::{DecodeError, Init, LightningError};
use lightning::ln::peer_handler::CustomMessageHandler;
use lightning::ln::wire::CustomMessageReader;
use lightning::types::features::{InitFeatures, NodeFeatures};
use lightning::util::ser::LengthLimitedRead;
use lightning_liquidity::events::LiquidityEvent;
use lightning_liquidity::lsps0::ser::{LSPSRequestId, LSPSResponseError, RawLSPSMessage};
use lightning_liquidity::lsps2::client::LSPS2ClientConfig;
use lightning_liquidity::lsps2::event::{LSPS2ClientEvent, LSPS2ServiceEvent};
use lightning_liquidity::lsps2::msgs::LSPS2OpeningFeeParams;
use lightning_liquidity::{LiquidityClientConfig, LiquidityServiceConfig};
use secp256k1::PublicKey;
use tokio::sync::{mpsc, oneshot};
use tracing::debug;

use crate::error::NodeError;
use crate::locks::lock;
use crate::peers::PeerWatch;
use crate::state::{Base, Core};
use crate::types::{Keyring, Lsps, Peers};

pub use agreements::AgreementView;
pub(crate) use agreements::Agreements;
pub use error::LspError;
pub(crate) use following::Follower;
pub use ordering::{MadeOrder, OrderError};
pub use orders::OrderView;
pub(crate) use orders::Orders;
pub use own::OrderRequest;
pub use service::ServiceTerms;
pub(crate) use service::{Intercepted, Service};

/// Questions to providers that may be open at once.
const MOST_ASKED: usize = 32;

/// What a provider has answered.
#[derive(Debug)]
enum Answer {
    /// Its terms.
    Menu(Vec<LSPS2OpeningFeeParams>),
    /// A channel to be opened when a payment comes.
    Bought { scid: u64, delay: u32 },
    /// The result of what was asked beside the crate.
    Beside(serde_json::Value),
}

/// A question that is not answered yet.
struct Asked {
    provider: PublicKey,
    /// Whether it was asked beside the crate, which does not know it.
    beside: bool,
    answer: oneshot::Sender<Result<Answer, LspError>>,
}

/// What was asked, and who waits.
pub(crate) struct Question {
    provider: PublicKey,
    answer: oneshot::Receiver<Result<Answer, LspError>>,
}

/// Takes the messages about liquidity. Sits where messages of one's own are handled, which are told of each connection
/// too.
pub(crate) struct Liquidity {
    watch: Arc<PeerWatch>,
    lsps: Lsps,
    keyring: Arc<Keyring>,
    asked: Mutex<HashMap<LSPSRequestId, Asked>>,
    /// What is to be sent beside what the crate sends.
    outbox: Mutex<Vec<(PublicKey, RawLSPSMessage)>>,
    /// Who serves what the crate does not, if anybody does.
    desk: Mutex<Option<mpsc::Sender<OrderRequest>>>,
    to_serve: mpsc::UnboundedSender<LSPS2ServiceEvent>,
}

impl fmt::Debug for Liquidity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Liquidity").finish_non_exhaustive()
    }
}

impl Liquidity {
    /// Reads what was kept. What others ask of us as a provider goes to the receiver.
    pub(crate) fn new(
        base: &Base,
        core: &Core,
        watch: Arc<PeerWatch>,
    ) -> Result<(Arc<Self>, mpsc::UnboundedReceiver<LSPS2ServiceEvent>), NodeError> {
        let client = LiquidityClientConfig {
            lsps1_client_config: None,
            lsps2_client_config: Some(LSPS2ClientConfig {}),
            lsps5_client_config: None,
        };
        let service = base.config.lsp_service.as_ref().map(|_| LiquidityServiceConfig {
            lsps2_service_config: Some(service::config(&base.keyring)),
            lsps5_service_config: None,
            advertise_service: true,
        });
        let lsps = Lsps::new(
            Arc::clone(&base.keyring),
            Arc::clone(&base.keyring),
            Arc::clone(&core.channels),
            None,
            None,
            Arc::clone(&base.store),
            Arc::clone(&base.broadcaster),
            service,
            Some(client),
        )
        .map_err(|error| NodeError::Corrupt {
            what: "what was agreed with clients",
            why: error.to_string(),
        })?;
        let (to_serve, served) = mpsc::unbounded_channel();
        let liquidity = Self {
            watch,
            lsps,
            keyring: Arc::clone(&base.keyring),
            asked: Mutex::default(),
            outbox: Mutex::default(),
            desk: Mutex::default(),
            to_serve,
        };
        Ok((Arc::new(liquidity), served))
    }

    /// Asks a provider; what is to be sent waits in the crate, or beside it.
    fn ask(
        &self,
        provider: PublicKey,
        beside: bool,
        send: impl FnOnce(&Lsps) -> Result<LSPSRequestId, LspError>,
    ) -> Result<Question, LspError> {
        // Held until the question is noted, so that no answer comes before.
        let mut asked = lock(&self.asked);
        // Whoever waited for these has gone.
        asked.retain(|_, asked| !asked.answer.is_closed());
        if asked.len() >= MOST_ASKED {
            return Err(LspError::Busy);
        }
        let id = send(&self.lsps)?;
        let (sender, answer) = oneshot::channel();
        asked.insert(id, Asked { provider, beside, answer: sender });
        Ok(Question { provider, answer })
    }

    /// Sends a question and waits for its answer, but not for ever.
    async fn answer_to(
        &self,
        peers: &Peers,
        limit: Duration,
        question: Question,
    ) -> Result<Answer, LspError> {
        peers.process_events();
        let answer = match tokio::time::timeout(limit, question.answer).await {
            Ok(answer) => answer.unwrap_or(Err(LspError::Stopping)),
            Err(_) => Err(LspError::NoAnswer),
        };
        if matches!(answer, Err(LspError::Unreadable)) {
            // The crate listens to it no more as long as it is connected.
            peers.disconnect_by_node_id(question.provider);
        }
        answer
    }

    /// Hands on what the crate has to tell.
    fn deliver(&self) {
        for event in self.lsps.get_and_clear_pending_events() {
            match event {
                LiquidityEvent::LSPS2Client(event) => self.deliver_answer(event),
                LiquidityEvent::LSPS2Service(event) => {
                    // Fails only when the node is stopping.
                    let _ = self.to_serve.send(event);
                }
                LiquidityEvent::LSPS0Client(_)
                | LiquidityEvent::LSPS1Client(_)
                | LiquidityEvent::LSPS5Client(_)
                | LiquidityEvent::LSPS5Service(_) => {}
            }
        }
    }

    fn deliver_answer(&self, event: LSPS2ClientEvent) {
        let refused = |error: LSPSResponseError| Err(LspError::refused(error.code, &error.message));
        let (id, answer) = match event {
            LSPS2ClientEvent::OpeningParametersReady {
                request_id,
                opening_fee_params_menu,
                ..
            } => (request_id, Ok(Answer::Menu(opening_fee_params_menu))),
            LSPS2ClientEvent::InvoiceParametersReady {
                request_id,
                intercept_scid: scid,
                cltv_expiry_delta: delay,
                ..
            } => (request_id, Ok(Answer::Bought { scid, delay })),
            LSPS2ClientEvent::GetInfoFailed { request_id, error, .. }
            | LSPS2ClientEvent::BuyRequestFailed { request_id, error, .. } => {
                (request_id, refused(error))
            }
        };
        if let Some(asked) = lock(&self.asked).remove(&id) {
            // Whoever asked may have gone meanwhile.
            let _ = asked.answer.send(answer);
        }
    }

    /// Whatever was asked of this provider gets no answer.
    fn end_asked(&self, provider: &PublicKey, why: impl Fn() -> LspError) {
        let mut asked = lock(&self.asked);
        let of_it: Vec<_> = asked
            .iter()
            .filter(|(_, asked)| asked.provider == *provider)
            .map(|(id, _)| id.clone())
            .collect();
        for asked in of_it.iter().filter_map(|id| asked.remove(id)) {
            let _ = asked.answer.send(Err(why()));
        }
    }
}

impl CustomMessageReader for Liquidity {
    type CustomMessage = RawLSPSMessage;

    fn read<R: LengthLimitedRead>(
        &self,
        message_type: u16,
        buffer: &mut R,
    ) -> Result<Option<RawLSPSMessage>, DecodeError> {
        self.lsps.read(message_type, buffer)
    }
}

impl CustomMessageHandler for Liquidity {
    fn handle_custom_message(
        &self,
        message: RawLSPSMessage,
        sender: PublicKey,
    ) -> Result<(), LightningError> {
        if self.take_beside(&message.payload, &sender) {
            return Ok(());
        }
        let handled = self.lsps.handle_custom_message(message, sender);
        self.deliver();
        if let Err(error) = &handled {
            debug!(%sender, error = error.err, "a message about liquidity was not understood");
            self.end_asked(&sender, || LspError::Unreadable);
        }
        handled
    }

    fn get_and_clear_pending_msg(&self) -> Vec<(PublicKey, RawLSPSMessage)> {
        let mut due = self.lsps.get_and_clear_pending_msg();
        due.append(&mut lock(&self.outbox));
        due
    }

    fn peer_disconnected(&self, node: PublicKey) {
        self.watch.peer_disconnected(node);
        self.lsps.peer_disconnected(node);
        self.end_asked(&node, || LspError::Gone);
    }

    fn peer_connected(&self, node: PublicKey, init: &Init, inbound: bool) -> Result<(), ()> {
        self.watch.peer_connected(node, inbound);
        self.lsps.peer_connected(node, init, inbound)
    }

    fn provided_node_features(&self) -> NodeFeatures {
        self.lsps.provided_node_features()
    }

    fn provided_init_features(&self, node: PublicKey) -> InitFeatures {
        self.lsps.provided_init_features(node)
    }
}
