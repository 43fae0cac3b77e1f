//! Ordering a channel of a provider for money (bLIP-51, "LSPS1"): what is ordered ([`OrderOptions::order`]), whether
//! the provider's answer is the order that was made ([`judge_new`]), and what it says of it later ([`hear`]).
//!
//! An order is not atomic: whoever has paid trusts the provider to open the channel or to give the money back. What can
//! be checked is checked: nothing is paid for another channel, at another price or to another chain, and what comes as
//! the channel is at least what was ordered.

mod answer;
mod ask;
mod follow;

use std::fmt;

use bolt1::{Msat, Timestamp};

pub use answer::{
    CodeFacts, NewOrder, OrderAnswer, OrderRefused, WayAnswer, WayUnsound, judge_new,
};
pub use ask::{LARGEST_CHANNEL, OrderOptions, OrderWish, Range, WishRefused};
pub use follow::{AnswerUnsound, Known, OrderStatus, after_refusal, hear, is_followed};

/// The longest `order_id` that a provider may give, in bytes.
pub const LONGEST_ID: usize = 64;
/// The longest invoice, offer or address, in bytes.
pub const LONGEST_CODE: usize = 2_048;

/// A channel as it is ordered: the parameters of `lsps1.create_order` that its answer repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelOrder {
    /// `lsp_balance_sat`: what the provider puts in. Whole satoshi.
    pub lsp_balance: Msat,
    /// `client_balance_sat`: what we pay for it besides the price, and have in the channel at once. Whole satoshi.
    pub client_balance: Msat,
    /// `required_channel_confirmations`: after so many the provider says that the channel can be used.
    pub confirmations: u16,
    /// `funding_confirms_within_blocks`: within so many blocks after the payment the funding is to be mined.
    pub confirms_within: u16,
    /// `channel_expiry_blocks`: for so many blocks the provider does not close the channel.
    pub expiry_blocks: u32,
    /// `announce_channel`: whether the world is told of it.
    pub announce: bool,
}

impl ChannelOrder {
    /// Whether a channel that somebody opens to us is at least this one.
    pub fn is_met_by(&self, capacity: Msat, pushed: Msat, announced: bool) -> bool {
        let least = self.lsp_balance.plus(self.client_balance);
        least.is_some_and(|least| capacity >= least)
            && pushed >= self.client_balance
            && announced == self.announce
    }
}

/// A way to pay for an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WayKind {
    /// An invoice of BOLT 11.
    Bolt11,
    /// An offer of BOLT 12.
    Bolt12,
    /// An address.
    Onchain,
}

impl WayKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Bolt11, Self::Bolt12, Self::Onchain];

    /// Its name in bLIP-51.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bolt11 => "bolt11",
            Self::Bolt12 => "bolt12",
            Self::Onchain => "onchain",
        }
    }
}

impl fmt::Display for WayKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// `state` of a way to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentState {
    /// `EXPECT_PAYMENT`: nothing has come.
    Expected,
    /// `HOLD`: it has come, and is not taken yet.
    Held,
    /// `PAID`: it is taken.
    Paid,
    /// `REFUNDED`: it has gone back.
    Refunded,
}

/// A way to pay for an order, as the provider offers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// Which.
    pub kind: WayKind,
    /// What the provider last said of a payment by it.
    pub state: PaymentState,
    /// `expires_at`; sooner where the invoice or offer itself ends sooner.
    pub expires_at: Timestamp,
    /// `fee_total_sat`: the price.
    pub fee: Msat,
    /// `order_total_sat`: what is to be paid, the balance of ours in it.
    pub total: Msat,
    /// The invoice, the offer or the address.
    pub code: String,
    /// `min_onchain_payment_confirmations`, of an address.
    pub min_confirmations: Option<u16>,
}

/// `order_state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderState {
    /// `CREATED`.
    Created,
    /// `COMPLETED`: the funding was published.
    Completed,
    /// `FAILED`.
    Failed,
}

/// `channel`: what was opened for an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderedChannel {
    /// `funding_outpoint`, as `txid:index`.
    pub funding: String,
    /// `funded_at`.
    pub funded_at: Timestamp,
    /// `expires_at`: until when the provider does not close it.
    pub expires_at: Timestamp,
}

#[cfg(test)]
mod tests;
