//! What a provider says of an order later.

use std::fmt;

use bolt1::{Seconds, Timestamp};

use super::{ChannelOrder, OrderAnswer, OrderState, PaymentState};

/// So long after its end a payment may still be on its way, which the provider has to give back.
const LATE: Seconds = Seconds(3_600);
/// So long after its end an order is asked about at most: a month.
const LONGEST: Seconds = Seconds(2_592_000);

/// How an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderStatus {
    /// It can be paid.
    Created,
    /// A payment has come, and is not taken yet.
    Held,
    /// It is paid; the channel is to come.
    Paid,
    /// The channel was opened.
    Completed,
    /// The provider has given up.
    Failed,
    /// The provider has given up, and says that it has given the money back.
    Refunded,
    /// Nobody has paid in time.
    Expired,
}

impl OrderStatus {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Created,
        Self::Held,
        Self::Paid,
        Self::Completed,
        Self::Failed,
        Self::Refunded,
        Self::Expired,
    ];

    /// Its name for users and in the store.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Held => "held",
            Self::Paid => "paid",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Refunded => "refunded",
            Self::Expired => "expired",
        }
    }

    /// Whether anything can still come of it.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Created | Self::Held | Self::Paid => true,
            Self::Completed | Self::Failed | Self::Refunded | Self::Expired => false,
        }
    }

    /// How far it has got; an end is the furthest.
    const fn progress(self) -> u8 {
        match self {
            Self::Created => 0,
            Self::Held => 1,
            Self::Paid => 2,
            Self::Completed | Self::Failed | Self::Refunded | Self::Expired => 3,
        }
    }
}

impl fmt::Display for OrderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is known of an order.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Its name at the provider.
    pub order_id: &'a str,
    /// What was ordered.
    pub order: &'a ChannelOrder,
    /// How it stands.
    pub status: OrderStatus,
    /// When the last of its ways to pay ends.
    pub expires_at: Timestamp,
}

/// Why what a provider says of an order changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerUnsound {
    /// It speaks of another order.
    #[error("it speaks of another order: another {field}")]
    Another {
        /// In which field of bLIP-51.
        field: &'static str,
    },
    /// It takes something back.
    #[error("the order was {was}, and is said to be {now}")]
    Backwards {
        /// What was known.
        was: OrderStatus,
        /// What is said.
        now: OrderStatus,
    },
    /// It says that the channel was opened, but this node has none like that.
    #[error("the order is said to be completed, but there is no such channel")]
    NoSuchChannel,
}

/// Whether an order is still asked about.
pub fn is_followed(known: Known<'_>, now: Timestamp) -> bool {
    known.status.is_open() && now <= known.expires_at.plus(LONGEST)
}

/// How an order stands after the provider has refused to speak of it: one that was not paid in time it may forget.
pub fn after_refusal(known: Known<'_>, now: Timestamp) -> OrderStatus {
    let is_late = now > known.expires_at.plus(LATE);
    if known.status == OrderStatus::Created && is_late {
        OrderStatus::Expired
    } else {
        known.status
    }
}

/// How an order stands after this answer about it; `is_ours` tells whether a funding output, as `txid:index`, is or was
/// that of a channel of ours.
///
/// # Errors
/// [`AnswerUnsound`]: then all stays as it was.
pub fn hear(
    known: Known<'_>,
    answer: &OrderAnswer,
    now: Timestamp,
    is_ours: impl Fn(&str) -> bool,
) -> Result<OrderStatus, AnswerUnsound> {
    if answer.order_id != known.order_id {
        return Err(AnswerUnsound::Another { field: "order_id" });
    }
    if let Some(field) = known.order.differs_from(&answer.order) {
        return Err(AnswerUnsound::Another { field });
    }
    let said = said(answer);
    let opened = answer.channel.as_ref().is_some_and(|channel| is_ours(&channel.funding));
    if said == OrderStatus::Completed && !opened {
        return Err(AnswerUnsound::NoSuchChannel);
    }
    if said.progress() < known.status.progress() {
        return Err(AnswerUnsound::Backwards { was: known.status, now: said });
    }
    if said == OrderStatus::Created && now > known.expires_at.plus(LATE) {
        return Ok(OrderStatus::Expired);
    }
    Ok(said)
}

/// What the provider says it is.
fn said(answer: &OrderAnswer) -> OrderStatus {
    let ways = answer.ways.iter().filter_map(|(_, way)| way.as_ref().ok());
    let states: Vec<PaymentState> = ways.map(|answer| answer.way.state).collect();
    let has = |state| states.contains(&state);
    match answer.state {
        OrderState::Completed => OrderStatus::Completed,
        OrderState::Failed if has(PaymentState::Refunded) => OrderStatus::Refunded,
        OrderState::Failed => OrderStatus::Failed,
        OrderState::Created if has(PaymentState::Paid) => OrderStatus::Paid,
        OrderState::Created if has(PaymentState::Held) => OrderStatus::Held,
        OrderState::Created if has(PaymentState::Expected) || states.is_empty() => {
            OrderStatus::Created
        }
        OrderState::Created => OrderStatus::Refunded,
    }
}
