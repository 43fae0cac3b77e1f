//! How a port fails.

use std::error::Error;

/// A port could not do what it was asked. The driver decides by `kind` whether to try again.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct PortError {
    /// What sort of failure.
    pub kind: PortErrorKind,
    /// What was attempted and why it failed, for the log and for our own caller; never for a peer.
    pub what: String,
    /// The adapter's own error.
    #[source]
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

/// The sorts of port failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortErrorKind {
    /// Not now: the other side is away, busy or out of reach. Trying again may help.
    Unavailable,
    /// Somebody else changed the same thing first.
    Conflict,
    /// Understood and refused; trying again will not help.
    Rejected,
    /// What was read back makes no sense.
    Corrupt,
}

impl PortError {
    /// A failure that trying again may cure.
    pub fn unavailable(what: impl Into<String>) -> Self {
        Self { kind: PortErrorKind::Unavailable, what: what.into(), source: None }
    }

    /// Somebody else was first.
    pub fn conflict(what: impl Into<String>) -> Self {
        Self { kind: PortErrorKind::Conflict, what: what.into(), source: None }
    }

    /// A refusal.
    pub fn rejected(what: impl Into<String>) -> Self {
        Self { kind: PortErrorKind::Rejected, what: what.into(), source: None }
    }

    /// Nonsense read back.
    pub fn corrupt(what: impl Into<String>) -> Self {
        Self { kind: PortErrorKind::Corrupt, what: what.into(), source: None }
    }

    /// The same, with the adapter's error behind it.
    #[must_use]
    pub fn because(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }
}
