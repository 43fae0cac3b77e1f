//! Snapshots of the network that a server hands out, so that routes are known before peers have told of them.
//!
//! A snapshot has no signatures: its server is believed. What peers tell, with signatures, is newer and goes before it.
//! Fetching it does not happen here.

use std::sync::Arc;

use bolt1::Timestamp;
use lightning_rapid_gossip_sync::{GraphSyncError, RapidGossipSync};

use crate::logger::NodeLogger;
use crate::node::Node;

/// Why a snapshot was not taken, or not all of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SnapshotError(String);

impl Node {
    /// Up to when the network is known from snapshots, to ask for what came after; `None` when none was taken. Kept
    /// with what is known.
    pub fn snapshot_time(&self) -> Option<Timestamp> {
        let unix = self.graph.get_last_rapid_gossip_sync_timestamp()?;
        Some(Timestamp(unix.into()))
    }

    /// Takes a snapshot in the format of rapid gossip sync, version 1 or 2.
    ///
    /// # Errors
    /// [`SnapshotError`]: it is no snapshot, is for another chain, or is older than two weeks. Channels before the place
    /// where it went wrong are known all the same.
    pub fn take_snapshot(&self, snapshot: &[u8]) -> Result<Timestamp, SnapshotError> {
        let taking = RapidGossipSync::new(Arc::clone(&self.graph), Arc::new(NodeLogger));
        match taking.update_network_graph(snapshot) {
            Ok(unix) => Ok(Timestamp(unix.into())),
            Err(GraphSyncError::DecodeError(error)) => {
                Err(SnapshotError(format!("it cannot be read: {error}")))
            }
            Err(GraphSyncError::LightningError(error)) => Err(SnapshotError(error.err)),
        }
    }
}
