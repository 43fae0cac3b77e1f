//! What we send ourselves.

use async_trait::async_trait;
use bolt1::{Direction, NodeRef, PublicKey};
use bolt4::onion_message::{Destination, create};
use bolt4::{Advanced, BlindedPath};
use offerd_core::port::{self, Fronts, OnionTransport, OutboundMessage, PortError};

use super::OnionLayer;
use super::directory::is_public;
use super::paths::rotated;
use super::peers::Unqueued;
use super::queue::Source;

/// Most hops of a path that we take ourselves because they are ours.
const MOST_OWN_HOPS: usize = 10;

/// Most routes that are looked for, for attempts to choose from.
const MOST_ROUTES: usize = 4;

#[async_trait]
impl OnionTransport for OnionLayer {
    async fn send(&self, message: OutboundMessage) -> Result<(), PortError> {
        let OutboundMessage { to, content, reply_path_id, attempt } = message;
        let (target, destination) = self.resolve(to)?;
        let dial = match reply_path_id {
            Some(_) => self.dialling.for_requests,
            None => self.dialling.for_replies,
        };
        // req BP-R1
        let between = self.route(&target, attempt, dial).await?;
        let reply_path = match reply_path_id {
            Some(path_id) => Some(
                self.reply_path(self.reads_itself(&target, &destination), &path_id, attempt)
                    .map_err(|error| PortError::rejected("make a reply path").because(error))?,
            ),
            None => None,
        };
        let (first, onion) = create(
            &self.secp,
            self.random_key(),
            &between,
            &destination,
            (content.typ, content.bytes),
            reply_path.as_ref(),
        )
        .map_err(|error| PortError::rejected("make an onion message").because(error))?;
        if first == self.our_id {
            return self.read(first, Source::Peer(first), onion).map_err(|reason| {
                PortError::unavailable(format!("onion message to ourselves: {reason:?}"))
            });
        }
        self.peers().push_own(&first, onion).map_err(|unqueued| match unqueued {
            Unqueued::Away => PortError::unavailable(format!("peer {first} has left")),
            Unqueued::Full => {
                PortError::unavailable(format!("too many onion messages wait for peer {first}"))
            }
        })?;
        self.wake.notify_one();
        Ok(())
    }

    async fn message_paths(
        &self,
        path_id: &[u8],
        fronts: &Fronts,
    ) -> Result<Vec<BlindedPath>, PortError> {
        match fronts {
            Fronts::Usual => self.paths_through(&self.shape.fronts, path_id),
            Fronts::Only(nodes) => self.paths_through(nodes, path_id),
        }
    }

    async fn stay_connected(&self, introductions: &[PublicKey]) {
        let others = introductions.iter().copied().filter(|node| *node != self.our_id);
        self.directory.stay_connected(others.collect());
    }

    async fn is_announced(&self) -> bool {
        self.directory.is_announced()
    }
}

impl OnionLayer {
    /// The node that a message has to reach first, and where it goes from there. Hops at the beginning of a path
    /// that are ourselves are taken here.
    fn resolve(&self, to: port::Destination) -> Result<(PublicKey, Destination), PortError> {
        let mut path = match to {
            port::Destination::Node(node) => return Ok((node, Destination::Node(node))),
            port::Destination::Path(path) => path,
        };
        for _ in 0..MOST_OWN_HOPS {
            let first = self.node(path.first_node_id).ok_or_else(|| {
                PortError::unavailable("the path begins at a channel that nobody knows")
            })?;
            // req OM-R10
            path.first_node_id = NodeRef::Id(first);
            if first != self.our_id {
                return Ok((first, Destination::Path(path)));
            }
            let advanced = path.advance(&self.secp, &self.identity.secret).map_err(|error| {
                PortError::rejected("read our own hop of a path").because(error)
            })?;
            if advanced == Advanced::EndsHere {
                return Ok((first, Destination::Path(path)));
            }
            path = advanced.into_path(|next| self.next_node(next)).ok_or_else(|| {
                PortError::unavailable("the path leads over a channel that we do not have")
            })?;
        }
        Err(PortError::rejected("the path comes back to us too often"))
    }

    /// Whether the message is for a direct peer or ourselves, as far as can be seen: who answers may be hidden
    /// behind a path of several hops.
    fn reads_itself(&self, target: &PublicKey, destination: &Destination) -> bool {
        let ends_there = match destination {
            Destination::Node(_) => true,
            Destination::Path(path) => path.hops.len() == 1,
        };
        ends_there && (*target == self.our_id || self.peers().takes_messages(target))
    }

    /// The node behind a `sciddir_or_pubkey`: announced channels first, then our own.
    fn node(&self, node: NodeRef) -> Option<PublicKey> {
        let (scid, direction) = match node {
            NodeRef::Id(id) => return Some(id),
            NodeRef::ChannelEnd { scid, direction } => (scid, direction),
        };
        let [one, two] = self.graph.channel_ends(scid).or_else(|| {
            let mut ends = [self.our_id, self.directory.channel_peer(scid)?];
            ends.sort_by_key(PublicKey::serialize);
            Some(ends)
        })?;
        Some(match direction {
            Direction::Zero => one,
            Direction::One => two,
        })
    }

    /// The nodes to go through to `target`: none to a peer or ourselves, else a route over the network, else a
    /// new connection, where that is allowed. Later attempts take other routes, and try a connection before
    /// they repeat one.
    async fn route(
        &self,
        target: &PublicKey,
        attempt: u32,
        dial: bool,
    ) -> Result<Vec<PublicKey>, PortError> {
        if *target == self.our_id || self.peers().takes_messages(target) {
            return Ok(Vec::new());
        }
        let routes = self.routes(target);
        let tried_all = usize::try_from(attempt).is_ok_and(|attempt| attempt >= routes.len());
        if !tried_all && let Some(route) = rotated(&routes, attempt) {
            return Ok(route.clone());
        }
        let refusal = match self.connect(target, dial).await {
            Ok(()) => return Ok(Vec::new()),
            Err(refusal) => refusal,
        };
        rotated(&routes, attempt).cloned().ok_or_else(|| {
            PortError::unavailable(format!("no way to node {target}: no route, and {refusal}"))
        })
    }

    /// Routes to `target` that begin with different peers, shortest first.
    fn routes(&self, target: &PublicKey) -> Vec<Vec<PublicKey>> {
        let mut peers = self.capable_peers();
        let mut routes = Vec::new();
        while routes.len() < MOST_ROUTES
            && let Some(route) = self.graph.route(&peers, target)
        {
            peers.retain(|peer| Some(peer) != route.first());
            routes.push(route);
        }
        routes
    }

    async fn connect(&self, target: &PublicKey, dial: bool) -> Result<(), String> {
        if !dial {
            return Err("connecting for this is off".to_owned());
        }
        let mut addresses = self.graph.addresses(target);
        if !self.dialling.private_addresses {
            addresses.retain(is_public);
        }
        if addresses.is_empty() {
            return Err("no address of it is known".to_owned());
        }
        self.directory.connect(*target, addresses).await?;
        if self.peers().takes_messages(target) {
            Ok(())
        } else {
            Err("it takes no onion messages".to_owned())
        }
    }
}
