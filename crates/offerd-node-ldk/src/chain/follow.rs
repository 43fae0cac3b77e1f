//! Following the chain, whichever way its source tells of it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::{ChainSource, ChainView, Feed, Listeners, Parts};

/// Tells `listeners` and `view` of all that happens, until `stop`.
pub(crate) async fn follow(
    source: &dyn ChainSource,
    listeners: Arc<Listeners>,
    view: Arc<ChainView>,
    pause: Duration,
    stop: watch::Receiver<bool>,
) {
    match source.feed() {
        Feed::Blocks(feed) => feed.follow(listeners, view, pause, stop).await,
        Feed::Transactions(feed) => {
            let parts = Parts {
                wallet: Arc::clone(&listeners.wallet),
                channels: Arc::clone(&listeners.channels),
                monitor: Arc::clone(&listeners.monitor),
                sweeper: Arc::clone(&listeners.sweeper),
            };
            parts.follow(feed, source.name(), &view, pause, stop).await;
        }
    }
}
