//! What happens, line by line, on the standard error or in a file.
//!
//! * `file`: the file: how long it may get, and what is said when it cannot be written.

mod file;

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

use crate::config::Log;
pub use file::{LogError, LogFile};

/// Begins logging. The level was checked with the configuration. Returns the file, where there is one.
///
/// # Errors
/// [`LogError`]
pub fn begin(log: &Log) -> Result<Option<Arc<LogFile>>, LogError> {
    let open = |path: &PathBuf| LogFile::open(path, log.most_bytes);
    let file = log.file.as_ref().map(open).transpose()?.map(Arc::new);
    let filter = EnvFilter::try_new(&log.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let writer = match &file {
        Some(file) => BoxMakeWriter::new(Arc::clone(file)),
        None => BoxMakeWriter::new(io::stderr),
    };
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        // A line that cannot be written is lost: the file says so by itself, on the standard error.
        .log_internal_errors(false)
        .with_ansi(file.is_none() && io::stderr().is_terminal());
    // Begun already: then somebody else listens, as in tests.
    let _ = if log.json { lines.json().try_init() } else { lines.try_init() };
    Ok(file)
}

/// Opens the file anew at each SIGHUP, as whoever rotates logs expects.
///
/// # Errors
/// When the signal cannot be listened to.
pub fn reopen_on_hangup(file: Arc<LogFile>) -> io::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            match file.reopen() {
                Ok(()) => tracing::info!("asked by SIGHUP to go on in a new log file"),
                Err(error) => tracing::error!(%error, "the log file cannot be opened anew"),
            }
        }
    });
    Ok(())
}
