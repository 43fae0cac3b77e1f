//! Asking providers how orders stand, until they have ended.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bitcoin::{Network, OutPoint};
use bolt1::Timestamp;
use offerd_core::liquidity::order::{OrderAnswer, after_refusal, hear};
use offerd_core::port::PortError;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{debug, info, warn};

use super::{Answer, Liquidity, LspError, OrderView, Orders, order_wire};
use crate::books::Books;
use crate::config::Timing;
use crate::peers::Connector;
use crate::state::since_epoch;
use crate::tasks::stopped;
use crate::types::Peers;

/// Follows orders.
pub(crate) struct Follower {
    pub(crate) network: Network,
    pub(crate) timing: Timing,
    pub(crate) liquidity: Arc<Liquidity>,
    pub(crate) peers: Arc<Peers>,
    pub(crate) connector: Arc<Connector>,
    pub(crate) orders: Arc<Orders>,
    pub(crate) books: Arc<Books>,
}

impl fmt::Debug for Follower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follower").finish_non_exhaustive()
    }
}

impl Follower {
    /// Keeps the providers of open orders connected and asks them, when they are connected and then every now and then,
    /// until `stop`.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut connected = self.connector.watch.subscribe();
        // When each was last asked about, since its provider is connected.
        let mut asked: HashMap<String, Instant> = HashMap::new();
        loop {
            let here = connected.borrow_and_update().clone();
            let mut open = self.open();
            self.connector.keep_sellers(open.iter().map(|order| order.provider).collect());
            open.retain(|order| here.contains(&order.provider));
            asked.retain(|key, _| open.iter().any(|order| order.key() == *key));
            let pause = self.timing.order_poll;
            let is_due = |at: &Instant| at.elapsed() >= pause;
            let due = open.into_iter().filter(|it| asked.get(&it.key()).is_none_or(is_due));
            let due: Vec<OrderView> = due.collect();
            for order in &due {
                asked.insert(order.key(), Instant::now());
            }
            tokio::select! {
                () = stopped(&mut stop) => return,
                () = self.ask_about(due) => {}
            }
            let next = asked.values().map(|at| pause.saturating_sub(at.elapsed())).min();
            tokio::select! {
                () = stopped(&mut stop) => return,
                changed = connected.changed() => if changed.is_err() { return },
                () = self.orders.more.notified() => {}
                () = sleep(next) => {}
            }
        }
    }

    fn open(&self) -> Vec<OrderView> {
        self.orders.followed(now()).unwrap_or_else(|error| {
            warn!(%error, "the orders could not be read");
            Vec::new()
        })
    }

    /// Asks about one after the other. Of a provider that says nothing no more is asked now.
    async fn ask_about(&self, orders: Vec<OrderView>) {
        let mut silent = HashSet::new();
        for order in orders {
            if silent.contains(&order.provider) {
                continue;
            }
            let (provider, order_id) = (order.provider, order.order_id.clone());
            match self.ask(&order).await {
                Ok(answer) => self.take(order, &answer),
                Err(LspError::Refused { code, message }) => {
                    warn!(%provider, order_id, code, message, "the provider does not tell of an order");
                    let status = after_refusal(order.known(), now());
                    if status != order.status {
                        self.keep(OrderView { status, ..order });
                    }
                }
                Err(error) => {
                    debug!(%provider, order_id, %error, "how an order stands is not known");
                    silent.insert(provider);
                }
            }
        }
    }

    async fn ask(&self, order: &OrderView) -> Result<OrderAnswer, LspError> {
        let params = json!({ "order_id": order.order_id });
        let question = self.liquidity.ask_beside(order.provider, "lsps1.get_order", &params)?;
        let limit = self.timing.lsp_answer;
        let answer = self.liquidity.answer_to(&self.peers, limit, question).await?;
        match answer {
            Answer::Beside(result) => {
                order_wire::order(result, self.network).ok_or(LspError::Unreadable)
            }
            Answer::Menu(_) | Answer::Bought { .. } => Err(LspError::Unreadable),
        }
    }

    /// Keeps what is said of an order, if that can be.
    fn take(&self, mut order: OrderView, answer: &OrderAnswer) {
        let (provider, order_id) = (order.provider, order.order_id.clone());
        let is_ours = |funding: &str| self.is_ours(funding).unwrap_or(false);
        let now = now();
        let status = match hear(order.known(), answer, now, is_ours) {
            Ok(status) => status,
            Err(error) => {
                warn!(%provider, order_id, %error, "what the provider says of an order is not believed");
                return;
            }
        };
        if status != order.status {
            info!(%provider, order_id, was = %order.status, now = %status, "an order goes on");
        }
        for way in &mut order.ways {
            let said = answer.ways.iter().find(|(kind, _)| *kind == way.kind);
            if let Some((_, Ok(said))) = said {
                way.state = said.way.state;
            }
        }
        let channel = if status.is_open() { order.channel } else { answer.channel.clone() };
        self.keep(OrderView { status, heard_at: now, channel, ..order });
    }

    fn keep(&self, order: OrderView) {
        if let Err(error) = self.orders.write(&order) {
            warn!(%error, "what was heard of an order could not be kept");
        }
    }

    /// Whether this output is or was that of a channel of ours.
    fn is_ours(&self, funding: &str) -> Result<bool, PortError> {
        let funding: Result<OutPoint, _> = funding.parse();
        funding.map_or(Ok(false), |funding| self.books.has_funding(funding))
    }
}

/// Sleeps so long, or for ever.
async fn sleep(span: Option<Duration>) {
    match span {
        Some(span) => tokio::time::sleep(span).await,
        None => std::future::pending().await,
    }
}

fn now() -> Timestamp {
    Timestamp(since_epoch().as_secs())
}
