//! What we ask of a Lightning node, and what it tells us.

use std::collections::BTreeSet;

use async_trait::async_trait;
use bolt1::{BlockHeight, CltvDelta, Msat, PublicKey, Seconds, ShortChannelId, Timestamp};
use bolt4::BlindedPath;
use bolt12::BlindedPayInfo;

use super::PortError;
use crate::id::Preimage;
use crate::liquidity::JustInTime;

/// The node's wall between the invoices it mints and the payments that arrive for them: 32 bytes of ours that
/// come back, authenticated by the node, with each payment.
pub type SealedContext = [u8; 32];

/// Which peers stand in front of us in the paths that we hand out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fronts {
    /// Those that the node was configured with; where it was not, those that suit best, and none where none is needed.
    #[default]
    Usual,
    /// These and no others, whether or not we need any. An empty list: as a node that was configured with none.
    Only(Vec<PublicKey>),
}

impl Fronts {
    /// The nodes that were named; empty where none was.
    pub fn named(&self) -> &[PublicKey] {
        match self {
            Self::Usual => &[],
            Self::Only(nodes) => nodes,
        }
    }

    /// Whether the same is asked for, in whatever order.
    pub fn same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Usual, Self::Usual) => true,
            (Self::Only(ours), Self::Only(theirs)) => {
                let set = |nodes: &[PublicKey]| nodes.iter().copied().collect::<BTreeSet<_>>();
                set(ours) == set(theirs)
            }
            (Self::Usual, Self::Only(_)) | (Self::Only(_), Self::Usual) => false,
        }
    }
}

/// Where an onion message is to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// To a node by its id.
    Node(PublicKey),
    /// Over a blinded path, to whoever made it.
    Path(BlindedPath),
}

/// A final-hop payload field of an onion message (BOLT 4 `onionmsg_tlv`, types from 64 on), undecoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageContent {
    /// The field: 64 `invoice_request`, 66 `invoice`, 68 `invoice_error`.
    pub typ: u64,
    /// Its value, a TLV stream of BOLT 12.
    pub bytes: Vec<u8>,
}

/// An onion message to send.
#[derive(Clone, Debug)]
pub struct OutboundMessage {
    /// To whom.
    pub to: Destination,
    /// What.
    pub content: MessageContent,
    /// With `Some`, a reply path of ours is included whose last hop carries these bytes as `path_id`.
    pub reply_path_id: Option<Vec<u8>>,
    /// 0 for the first try, counted up on each resend: adapters with several routes or reply paths take
    /// another one each time.
    pub attempt: u32,
}

/// An onion message that ended at us. Nothing in it has been decoded or believed yet.
#[derive(Clone, Debug)]
pub struct InboundMessage {
    /// The peer that handed it to us (seldom the author).
    pub from_peer: PublicKey,
    /// The `path_id` of the blinded path it came over, `None` when it was addressed to our node id.
    pub path_id: Option<Vec<u8>>,
    /// Where an answer may be sent.
    pub reply_path: Option<BlindedPath>,
    /// The content.
    pub content: MessageContent,
}

/// Sends onion messages and makes paths to ourselves.
#[async_trait]
pub trait OnionTransport: Send + Sync {
    /// Hands the message to the first hop.
    ///
    /// # Errors
    /// `Unavailable` when no route exists and no connection could be made: nothing was sent.
    async fn send(&self, message: OutboundMessage) -> Result<(), PortError>;

    /// Blinded message paths that end here and carry `path_id`: one for each suitable peer among `fronts`, best first.
    /// Empty when we are announced with an address and need none, or when there is no suitable peer.
    ///
    /// # Errors
    /// `Unavailable` when nodes to stand in front were named, here or in the configuration, and none of them is connected
    /// and takes onion messages.
    async fn message_paths(
        &self,
        path_id: &[u8],
        fronts: &Fronts,
    ) -> Result<Vec<BlindedPath>, PortError>;

