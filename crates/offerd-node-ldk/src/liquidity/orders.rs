//! The orders that were made, kept: before anybody can pay them, and as long as something can come of them.

use std::sync::Arc;

use bitcoin::hashes::{Hash as _, sha256};
use bitcoin::hex::DisplayHex as _;
use bolt1::{Msat, PublicKey, Seconds, Timestamp};
use offerd_core::liquidity::order::{
    ChannelOrder, Known, OrderStatus, OrderedChannel, PaymentState, Way, WayKind, is_followed,
};
use offerd_core::port::PortError;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, Notify};

use crate::persist::Store;

const SPACE: (&str, &str) = ("liquidity", "orders");
/// For so long after its end an order that nobody has paid is remembered.
const REMEMBERED: Seconds = Seconds(86_400);

/// An order as its user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderView {
    /// With whom.
    pub provider: PublicKey,
    /// Its name there.
    pub order_id: String,
    /// What was ordered.
    pub order: ChannelOrder,
    /// How it may be paid.
    pub ways: Vec<Way>,
    /// How it stands, as far as the provider can be believed.
    pub status: OrderStatus,
    /// When it was made.
    pub ordered_at: Timestamp,
    /// When the provider last said how it stands.
    pub heard_at: Timestamp,
    /// What was opened for it.
    pub channel: Option<OrderedChannel>,
}

impl OrderView {
    /// When the last of its ways to pay ends.
    pub fn expires_at(&self) -> Timestamp {
        self.ways.iter().map(|way| way.expires_at).max().unwrap_or(self.ordered_at)
    }

    pub(super) fn known(&self) -> Known<'_> {
        Known {
            order_id: &self.order_id,
            order: &self.order,
            status: self.status,
            expires_at: self.expires_at(),
        }
    }

    /// What it is kept under: the provider's name for it is unique only there.
    pub(super) fn key(&self) -> String {
        key(&self.provider, &self.order_id)
    }
}

fn key(provider: &PublicKey, order_id: &str) -> String {
    let name = [&provider.serialize()[..], order_id.as_bytes()].concat();
    sha256::Hash::hash(&name).as_byte_array().to_lower_hex_string()
}

/// An order as it is stored.
#[derive(Serialize, Deserialize)]
struct Record {
    provider: String,
    order_id: String,
    lsp_balance_msat: u64,
    client_balance_msat: u64,
    confirmations: u16,
    confirms_within: u16,
    expiry_blocks: u32,
    announce: bool,
    ways: Vec<WayRecord>,
    status: String,
    ordered_at: u64,
    heard_at: u64,
    channel: Option<ChannelRecord>,
}

