//! Whether the answer to an order is that order, and which of its ways to pay are sound.

use bolt1::{Msat, Seconds, Timestamp};

use super::{ChannelOrder, OrderState, OrderedChannel, PaymentState, Way, WayKind};

/// What ends sooner is not worth paying.
const SHORTEST_LIFE: Seconds = Seconds(60);

/// A provider's answer to `lsps1.create_order` or `lsps1.get_order`, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderAnswer {
    /// `order_id`: 1 to [`super::LONGEST_ID`] visible characters of ASCII.
    pub order_id: String,
    /// What it says was ordered.
    pub order: ChannelOrder,
    /// `order_state`.
    pub state: OrderState,
    /// `payment`: what it has of the three ways that we know.
    pub ways: Vec<(WayKind, Result<WayAnswer, WayUnsound>)>,
    /// `channel`.
    pub channel: Option<OrderedChannel>,
}

/// A way to pay, with what its invoice, offer or address itself says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayAnswer {
    /// The way.
    pub way: Way,
    /// What its code says, or why it is none for us.
    pub code: Result<CodeFacts, String>,
}

/// What an invoice or offer says. An address says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CodeFacts {
    /// What it asks for; `None` where the payer chooses.
    pub asks: Option<Msat>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

/// Why a way to pay is not shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WayUnsound {
    /// It lacks something, or has something that there is not.
    #[error("cannot be read")]
    Unreadable,
    /// The invoice, offer or address is none for us.
    #[error("{0}")]
    Code(String),
    /// It is none to pay by any more, or never was.
    #[error("expects no payment")]
    NotOpen,
    /// Its numbers do not add up.
    #[error("asks for {total} in all, but {fee} and the balance of ours are another sum")]
    Sum {
        /// `order_total_sat`.
        total: Msat,
        /// `fee_total_sat`.
        fee: Msat,
    },
    /// The invoice or offer asks for another amount.
    #[error("is for {}, the order's total is {total}", asks.map_or("any amount".to_owned(), |it| it.to_string()))]
    Amount {
        /// What it asks for.
        asks: Option<Msat>,
        /// `order_total_sat`.
        total: Msat,
    },
    /// It has ended, or is about to.
    #[error("has expired")]
    Expired,
    /// The price is above the operator's limit.
    #[error("costs {fee}, the most allowed is {max_fee}")]
    TooExpensive {
        /// The price.
        fee: Msat,
        /// The most it may be.
        max_fee: Msat,
    },
}

/// An order that may be paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// Its name at the provider.
    pub order_id: String,
    /// The ways to pay that are sound. At least one.
    pub ways: Vec<Way>,
    /// The others, and what is wrong with them.
    pub left_out: Vec<(WayKind, WayUnsound)>,
}

/// Why an answer is not the order that was made. Nothing is to be paid for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderRefused {
    /// It is another order.
    #[error("the provider's order is not the one that was made: another {field}")]
    Another {
        /// In which field of bLIP-51.
        field: &'static str,
    },
    /// It is not a new one.
    #[error("the provider's order is not new: it is paid, has failed or is completed already")]
    NotNew,
    /// It costs too much, by every way that is sound otherwise.
    #[error("the order costs {fee}, the most allowed is {max_fee}")]
    TooExpensive {
        /// The least price.
        fee: Msat,
        /// The most it may be.
        max_fee: Msat,
    },
    /// There is no way to pay it.
    #[error("the provider's order cannot be paid: {}", named(.0))]
    NoWay(Vec<(WayKind, WayUnsound)>),
}

fn named(ways: &[(WayKind, WayUnsound)]) -> String {
    if ways.is_empty() {
        return "it names no way to pay that this node knows".to_owned();
    }
    let named = ways.iter().map(|(kind, unsound)| format!("{kind} {unsound}"));
    named.collect::<Vec<_>>().join("; ")
}

impl ChannelOrder {
    /// The field in which `answered` is less than this, or something else; a provider may do more than it is asked.
    pub(super) fn differs_from(&self, answered: &Self) -> Option<&'static str> {
        let fields = [
            (answered.lsp_balance == self.lsp_balance, "lsp_balance_sat"),
            (answered.client_balance == self.client_balance, "client_balance_sat"),
            (answered.announce == self.announce, "announce_channel"),
            (answered.expiry_blocks >= self.expiry_blocks, "channel_expiry_blocks"),
            (answered.confirmations <= self.confirmations, "required_channel_confirmations"),
            (answered.confirms_within <= self.confirms_within, "funding_confirms_within_blocks"),
        ];
        fields.into_iter().find(|(holds, _)| !holds).map(|(_, field)| field)
    }
}

/// Whether the answer to `lsps1.create_order` is what was `asked` for, at a price of at most `max_fee`, and how it may
/// be paid.
///
/// # Errors
/// [`OrderRefused`] where it is not, or there is no sound way to pay.
pub fn judge_new(
    asked: &ChannelOrder,
    answer: OrderAnswer,
    max_fee: Msat,
    now: Timestamp,
) -> Result<NewOrder, OrderRefused> {
    if let Some(field) = asked.differs_from(&answer.order) {
        return Err(OrderRefused::Another { field });
    }
    if answer.state != OrderState::Created || answer.channel.is_some() {
        return Err(OrderRefused::NotNew);
    }
    let (mut ways, mut left_out) = (Vec::new(), Vec::new());
    for (kind, way) in answer.ways {
        match way.and_then(|way| judge_way(asked, way, max_fee, now)) {
            Ok(way) => ways.push(way),
            Err(unsound) => left_out.push((kind, unsound)),
        }
    }
    if !ways.is_empty() {
        return Ok(NewOrder { order_id: answer.order_id, ways, left_out });
    }
    let too_expensive = left_out.iter().filter_map(|(_, unsound)| match unsound {
        WayUnsound::TooExpensive { fee, .. } => Some(*fee),
        WayUnsound::Unreadable
        | WayUnsound::Code(_)
        | WayUnsound::NotOpen
        | WayUnsound::Sum { .. }
        | WayUnsound::Amount { .. }
        | WayUnsound::Expired => None,
    });
    match too_expensive.min() {
        Some(fee) => Err(OrderRefused::TooExpensive { fee, max_fee }),
        None => Err(OrderRefused::NoWay(left_out)),
    }
}

fn judge_way(
    asked: &ChannelOrder,
    answer: WayAnswer,
    max_fee: Msat,
    now: Timestamp,
) -> Result<Way, WayUnsound> {
    let WayAnswer { mut way, code } = answer;
    let CodeFacts { asks, expires_at } = code.map_err(WayUnsound::Code)?;
    let (fee, total) = (way.fee, way.total);
    if way.state != PaymentState::Expected {
        return Err(WayUnsound::NotOpen);
    }
    if fee.plus(asked.client_balance) != Some(total) {
        return Err(WayUnsound::Sum { total, fee });
    }
    if way.kind != WayKind::Onchain && asks != Some(total) {
        return Err(WayUnsound::Amount { asks, total });
    }
    way.expires_at = expires_at.map_or(way.expires_at, |end| end.min(way.expires_at));
    if way.expires_at < now.plus(SHORTEST_LIFE) {
        return Err(WayUnsound::Expired);
    }
    if fee > max_fee {
        return Err(WayUnsound::TooExpensive { fee, max_fee });
    }
    Ok(way)
}
