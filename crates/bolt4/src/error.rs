//! What can go wrong, by whose fault: the caller's ([`PathError`], [`CreateError`]) or the author's of bytes that
//! came in ([`PeelError`]).

use core::fmt;

use bolt1::DecodeError;

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

/// An onion message, or a hop of a blinded path, that is to be ignored. There is no way to answer it.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeelError {
    /// The packet is not for this key and path key, or somebody changed it.
    BadHmac,
    /// The `encrypted_recipient_data` is not for this key and path key, or somebody changed it.
    BadEncryptedData,
    /// There is no `encrypted_recipient_data` in the payload.
    NoEncryptedData,
    /// Payload or data are not the TLV stream they should be.
    Malformed(DecodeError),
    /// The path is restricted to features of which at least one is unknown.
    UnknownFeature,
    /// A payload to forward holds more than `encrypted_recipient_data`.
    FieldNotForForwarding(u64),
    /// Data to forward holds a `path_id`.
    PathIdNotForForwarding,
    /// Data to forward does not say where to.
    NoNextHop,
    /// More than one payload field from 64 on.
    SeveralContents,
    /// The holder of the node key declined, or a derived key is not valid.
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

impl fmt::Display for PeelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadHmac => f.write_str("the packet's hmac does not match"),
            Self::BadEncryptedData => f.write_str("the encrypted recipient data cannot be opened"),
            Self::NoEncryptedData => f.write_str("no encrypted recipient data"),
            Self::Malformed(_) => f.write_str("malformed payload"),
            Self::UnknownFeature => f.write_str("the path demands an unknown feature"),
            Self::FieldNotForForwarding(typ) => write!(f, "field {typ} in a payload to forward"),
            Self::PathIdNotForForwarding => f.write_str("a path_id in a payload to forward"),
            Self::NoNextHop => f.write_str("no next hop in a payload to forward"),
            Self::SeveralContents => f.write_str("more than one content"),
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

impl core::error::Error for PeelError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        if let Self::Malformed(error) = self { Some(error) } else { None }
    }
}

impl From<DecodeError> for PeelError {
    fn from(error: DecodeError) -> Self {
        Self::Malformed(error)
    }
}