#[derive(Serialize, Deserialize)]
struct WayRecord {
    kind: String,
    state: StateRecord,
    expires_at: u64,
    fee_msat: u64,
    total_msat: u64,
    code: String,
    min_confirmations: Option<u16>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StateRecord {
    Expected,
    Held,
    Paid,
    Refunded,
}

#[derive(Serialize, Deserialize)]
struct ChannelRecord {
    funding: String,
    funded_at: u64,
    expires_at: u64,
}

impl From<&OrderView> for Record {
    fn from(it: &OrderView) -> Self {
        Self {
            provider: it.provider.to_string(),
            order_id: it.order_id.clone(),
            lsp_balance_msat: it.order.lsp_balance.as_u64(),
            client_balance_msat: it.order.client_balance.as_u64(),
            confirmations: it.order.confirmations,
            confirms_within: it.order.confirms_within,
            expiry_blocks: it.order.expiry_blocks,
            announce: it.order.announce,
            ways: it.ways.iter().map(WayRecord::from).collect(),
            status: it.status.name().to_owned(),
            ordered_at: it.ordered_at.0,
            heard_at: it.heard_at.0,
            channel: it.channel.as_ref().map(|channel| ChannelRecord {
                funding: channel.funding.clone(),
                funded_at: channel.funded_at.0,
                expires_at: channel.expires_at.0,
            }),
        }
    }
}

impl From<&Way> for WayRecord {
    fn from(way: &Way) -> Self {
        Self {
            kind: way.kind.name().to_owned(),
            state: match way.state {
                PaymentState::Expected => StateRecord::Expected,
                PaymentState::Held => StateRecord::Held,
                PaymentState::Paid => StateRecord::Paid,
                PaymentState::Refunded => StateRecord::Refunded,
            },
            expires_at: way.expires_at.0,
            fee_msat: way.fee.as_u64(),
            total_msat: way.total.as_u64(),
            code: way.code.clone(),
            min_confirmations: way.min_confirmations,
        }
    }
}

impl Record {
    /// What was stored; `None` where that makes no sense.
    fn read(self) -> Option<OrderView> {
        let status = OrderStatus::ALL.into_iter().find(|it| it.name() == self.status)?;
        Some(OrderView {
            provider: self.provider.parse().ok()?,
            order_id: self.order_id,
            order: ChannelOrder {
                lsp_balance: Msat::new(self.lsp_balance_msat)?,
                client_balance: Msat::new(self.client_balance_msat)?,
                confirmations: self.confirmations,
                confirms_within: self.confirms_within,
                expiry_blocks: self.expiry_blocks,
                announce: self.announce,
            },
            ways: self.ways.into_iter().map(WayRecord::read).collect::<Option<_>>()?,
            status,
            ordered_at: Timestamp(self.ordered_at),
            heard_at: Timestamp(self.heard_at),
            channel: self.channel.map(|channel| OrderedChannel {
                funding: channel.funding,
                funded_at: Timestamp(channel.funded_at),
                expires_at: Timestamp(channel.expires_at),
            }),
        })
    }
}

impl WayRecord {
    fn read(self) -> Option<Way> {
        Some(Way {
            kind: WayKind::ALL.into_iter().find(|kind| kind.name() == self.kind)?,
            state: match self.state {
                StateRecord::Expected => PaymentState::Expected,
                StateRecord::Held => PaymentState::Held,
                StateRecord::Paid => PaymentState::Paid,
                StateRecord::Refunded => PaymentState::Refunded,
            },
            expires_at: Timestamp(self.expires_at),
            fee: Msat::new(self.fee_msat)?,
            total: Msat::new(self.total_msat)?,
            code: self.code,
            min_confirmations: self.min_confirmations,
        })
    }
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Orders {
    store: Arc<Store>,
    /// Woken when there is one more.
    pub(super) more: Notify,
    /// Held while one is made, so that there are not more than there may be.
    pub(super) making: Mutex<()>,
}

impl Orders {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self { store, more: Notify::new(), making: Mutex::new(()) }
    }

    /// Keeps one, or what was heard of it.
    pub(super) fn write(&self, it: &OrderView) -> Result<(), PortError> {
        let bytes = serde_json::to_vec(&Record::from(it))
            .map_err(|error| PortError::corrupt("an order").because(error))?;
        self.store.write(SPACE, &it.key(), &bytes)
    }

    /// Whether there is one of this name.
    pub(super) fn has(&self, provider: &PublicKey, order_id: &str) -> Result<bool, PortError> {
        Ok(self.store.read(SPACE, &key(provider, order_id))?.is_some())
    }

    /// All of them, in no particular order.
    pub(crate) fn list(&self) -> Result<Vec<OrderView>, PortError> {
        let mut all = Vec::new();
        for name in self.store.list(SPACE)? {
            let Some(bytes) = self.store.read(SPACE, &name)? else { continue };
            let record: Option<Record> = serde_json::from_slice(&bytes).ok();
            let order = record.and_then(Record::read);
            all.push(order.ok_or_else(|| PortError::corrupt("an order with a provider"))?);
        }
        Ok(all)
    }

    /// Those that something can come of.
    pub(crate) fn followed(&self, now: Timestamp) -> Result<Vec<OrderView>, PortError> {
        let mut all = self.list()?;
        all.retain(|order| is_followed(order.known(), now));
        Ok(all)
    }

    /// Drops those that nobody has paid.
    pub(crate) fn prune(&self, now: Timestamp) -> Result<(), PortError> {
        for order in self.list()? {
            let is_old = now > order.expires_at().plus(REMEMBERED);
            if order.status == OrderStatus::Expired && is_old {
                self.store.remove(SPACE, &order.key())?;
            }
        }
        Ok(())
    }
}
