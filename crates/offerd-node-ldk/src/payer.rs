//! Paying over blinded paths that come as bytes.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bitcoin::Network;
use bitcoin::secp256k1::Secp256k1;
use bolt1::{Direction, Msat, NodeRef, PublicKey, ShortChannelId};
use lightning::blinded_path::payment::BlindedPaymentPath;
use lightning::ln::channelmanager::{
    PaymentId, RecentPaymentDetails, RecipientOnionFields, Retry, RetryableSendFailure,
};
use lightning::routing::router::{PaymentParameters, RouteParameters, Router as _};
use lightning::types::payment::PaymentHash;
use offerd_core::port::{Bolt11Facts, InvoicePayer, PayOrder, PayRefused, PaymentPath, PortError};
use tokio::sync::watch;

use crate::bolt11;
use crate::convert;
use crate::router::OneHopRouter;
use crate::types::{Channels, Graph, Keyring, Peers};

/// How long [`Payer::known_payments`] waits for the events of the time before the restart.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(60);

/// The node as a payer of invoices.
pub(crate) struct Payer {
    pub(crate) node_id: PublicKey,
    pub(crate) network: Network,
    pub(crate) channels: Arc<Channels>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) graph: Arc<Graph>,
    pub(crate) peers: Arc<Peers>,
    pub(crate) router: Arc<OneHopRouter>,
    /// Turns true when the events from before the restart have been handled.
    pub(crate) drained: watch::Receiver<bool>,
    /// Payments from before a recovery: what became of them only the lost state knew, so they are never begun.
    pub(crate) unknown: HashSet<[u8; 32]>,
}

impl fmt::Debug for Payer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payer").finish_non_exhaustive()
    }
}

/// Why one path of an invoice is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Unusable {
    UnknownFeature,
    UnknownIntroduction,
    Ourselves,
    NotForUs,
    OneHopFee,
    AboveMaximum,
    BelowMinimum,
    NoHops,
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownFeature => "demands an unknown feature",
            Self::UnknownIntroduction => "begins at a channel that is not known",
            Self::Ourselves => "ends at this node itself: a node cannot pay itself",
            Self::NotForUs => "begins at this node but cannot be read by it",
            Self::OneHopFee => "asks for a fee although it has one hop only",
            Self::AboveMaximum => "cannot carry so much",
            Self::BelowMinimum => "cannot carry so little",
            Self::NoHops => "has no hops",
        })
    }
}

#[async_trait]
impl InvoicePayer for Payer {
    async fn pay(&self, order: PayOrder) -> Result<(), PayRefused> {
        let payment_id = PaymentId(order.payment_id);
        if self.is_known(payment_id) {
            return Err(PayRefused::AlreadyKnown);
        }
        let (route, onion) = match &order.bolt11 {
            Some(string) => bolt11::route_parameters(&order, string)?,
            None => (self.route_parameters(&order)?, RecipientOnionFields::spontaneous_empty()),
        };
        let sent = self.channels.send_payment(
            PaymentHash(order.payment_hash),
            onion,
            payment_id,
            route.clone(),
            Retry::Timeout(Duration::from_secs(order.retry_for.0)),
        );
        self.peers.process_events();
        match sent {
            Ok(()) => Ok(()),
            Err(RetryableSendFailure::DuplicatePayment) => Err(PayRefused::AlreadyKnown),
            // A second call with the same id may find no route because the first has taken it.
            Err(_) if self.is_known(payment_id) => Err(PayRefused::AlreadyKnown),
            Err(RetryableSendFailure::RouteNotFound) => Err(self.why_no_route(route)),
            Err(RetryableSendFailure::PaymentExpired) => Err(PayRefused::InvoiceExpired),
            Err(RetryableSendFailure::OnionPacketSizeExceeded) => {
                Err(PayRefused::Impossible("the blinded paths are too long".to_owned()))
            }
        }
    }

    async fn read_bolt11(&self, string: &str) -> Result<Bolt11Facts, String> {
        bolt11::read(string, self.network)
    }

