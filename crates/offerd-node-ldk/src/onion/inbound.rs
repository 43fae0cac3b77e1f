//! What peers hand in: for us, or to pass on.

use bolt1::{PublicKey, ShortChannelId};
use bolt4::BlindedPath;
use bolt4::encrypted_data::NextHop;
use bolt4::onion_message::{OnionMessage, Peeled, peel};
use offerd_core::port::{InboundMessage, MessageContent};

use super::OnionLayer;
use super::drops::Dropped;
use super::peers::Unqueued;
use super::queue::Source;

/// Most hops of one message that may be ourselves one after the other (dummy hops of a path's maker).
const MOST_HOPS_TO_SELF: usize = 10;

impl OnionLayer {
    /// A peer has handed us a message.
    pub(super) fn on_message(&self, from: PublicKey, message: OnionMessage) {
        // req OM-R1
        let source =
            if self.directory.has_channel(&from) { Source::Peer(from) } else { Source::Strangers };
        let admitted = self.peers().admit(&from, source, self.clock.now());
        match admitted.and_then(|()| self.read(from, source, message)) {
            Ok(()) => {}
            Err(reason) => self.note_drop(reason),
        }
    }

    /// Peels a message until it is clear whose it is.
    pub(super) fn read(
        &self,
        from: PublicKey,
        source: Source,
        mut message: OnionMessage,
    ) -> Result<(), Dropped> {
        for _ in 0..MOST_HOPS_TO_SELF {
            match peel(&self.secp, &self.identity.secret, &message) {
                Ok(Peeled::Receive { path_id, reply_path, contents }) => {
                    return self.deliver(from, path_id, reply_path, contents);
                }
                Ok(Peeled::Forward { next, message: onward }) => {
                    let next = self.next_node(next).ok_or(Dropped::UnknownNextHop)?;
                    if next != self.our_id {
                        return self.forward(next, source, onward);
                    }
                    message = onward;
                }
                Err(error) => {
                    tracing::debug!(%from, %error, "onion message not readable");
                    return Err(Dropped::Unreadable);
                }
            }
        }
        Err(Dropped::Loop)
    }

    fn deliver(
        &self,
        from_peer: PublicKey,
        path_id: Option<Vec<u8>>,
        reply_path: Option<BlindedPath>,
        contents: Vec<(u64, Vec<u8>)>,
    ) -> Result<(), Dropped> {
        let (typ, bytes) = contents.into_iter().next().ok_or(Dropped::NoContent)?;
        let content = MessageContent { typ, bytes };
        let message = InboundMessage { from_peer, path_id, reply_path, content };
        self.inbox.try_send(message).map_err(|_| Dropped::InboxFull)?;
        self.traffic.note_received();
        Ok(())
    }

    fn forward(
        &self,
        next: PublicKey,
        source: Source,
        message: OnionMessage,
    ) -> Result<(), Dropped> {
        // req OM-R6
        let queued = self.peers().push_forward(&next, source, message);
        let dropped = queued.map_err(|unqueued| match unqueued {
            Unqueued::Away => Dropped::NextHopAway,
            Unqueued::Full => Dropped::ForwardQueueFull,
        })?;
        self.drops.add(Dropped::ForwardQueueFull, dropped);
        self.wake.notify_one();
        Ok(())
    }

    /// The node that a hop of ours leads to: channels of ours first, aliases included, then announced ones.
    pub(super) fn next_node(&self, next: NextHop) -> Option<PublicKey> {
        match next {
            NextHop::NodeId(node_id) => Some(node_id),
            NextHop::ShortChannelId(scid) => {
                // req OM-R5
                self.directory.channel_peer(scid).or_else(|| self.announced_peer(scid))
            }
        }
    }

    fn announced_peer(&self, scid: ShortChannelId) -> Option<PublicKey> {
        let [one, two] = self.graph.channel_ends(scid)?;
        if one == self.our_id { Some(two) } else { (two == self.our_id).then_some(one) }
    }
}
