//! What can be wrong with a string or message of BOLT 12.

use core::fmt;

use bolt1::DecodeError;

use crate::encoding::StringError;
use crate::field::Label;

/// Why something is not an offer, invoice request or invoice.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bolt12Error {
    /// The string could not be read.
    String(StringError),
    /// The bytes are not what the wire format asks for.
    Decode(DecodeError),
    /// Each field can be read, but one of them, or its absence, breaks a rule.
    Invalid {
        /// The type number of the field.
        field: u64,
        /// The rule.
        reason: InvalidReason,
    },
}

/// The rules that a readable field can break.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidReason {
    /// It must be there.
    Missing,
    /// It must not be there.
    NotAllowed,
    /// It must not be zero.
    Zero,
    /// It is less than the least that is allowed.
    Below {
        /// That least.
        min: u64,
    },
    /// It is more than the most that is allowed.
    Above {
        /// That most.
        max: u64,
    },
    /// It has a compulsory feature that this crate does not know.
    UnknownFeature {
        /// The number of the bit, 0 for the least significant.
        bit: u64,
    },
    /// There is not one for each of the paths.
    CountMismatch,
    /// None of the paths can be used.
    NoUsablePath,
    /// It is not what another field, or the message that is answered, says.
    Mismatch,
    /// There is no rate by which to convert it.
    NoRate,
}

impl Bolt12Error {
    /// `field` breaks the rule `reason`.
    pub(crate) const fn invalid(field: u64, reason: InvalidReason) -> Self {
        Self::Invalid { field, reason }
    }

    /// The type number of the field that is to blame, where there is one.
    pub const fn field(&self) -> Option<u64> {
        match self {
            Self::String(_) => None,
            Self::Decode(error) => error.field,
            Self::Invalid { field, .. } => Some(*field),
        }
    }
}

impl From<StringError> for Bolt12Error {
    fn from(error: StringError) -> Self {
        Self::String(error)
    }
}

impl From<DecodeError> for Bolt12Error {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

impl fmt::Display for InvalidReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("missing"),
            Self::NotAllowed => f.write_str("not allowed here"),
            Self::Zero => f.write_str("must not be zero"),
            Self::Below { min } => write!(f, "must be at least {min}"),
            Self::Above { max } => write!(f, "must be at most {max}"),
            Self::UnknownFeature { bit } => write!(f, "unknown compulsory feature {bit}"),
            Self::CountMismatch => f.write_str("not one for each path"),
            Self::NoUsablePath => f.write_str("no usable path"),
            Self::Mismatch => f.write_str("does not match"),
            Self::NoRate => f.write_str("no rate to convert it"),
        }
    }
}

impl fmt::Display for Bolt12Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String(error) => error.fmt(f),
            Self::Decode(DecodeError { kind, field: Some(field) }) => {
                write!(f, "{}: {kind}", Label(*field))
            }
            Self::Decode(DecodeError { kind, field: None }) => kind.fmt(f),
            Self::Invalid { field, reason } => write!(f, "{}: {reason}", Label(*field)),
        }
    }
}

impl core::error::Error for Bolt12Error {}

/// Why a builder did not yield a message.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildError {
    /// What was built would not be accepted by a reader.
    Invalid(Bolt12Error),
    /// The key to sign with is not the one that the field names.
    WrongKey {
        /// The type number of the field that names the key.
        field: u64,
    },
}

impl From<Bolt12Error> for BuildError {
    fn from(error: Bolt12Error) -> Self {
        Self::Invalid(error)
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(error) => error.fmt(f),
            Self::WrongKey { field } => write!(f, "{}: not the key to sign with", Label(*field)),
        }
    }
}

impl core::error::Error for BuildError {}
