//! What the onion-message layer asks of the node.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use async_trait::async_trait;
use bolt1::{PublicKey, ShortChannelId};
use lightning::blinded_path::NodeIdLookUp;
use lightning::ln::msgs::SocketAddress;

use crate::onion::PeerDirectory;
use crate::peers::{Connector, dialable};
use crate::types::Channels;

/// Answers from our channels, and connects through the [`Connector`], once there is one.
pub(crate) struct Directory {
    pub(crate) channels: Arc<Channels>,
    /// Whether our announcement, with addresses in it, was sent.
    pub(crate) announced: Arc<AtomicBool>,
    /// Weak, since the connector holds the peers, which hold the layer, which holds this.
    pub(crate) connector: OnceLock<Weak<Connector>>,
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Directory").finish_non_exhaustive()
    }
}

#[async_trait]
impl PeerDirectory for Directory {
    fn is_announced(&self) -> bool {
        self.announced.load(Ordering::Relaxed)
    }

    fn has_channel(&self, peer: &PublicKey) -> bool {
        !self.channels.list_channels_with_counterparty(peer).is_empty()
    }

    fn channel_peer(&self, scid: ShortChannelId) -> Option<PublicKey> {
        self.channels.next_node_id(scid.0)
    }

    async fn connect(&self, node: PublicKey, addresses: Vec<SocketAddress>) -> Result<(), String> {
        let connector =
            self.connector.get().and_then(Weak::upgrade).ok_or("the node is not running")?;
        let mut outcome = Err("no address that can be called".to_owned());
        for address in addresses.iter().filter_map(dialable) {
            outcome =
                connector.connect(node, Some(&address)).await.map_err(|error| error.to_string());
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    fn stay_connected(&self, nodes: Vec<PublicKey>) {
        if let Some(connector) = self.connector.get().and_then(Weak::upgrade) {
            connector.keep_introductions(nodes);
        }
    }
}
