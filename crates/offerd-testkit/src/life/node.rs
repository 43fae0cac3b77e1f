//! A node that its process asks, and that dies with it.

use std::sync::Arc;

use async_trait::async_trait;
use bolt1::{Msat, PublicKey};
use bolt4::BlindedPath;
use offerd_core::port::{
    Bolt11Facts, Bolt11Minted, Bolt11Order, Bolt11Refused, Fronts, InvoiceIssuer, InvoicePayer,
    MintOrder, Minted, NodeEvent, NodeEvents, OnionTransport, OutboundMessage, PayOrder,
    PayRefused, PortError,
};

use super::Life;
use crate::FakeNode;

/// Ways for a node to be wrong that no daemon survives: for showing that a test would notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeBug {
    /// Each order is a payment of its own, whatever its id, and none is known afterwards.
    IdsMeanNothing,
    /// It takes a payment before anybody has decided on it.
    AcceptsUnasked,
    /// It says that payments cost nothing.
    HidesFees,
}

/// A [`FakeNode`] as its process sees it: each call that does something can be the last one.
#[derive(Clone, Debug)]
pub struct MortalNode {
    node: FakeNode,
    life: Life,
    bug: Option<NodeBug>,
}

impl MortalNode {
    /// The node in this life of its process.
    pub fn new(node: FakeNode, life: Life, bug: Option<NodeBug>) -> Self {
        Self { node, life, bug }
    }

    /// Starts the node; its events go to `events`, as long as the process lives.
    pub fn start(&self, events: Arc<dyn NodeEvents>) {
        let mortal = MortalEvents { events, node: self.clone() };
        self.node.start(Arc::new(mortal));
    }

    /// Whether it has this bug.
    fn has(&self, bug: NodeBug) -> bool {
        self.bug == Some(bug)
    }

    async fn around<T, E: From<PortError>>(
        &self,
        call: &'static str,
        act: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        self.life.pass(&format_args!("before {call}"))?;
        let done = act.await;
        self.life.pass(&format_args!("after {call}: {}", word(&done)))?;
        done
    }
}

fn word<T, E>(result: &Result<T, E>) -> &'static str {
    if result.is_ok() { "done" } else { "failed" }
}

fn unknown(error: &PortError) -> PayRefused {
    PayRefused::Unknown(error.to_string())
}

#[async_trait]
impl InvoicePayer for MortalNode {
    async fn pay(&self, order: PayOrder) -> Result<(), PayRefused> {
        self.life.pass(&"before pay").map_err(|error| unknown(&error))?;
        if self.has(NodeBug::IdsMeanNothing) {
            self.node.forget_payment(order.payment_id);
        }
        let done = self.node.pay(order).await;
        let place = format_args!("after pay: {}", word(&done));
        self.life.pass(&place).map_err(|error| unknown(&error))?;
        done
    }

    async fn read_bolt11(&self, string: &str) -> Result<Bolt11Facts, String> {
        self.node.read_bolt11(string).await
    }

    async fn known_payments(&self) -> Result<Vec<[u8; 32]>, PortError> {
        self.life.check()?;
        let known = self.node.known_payments().await?;
        Ok(if self.has(NodeBug::IdsMeanNothing) { Vec::new() } else { known })
    }

    async fn spendable(&self) -> Result<Msat, PortError> {
        self.life.check()?;
        self.node.spendable().await
    }
}

#[async_trait]
impl InvoiceIssuer for MortalNode {
    async fn mint(&self, order: MintOrder) -> Result<Minted, PortError> {
        self.around("mint", self.node.mint(order)).await
    }

    async fn mint_bolt11(&self, order: Bolt11Order) -> Result<Bolt11Minted, Bolt11Refused> {
        self.around("mint_bolt11", self.node.mint_bolt11(order)).await
    }

    async fn accept(&self, payment_hash: [u8; 32]) -> Result<(), PortError> {
        self.around("accept", self.node.accept(payment_hash)).await
    }

    async fn is_lost(&self, payment_hash: [u8; 32]) -> Result<bool, PortError> {
        self.life.check()?;
        self.node.is_lost(payment_hash).await
    }

    async fn refuse(&self, payment_hash: [u8; 32]) -> Result<(), PortError> {
        self.around("refuse", self.node.refuse(payment_hash)).await
    }
}

#[async_trait]
impl OnionTransport for MortalNode {
    async fn send(&self, message: OutboundMessage) -> Result<(), PortError> {
        self.around("send", self.node.send(message)).await
    }

    async fn message_paths(
        &self,
        path_id: &[u8],
        fronts: &Fronts,
    ) -> Result<Vec<BlindedPath>, PortError> {
        self.life.check()?;
        self.node.message_paths(path_id, fronts).await
    }

    async fn stay_connected(&self, introductions: &[PublicKey]) {
        self.node.stay_connected(introductions).await;
    }

    async fn is_announced(&self) -> bool {
        self.node.is_announced().await
    }
}

/// The process's side of the node's events.
struct MortalEvents {
    events: Arc<dyn NodeEvents>,
    node: MortalNode,
}

#[async_trait]
impl NodeEvents for MortalEvents {
    async fn handle(&self, event: NodeEvent) -> Result<(), PortError> {
        let life = &self.node.life;
        let name = name(&event);
        life.pass(&format_args!("before handling {name}"))?;
        let event = self.distort(event).await;
        let done = self.events.handle(event).await;
        // It may die when all is done, and before the node has noted that.
        life.pass(&format_args!("after handling {name}: {}", word(&done)))?;
        done
    }
}

impl MortalEvents {
    /// The event as a node with its bug tells it.
    async fn distort(&self, mut event: NodeEvent) -> NodeEvent {
        if let NodeEvent::PaymentClaimable(payment) = &event
            && self.node.has(NodeBug::AcceptsUnasked)
        {
            // It may have gone back meanwhile.
            let _ = self.node.node.accept(payment.payment_hash).await;
        }
        if let NodeEvent::PaymentSent { fee, .. } = &mut event
            && self.node.has(NodeBug::HidesFees)
        {
            *fee = Some(Msat::ZERO);
        }
        event
    }
}

fn name(event: &NodeEvent) -> &'static str {
    match event {
        NodeEvent::Message(_) => "a message",
        NodeEvent::PaymentClaimable(_) => "a payment that may be claimed",
        NodeEvent::PaymentClaimed { .. } => "a claimed payment",
        NodeEvent::PaymentSent { .. } => "a sent payment",
        NodeEvent::AttemptFailed { .. } => "a failed attempt",
        NodeEvent::PaymentFailed { .. } => "a failed payment",
    }
}
