//! What can be wrong with bytes.

use core::fmt;

/// Bytes that are not what BOLT 1 asks for: what is wrong, and in which TLV field if that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// What is wrong.
    pub kind: DecodeErrorKind,
    /// The type number of the TLV record in which it was found, where there is one.
    pub field: Option<u64>,
}

/// The ways in which bytes can be wrong.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeErrorKind {
    /// The input ends inside a value.
    Truncated,
    /// A `bigsize` or truncated integer is longer than its value needs.
    NotMinimal,
    /// A TLV type is not greater than the one before it.
    NotAscending,
    /// An even TLV type that the reader does not know.
    UnknownEvenType,
    /// A TLV type that may not occur in this message.
    OutOfRange,
    /// Bytes are left over behind a value.
    TrailingBytes,
    /// Not a compressed point of secp256k1.
    InvalidPoint,
    /// Not UTF-8.
    InvalidUtf8,
    /// Not a valid value for the field: empty where that is not allowed, or of a forbidden content.
    InvalidValue,
    /// Larger than an encoding can carry or a reader accepts.
    TooLarge,
}

impl DecodeError {
    /// An error that is not tied to a TLV field.
    pub const fn new(kind: DecodeErrorKind) -> Self {
        Self { kind, field: None }
    }

    /// An error in the TLV record of type `field`.
    pub const fn in_field(kind: DecodeErrorKind, field: u64) -> Self {
        Self { kind, field: Some(field) }
    }

    /// The id, in this project's list of the specification's requirements, of the one that every reader of a TLV stream
    /// breaks with it. `None` where the message decides.
    pub const fn requirement(&self) -> Option<&'static str> {
        match (self.kind, self.field) {
            // Without a field it is the type of a record that cannot be read.
            (DecodeErrorKind::Truncated, None) => Some("TL-03"),
            (DecodeErrorKind::NotMinimal, None) => Some("TL-04"),
            (DecodeErrorKind::NotAscending, _) => Some("TL-05"),
            // With one, but without a value, it is the record's length.
            (DecodeErrorKind::Truncated, Some(_)) => Some("TL-06"),
            (DecodeErrorKind::TrailingBytes | DecodeErrorKind::InvalidPoint, _) => Some("TL-07"),
            (DecodeErrorKind::UnknownEvenType, _) => Some("TL-08"),
            (DecodeErrorKind::NotMinimal, Some(_)) => Some("TL-10"),
            (DecodeErrorKind::TooLarge, _) => Some("TL-11"),
            (DecodeErrorKind::InvalidUtf8, _) => Some("TL-12"),
            (DecodeErrorKind::OutOfRange | DecodeErrorKind::InvalidValue, _) => None,
        }
    }

    /// The same error, placed in `field` unless it was already placed deeper.
    pub const fn or_field(self, field: u64) -> Self {
        match self.field {
            Some(_) => self,
            None => Self { kind: self.kind, field: Some(field) },
        }
    }
}

impl From<DecodeErrorKind> for DecodeError {
    fn from(kind: DecodeErrorKind) -> Self {
        Self::new(kind)
    }
}

impl fmt::Display for DecodeErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "the input ends too early",
            Self::NotMinimal => "an integer is not in its shortest form",
            Self::NotAscending => "TLV types are not in ascending order",
            Self::UnknownEvenType => "unknown even TLV type",
            Self::OutOfRange => "TLV type out of range for this message",
            Self::TrailingBytes => "bytes left over",
            Self::InvalidPoint => "not a compressed secp256k1 point",
            Self::InvalidUtf8 => "not UTF-8",
            Self::InvalidValue => "invalid value",
            Self::TooLarge => "too large",
        })
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field {
            Some(field) => write!(f, "{} in field {field}", self.kind),
            None => self.kind.fmt(f),
        }
    }
}

impl core::error::Error for DecodeError {}
