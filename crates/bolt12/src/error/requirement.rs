//! Which requirement is broken, where the code that found the problem does not say: the rules for whole streams, and
//! for fields that must be there or have one shape. The ids are those of `docs/requirements.md`.

use bolt1::{DecodeError, DecodeErrorKind};

use super::{Form, InvalidReason, Problem};
use crate::field::*;

/// The id of the requirement, `None` for a rule that is ours alone.
pub(super) fn of(problem: &Problem, form: Option<Form>) -> Option<&'static str> {
    match problem {
        Problem::String(error) => error.requirement(),
        Problem::Decode(error) => of_bytes(*error, form?),
        Problem::Invalid { field, reason: InvalidReason::Missing } => of_absence(*field, form?),
        Problem::Invalid { field, reason: InvalidReason::UnknownFeature { .. } } => {
            of_feature(*field)
        }
        Problem::Invalid { .. } => None,
    }
}

fn of_bytes(error: DecodeError, form: Form) -> Option<&'static str> {
    let (kind, field) = (error.kind, error.field);
    if kind == DecodeErrorKind::OutOfRange {
        return of_range(field, form);
    }
    if kind == DecodeErrorKind::InvalidValue {
        return of_value(field?);
    }
    if kind == DecodeErrorKind::NotAscending && field == Some(PROOF_OMITTED_TLVS) {
        return Some("PPR-04");
    }
    if kind == DecodeErrorKind::UnknownEvenType && form == Form::PayerProof {
        return Some("PPR-09");
    }
    error.requirement()
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
