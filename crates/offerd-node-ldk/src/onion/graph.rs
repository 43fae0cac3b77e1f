//! LDK's network graph as ours, and the search for a route.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::hash::Hash;
use std::ops::Deref;

use bolt1::{PublicKey, ShortChannelId};
use lightning::ln::msgs::SocketAddress;
use lightning::routing::gossip::{ChannelInfo, NetworkGraph, NodeId, ReadOnlyNetworkGraph};
use lightning::util::logger::Logger;

use super::Graph;

/// Most nodes that a search looks at.
const MOST_NODES: usize = 30_000;
/// Most nodes between us and the destination.
const MOST_HOPS: usize = 8;

impl<L> Graph for NetworkGraph<L>
where
    L: Deref + Send + Sync,
    L::Target: Logger,
{
    fn forwards_messages(&self, node: &PublicKey) -> bool {
        forwards(&self.read_only(), &NodeId::from_pubkey(node))
    }

    fn channel_ends(&self, scid: ShortChannelId) -> Option<[PublicKey; 2]> {
        let graph = self.read_only();
        let channel = graph.channel(scid.0)?;
        Some([channel.node_one.as_pubkey().ok()?, channel.node_two.as_pubkey().ok()?])
    }

    fn neighbours(&self, node: &PublicKey) -> Vec<PublicKey> {
        let graph = self.read_only();
        let node = NodeId::from_pubkey(node);
        let channels = graph.node(&node).map_or(&[][..], |node| &node.channels);
        let ends = channels.iter().filter_map(|scid| other_end(graph.channel(*scid)?, &node));
        let ends: BTreeSet<NodeId> = ends.filter(|end| forwards(&graph, end)).collect();
        let mut ends: Vec<NodeId> = ends.into_iter().collect();
        ends.sort_by_cached_key(|end| Reverse(graph.node(end).map_or(0, |it| it.channels.len())));
        ends.iter().filter_map(|end| end.as_pubkey().ok()).collect()
    }

    fn addresses(&self, node: &PublicKey) -> Vec<SocketAddress> {
        self.read_only().get_addresses(node).unwrap_or_default()
    }

    fn route(&self, from: &[PublicKey], to: &PublicKey) -> Option<Vec<PublicKey>> {
        let graph = self.read_only();
        let from: Vec<NodeId> = from.iter().map(NodeId::from_pubkey).collect();
        let usable = |node: &NodeId| from.contains(node) || forwards(&graph, node);
        let route = shortest(&from, NodeId::from_pubkey(to), |node| {
            let channels = graph.node(node).map_or(&[][..], |node| &node.channels);
            let ends = channels.iter().filter_map(|scid| other_end(graph.channel(*scid)?, node));
            ends.filter(|node| usable(node)).collect()
        })?;
        route.iter().map(|node| node.as_pubkey().ok()).collect()
    }
}

fn forwards(graph: &ReadOnlyNetworkGraph<'_>, node: &NodeId) -> bool {
    let announced = graph.node(node).and_then(|node| node.announcement_info.as_ref());
    announced.is_some_and(|info| info.features().supports_onion_messages())
}

/// Who is at the other end, unless both ends say that the channel is out of service.
fn other_end(channel: &ChannelInfo, node: &NodeId) -> Option<NodeId> {
    let updates = [&channel.one_to_two, &channel.two_to_one];
    let dead = updates.iter().all(|update| update.as_ref().is_some_and(|update| !update.enabled));
    let other = if channel.node_one == *node { channel.node_two } else { channel.node_one };
    (!dead).then_some(other)
}

/// Breadth first from `to` until a node of `from` is met; the way from there, without `to`.
pub(super) fn shortest<N: Copy + Eq + Hash>(
    from: &[N],
    to: N,
    neighbours: impl Fn(&N) -> Vec<N>,
) -> Option<Vec<N>> {
    if from.is_empty() {
        return None;
    }
    // For each node that was seen: the next one on its way to `to`, and how far that is.
    let mut seen: HashMap<N, (N, usize)> = HashMap::from([(to, (to, 0))]);
    let mut queue = VecDeque::from([to]);
    while let Some(node) = queue.pop_front() {
        let distance = seen.get(&node).map_or(0, |(_, distance)| distance.saturating_add(1));
        if distance > MOST_HOPS {
            return None;
        }
        for neighbour in neighbours(&node) {
            if seen.contains_key(&neighbour) || seen.len() >= MOST_NODES {
                continue;
            }
            seen.insert(neighbour, (node, distance));
            if from.contains(&neighbour) {
                return Some(follow(&seen, neighbour, to));
            }
            queue.push_back(neighbour);
        }
    }
    None
}

fn follow<N: Copy + Eq + Hash>(seen: &HashMap<N, (N, usize)>, start: N, to: N) -> Vec<N> {
    let next = |node: &N| seen.get(node).map(|(next, _)| *next).filter(|next| *next != to);
    std::iter::successors(Some(start), next).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1 - 2 - 3 - 4 - 5, and 1 - 6 - 5, and 7 alone.
    fn neighbours(node: &u8) -> Vec<u8> {
        let edges = [(1, 2), (2, 3), (3, 4), (4, 5), (1, 6), (6, 5)];
        let from = edges.iter().filter(|(a, _)| a == node).map(|(_, b)| *b);
        let to = edges.iter().filter(|(_, b)| b == node).map(|(a, _)| *a);
        from.chain(to).collect()
    }

    #[test]
    fn the_shortest_way_begins_at_a_peer_and_ends_before_the_destination() {
        assert_eq!(shortest(&[1], 5, neighbours), Some(vec![1, 6]));
        assert_eq!(shortest(&[2], 5, neighbours), Some(vec![2, 3, 4]));
        assert_eq!(shortest(&[4, 1], 5, neighbours), Some(vec![4]));
        assert_eq!(shortest(&[], 5, neighbours), None);
        assert_eq!(shortest(&[1], 7, neighbours), None);
    }

    #[test]
    fn ways_that_are_too_long_are_not_taken() {
        let line = |node: &usize| vec![node.saturating_sub(1), node.saturating_add(1)];
        let most = shortest(&[100 + MOST_HOPS], 100, line).unwrap();
        assert_eq!(most.len(), MOST_HOPS);
        assert_eq!(shortest(&[101 + MOST_HOPS], 100, line), None);
    }
}
