//! What can be wrong with a string or message of BOLT 12.

mod form;
mod requirement;

use core::fmt;

use bolt1::{DecodeError, DecodeErrorKind, tlv};

pub use form::Form;

use crate::encoding::StringError;
use crate::field::{Label, PROOF_OMITTED_TLVS};
use crate::records::known_good;

/// Why something is not an offer, invoice request, invoice, `invoice_error` or payer proof: the problem, and where it
/// is.
///
/// [`Display`](fmt::Display) tells all of it:
/// `offer_description: missing (offer, field 10, at byte 4; OR-04)`. Two errors are equal when their problems are; where
/// in which message the problem was found is for people, and not compared.
#[derive(Clone, Copy, Debug)]
pub struct Bolt12Error {
    problem: Problem,
    form: Option<Form>,
    offset: Option<usize>,
    requirement: Option<&'static str>,
}

/// What is wrong with a string or message.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
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
    /// It is not what another field, or the message that is answered, says.
    Mismatch,
    /// There is no rate by which to convert it.
    NoRate,
}

impl Bolt12Error {
    /// `field` breaks the rule `reason`.
    pub const fn invalid(field: u64, reason: InvalidReason) -> Self {
        Self::of(Problem::Invalid { field, reason })
    }

    /// The value of `field`, or its record, cannot be read.
    pub const fn undecodable(field: u64, kind: DecodeErrorKind) -> Self {
        Self::of(Problem::Decode(DecodeError::in_field(kind, field)))
    }

    const fn of(problem: Problem) -> Self {
        Self { problem, form: None, offset: None, requirement: None }
    }

    /// What is wrong.
    pub const fn problem(&self) -> Problem {
        self.problem
    }

    /// The message in which it was found, once it was known to be one.
    pub const fn form(&self) -> Option<Form> {
        self.form
    }

    /// The type number of the field that is to blame, where there is one.
    pub const fn field(&self) -> Option<u64> {
        match self.problem {
            Problem::String(_) => None,
            Problem::Decode(error) => error.field,
            Problem::Invalid { field, .. } => Some(field),
        }
    }

    /// How many bytes of the message stand before the record that is to blame, or before the place where it is missing.
    pub const fn offset(&self) -> Option<usize> {
        self.offset
    }

    /// The id, in this project's list of the specification's requirements, of the one that is broken. `None` where the
    /// rule is ours alone.
    pub fn requirement(&self) -> Option<&'static str> {
        self.requirement.or_else(|| requirement::of(&self.problem, self.form))
    }

    /// The same error as a breach of the requirement `id`.
    pub(crate) const fn req(self, id: &'static str) -> Self {
        Self { requirement: Some(id), ..self }
    }

    /// The same error, found in the message `bytes`; one that was already placed stays where it is.
    pub(crate) fn found_in(self, form: Form, bytes: &[u8]) -> Self {
        if self.form.is_some() {
            return self;
        }
        let offset = match self.problem {
            Problem::String(_) => None,
            // The markers in a proof ascend as well.
            Problem::Decode(DecodeError { field: Some(PROOF_OMITTED_TLVS), .. }) => {
                Some(tlv::offset_of_field(PROOF_OMITTED_TLVS, bytes))
            }
            Problem::Decode(error) => Some(tlv::offset_of(&error, bytes)),
            Problem::Invalid { field, .. } => Some(tlv::offset_of_field(field, bytes)),
        };
        // The same kind of damage breaks another rule when the record as such can be read.
        let in_value = matches!(
            self.problem,
            Problem::Decode(DecodeError { kind: DecodeErrorKind::Truncated, field: Some(field) })
                if known_good(bytes).any(|record| record.typ == field)
        );
        let requirement = if in_value { Some("TL-07") } else { self.requirement };
        Self { form: Some(form), offset, requirement, ..self }
    }
}

impl PartialEq for Bolt12Error {
    fn eq(&self, other: &Self) -> bool {
        self.problem == other.problem
    }
}

impl Eq for Bolt12Error {}

impl From<Problem> for Bolt12Error {
    fn from(problem: Problem) -> Self {
        Self::of(problem)
    }
}

impl From<StringError> for Bolt12Error {
    fn from(error: StringError) -> Self {
        Self::of(Problem::String(error))
    }
}

impl From<DecodeError> for Bolt12Error {
    fn from(error: DecodeError) -> Self {
        Self::of(Problem::Decode(error))
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
            Self::Mismatch => f.write_str("does not match"),
            Self::NoRate => f.write_str("no rate to convert it"),
        }
    }
}

impl fmt::Display for Problem {
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

impl fmt::Display for Bolt12Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)?;
        let Some(form) = self.form else { return Ok(()) };
        write!(f, " ({form}")?;
        if let Some(field) = self.field() {
            write!(f, ", field {field}")?;
        }
        if let Some(offset) = self.offset {
            write!(f, ", at byte {offset}")?;
        }
        if let Some(id) = self.requirement() {
            write!(f, "; {id}")?;
        }
        f.write_str(")")
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
