//! What can be wrong with a configuration.

use std::path::PathBuf;

/// Why a configuration cannot be used. One line each, naming where and what.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file is not TOML, or has something in it that no option is.
    #[error("{}:{line}: {what}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Which line of it, from 1.
        line: usize,
        /// What is wrong there.
        what: String,
    },
    /// An option has a value that it cannot have.
    #[error("{origin}: {option}: {expected}")]
    Value {
        /// Where it was set.
        origin: String,
        /// Which option.
        option: &'static str,
        /// What was expected.
        expected: String,
    },
    /// An option that must be set is not.
    #[error("{option}: must be set: {expected}")]
    Missing {
        /// Which option.
        option: &'static str,
        /// What was expected.
        expected: &'static str,
    },
    /// Neither a data directory nor a home directory is known.
    #[error("dir: must be set: there is no home directory")]
    NoHome,
}
