//! Somebody without a daemon who says what pays best.

use std::sync::Arc;

use bolt1::{ChainHash, Msat, Timestamp};
use bolt12::{Invoice, InvoiceBuilder};
use offerd_core::payout::Payout;
use offerd_core::port::{
    Destination, Fronts, InvoiceIssuer as _, MessageContent, MintOrder, Minted, NodeEvent,
    OnionTransport as _, OutboundMessage,
};
use offerd_testkit::{FakeNetwork, FakeNode, Reach, Recorder, SeededEntropy};
use secp256k1::{Keypair, Secp256k1};

/// The field of an onion message that carries an invoice.
const INVOICE: u64 = 66;

/// What he tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trick {
    /// Nothing: he has found a code in the street.
    Honest,
    /// He asks for more.
    More,
    /// His paths cost more than allowed.
    DearPaths,
    /// He has used this payment hash before.
    OldHash,
}

/// The liar.
pub(crate) struct Liar {
    pub(crate) node: FakeNode,
    heard: Arc<Recorder>,
    key: Keypair,
    chance: SeededEntropy,
    last: Option<Minted>,
}

impl Liar {
    pub(crate) fn new(network: &FakeNetwork, seed: u64) -> Self {
        let (node, heard) = (network.node(Reach::Announced), Arc::new(Recorder::new()));
        node.start(heard.clone());
        let key = Keypair::from_secret_key(&Secp256k1::new(), &node.secret_key());
        Self { node, heard, key, chance: SeededEntropy::new(seed), last: None }
    }

    /// Sends an invoice for a payout, not quite as it should be.
    pub(crate) async fn redeem(&mut self, payout: &Payout, trick: Trick, now: Timestamp) {
        let promised = payout.amount.at_most();
        let amount = match trick {
            Trick::More => promised.plus(Msat::new(1_000).unwrap()).unwrap(),
            _ => promised,
        };
        let minted = match &self.last {
            Some(minted) if trick == Trick::OldHash => minted.clone(),
            _ => self.mint(amount).await,
        };
        self.last = Some(minted.clone());
        let Some(invoice) = self.invoice(payout, amount, minted, trick, now) else { return };
        self.say(payout_node(payout), invoice.bytes().to_vec()).await;
    }

    async fn mint(&self, amount: Msat) -> Minted {
        let order = MintOrder {
            amount,
            expiry: bolt1::Seconds(7200),
            context: [0; 32],
            payer_id: self.node.id(),
            quantity: None,
            memo: None,
            fronts: Fronts::Usual,
        };
        self.node.mint(order).await.unwrap()
    }

    fn invoice(
        &self,
        payout: &Payout,
        amount: Msat,
        minted: Minted,
        trick: Trick,
        now: Timestamp,
    ) -> Option<Invoice> {
        let [odd, ..] = self.chance.bytes::<1>();
        let builder = match (&payout.offer, &payout.invoice_request) {
            (Some(offer), None) => self.for_offer(offer),
            (Some(offer), Some(_)) if odd % 2 == 1 => self.for_offer(offer),
            (_, Some(request)) => InvoiceBuilder::for_request(request),
            (None, None) => return None,
        };
        let dearer = if trick == Trick::DearPaths { 1_000_000 } else { 0 };
        let paths = minted.paths.into_iter().map(|path| {
            let mut pay_info = path.pay_info;
            pay_info.fee_base_msat += dearer;
            (path.path, pay_info)
        });
        let builder = builder.amount(amount).paths(paths.collect()).created_at(now);
        let builder = builder.payment_hash(minted.payment_hash).node_id(&self.key.public_key());
        builder.sign(&Secp256k1::new(), &self.key).ok()
    }

    fn for_offer(&self, offer: &bolt12::Offer) -> InvoiceBuilder {
        InvoiceBuilder::for_payout_offer(offer, self.chance.bytes(), ChainHash::BITCOIN)
    }

    /// Says again what somebody else has said, with one bit changed.
    pub(crate) async fn repeat(&self, network: &FakeNetwork, to: bolt1::PublicKey) {
        let overheard = network.overheard();
        let [which, place, bit] = self.chance.bytes();
        let Some((_, content)) = overheard.get(usize::from(which) % overheard.len().max(1)) else {
            return;
        };
        let mut bytes = content.bytes.clone();
        let index = usize::from(place) * bytes.len() / 256;
        bytes[index] ^= 1 << (bit % 8);
        let content = MessageContent { typ: content.typ, bytes };
        self.send(to, content).await;
    }

    async fn say(&self, to: bolt1::PublicKey, bytes: Vec<u8>) {
        self.send(to, MessageContent { typ: INVOICE, bytes }).await;
    }

    async fn send(&self, to: bolt1::PublicKey, content: MessageContent) {
        let reply_path_id = Some(vec![1; 32]);
        let to = Destination::Node(to);
        let message = OutboundMessage { to, content, reply_path_id, attempt: 0 };
        // Whoever is down hears nothing.
        let _ = self.node.send(message).await;
    }

    /// Takes or sends back what has arrived; `all` of it, or what pleases.
    pub(crate) async fn answer_payments(&self, all: bool) {
        for event in self.heard.take() {
            let NodeEvent::PaymentClaimable(payment) = event else { continue };
            let [mood] = self.chance.bytes();
            match mood % 8 {
                0 => self.node.refuse(payment.payment_hash).await.unwrap(),
                1..=5 => self.node.accept(payment.payment_hash).await.unwrap(),
                // He keeps it waiting; later he may have it all the same.
                _ if !all => self.heard_again(NodeEvent::PaymentClaimable(payment)).await,
                _ => self.node.accept(payment.payment_hash).await.unwrap(),
            }
        }
    }

    async fn heard_again(&self, event: NodeEvent) {
        use offerd_core::port::NodeEvents as _;
        self.heard.handle(event).await.unwrap();
    }
}

/// The node that a payout's strings name.
fn payout_node(payout: &Payout) -> bolt1::PublicKey {
    match (&payout.offer, &payout.invoice_request) {
        (Some(offer), _) => offer.issuer_id().unwrap(),
        (None, Some(request)) => request.payer_id(),
        (None, None) => panic!("a payout without a string"),
    }
}