    /// From now on the node sees to it that these are its peers, the first ones rather than the last, and no longer
    /// those that were named before: they introduce us in codes that were handed out, which lead to us as long as they
    /// are our peers.
    async fn stay_connected(&self, introductions: &[PublicKey]);

    /// Whether other nodes can find us by our node id alone (announced, with an address).
    async fn is_announced(&self) -> bool;
}

/// One blinded payment path with its price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentPath {
    /// The path.
    pub path: BlindedPath,
    /// Fees, delay and limits.
    pub pay_info: BlindedPayInfo,
}

/// A payment to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayOrder {
    /// Our random id of the payment, committed before it gets here; the key against paying twice.
    pub payment_id: [u8; 32],
    /// SHA-256 of the preimage that proves payment.
    pub payment_hash: [u8; 32],
    /// What the payee is to receive.
    pub amount: Msat,
    /// The invoice, where it is one of BOLT 11: it says itself which ways lead to the payee, so that `paths` and
    /// `features` are empty.
    pub bolt11: Option<String>,
    /// Ways to the payee, in its order of preference.
    pub paths: Vec<PaymentPath>,
    /// `invoice_features`, a big-endian bit field (bits 16 and 17: `basic_mpp`).
    pub features: Vec<u8>,
    /// When the invoice expires.
    pub expires_at: Timestamp,
    /// Most that routing may cost, fees inside the blinded paths included.
    pub max_fee: Msat,
    /// Most blocks the payment may be locked for.
    pub max_delay: CltvDelta,
    /// How long failed parts are tried again.
    pub retry_for: Seconds,
}

/// Why a payment was not even begun.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayRefused {
    /// A payment of this id is known already: its outcome will come, or came, as an event.
    #[error("a payment with this id is already known")]
    AlreadyKnown,
    /// No route within delay and capacity; nothing was sent, and nothing of this id is in flight.
    #[error("no route: {0}")]
    NoRoute(String),
    /// There is a route, but none within the fee that was allowed; nothing was sent.
    #[error("too expensive: {0}")]
    TooExpensive(String),
    /// The invoice has expired; nothing was sent.
    #[error("the invoice has expired")]
    InvoiceExpired,
    /// The order cannot be carried out by this node at all (no usable path); nothing was sent.
    #[error("{0}")]
    Impossible(String),
    /// It could not be told whether anything was sent.
    #[error("unknown: {0}")]
    Unknown(String),
}

/// Why a payment that was begun has failed for good: no HTLC of it is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentFailure {
    /// The payee refused it.
    RefusedByPayee,
    /// No (more) route within limits and time.
    NoRoute,
    /// The invoice expired meanwhile.
    InvoiceExpired,
    /// We abandoned it.
    Abandoned,
    /// Anything else, in the node's words.
    Other(String),
}

/// What an invoice of BOLT 11 says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bolt11Facts {
    /// The string, in lower case and without a prefix.
    pub string: String,
    /// The payment hash.
    pub payment_hash: [u8; 32],
    /// The node that has signed it.
    pub payee: PublicKey,
    /// What it asks; `None` where the payer chooses.
    pub amount: Option<Msat>,
    /// What is paid for, where it says so. Peer text.
    pub description: Option<String>,
    /// The last second in which it may be paid.
    pub expires_at: Timestamp,
}

/// Pays invoices.
#[async_trait]
pub trait InvoicePayer: Send + Sync {
    /// Begins the payment; the outcome comes as [`NodeEvent::PaymentSent`] or [`NodeEvent::PaymentFailed`].
    ///
    /// # Errors
    /// See [`PayRefused`]; only `AlreadyKnown` and `Unknown` leave open whether something is in flight.
    async fn pay(&self, order: PayOrder) -> Result<(), PayRefused>;

    /// Reads an invoice of BOLT 11, its signature checked.
    ///
    /// # Errors
    /// Says what is wrong with it: it is none, or for another chain.
    async fn read_bolt11(&self, string: &str) -> Result<Bolt11Facts, String>;

