//! Messages that are to be ignored: why, and what in them is to blame.

use core::fmt;

use bolt1::{DecodeError, DecodeErrorKind, tlv};

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
    /// A part of the message is not what it should be.
    Malformed(Malformed),
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

/// A part of an onion message, by the specification's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The packet, or the payload's place in it once it is decrypted.
    Packet,
    /// The payload of one hop.
    Payload,
    /// What the maker of the path tells one hop.
    EncryptedData,
}

/// What cannot be read, in which part, and where in that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The part of the message.
    pub part: Part,
    /// What is wrong, and in which field.
    pub error: DecodeError,
    /// How many bytes of the part, decrypted, stand before the record that is to blame.
    pub offset: usize,
}

impl Part {
    /// The specification's name of the part.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Packet => "onion_message_packet",
            Self::Payload => "onionmsg_tlv",
            Self::EncryptedData => "encrypted_data_tlv",
        }
    }

    /// The specification's name of a field in this part, where it has one.
    pub const fn field_name(self, typ: u64) -> Option<&'static str> {
        match (self, typ) {
            (Self::Payload, 2) => Some("reply_path"),
            (Self::Payload, 4) => Some("encrypted_recipient_data"),
            (Self::Payload, 64) => Some("invoice_request"),
            (Self::Payload, 66) => Some("invoice"),
            (Self::Payload, 68) => Some("invoice_error"),
            (Self::EncryptedData, 1) => Some("padding"),
            (Self::EncryptedData, 2) => Some("short_channel_id"),
            (Self::EncryptedData, 4) => Some("next_node_id"),
            (Self::EncryptedData, 6) => Some("path_id"),
            (Self::EncryptedData, 8) => Some("next_path_key_override"),
            (Self::EncryptedData, 10) => Some("payment_relay"),
            (Self::EncryptedData, 12) => Some("payment_constraints"),
            (Self::EncryptedData, 14) => Some("allowed_features"),
            _ => None,
        }
    }
}

impl Malformed {
    /// `error` was found in the stream `bytes` of this part.
    pub(crate) fn in_stream(part: Part, error: DecodeError, bytes: &[u8]) -> Self {
        Self { part, error, offset: tlv::offset_of(&error, bytes) }
    }

    /// `error` was found in the packet, `offset` bytes behind its start.
    pub(crate) const fn in_packet(error: DecodeError, offset: usize) -> Self {
        Self { part: Part::Packet, error, offset }
    }
}

impl PeelError {
    /// The part of the message that is to blame.
    pub const fn part(&self) -> Part {
        match self {
            Self::BadHmac | Self::BadKey => Part::Packet,
            Self::BadEncryptedData
            | Self::NoEncryptedData
            | Self::FieldNotForForwarding(_)
            | Self::SeveralContents => Part::Payload,
            Self::UnknownFeature | Self::PathIdNotForForwarding | Self::NoNextHop => {
                Part::EncryptedData
            }
            Self::Malformed(malformed) => malformed.part,
        }
    }

    /// The type number of the field that is to blame, or is missing.
    pub const fn field(&self) -> Option<u64> {
        match self {
            Self::BadHmac | Self::BadKey | Self::SeveralContents => None,
            Self::BadEncryptedData | Self::NoEncryptedData | Self::NoNextHop => Some(4),
            Self::UnknownFeature => Some(14),
            Self::PathIdNotForForwarding => Some(6),
            Self::FieldNotForForwarding(typ) => Some(*typ),
            Self::Malformed(malformed) => malformed.error.field,
        }
    }

    /// How many bytes of the part, decrypted, stand before what is to blame, where it cannot be read.
    pub const fn offset(&self) -> Option<usize> {
        if let Self::Malformed(malformed) = self { Some(malformed.offset) } else { None }
    }

    /// The id, in this project's list of the specification's requirements, of the one that is broken.
    pub const fn requirement(&self) -> Option<&'static str> {
        match self {
            Self::BadHmac => Some("OD-04"),
            Self::BadEncryptedData | Self::NoEncryptedData => Some("BP-D3"),
            Self::UnknownFeature => Some("OM-R3"),
            Self::FieldNotForForwarding(_) | Self::PathIdNotForForwarding => Some("OM-R4"),
            Self::NoNextHop => Some("OM-R5"),
            Self::SeveralContents => Some("OM-R9"),
            Self::BadKey => None,
            Self::Malformed(malformed) => Some(malformed.requirement()),
        }
    }

    fn problem(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadHmac => f.write_str("the packet's hmac does not match"),
            Self::BadEncryptedData => f.write_str("the encrypted recipient data cannot be opened"),
            Self::NoEncryptedData => f.write_str("no encrypted recipient data"),
            Self::Malformed(malformed) => write!(f, "{}", malformed.error.kind),
            Self::UnknownFeature => f.write_str("the path demands an unknown feature"),
            Self::FieldNotForForwarding(typ) => write!(f, "field {typ} in a payload to forward"),
            Self::PathIdNotForForwarding => f.write_str("a path_id in a payload to forward"),
            Self::NoNextHop => f.write_str("no next hop in a payload to forward"),
            Self::SeveralContents => f.write_str("more than one content"),
            Self::BadKey => f.write_str("a derived key is not valid"),
        }
    }
}

impl Malformed {
    /// The requirement that is broken: that of the stream, or of the part as a whole.
    const fn requirement(&self) -> &'static str {
        match (self.part, self.error.kind) {
            (Part::Packet, DecodeErrorKind::Truncated) => "OD-06",
            (Part::Packet, _) => "OD-05",
            (Part::Payload, _) => "OM-R2",
            (Part::EncryptedData, _) => "BP-D3",
        }
    }
}

impl fmt::Display for PeelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem(f)?;
        let part = self.part();
        write!(f, " ({}", part.as_str())?;
        if let Some(field) = self.field() {
            write!(f, ", field {field}")?;
            if let Some(name) = part.field_name(field) {
                write!(f, " {name}")?;
            }
        }
        if let Some(offset) = self.offset() {
            write!(f, ", at byte {offset}")?;
        }
        if let Some(id) = self.requirement() {
            write!(f, "; {id}")?;
        }
        f.write_str(")")
    }
}

impl core::error::Error for PeelError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        if let Self::Malformed(malformed) = self { Some(&malformed.error) } else { None }
    }
}
