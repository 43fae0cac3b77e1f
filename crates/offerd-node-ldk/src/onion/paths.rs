//! Ways to us, for others to use.

use bolt1::{NodeRef, PublicKey};
use bolt4::encrypted_data::{EncryptedData, NextHop};
use bolt4::{BlindedPath, PathError, blind};

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

    /// The path to put into our offers, one for each suitable peer, none when we need none. Without any peer, a
    /// path of ourselves alone: with it those who connect to us at least can reach us.
    pub(super) fn offer_paths(&self, path_id: &[u8]) -> Result<Vec<BlindedPath>, PathError> {
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
            return Ok(vec![self.path_over(None, path_id)?]);
        }
        peers.into_iter().map(|peer| self.path_over(Some(peer), path_id)).collect()
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
        self.path_over(way, path_id)
    }

    /// A path of one peer and us, or of us alone.
    fn path_over(&self, peer: Option<PublicKey>, path_id: &[u8]) -> Result<BlindedPath, PathError> {
        // req BP-W1, OM-P3, OM-W6
        let end = (self.our_id, EncryptedData::receive(Some(path_id.to_vec())));
        let to_us = EncryptedData::forward(NextHop::NodeId(self.our_id));
        let hops: Vec<_> = peer.map(|peer| (peer, to_us)).into_iter().chain([end]).collect();
        let first = NodeRef::Id(peer.unwrap_or(self.our_id));
        // req BP-W2
        blind(&self.secp, self.random_key(), first, &hops)
    }
}

/// The element for this attempt, in turn.
pub(super) fn rotated<T>(choices: &[T], attempt: u32) -> Option<&T> {
    let turn = usize::try_from(attempt).unwrap_or(usize::MAX);
    choices.get(turn.checked_rem(choices.len())?)
}
