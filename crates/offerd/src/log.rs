//! What happens, line by line, on the standard error or in a file.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

use crate::config::Log;

/// Readable and writable by its owner alone: it names peers and amounts.
const FILE_MODE: u32 = 0o600;

/// A log file that can be moved away by whoever rotates logs, and is then made anew.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    file: Mutex<File>,
}

/// The log file could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("log-file: {}: {source}", path.display())]
pub struct LogError {
    /// Which.
    path: PathBuf,
    /// The system's reason.
    source: io::Error,
}

impl LogFile {
    fn open(path: &Path) -> Result<Self, LogError> {
        let file = open(path)?;
        Ok(Self { path: path.to_owned(), file: Mutex::new(file) })
    }

    /// Goes on in the file that has the path now, which is made where there is none.
    ///
    /// # Errors
    /// [`LogError`]; then the old file is written on.
    pub fn reopen(&self) -> Result<(), LogError> {
        let fresh = open(&self.path)?;
        *self.file.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }
}

impl Write for &LogFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).flush()
    }
}

fn open(path: &Path) -> Result<File, LogError> {
    let opened = OpenOptions::new().append(true).create(true).mode(FILE_MODE).open(path);
    opened.map_err(|source| LogError { path: path.to_owned(), source })
}

/// Begins logging. The level was checked with the configuration. Returns the file, where there is one.
///
/// # Errors
/// [`LogError`]
pub fn begin(log: &Log) -> Result<Option<Arc<LogFile>>, LogError> {
    let file = log.file.as_deref().map(LogFile::open).transpose()?.map(Arc::new);
    let filter = EnvFilter::try_new(&log.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let writer = match &file {
        Some(file) => BoxMakeWriter::new(Arc::clone(file)),
        None => BoxMakeWriter::new(io::stderr),
    };
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        // A line that cannot be written is lost; saying so there would fail again.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_it_was_moved_away_the_log_goes_on_in_a_new_file() {
        let dir = tempfile::tempdir().unwrap();
        let (path, moved) = (dir.path().join("log"), dir.path().join("log.1"));
        let log = LogFile::open(&path).unwrap();
        writeln!(&log, "first").unwrap();
        std::fs::rename(&path, &moved).unwrap();
        writeln!(&log, "second").unwrap();
        log.reopen().unwrap();
        writeln!(&log, "third").unwrap();
        assert_eq!(std::fs::read_to_string(&moved).unwrap(), "first\nsecond\n");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "third\n");
    }

    #[test]
    fn when_it_cannot_be_opened_anew_the_old_file_is_written_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("logs/log");
        std::fs::create_dir(dir.path().join("logs")).unwrap();
        let log = LogFile::open(&path).unwrap();
        std::fs::rename(dir.path().join("logs"), dir.path().join("away")).unwrap();
        let refused = log.reopen().unwrap_err().to_string();
        assert!(refused.starts_with("log-file: ") && refused.contains("logs/log"), "{refused}");
        writeln!(&log, "still here").unwrap();
        assert_eq!(std::fs::read_to_string(dir.path().join("away/log")).unwrap(), "still here\n");
    }
}
