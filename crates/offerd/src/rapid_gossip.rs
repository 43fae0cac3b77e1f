//! Fetching snapshots of the network, where the operator has named a server of them.
//!
//! Peers tell of the network as before; a snapshot only comes first. While there is none, or the server fails, nothing else waits.

use std::sync::Arc;
use std::time::Duration;

use offerd_node_ldk::Node;
use offerd_rates_http::{cause, client};
use reqwest::{Client, Url};
use tracing::{info, warn};

use crate::shutdown::Shutdown;

/// Pause between two snapshots.
const PAUSE: Duration = Duration::from_secs(6 * 3_600);
/// First pause after a failure; it doubles with each further one.
const FIRST_RETRY: Duration = Duration::from_secs(60);
/// How long a snapshot may take to come.
const TIMEOUT: Duration = Duration::from_secs(120);
/// Bytes that a snapshot may have: several times what the whole network takes.
const MOST_BYTES: usize = 64_000_000;

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotFailure {
    /// The server was not asked, or did not answer.
    #[error("no answer: {0}")]
    Unreachable(String),
    /// It answers with something else.
    #[error("HTTP {0}")]
    Status(u16),
    /// It sends more than there can be.
    #[error("more than {MOST_BYTES} bytes")]
    TooLarge,
    /// What it sends is no snapshot of our network.
    #[error("its snapshot is not taken: {0}")]
    Refused(#[from] offerd_node_ldk::SnapshotError),
}

/// Asks one server.
#[derive(Debug)]
pub struct RapidGossip {
    node: Arc<Node>,
    url: Url,
    client: Client,
}

impl RapidGossip {
    /// `url` is what stands before the time from which on the network is wanted.
    ///
    /// # Errors
    /// [`SnapshotFailure::Unreachable`] when nobody can be asked at all.
    pub fn new(node: Arc<Node>, url: Url) -> Result<Self, SnapshotFailure> {
        let client = client(TIMEOUT).build();
        let client = client.map_err(|error| SnapshotFailure::Unreachable(cause(error)))?;
        Ok(Self { node, url, client })
    }

    /// Fetches now, and again and again until the end.
    pub async fn run(self, shutdown: Shutdown) {
        let mut retry = FIRST_RETRY;
        loop {
            let fetched = tokio::select! {
                () = shutdown.requested() => return,
                fetched = self.fetch() => fetched,
            };
            let pause = match fetched {
                Ok(bytes) => {
                    let known = self.node.graph_size();
                    info!(bytes, channels = known.channels, nodes = known.nodes, "snapshot taken");
                    retry = FIRST_RETRY;
                    PAUSE
                }
                Err(error) => {
                    warn!(server = %self.url, %error, "rapid-gossip-url: no snapshot of the network");
                    let pause = retry;
                    retry = pause.saturating_mul(2).min(PAUSE);
                    pause
                }
            };
            tokio::select! {
                () = shutdown.requested() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Takes one snapshot, of what came after the last one; its length in bytes.
    async fn fetch(&self) -> Result<usize, SnapshotFailure> {
        let since = self.node.snapshot_time().map_or(0, |time| time.0);
        let url = format!("{}/{since}", self.url.as_str().trim_end_matches('/'));
        let unreachable = |error| SnapshotFailure::Unreachable(cause(error));
        let mut response = self.client.get(url).send().await.map_err(unreachable)?;
        if !response.status().is_success() {
            return Err(SnapshotFailure::Status(response.status().as_u16()));
        }
        let mut bytes = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(unreachable)? {
            if bytes.len().saturating_add(piece.len()) > MOST_BYTES {
                return Err(SnapshotFailure::TooLarge);
            }
            bytes.extend_from_slice(&piece);
        }
        let (node, length) = (Arc::clone(&self.node), bytes.len());
        // A snapshot of the whole network takes its time.
        let taken = tokio::task::spawn_blocking(move || node.take_snapshot(&bytes)).await;
        taken.map_err(|error| SnapshotFailure::Unreachable(error.to_string()))??;
        Ok(length)
    }
}
