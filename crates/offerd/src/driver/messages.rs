//! What comes from the node.

use async_trait::async_trait;
use offerd_core::Ignored;
use offerd_core::port::{InboundMessage, NodeEvent, NodeEvents, PortError};
use tracing::debug;

use super::{Driver, Figure};

/// The final-hop fields of an onion message that are about offers (BOLT 12).
pub(super) const INVOICE_REQUEST: u64 = 64;
pub(super) const INVOICE: u64 = 66;
pub(super) const INVOICE_ERROR: u64 = 68;

#[async_trait]
impl NodeEvents for Driver {
    async fn handle(&self, event: NodeEvent) -> Result<(), PortError> {
        match event {
            NodeEvent::Message(message) => {
                self.on_message(message).await;
                Ok(())
            }
            NodeEvent::PaymentClaimable(payment) => self.on_claimable(payment).await,
            NodeEvent::PaymentClaimed { payment_hash, payment_id, amount } => {
                self.on_claimed(payment_hash, payment_id, amount).await
            }
            NodeEvent::PaymentSent { payment_id, preimage, fee, parts } => {
                self.on_payment_sent(payment_id, preimage, fee, parts).await
            }
            NodeEvent::AttemptFailed { payment_id, reason, text } => {
                self.on_attempt_failed(payment_id, &reason, &text).await
            }
            NodeEvent::PaymentFailed { payment_id, reason } => {
                self.on_payment_failed(payment_id, &reason).await
            }
        }
    }
}

impl Driver {
    async fn on_message(&self, message: InboundMessage) {
        if self.deliver_reply(&message) {
            return;
        }
        if !self.memory().limits.allow(&message.from_peer, self.now()) {
            self.count_ignored(None, Ignored::OverLimit);
            debug!(reason = ?Ignored::OverLimit, "onion message dropped");
            return;
        }
        let (asked, ignored) = match message.content.typ {
            INVOICE_REQUEST => {
                (Some(Figure::InvoiceRequests), self.on_invoice_request(message).await)
            }
            INVOICE => (Some(Figure::Redemptions), self.on_invoice(message).await),
            _ => (None, Err(Ignored::Unasked)),
        };
        if let Err(reason) = ignored {
            self.count_ignored(asked, reason);
            debug!(?reason, "onion message ignored");
        }
    }

    /// Gives the message to whoever waits for it, if it came over a reply path of ours.
    fn deliver_reply(&self, message: &InboundMessage) -> bool {
        let Some(path_id) = &message.path_id else { return false };
        let memory = self.memory();
        // req IR-18, OM-R7, OM-R8
        let Some(waiting) = memory.waiting.get(path_id) else { return false };
        matches!(message.content.typ, INVOICE | INVOICE_ERROR)
            && waiting.try_send(message.content.clone()).is_ok()
    }
}
