//! The answer of somebody who will not send, or not pay, an invoice.

use alloc::string::String;
use alloc::vec::Vec;

use bolt1::{DecodeError, DecodeErrorKind, Reader};

use crate::error::{Bolt12Error, Form};
use crate::records::RecordMap;
use crate::text::PeerText;
use crate::value;

const ERRONEOUS_FIELD: u64 = 1;
const SUGGESTED_VALUE: u64 = 3;
const ERROR: u64 = 5;

/// An `invoice_error`. It has a space of type numbers of its own.
///
/// | type | name | shape | meaning |
/// |---|---|---|---|
/// | 1 | `erroneous_field` | `tu64` | the field that is to blame |
/// | 3 | `suggested_value` | `...*byte` | a value of that field that would do |
/// | 5 | `error` | `...*utf8` | what is wrong |
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InvoiceError {
    /// The type number, in the invoice request or invoice that is refused, of the field that is to blame.
    pub erroneous_field: Option<u64>,
    /// The raw value of that field that would have been accepted. Never to be acted upon unasked.
    pub suggested_value: Option<Vec<u8>>,
    /// What is wrong, in words.
    pub error: PeerText,
    /// Whether it was read without an `error`, and is written without one while that is empty.
    without_error: bool,
    /// Fields that mean nothing to this crate, type and value; all odd, ascending. A `suggested_value` for no field is
    /// among them.
    unknown: Vec<(u64, Vec<u8>)>,
}

impl InvoiceError {
    /// A refusal in words.
    pub fn new(error: impl Into<String>) -> Self {
        Self {
            erroneous_field: None,
            suggested_value: None,
            error: PeerText::new(error),
            without_error: false,
            unknown: Vec::new(),
        }
    }

    /// The same, blaming the field `field`.
    #[must_use]
    pub fn with_field(mut self, field: u64) -> Self {
        self.erroneous_field = Some(field);
        self
    }

    /// The same, blaming the field `field`, for which the raw value `value` would do.
    #[must_use]
    pub fn with_suggestion(mut self, field: u64, value: impl Into<Vec<u8>>) -> Self {
        self.suggested_value = Some(value.into());
        self.with_field(field)
    }

    /// Reads one. A missing `error` reads as empty: it is a refusal all the same.
    ///
    /// # Deviations
    /// Wallets on the `lightning` crate (0.2.7 and before) put the stream's length in front of it, which the
    /// specification does not have. That is read as well. No stream that begins with 1, 3 or 5 is as long as this
    /// says and holds a stream behind it, so neither is taken for the other.
    ///
    /// # Errors
    /// [`Problem::Decode`](crate::Problem::Decode).
    pub fn decode(bytes: &[u8]) -> Result<Self, Bolt12Error> {
        if let Some(Ok(read)) = behind_length(bytes).map(Self::read) {
            return Ok(read);
        }
        Self::read(bytes).map_err(|error| error.found_in(Form::InvoiceError, bytes))
    }

    fn read(bytes: &[u8]) -> Result<Self, Bolt12Error> {
        let mut read = Self { without_error: true, ..Self::new(String::new()) };
        for record in bolt1::tlv::records(bytes)? {
            let in_field = |error: DecodeError| error.or_field(record.typ);
            match record.typ {
                ERRONEOUS_FIELD => {
                    read.erroneous_field = Some(value::tu64(record.value).map_err(in_field)?);
                }
                // req ER-03
                SUGGESTED_VALUE if read.erroneous_field.is_some() => {
                    read.suggested_value = Some(record.value.to_vec());
                }
                ERROR => {
                    read.error = value::text(record.value).map_err(in_field)?;
                    read.without_error = false;
                }
                odd if !odd.is_multiple_of(2) => read.unknown.push((odd, record.value.to_vec())),
                _ => return Err(in_field(DecodeErrorKind::UnknownEvenType.into()).into()),
            }
        }
        Ok(read)
    }

    /// The TLV stream: what was read, to the byte but for a length in front of it. A suggested value that was set without
    /// a field to blame is left out, as it would mean nothing.
    pub fn encode(&self) -> Vec<u8> {
        let mut records = RecordMap::default();
        if let Some(field) = self.erroneous_field {
            records.set_tu64(ERRONEOUS_FIELD, field);
            // req ER-03
            if let Some(value) = &self.suggested_value {
                records.set(SUGGESTED_VALUE, value.as_slice());
            }
        }
        // req ER-01
        if !(self.without_error && self.error.as_str().is_empty()) {
            records.set(ERROR, self.error.as_str());
        }
        self.unknown.iter().for_each(|(typ, value)| records.set(*typ, value.as_slice()));
        records.encode()
    }
}

/// What follows a length, if it is that long and not empty.
fn behind_length(bytes: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(bytes);
    let stream = reader.read_bigsize_bytes().ok()?;
    reader.finish().ok()?;
    (!stream.is_empty()).then_some(stream)
}
