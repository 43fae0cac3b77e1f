//! The `lightning` crate's log, into ours.

use lightning::util::logger::{Level, Logger, Record};
use tracing::{debug, error, info, trace, warn};

/// What it says again and again without meaning: a peer's backup that is too large for it, and announcement
/// signatures that come a moment early.
const NOISE: [&str; 2] = [
    "Supports only data up to 1024 bytes in peer storage",
    "Got an announcement_signatures before we were ready",
];

/// Hands records on to `tracing`, under the target `lightning`.
#[derive(Debug)]
pub(crate) struct NodeLogger;

fn enabled(level: Level) -> bool {
    match level {
        Level::Gossip | Level::Trace => {
            tracing::enabled!(target: "lightning", tracing::Level::TRACE)
        }
        Level::Debug => tracing::enabled!(target: "lightning", tracing::Level::DEBUG),
        Level::Info => tracing::enabled!(target: "lightning", tracing::Level::INFO),
        Level::Warn => tracing::enabled!(target: "lightning", tracing::Level::WARN),
        Level::Error => tracing::enabled!(target: "lightning", tracing::Level::ERROR),
    }
}

fn is_noise(text: &str) -> bool {
    NOISE.iter().any(|noise| text.contains(noise))
}

impl Logger for NodeLogger {
    fn log(&self, record: Record<'_>) {
        if !enabled(record.level) {
            return;
        }
        let text = record.args.to_string();
        if is_noise(&text) {
            return;
        }
        let module = record.module_path;
        match record.level {
            Level::Gossip | Level::Trace => trace!(target: "lightning", module, "{text}"),
            Level::Debug => debug!(target: "lightning", module, "{text}"),
            Level::Info => info!(target: "lightning", module, "{text}"),
            Level::Warn => warn!(target: "lightning", module, "{text}"),
            Level::Error => error!(target: "lightning", module, "{text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_noise_is_dropped_and_nothing_else() {
        assert!(is_noise("Peer 02ab: Supports only data up to 1024 bytes in peer storage."));
        assert!(!is_noise("Force-closing channel"));
    }
}
