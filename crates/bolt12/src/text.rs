//! Text that a peer wrote.

use alloc::string::String;
use core::fmt;

/// A UTF-8 string from a peer: a description, an issuer, a note, an error.
///
/// Whoever wrote it may be hostile, so its only [`Display`](fmt::Display) is escaped: control characters, line
/// breaks, escape sequences, invisible and bidirectional formatting characters and backslashes come out as
/// escapes. The text as it came is [`PeerText::as_str`]; HTML must be escaped once more, by its writer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerText(String);

impl PeerText {
    /// The text `raw`, taken as it is.
    pub fn new(raw: impl Into<String>) -> Self {
        Self(raw.into())
    }

    /// The text as it came, with whatever it contains.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PeerText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An apostrophe is ordinary in prose, and harmless: only around it do we escape.
        for (position, part) in self.0.split('\'').enumerate() {
            if position > 0 {
                f.write_str("'")?;
            }
            write!(f, "{}", part.escape_debug())?;
        }
        Ok(())
    }
}

impl fmt::Debug for PeerText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl From<&str> for PeerText {
    fn from(raw: &str) -> Self {
        Self::new(raw)
    }
}

impl From<String> for PeerText {
    fn from(raw: String) -> Self {
        Self(raw)
    }
}
