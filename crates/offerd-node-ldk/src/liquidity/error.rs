//! What can go wrong with a provider.

use crate::convert::truncated;
use crate::error::ConnectError;

/// Bytes of a provider's words that are passed on.
const LONGEST_WORDS: usize = 200;

/// Why a provider did not do what was asked. Nothing was bought.
#[derive(Debug, thiserror::Error)]
pub enum LspError {
    /// It cannot be reached.
    #[error("the provider cannot be reached: {0}")]
    Connect(#[from] ConnectError),
    /// It said nothing.
    #[error("the provider has not answered in time: it may not serve this protocol")]
    NoAnswer,
    /// It said something that is no answer.
    #[error("the provider has answered with something that cannot be read")]
    Unreadable,
    /// The connection ended before it answered.
    #[error("the provider has closed the connection without an answer")]
    Gone,
    /// It said no.
    #[error("the provider refuses, with code {code}: {message}")]
    Refused {
        /// Its code.
        code: i32,
        /// Its words, escaped and cut.
        message: String,
    },
    /// Too many questions are open.
    #[error("too many questions to providers are open; try again later")]
    Busy,
    /// The node is stopping.
    #[error("the node is stopping")]
    Stopping,
    /// What it sold cannot be used.
    #[error(
        "the provider asks for {delay} blocks between the payment to it and that to us, at most {most} are possible"
    )]
    Delay {
        /// What it asks for.
        delay: u32,
        /// The most there may be.
        most: u32,
    },
    /// Its own terms cannot be sent back to it.
    #[error("the terms are none of this provider's: {0}")]
    Terms(&'static str),
}

impl LspError {
    pub(super) fn refused(code: i32, words: &str) -> Self {
        let message = truncated(words, LONGEST_WORDS).escape_debug().to_string();
        Self::Refused { code, message }
    }
}
