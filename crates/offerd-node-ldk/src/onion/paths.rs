//! Ways to us, for others to use.

use std::collections::VecDeque;

use bolt1::{NodeRef, PublicKey};
use bolt4::encrypted_data::{EncryptedData, NextHop};
use bolt4::{BlindedPath, PathError, blind};
use offerd_core::port::PortError;

use super::OnionLayer;

impl OnionLayer {
    /// The peers over which strangers can reach us, best first: connected, announced as forwarding onion
    /// messages; those with a channel before those that may leave any time.
    pub(super) fn introduction_peers(&self) -> Vec<PublicKey> {
        let mut peers = self.capable_peers();
        peers.retain(|peer| self.graph.forwards_messages(peer));
        peers.sort_by_cached_key(|peer| !self.directory.has_channel(peer));
        peers
    }

    /// The peers to go over when none is announced as far as we know: those with a channel. The news of their
    /// announcement may not have come yet, and others may know them as we do not.
    fn peers_with_channels(&self) -> Vec<PublicKey> {
        let mut peers = self.capable_peers();
        peers.retain(|peer| self.directory.has_channel(peer));
        peers
    }

    /// The paths to put into our offers. Through `fronts` where there are any, one path for each that is here; else through
    /// each peer that suits, none when we need none, and without any peer a path of ourselves alone: with it those who
    /// connect to us at least can reach us.
    ///
    /// # Errors
    /// `Unavailable` when there are fronts and none of them is a peer that takes onion messages.
    pub(super) fn paths_through(
        &self,
        fronts: &[PublicKey],
        path_id: &[u8],
    ) -> Result<Vec<BlindedPath>, PortError> {
        let failed = |error| PortError::rejected("make message paths").because(error);
        if fronts.is_empty() {
            return self.offer_paths(path_id).map_err(failed);
        }
        let capable = self.capable_peers();
        let here: Vec<_> = fronts.iter().copied().filter(|node| capable.contains(node)).collect();
        if here.is_empty() {
            let who = "none of the nodes that are to stand in front of us";
            let what = format!("{who} is connected and takes onion messages");
            return Err(PortError::unavailable(what));
        }
        // Whoever names the front wants that one to be seen.
        let paths = here.into_iter().map(|peer| self.path_over(&[peer], path_id));
        paths.collect::<Result<_, _>>().map_err(failed)
    }

    fn offer_paths(&self, path_id: &[u8]) -> Result<Vec<BlindedPath>, PathError> {
        if self.directory.is_announced() {
            return Ok(Vec::new());
        }
        // req OW-11
        let mut peers = self.introduction_peers();
        if peers.is_empty() {
            peers = self.peers_with_channels();
        }
        peers.truncate(self.limits.message_paths.max(1));
        if peers.is_empty() {
            return Ok(vec![self.path_over(&[], path_id)?]);
        }
        peers.into_iter().map(|peer| self.path_over(&self.way_to(peer), path_id)).collect()
    }

    /// The nodes before us in a path over `peer`, who is the last of them: as many as were asked for, as far as the graph
    /// knows somebody to stand before whom we have.
    fn way_to(&self, peer: PublicKey) -> Vec<PublicKey> {
        let mut way = VecDeque::from([peer]);
        while way.len() < self.shape.hops
            && let Some(first) = way.front()
            && let Some(before) = self
                .graph
                .neighbours(first)
                .into_iter()
                .find(|node| *node != self.our_id && !way.contains(node))
        {
            way.push_front(before);
        }
        way.into()
    }

    /// The path for an answer, another one with each `attempt` as far as there are. `direct`: a peer of ours will
    /// answer.
    pub(super) fn reply_path(
        &self,
        direct: bool,
        path_id: &[u8],
        attempt: u32,
    ) -> Result<BlindedPath, PathError> {
        let announced = self.introduction_peers();
        let others = if announced.is_empty() { self.peers_with_channels() } else { Vec::new() };
        let over_peers = announced.into_iter().map(Some);
        let ways: Vec<_> = if self.directory.is_announced() {
            std::iter::once(None).chain(over_peers).collect()
        } else {
            // A direct peer needs no help to find us, and may know nobody else.
            let alone = direct.then_some(None);
            over_peers.chain(alone).chain(others.into_iter().map(Some)).collect()
        };
        let way = rotated(&ways, attempt).copied().flatten();
        self.path_over(&way.map_or_else(Vec::new, |peer| self.way_to(peer)), path_id)
    }

    /// A path over these nodes, our peer the last of them, to us, with as many hops behind that are ourselves as were
    /// asked for.
    fn path_over(&self, way: &[PublicKey], path_id: &[u8]) -> Result<BlindedPath, PathError> {
        let us = std::iter::repeat_n(self.our_id, self.shape.dummy_hops.saturating_add(1));
        let nodes: Vec<PublicKey> = way.iter().copied().chain(us).collect();
        let following = nodes.iter().skip(1).map(|next| Some(NextHop::NodeId(*next)));
        // req BP-W1, OM-P3, OM-W6
        let told = following.chain([None]).map(|next| match next {
            Some(next) => EncryptedData::forward(next),
            None => EncryptedData::receive(Some(path_id.to_vec())),
        });
        let hops: Vec<_> = nodes.iter().copied().zip(told).collect();
        let first = NodeRef::Id(way.first().copied().unwrap_or(self.our_id));
        // req BP-W2
        blind(&self.secp, self.random_key(), first, &hops)
    }
}

/// The element for this attempt, in turn.
pub(super) fn rotated<T>(choices: &[T], attempt: u32) -> Option<&T> {
    let turn = usize::try_from(attempt).unwrap_or(usize::MAX);
    choices.get(turn.checked_rem(choices.len())?)
}
