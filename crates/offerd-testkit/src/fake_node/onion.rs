//! Onion messages.

use async_trait::async_trait;
use bolt1::{NodeRef, PublicKey};
use bolt4::encrypted_data::{EncryptedData, NextHop};
use bolt4::onion_message::{self, OnionMessage, Peeled};
use bolt4::{BlindedPath, blind};
use offerd_core::port::{
    Destination, Fronts, InboundMessage, MessageContent, OnionTransport, OutboundMessage, PortError,
};

use super::FakeNode;
use super::fault::Call;
use super::network::State;

/// Most paths that a node gives of itself.
const PATHS: usize = 3;

/// Most hops that a message goes.
const HOPS: usize = 20;

#[async_trait]
impl OnionTransport for FakeNode {
    async fn send(&self, message: OutboundMessage) -> Result<(), PortError> {
        self.call(Call::Send, |state| state.send(self.id, message))
    }

    async fn message_paths(
        &self,
        path_id: &[u8],
        fronts: &Fronts,
    ) -> Result<Vec<BlindedPath>, PortError> {
        let announced = self.with(|station| station.is_announced());
        let paths = self.ask(|state| match (announced, fronts.named()) {
            (true, []) => Vec::new(),
            (_, named) => state.paths_over(self.id, named, Some(path_id)),
        })?;
        match (fronts.named(), paths.as_slice()) {
            ([_, ..], []) => Err(PortError::unavailable("none of the nodes in front is a peer")),
            _ => Ok(paths),
        }
    }

    async fn stay_connected(&self, introductions: &[PublicKey]) {
        let mut state = self.lock();
        introductions.iter().for_each(|node| state.join(self.id, *node));
    }

    async fn is_announced(&self) -> bool {
        self.with(|station| station.is_announced())
    }
}

impl State {
    fn send(&mut self, from: PublicKey, message: OutboundMessage) -> Result<(), PortError> {
        let reply_path = match &message.reply_path_id {
            Some(path_id) => Some(self.reply_path(from, path_id, message.attempt)?),
            None => None,
        };
        let to = match message.to {
            Destination::Node(id) => onion_message::Destination::Node(id),
            Destination::Path(path) => onion_message::Destination::Path(path),
        };
        let MessageContent { typ, bytes } = message.content;
        let session_key = self.secret_key();
        let content = (typ, bytes);
        let (first, onion) =
            onion_message::create(&self.secp, session_key, &[], &to, content, reply_path.as_ref())
                .map_err(|error| PortError::rejected("no onion can be made").because(error))?;
        if first != from && !(self.find_station(&first).is_some() && self.are_peers(&from, &first))
        {
            return Err(PortError::unavailable(format!("no route to {first}")));
        }
        self.messages_sent += 1;
        if let Some(left) = self.losing.checked_sub(1) {
            self.losing = left;
            return Ok(());
        }
        if let Some(left) = self.doubling.checked_sub(1) {
            self.doubling = left;
            self.forward(from, first, onion.clone());
        }
        self.forward(from, first, onion);
        Ok(())
    }

    /// Hands an onion from node to node until it is at its end, or nobody takes it.
    fn forward(&mut self, from: PublicKey, to: PublicKey, onion: OnionMessage) {
        let (mut from, mut to, mut onion) = (from, to, onion);
        for _ in 0..HOPS {
            let Some(station) = self.find_station(&to).filter(|station| station.is_up()) else {
                return;
            };
            let key = station.secret_key;
            match onion_message::peel(&self.secp, &key, &onion) {
                Ok(Peeled::Forward { next: NextHop::NodeId(next), message })
                    if self.are_peers(&to, &next) =>
                {
                    (from, to, onion) = (to, next, message);
                }
                Ok(Peeled::Receive { path_id, reply_path, contents }) => {
                    for (typ, bytes) in contents {
                        let content = MessageContent { typ, bytes };
                        let (path_id, reply_path) = (path_id.clone(), reply_path.clone());
                        let message =
                            InboundMessage { from_peer: from, path_id, reply_path, content };
                        self.carry(to, message);
                    }
                    return;
                }
                Ok(Peeled::Forward { .. }) | Err(_) => return,
            }
        }
    }

    /// A path for the answer: another one for each attempt, if there are several.
    fn reply_path(
        &mut self,
        to: PublicKey,
        path_id: &[u8],
        attempt: u32,
    ) -> Result<BlindedPath, PortError> {
        let paths = self.paths_over(to, &[], Some(path_id));
        let count = paths.len().max(1);
        let wanted = usize::try_from(attempt).unwrap_or(0) % count;
        paths.into_iter().nth(wanted).ok_or_else(|| PortError::unavailable("no path to us"))
    }

    /// Paths that end at `to`: through those of its peers that are named; where none is, of one hop when it is announced,
    /// else through any.
    pub(super) fn paths_over(
        &mut self,
        to: PublicKey,
        named: &[PublicKey],
        path_id: Option<&[u8]>,
    ) -> Vec<BlindedPath> {
        let end = (to, EncryptedData::receive(path_id.map(<[u8]>::to_vec)));
        let routes: Vec<_> = if self.station(to).is_announced() && named.is_empty() {
            vec![vec![end]]
        } else {
            let over = |peer| {
                let forward = EncryptedData::forward(NextHop::NodeId(to));
                vec![(peer, forward), end.clone()]
            };
            let mut peers = self.announced_peers(&to);
            peers.retain(|peer| named.is_empty() || named.contains(peer));
            peers.into_iter().take(PATHS).map(over).collect()
        };
        let path = |hops: Vec<(PublicKey, EncryptedData)>| {
            let secret = self.secret_key();
            let (first, _) = hops.first()?;
            blind(&self.secp, secret, NodeRef::Id(*first), &hops).ok()
        };
        routes.into_iter().filter_map(path).collect()
    }
}
