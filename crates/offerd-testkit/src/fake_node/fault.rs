//! Dying at a chosen moment.

use super::network::Station;

/// The calls of the ports that do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Accepting a payment.
    Accept,
    /// Minting an invoice.
    Mint,
    /// Beginning a payment.
    Pay,
    /// Refusing a payment.
    Refuse,
    /// Sending an onion message.
    Send,
}

/// When, of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Nothing was done yet.
    Before,
    /// All was done, but the caller does not learn of it.
    After,
}

impl Station {
    pub(super) fn is_up(&self) -> bool {
        self.events.is_some()
    }

    pub(super) fn crash(&mut self) {
        self.events = None;
        self.crash_at = None;
    }

    /// Whether the node is alive at this moment of a call; it dies if this is the chosen one.
    pub(super) fn survives(&mut self, call: Call, moment: Moment) -> bool {
        if self.crash_at == Some((call, moment)) {
            self.crash();
        }
        self.is_up()
    }
}
