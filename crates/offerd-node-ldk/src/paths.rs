//! Payment paths that end at us.
//!
//! A node that is announced is its own introduction node: payers find it in the graph. One that is not lends the
//! names of its peers, one path for each channel, so that a payment larger than any of them can come in parts; or, where
//! that is wanted, the names of others who stand before these peers.

mod before;

use std::sync::Arc;

use bitcoin::secp256k1::{PublicKey, Secp256k1};
use lightning::blinded_path::payment::{
    BlindedPaymentPath, Bolt12OfferContext, ForwardTlvs, PaymentConstraints, PaymentContext,
    PaymentForwardNode, PaymentRelay, ReceiveTlvs, UnauthenticatedReceiveTlvs,
};
use lightning::ln::channel_state::ChannelDetails;
use lightning::ln::channelmanager::MIN_FINAL_CLTV_EXPIRY_DELTA;
use lightning::offers::nonce::Nonce;
use lightning::sign::NodeSigner;
use lightning::types::features::BlindedHopFeatures;
use lightning::types::payment::PaymentSecret;
use offerd_core::port::Fronts;
use tracing::debug;

use self::before::{Step, steps_to};
use crate::types::{Graph, Keyring};

/// Most paths of one invoice; each takes some 300 bytes of it.
const MOST_PATHS: usize = 8;
/// Blocks for which an HTLC may be locked at most, counted from now: what the crate takes itself (two weeks).
const FARTHEST_EXPIRY: u32 = 14 * 24 * 6;
/// Blocks that payer and payee may differ by in their view of the chain.
const GRACE: u32 = 3;
/// Fewer seconds than a block takes, on average, so that the life of a path covers that of its invoice.
const SHORT_BLOCK_SECONDS: u32 = 540;

/// What a path of ours must bring back.
pub(crate) struct PathOrder {
    /// Ties the payment to its invoice.
    pub(crate) secret: PaymentSecret,
    /// Comes back with the payment.
    pub(crate) context: Bolt12OfferContext,
    /// What the paths together should carry, in msat.
    pub(crate) amount_msat: u64,
    /// How long they must last, in seconds.
    pub(crate) expiry: u32,
    /// The best block.
    pub(crate) height: u32,
    /// The peers over which they lead.
    pub(crate) fronts: Fronts,
}

/// Makes payment paths to us.
pub(crate) struct PathMaker {
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) node_id: PublicKey,
    pub(crate) graph: Arc<Graph>,
    /// The peers over which paths lead that are to look as usual; empty: those that suit best.
    pub(crate) fronts: Vec<PublicKey>,
    /// Nodes that are to stand before us, where no fronts were named: 1 is our peer alone.
    pub(crate) hops: usize,
}

impl std::fmt::Debug for PathMaker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PathMaker").finish_non_exhaustive()
    }
}

impl PathMaker {
    /// Paths over `channels`, which are usable, best first. When no channel suits, the last resort is a path that
    /// begins at us: only our direct peers can use it. Where nodes in front were named, over the channels with them and
    /// no others; none when none of those suits.
    pub(crate) fn paths(
        &self,
        order: &PathOrder,
        channels: &[ChannelDetails],
    ) -> Vec<BlindedPaymentPath> {
        let fronts = match &order.fronts {
            Fronts::Usual => &self.fronts,
            Fronts::Only(nodes) => nodes,
        };
        if !fronts.is_empty() {
            let theirs = |channel: &&ChannelDetails| fronts.contains(&channel.counterparty.node_id);
            // They were named to be seen.
            return self.over_each(channels.iter().filter(theirs).collect(), order, 1);
        }
        let (public, private): (Vec<_>, Vec<_>) =
            channels.iter().partition(|channel| channel.is_announced);
        let public_inbound: u64 = public.iter().map(|channel| channel.inbound_capacity_msat).sum();
        let mut paths = Vec::new();
        if !public.is_empty() {
            paths.extend(self.one_hop(order));
        }
        if public_inbound < order.amount_msat || public.is_empty() {
            paths.extend(self.over_each(private, order, self.hops));
        }
        if paths.is_empty() {
            paths.extend(self.one_hop(order));
        }
        paths
    }

    fn over_each(
        &self,
        channels: Vec<&ChannelDetails>,
        order: &PathOrder,
        hops: usize,
    ) -> Vec<BlindedPaymentPath> {
        let best = self.best_first(channels).into_iter().take(MOST_PATHS);
        best.filter_map(|channel| self.over(channel, order, hops)).collect()
    }

