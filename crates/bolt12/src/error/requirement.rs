//! Which requirement is broken, where the code that found the problem does not say: the rules for whole streams, and
//! for fields that must be there or have one shape. The ids are those of `docs/requirements.md`.

use bolt1::{DecodeError, DecodeErrorKind};

use super::{Form, InvalidReason, Problem};
use crate::encoding::StringError;
use crate::field::*;

/// The id of the requirement, `None` for a rule that is ours alone.
pub(super) fn of(problem: &Problem, form: Option<Form>) -> Option<&'static str> {
    match problem {
        Problem::String(error) => of_string(error),
        Problem::Decode(DecodeError { kind, field }) => of_bytes(*kind, *field, form?),
        Problem::Invalid { field, reason: InvalidReason::Missing } => of_absence(*field, form?),
        Problem::Invalid { field, reason: InvalidReason::UnknownFeature { .. } } => {
            of_feature(*field)
        }
        Problem::Invalid { .. } => None,
    }
}

fn of_string(error: &StringError) -> Option<&'static str> {
    match error {
        StringError::MixedCase => Some("ST-04"),
        StringError::MisplacedJoin => Some("ST-05"),
        StringError::TooLong
        | StringError::UnknownPrefix
        | StringError::UnexpectedPrefix { .. }
        | StringError::InvalidCharacter { .. }
        | StringError::ExcessPadding
        | StringError::NonZeroPadding => None,
    }
}

fn of_bytes(kind: DecodeErrorKind, field: Option<u64>, form: Form) -> Option<&'static str> {
    match kind {
        DecodeErrorKind::NotAscending if field == Some(PROOF_OMITTED_TLVS) => Some("PPR-04"),
        DecodeErrorKind::NotAscending => Some("TL-05"),
        DecodeErrorKind::UnknownEvenType if form == Form::PayerProof => Some("PPR-09"),
        DecodeErrorKind::UnknownEvenType => Some("TL-08"),
        DecodeErrorKind::OutOfRange => of_range(field, form),
        DecodeErrorKind::InvalidUtf8 => Some("TL-12"),
        DecodeErrorKind::TooLarge => Some("TL-11"),
        DecodeErrorKind::InvalidValue => of_value(field?),
        // Without a field it is the type of a record that cannot be read.
        DecodeErrorKind::NotMinimal if field.is_none() => Some("TL-04"),
        DecodeErrorKind::Truncated if field.is_none() => Some("TL-03"),
        // With one, but without a value, it is the record's length.
        DecodeErrorKind::Truncated => Some("TL-06"),
        DecodeErrorKind::NotMinimal => Some("TL-10"),
        DecodeErrorKind::TrailingBytes | DecodeErrorKind::InvalidPoint => Some("TL-07"),
        _ => None,
    }
}

fn of_range(field: Option<u64>, form: Form) -> Option<&'static str> {
    match form {
        Form::Offer => Some("OR-01"),
        Form::InvoiceRequest => Some("RR-02"),
        Form::PayerProof if field == Some(PROOF_OMITTED_TLVS) => Some("PPR-04"),
        Form::PayerProof if field == Some(INVREQ_METADATA) => Some("PPR-03"),
        Form::Invoice | Form::InvoiceError | Form::PayerProof => None,
    }
}

/// Fields that may not be empty, or hold what they hold.
fn of_value(field: u64) -> Option<&'static str> {
    match field {
        OFFER_CHAINS => Some("OR-03"),
        OFFER_CURRENCY => Some("OW-05"),
        OFFER_PATHS => Some("OR-08"),
        INVREQ_PATHS => Some("RR-05"),
        INVREQ_BIP_353_NAME => Some("RR-31"),
        INVOICE_PATHS => Some("IR-08"),
        INVOICE_BLINDEDPAY => Some("IR-09"),
        OFFER_RECURRENCE_COMPULSORY
        | OFFER_RECURRENCE_OPTIONAL
        | EXPERIMENTAL_OFFER_RECURRENCE_COMPULSORY
        | EXPERIMENTAL_OFFER_RECURRENCE_OPTIONAL => Some("RCO-R1"),
        _ => None,
    }
}

fn of_absence(field: u64, form: Form) -> Option<&'static str> {
    match (form, field) {
        (Form::PayerProof, _) => Some("PPR-01"),
        (_, INVREQ_METADATA | INVREQ_PAYER_ID) => Some("RR-01"),
        (_, INVOICE_AMOUNT) => Some("IR-01"),
        (_, INVOICE_CREATED_AT) => Some("IR-02"),
        (_, INVOICE_PAYMENT_HASH) => Some("IR-03"),
        (_, INVOICE_NODE_ID) => Some("IR-04"),
        (_, INVOICE_PATHS) => Some("IR-08"),
        (_, INVOICE_BLINDEDPAY) => Some("IR-09"),
        (Form::Invoice, SIGNATURE) => Some("IR-13"),
        (_, INVOICE_RECURRENCE_BASETIME | EXPERIMENTAL_INVOICE_RECURRENCE_BASETIME) => {
            Some("RCI-R1")
        }
        _ => None,
    }
}

fn of_feature(field: u64) -> Option<&'static str> {
    match field {
        OFFER_FEATURES => Some("OR-02"),
        INVREQ_FEATURES => Some("RR-03"),
        INVOICE_FEATURES => Some("IR-06"),
        _ => None,
    }
}
