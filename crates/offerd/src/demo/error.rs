//! Why a demo came to nothing.

use std::path::PathBuf;

use offerd_api::ErrorObject;
use offerd_regtest::{ChainError, FaucetError, RpcServerError};

/// Why the demo ended before it should.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The folder given holds something.
    #[error("{} is not empty: give a new folder, so that nothing of yours is touched", .0.display())]
    NotEmpty(PathBuf),
    /// The folder given holds an earlier demo.
    #[error(
        "{} holds an earlier demo. It cannot be opened again, because its chain ended with it: remove the folder or give another",
        .0.display()
    )]
    EarlierDemo(PathBuf),
    /// A socket in the folder would have a longer name than the system allows.
    #[error("the path {} is too long for a socket: give a folder nearer to the root", .0.display())]
    PathTooLong(PathBuf),
    /// A file or folder.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Something of the system: signals, sockets, randomness, processes.
    #[error("{what}: {source}")]
    System {
        /// What was wanted.
        what: &'static str,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The chain did not start or could not mine.
    #[error("the chain: {0}")]
    Chain(#[from] ChainError),
    /// The chain's faucet did not pay.
    #[error("the faucet: {0}")]
    Faucet(#[from] FaucetError),
    /// The chain could not be served.
    #[error("the chain's server: {0}")]
    ChainServer(#[from] RpcServerError),
    /// A node ended although nobody asked it to.
    #[error("{node} ended by itself ({status}); the last it wrote:\n{last_lines}")]
    NodeEnded {
        /// Which.
        node: &'static str,
        /// How.
        status: String,
        /// The end of its log.
        last_lines: String,
    },
    /// A node refused what the demo asked of it.
    #[error("{node} refused {method}: {error}")]
    Refused {
        /// Which.
        node: &'static str,
        /// What was asked.
        method: &'static str,
        /// Its answer.
        error: ErrorObject,
    },
    /// A node could not be asked.
    #[error("{node} could not be asked for {method}: {reason}")]
    Unreachable {
        /// Which.
        node: &'static str,
        /// What was asked.
        method: &'static str,
        /// Why not.
        reason: String,
    },
    /// Something did not come in time.
    #[error("waited {seconds} seconds in vain for this: {what}")]
    Timeout {
        /// What was waited for.
        what: String,
        /// How long.
        seconds: u64,
    },
    /// The story went otherwise than it should.
    #[error("this should not have happened: {0}")]
    Story(String),
    /// Somebody pressed Ctrl-C, or the system asked us to end, before all was said.
    #[error("interrupted")]
    Interrupted,
}

impl DemoError {
    /// For `map_err` on what touches a file.
    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }

    /// For `map_err` on what the system does.
    pub(super) fn system(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::System { what, source }
    }
}

/// Goes on when `fact` holds; otherwise the story has failed, and this is why.
pub(super) fn ensure(fact: bool, otherwise: impl FnOnce() -> String) -> Result<(), DemoError> {
    if fact { Ok(()) } else { Err(DemoError::Story(otherwise())) }
}