    async fn known_payments(&self) -> Result<Vec<[u8; 32]>, PortError> {
        wait_until_drained(&self.drained).await?;
        let payments = self.channels.list_recent_payments();
        let known = payments.iter().map(|payment| id_of(payment).0);
        Ok(known.chain(self.unknown.iter().copied()).collect())
    }

    async fn spendable(&self) -> Result<Msat, PortError> {
        let channels = self.channels.list_usable_channels();
        let total = channels.iter().try_fold(0_u64, |total, channel| {
            total.checked_add(channel.next_outbound_htlc_limit_msat)
        });
        total
            .and_then(Msat::new)
            .ok_or_else(|| PortError::corrupt("channels hold more than there is"))
    }
}

/// Waits until the events from before the restart have been handled.
pub(crate) async fn wait_until_drained(drained: &watch::Receiver<bool>) -> Result<(), PortError> {
    let mut drained = drained.clone();
    let waited = tokio::time::timeout(DRAIN_TIMEOUT, drained.wait_for(|drained| *drained));
    match waited.await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(_)) | Err(_) => {
            Err(PortError::unavailable("earlier events have not been handled yet"))
        }
    }
}

impl Payer {
    fn is_known(&self, payment_id: PaymentId) -> bool {
        self.unknown.contains(&payment_id.0)
            || self.channels.list_recent_payments().iter().any(|known| id_of(known) == payment_id)
    }

    /// Whether there would be a route if it might cost more.
    fn why_no_route(&self, mut route: RouteParameters) -> PayRefused {
        let allowed = route.max_total_routing_fee_msat.take();
        let channels = self.channels.list_usable_channels();
        let first_hops: Vec<_> = channels.iter().collect();
        let in_flight = self.channels.compute_inflight_htlcs();
        match self.router.find_route(&self.node_id, &route, Some(&first_hops), in_flight) {
            Ok(dear) => PayRefused::TooExpensive(format!(
                "the fee would be {} msat, {} msat are allowed",
                dear.get_total_fees(),
                allowed.unwrap_or_default(),
            )),
            Err(why) => PayRefused::NoRoute(format!("none within delay and capacity: {why}")),
        }
    }

    fn route_parameters(&self, order: &PayOrder) -> Result<RouteParameters, PayRefused> {
        let impossible = |what: &str| PayRefused::Impossible(what.to_owned());
        let features = convert::invoice_features(&order.features);
        // req IR-15
        let in_parts = features.supports_basic_mpp();
        let paths = self.usable_paths(order, in_parts)?;
        let params = PaymentParameters::blinded(paths)
            .with_bolt12_features(features)
            .map_err(|()| impossible("the invoice's features do not fit its paths"))?
            .with_expiry_time(order.expires_at.0)
            .with_max_total_cltv_expiry_delta(order.max_delay.0);
        Ok(RouteParameters {
            payment_params: params,
            final_value_msat: order.amount.as_u64(),
            max_total_routing_fee_msat: Some(order.max_fee.as_u64()),
        })
    }

    fn usable_paths(
        &self,
        order: &PayOrder,
        in_parts: bool,
    ) -> Result<Vec<BlindedPaymentPath>, PayRefused> {
        let mut usable = Vec::new();
        let mut reasons = Vec::new();
        // req IR-14
        for path in &order.paths {
            match self.usable(path, order.amount, in_parts) {
                Ok(path) => usable.push(path),
                Err(reason) => reasons.push(reason),
            }
        }
        if !usable.is_empty() {
            return Ok(usable);
        }
        let text = match reasons.first() {
            None => "the invoice has no paths".to_owned(),
            Some(Unusable::Ourselves) => {
                "the payee is this node itself: a node cannot pay itself".to_owned()
            }
            Some(_) => {
                let reasons: Vec<String> = reasons.iter().map(Unusable::to_string).collect();
                format!("no path of the invoice can be used: each {}", reasons.join(", "))
            }
        };
        Err(PayRefused::Impossible(text))
    }

