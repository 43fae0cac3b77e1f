//! Ordering channels of providers, as the node's caller does.

use bolt1::{Msat, PublicKey, Timestamp};
use offerd_core::liquidity::order::{
    ChannelOrder, OrderOptions, OrderRefused, OrderStatus, WayKind, WayUnsound, judge_new,
};
use offerd_core::port::PortError;
use serde_json::{Value, json};

use super::order_wire::{self, CreateOrder};
use super::{Answer, LspError, OrderView};
use crate::error::WalletError;
use crate::node::Node;
use crate::state::since_epoch;
use crate::views::AddressKind;

/// Orders that may be open at once.
const MOST_OPEN: usize = 16;

/// Why a channel was not ordered. Nothing is to be paid.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// The provider does not sell it, or says nothing that can be read.
    #[error(transparent)]
    Provider(#[from] LspError),
    /// What it answered is not what was ordered.
    #[error(transparent)]
    Refused(#[from] OrderRefused),
    /// There are enough.
    #[error("{MOST_OPEN} orders are open already: pay them, or wait until they expire")]
    TooMany,
    /// There is no address that the money could go back to.
    #[error(transparent)]
    Wallet(#[from] WalletError),
    /// It could not be kept.
    #[error(transparent)]
    Store(#[from] PortError),
}

/// An order that was made, and is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeOrder {
    /// The order.
    pub order: OrderView,
    /// Ways to pay that the provider offers and that are unsound.
    pub left_out: Vec<(WayKind, WayUnsound)>,
}

impl Node {
    /// What a provider sells (`lsps1.get_info`). Connects to it where that is needed, at `address` (`host:port`) or where
    /// it is known to be.
    ///
    /// # Errors
    /// [`LspError`] says why it is not known.
    pub async fn order_options(
        &self,
        provider: PublicKey,
        address: Option<&str>,
    ) -> Result<OrderOptions, LspError> {
        self.connector.connect(provider, address).await?;
        let result = self.ask_beside(provider, "lsps1.get_info", &json!({})).await?;
        order_wire::options(result).ok_or(LspError::Unreadable)
    }

    /// Orders a channel (`lsps1.create_order`) at a price of at most `max_fee`, and keeps the order. What is to be given
    /// back goes to a new address of the wallet. From now on the node stays connected to the provider until the order
    /// has ended, and asks how it stands.
    ///
    /// # Errors
    /// [`OrderError`] says why there is no order.
    pub async fn order_channel(
        &self,
        provider: PublicKey,
        order: &ChannelOrder,
        token: Option<&str>,
        max_fee: Msat,
    ) -> Result<MadeOrder, OrderError> {
        let _making = self.orders.making.lock().await;
        let now = || Timestamp(since_epoch().as_secs());
        self.orders.prune(now())?;
        if self.orders.followed(now())?.len() >= MOST_OPEN {
            return Err(OrderError::TooMany);
        }
        self.connector.connect(provider, None).await.map_err(LspError::from)?;
        let refund_to = self.new_address(AddressKind::Bech32)?.to_string();
        let params = serde_json::to_value(CreateOrder::new(order, token, &refund_to));
        let params = params.map_err(|error| PortError::corrupt("an order").because(error))?;
        let result = self.ask_beside(provider, "lsps1.create_order", &params).await?;
        let answer = order_wire::order(result, self.config.network).ok_or(LspError::Unreadable)?;
        let now = now();
        let new = judge_new(order, answer, max_fee, now)?;
        if self.orders.has(&provider, &new.order_id)? {
            return Err(OrderRefused::NotNew.into());
        }
        let view = OrderView {
            provider,
            order_id: new.order_id,
            order: order.clone(),
            ways: new.ways,
            status: OrderStatus::Created,
            ordered_at: now,
            heard_at: now,
            channel: None,
        };
        self.orders.write(&view)?;
        self.orders.more.notify_one();
        Ok(MadeOrder { order: view, left_out: new.left_out })
    }

    /// The orders that were made, in no particular order.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn orders(&self) -> Result<Vec<OrderView>, PortError> {
        self.orders.list()
    }

    async fn ask_beside(
        &self,
        provider: PublicKey,
        method: &str,
        params: &Value,
    ) -> Result<Value, LspError> {
        let question = self.liquidity.ask_beside(provider, method, params)?;
        match self.answer_to(question).await? {
            Answer::Beside(result) => Ok(result),
            Answer::Menu(_) | Answer::Bought { .. } => Err(LspError::Unreadable),
        }
    }
}
