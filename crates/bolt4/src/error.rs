//! What can go wrong, by whose fault: the caller's ([`PathError`], [`CreateError`]) or the author's of bytes that
//! came in ([`PeelError`]).

mod peel;

use core::fmt;

pub use peel::{Malformed, Part, PeelError};

/// A blinded path that cannot be made.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathError {
    /// No hop, or more than 255.
    HopCount {
        /// How many there were.
        hops: usize,
    },
    /// The data for a hop does not fit 65 535 bytes.
    DataTooLong,
    /// A derived key is not valid, which never happens with honest keys.
    BadKey,
}

/// An onion message that cannot be made.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateError {
    /// More than a packet holds.
    TooLarge {
        /// Bytes needed for the payloads of all hops.
        needed: usize,
        /// Bytes there are.
        available: usize,
    },
    /// The blinded path has no hops.
    EmptyPath,
    /// The introduction node is given as the end of a channel: look up its node id first.
    UnresolvedIntroductionNode,
    /// Content needs a type from 64 on.
    NotAContentType(u64),
    /// The hops to the destination cannot be blinded.
    Route(PathError),
    /// A derived key is not valid, which never happens with honest keys.
    BadKey,
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HopCount { hops } => write!(f, "a blinded path has 1 to 255 hops, not {hops}"),
            Self::DataTooLong => f.write_str("the data for a hop exceeds 65535 bytes"),
            Self::BadKey => f.write_str("a derived key is not valid"),
        }
    }
}

impl fmt::Display for CreateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { needed, available } => {
                write!(f, "the message needs {needed} bytes of payload, a packet has {available}")
            }
            Self::EmptyPath => f.write_str("the blinded path has no hops"),
            Self::UnresolvedIntroductionNode => {
                f.write_str("the introduction node is known by its channel only")
            }
            Self::NotAContentType(typ) => write!(f, "type {typ} is no content, those start at 64"),
            Self::Route(_) => f.write_str("the route cannot be blinded"),
            Self::BadKey => f.write_str("a derived key is not valid"),
        }
    }
}

impl core::error::Error for PathError {}
impl core::error::Error for CreateError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        if let Self::Route(error) = self { Some(error) } else { None }
    }
}