    /// The ids of all payments the node knows and has not forgotten, finished or not. Waits until every event
    /// that the node had pending when it started has been handled, so that a payment which is not listed and has
    /// no recorded end is certainly not in flight.
    async fn known_payments(&self) -> Result<Vec<[u8; 32]>, PortError>;

    /// What can be sent now over all channels together, in msat.
    async fn spendable(&self) -> Result<Msat, PortError>;
}

/// What an invoice needs from the node.
#[derive(Clone, Debug)]
pub struct MintOrder {
    /// Least amount the node lets a payment of it arrive with; also the size the paths should carry.
    pub amount: Msat,
    /// How long it may be paid.
    pub expiry: Seconds,
    /// Comes back with the payment.
    pub context: SealedContext,
    /// `invreq_payer_id`; comes back too.
    pub payer_id: PublicKey,
    /// `invreq_quantity`; comes back too.
    pub quantity: Option<u64>,
    /// At most 128 bytes of text, the payer's note in it; comes back too.
    pub memo: Option<String>,
    /// The peers over which the payment is to come.
    pub fronts: Fronts,
}

/// The node's part of an invoice. Nothing was stored: it is derived from the node's seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minted {
    /// The payment hash.
    pub payment_hash: [u8; 32],
    /// Paths to us, best first; never empty.
    pub paths: Vec<PaymentPath>,
    /// Whether the paths together may carry parts (`basic_mpp`).
    pub accepts_mpp: bool,
    /// The best block when it was made.
    pub height: BlockHeight,
}

/// What an invoice of BOLT 11 is to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bolt11Order {
    /// What it asks; `None` where the payer chooses.
    pub amount: Option<Msat>,
    /// What is paid for, at most 639 bytes unless only its hash goes in.
    pub description: String,
    /// Whether the invoice has the hash of the description in its place.
    pub description_as_hash: bool,
    /// How long it may be paid; below 2^32 seconds.
    pub expiry: Seconds,
    /// Blocks that the last HTLC must have left when it comes; `None` for the least that is safe.
    pub final_delay: Option<CltvDelta>,
    /// Addresses of our chain to be paid at where this fails, best first.
    pub fallbacks: Vec<String>,
    /// The preimage, where our caller chooses it; else it is derived from the seed. Kept by the node.
    pub preimage: Option<Preimage>,
    /// Which channels that are not announced are shown, as ways to us.
    pub hints: Hints,
}

/// Which channels that are not announced are shown in an invoice of BOLT 11.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Hints {
    /// Some of them where no channel is announced, else none.
    #[default]
    Automatic,
    /// Some of them in any case.
    Always,
    /// None.
    Never,
    /// These.
    Only(Vec<ShortChannelId>),
    /// One that is opened when the payment comes. What its provider may keep is on record before the invoice exists.
    JustInTime(JustInTime),
}

/// An invoice of BOLT 11. The node has stored nothing but a preimage that was chosen: others are derived from the seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bolt11Minted {
    /// The string.
    pub string: String,
    /// The payment hash.
    pub payment_hash: [u8; 32],
    /// The secret that its payer shows.
    pub payment_secret: [u8; 32],
    /// When it says that it was made.
    pub created_at: Timestamp,
}

/// Why an invoice of BOLT 11 cannot be made. Nothing was.
#[derive(Debug, thiserror::Error)]
pub enum Bolt11Refused {
    /// One of the addresses cannot be in it.
    #[error("fallback: {0}")]
    Fallback(String),
    /// The delay is not one that the node can keep.
    #[error("final delay: {0}")]
    FinalDelay(String),
    /// One of the channels cannot be shown.
    #[error("channel: {0}")]
    Channel(String),
    /// Anything else.
    #[error("{0}")]
    Fault(#[from] PortError),
}

/// A payment that has arrived in full and waits for our word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncomingPayment {
    /// The payment hash.
    pub payment_hash: [u8; 32],
    /// The node's id of this very payment: the same again after a restart, another for another payment of the
    /// same hash.
    pub payment_id: [u8; 32],
    /// What arrived.
    pub amount: Msat,
    /// What the provider of the channel kept of it for opening the channel, as was agreed; 0 for all others.
    pub opening_fee: Msat,
    /// What was sealed when the invoice was minted; `None` for an invoice of BOLT 11, which carries nothing of ours.
    pub context: Option<SealedContext>,
    /// What it is taken with. Secret until it is ours.
    pub preimage: Preimage,
    /// `invreq_payer_id` at that time.
    pub payer_id: Option<PublicKey>,
    /// `invreq_quantity` at that time.
    pub quantity: Option<u64>,
    /// What [`MintOrder::memo`] was at that time.
    pub memo: Option<String>,
}