    /// Peers that payers can find come first, then the channels that can carry most.
    fn best_first<'a>(&self, channels: Vec<&'a ChannelDetails>) -> Vec<&'a ChannelDetails> {
        let graph = self.graph.read_only();
        let mut channels: Vec<_> = channels.into_iter().filter(|channel| suits(channel)).collect();
        // req IW-11
        channels.sort_by_cached_key(|channel| {
            let peer =
                lightning::routing::gossip::NodeId::from_pubkey(&channel.counterparty.node_id);
            (graph.node(&peer).is_none(), u64::MAX - capacity(channel))
        });
        channels
    }

    fn one_hop(&self, order: &PathOrder) -> Option<BlindedPaymentPath> {
        BlindedPaymentPath::one_hop(
            self.node_id,
            self.receive_tlvs(order),
            MIN_FINAL_CLTV_EXPIRY_DELTA,
            &*self.keyring,
            &Secp256k1::new(),
        )
        .ok()
    }

    /// The path over `channel`, with `hops` nodes before us, or as many as the graph knows to stand there.
    fn over(
        &self,
        channel: &ChannelDetails,
        order: &PathOrder,
        hops: usize,
    ) -> Option<BlindedPaymentPath> {
        let policy = channel.counterparty.forwarding_info.as_ref()?;
        let capacity = capacity(channel);
        let peer = Step {
            from: channel.counterparty.node_id,
            scid: channel.get_inbound_payment_scid()?,
            relay: PaymentRelay {
                cltv_expiry_delta: policy.cltv_expiry_delta,
                fee_proportional_millionths: policy.fee_proportional_millionths,
                fee_base_msat: policy.fee_base_msat,
            },
            htlc_minimum_msat: channel.inbound_htlc_minimum_msat.unwrap_or(1),
            htlc_maximum_msat: capacity,
        };
        let part = order.amount_msat.min(capacity);
        let before = hops.saturating_sub(1);
        let mut steps = steps_to(&peer.from, &self.node_id, part, before, &self.graph.read_only());
        steps.push(peer);
        let path = BlindedPaymentPath::new(
            &nodes(steps, max_cltv_expiry(order))?,
            self.node_id,
            self.receive_tlvs(order),
            capacity,
            MIN_FINAL_CLTV_EXPIRY_DELTA,
            &*self.keyring,
            &Secp256k1::new(),
        );
        if path.is_err() {
            debug!(channel = %channel.channel_id, "no payment path over this channel");
        }
        path.ok()
    }

    fn receive_tlvs(&self, order: &PathOrder) -> ReceiveTlvs {
        UnauthenticatedReceiveTlvs {
            payment_secret: order.secret,
            payment_constraints: PaymentConstraints {
                max_cltv_expiry: max_cltv_expiry(order),
                htlc_minimum_msat: 1,
            },
            payment_context: PaymentContext::Bolt12Offer(order.context.clone()),
        }
        .authenticate(Nonce::from_entropy_source(&*self.keyring), &self.keyring.get_expanded_key())
    }
}

/// The hops of these steps. An HTLC may last until `max_cltv_expiry` at us, and longer at each node before by what the
/// nodes from there to us ask for. `None` when that is no block height.
fn nodes(steps: Vec<Step>, max_cltv_expiry: u32) -> Option<Vec<PaymentForwardNode>> {
    let mut max_cltv_expiry = max_cltv_expiry;
    let mut nodes = Vec::with_capacity(steps.len());
    for step in steps.into_iter().rev() {
        max_cltv_expiry = max_cltv_expiry.checked_add(u32::from(step.relay.cltv_expiry_delta))?;
        nodes.push(PaymentForwardNode {
            node_id: step.from,
            htlc_maximum_msat: step.htlc_maximum_msat,
            tlvs: ForwardTlvs {
                short_channel_id: step.scid,
                payment_relay: step.relay,
                payment_constraints: PaymentConstraints {
                    max_cltv_expiry,
                    htlc_minimum_msat: step.htlc_minimum_msat.max(1),
                },
                // req IW-13
                features: BlindedHopFeatures::empty(),
                next_blinding_override: None,
            },
        });
    }
    nodes.reverse();
    Some(nodes)
}

/// Whether a path over the channel would work: the peer forwards for blinded paths, and has said at what price.
fn suits(channel: &ChannelDetails) -> bool {
    channel.counterparty.features.supports_route_blinding()
        && channel.counterparty.forwarding_info.is_some()
        && capacity(channel) >= channel.inbound_htlc_minimum_msat.unwrap_or(1).max(1)
}

/// The largest HTLC the channel can bring us now, in msat.
fn capacity(channel: &ChannelDetails) -> u64 {
    let most = channel.inbound_htlc_maximum_msat.unwrap_or(u64::MAX);
    most.min(channel.inbound_capacity_msat)
}

/// The block after which an HTLC of this invoice must not expire: far enough for any honest one, near enough that
/// nobody can lock our channels with it for longer than usual.
fn max_cltv_expiry(order: &PathOrder) -> u32 {
    let life = (order.expiry / SHORT_BLOCK_SECONDS).max(FARTHEST_EXPIRY);
    order.height.saturating_add(life).saturating_add(GRACE)
}