    /// The path as the crate takes it; from the next hop on where it begins at us.
    fn usable(
        &self,
        path: &PaymentPath,
        amount: Msat,
        in_parts: bool,
    ) -> Result<BlindedPaymentPath, Unusable> {
        // No feature of payment paths is defined, so every even bit is one we do not know.
        // req IR-10
        if path.pay_info.features.iter().any(|byte| byte & 0b0101_0101 != 0) {
            return Err(Unusable::UnknownFeature);
        }
        let introduction =
            self.resolve(&path.path.first_node_id).ok_or(Unusable::UnknownIntroduction)?;
        let mut ldk = convert::to_ldk(path, introduction);
        if introduction == self.node_id {
            self.advance(&mut ldk)?;
        }
        let info = &ldk.payinfo;
        match ldk.blinded_hops().len() {
            0 => return Err(Unusable::NoHops),
            1 if info.fee_base_msat != 0 || info.fee_proportional_millionths != 0 => {
                return Err(Unusable::OneHopFee);
            }
            // The crate does not look at these limits; our router does, but only once the parts are made.
            1 if info.htlc_maximum_msat < amount.as_u64() => return Err(Unusable::AboveMaximum),
            _ => {}
        }
        if info.htlc_minimum_msat > amount.as_u64() {
            return Err(Unusable::BelowMinimum);
        }
        if !in_parts && info.htlc_maximum_msat < amount.as_u64() {
            return Err(Unusable::AboveMaximum);
        }
        Ok(ldk)
    }

    /// Takes the step that is ours. The price stays that of the whole path, ours included: what is left over goes
    /// to the next hops, except that a path with one hop left has no fee and no limit.
    fn advance(&self, path: &mut BlindedPaymentPath) -> Result<(), Unusable> {
        if path.blinded_hops().len() == 1 {
            return Err(Unusable::Ourselves);
        }
        path.advance_path_by_one(&self.keyring, &self.channels, &Secp256k1::new())
            .map_err(|()| Unusable::NotForUs)?;
        if path.blinded_hops().len() == 1 {
            path.payinfo.fee_base_msat = 0;
            path.payinfo.fee_proportional_millionths = 0;
            // What limited the path was our channel to the payee, and the router knows our channels.
            path.payinfo.htlc_maximum_msat = Msat::MAX.as_u64();
        }
        Ok(())
    }

    fn resolve(&self, node: &NodeRef) -> Option<PublicKey> {
        match node {
            NodeRef::Id(id) => Some(*id),
            NodeRef::ChannelEnd { scid, direction } => self
                .own_channel_end(*scid, *direction)
                .or_else(|| self.graph_end(*scid, *direction)),
        }
    }

    fn own_channel_end(&self, scid: ShortChannelId, direction: Direction) -> Option<PublicKey> {
        let channels = self.channels.list_channels();
        let channel = channels.iter().find(|channel| channel.short_channel_id == Some(scid.0))?;
        let peer = channel.counterparty.node_id;
        let (lesser, greater) =
            if self.node_id < peer { (self.node_id, peer) } else { (peer, self.node_id) };
        Some(match direction {
            Direction::Zero => lesser,
            Direction::One => greater,
        })
    }

    fn graph_end(&self, scid: ShortChannelId, direction: Direction) -> Option<PublicKey> {
        let graph = self.graph.read_only();
        let channel = graph.channel(scid.0)?;
        let node = match direction {
            Direction::Zero => channel.node_one,
            Direction::One => channel.node_two,
        };
        node.as_pubkey().ok()
    }
}

fn id_of(payment: &RecentPaymentDetails) -> PaymentId {
    match payment {
        RecentPaymentDetails::AwaitingInvoice { payment_id }
        | RecentPaymentDetails::Pending { payment_id, .. }
        | RecentPaymentDetails::Fulfilled { payment_id, .. }
        | RecentPaymentDetails::Abandoned { payment_id, .. } => *payment_id,
    }
}