/// Mints invoices and takes or refuses the payments that come for them.
#[async_trait]
pub trait InvoiceIssuer: Send + Sync {
    /// Makes payment hash and paths, storing nothing.
    ///
    /// # Errors
    /// `Unavailable` when no payment could reach us.
    async fn mint(&self, order: MintOrder) -> Result<Minted, PortError>;

    /// Makes an invoice of BOLT 11, storing nothing but a preimage that was chosen.
    ///
    /// # Errors
    /// [`Bolt11Refused`] says which part of it cannot be.
    async fn mint_bolt11(&self, order: Bolt11Order) -> Result<Bolt11Minted, Bolt11Refused>;

    /// Releases the preimage; [`NodeEvent::PaymentClaimed`] follows when the money is ours.
    ///
    /// # Errors
    /// `Rejected` when it is too late for that: nothing was released now.
    async fn accept(&self, payment_hash: [u8; 32]) -> Result<(), PortError>;

    /// Whether a payment that waited for `accept` can never become ours: its preimage is not out, and is no longer
    /// released whatever happens. Waits until every event that the node had pending when it started has been handled.
    /// `false` whenever that is not certain. A payment that `PaymentClaimed` was handled for is forgotten, and so counts
    /// as lost: look at your own record of it *after* asking.
    ///
    /// # Errors
    /// When the node cannot tell now.
    async fn is_lost(&self, payment_hash: [u8; 32]) -> Result<bool, PortError>;

    /// Sends the payment back.
    async fn refuse(&self, payment_hash: [u8; 32]) -> Result<(), PortError>;
}

/// What a node tells us. Each event except `Message` is repeated after a restart until it was handled.
#[derive(Clone, Debug)]
pub enum NodeEvent {
    /// An onion message for us.
    Message(InboundMessage),
    /// A payment arrived and waits for `accept` or `refuse`.
    PaymentClaimable(IncomingPayment),
    /// An accepted payment is ours.
    PaymentClaimed {
        /// Its hash.
        payment_hash: [u8; 32],
        /// The node's id of it.
        payment_id: [u8; 32],
        /// What we got.
        amount: Msat,
    },
    /// A payment of ours has arrived.
    PaymentSent {
        /// Our id of it.
        payment_id: [u8; 32],
        /// The proof.
        preimage: [u8; 32],
        /// What routing cost, when the node knows.
        fee: Option<Msat>,
        /// In how many parts it went, at least one, when the node knows.
        parts: Option<u32>,
    },
    /// One way that a payment of ours took did not lead there; the payment goes on.
    AttemptFailed {
        /// Our id of it.
        payment_id: [u8; 32],
        /// What became of it.
        reason: PaymentFailure,
        /// Where it went and what was heard, in the node's words.
        text: String,
    },
    /// A payment of ours has failed, with nothing left in flight.
    PaymentFailed {
        /// Our id of it.
        payment_id: [u8; 32],
        /// Why.
        reason: PaymentFailure,
    },
}

/// Takes the node's events. When `handle` returns `Ok`, the event has been committed and the node may forget
/// it; on `Err` the node must offer it again.
#[async_trait]
pub trait NodeEvents: Send + Sync {
    /// Handles one event; what must not be lost is committed when it returns.
    ///
    /// # Errors
    /// When it could not be committed.
    async fn handle(&self, event: NodeEvent) -> Result<(), PortError>;
}
