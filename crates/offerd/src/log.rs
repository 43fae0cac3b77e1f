//! What happens, line by line, on the standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::Log;

/// Begins logging. The level was checked with the configuration.
pub fn begin(log: &Log) {
    let filter = EnvFilter::try_new(&log.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // A line that cannot be written is lost; saying so there would fail again.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal());
    // Begun already: then somebody else listens, as in tests.
    let _ = if log.json { lines.json().try_init() } else { lines.try_init() };
}
