//! What a call that did not end well looks like to its caller: the driver's errors under Core Lightning's codes.

use offerd_api::code::Code;
use offerd_api::{ErrorObject, code};
use offerd_core::Misuse;
use offerd_core::payment::{Failure, FailureKind};
use offerd_core::port::PortError;
use serde_json::{Value, json};

use super::view;
use crate::driver::{Attempt, CallError, RuneRefusal};

/// The error object for a call that failed.
pub(super) fn to_object(error: CallError) -> ErrorObject {
    let message = error.to_string();
    match error {
        CallError::Misuse(misuse) => misuse_object(misuse),
        CallError::Unreachable { attempts } => {
            ErrorObject::new(code::OFFER_ROUTE_NOT_FOUND, message)
                .with_data(json!({ "attempts": attempts_view(&attempts) }))
        }
        CallError::NoAnswer { attempts } => ErrorObject::new(code::OFFER_TIMEOUT, message)
            .with_data(json!({ "attempts": attempts_view(&attempts) })),
        CallError::NotPaidYet { invoice } => ErrorObject::new(code::OFFER_TIMEOUT, message)
            .with_data(json!({ "invstring": invoice })),
        CallError::StillOpen => ErrorObject::new(code::OFFER_TIMEOUT, message),
        CallError::Refused(refusal) => refused(&refusal),
        CallError::PaymentFailed { reason, attempts } => payment_failed(&reason, &attempts),
        CallError::TooManyWaiting => ErrorObject::new(code::GENERAL, message),
        CallError::Fault(fault) => fault_object(&fault),
    }
}

/// A part of ours failed: logged with its causes, and told in a line.
pub(crate) fn fault_object(fault: &PortError) -> ErrorObject {
    tracing::warn!(error = ?fault, "a call failed for a fault of ours");
    ErrorObject::new(code::GENERAL, fault.to_string())
}

/// A rune that does not allow a call, under Core Lightning's codes.
pub(crate) fn rune_object(refusal: &RuneRefusal) -> ErrorObject {
    let code = match refusal {
        RuneRefusal::NotOurs => code::RUNE_NOT_AUTHORIZED,
        RuneRefusal::Blacklisted => code::RUNE_BLACKLISTED,
        RuneRefusal::NotPermitted(_) | RuneRefusal::TooSoon(_) => code::RUNE_NOT_PERMITTED,
    };
    ErrorObject::new(code, refusal.to_string())
}

fn payment_failed(reason: &Failure, attempts: &[Attempt]) -> ErrorObject {
    ErrorObject::new(failure_code(reason.kind), format!("payment failed: {reason}"))
        .with_data(json!({ "attempts": attempts_view(attempts) }))
}

/// Core Lightning's code for a payment that failed for good.
fn failure_code(kind: FailureKind) -> Code {
    match kind {
        FailureKind::RefusedByPayee => code::PAY_DESTINATION_FAILED,
        FailureKind::NoRoute => code::PAY_ROUTE_NOT_FOUND,
        FailureKind::TooExpensive => code::PAY_TOO_EXPENSIVE,
        FailureKind::InvoiceExpired => code::PAY_INVOICE_EXPIRED,
        FailureKind::Abandoned
        | FailureKind::Denied
        | FailureKind::TakenByAnother
        | FailureKind::Withdrawn
        | FailureKind::Other => code::PAY_UNSPECIFIED,
    }
}

fn attempts_view(attempts: &[Attempt]) -> Value {
    attempts.iter().map(|attempt| json!(view::attempt(attempt))).collect()
}

fn refused(refusal: &bolt12::InvoiceError) -> ErrorObject {
    let mut data = json!({ "error": refusal.error.as_str() });
    if let Some(field) = refusal.erroneous_field {
        data["erroneous_field"] = json!(field);
        if let Some(name) = bolt12::field::name(field) {
            data["erroneous_field_name"] = json!(name);
        }
    }
    if let Some(value) = &refusal.suggested_value {
        data["suggested_value"] = json!(hex::encode(value));
    }
    let reason = offerd_core::fetch::refusal_reason(refusal);
    let message = format!("Remote node sent failure message: {reason}");
    ErrorObject::new(code::OFFER_BAD_REPLY, message).with_data(data)
}

fn misuse_object(misuse: Misuse) -> ErrorObject {
    let message = misuse.to_string();
    let code = match &misuse {
        Misuse::Parameter { .. } | Misuse::NotYet { .. } | Misuse::WrongString(_) => {
            code::INVALID_PARAMS
        }
        Misuse::LabelTaken { .. } | Misuse::ExistsInactive => code::OFFER_ALREADY_EXISTS,
        Misuse::InvoiceLabelTaken => code::INVOICE_LABEL_EXISTS,
        Misuse::InvoicePreimageTaken => code::INVOICE_PREIMAGE_EXISTS,
        Misuse::PaymentLabelTaken => code::PAY_LABEL_USED,
        Misuse::Unknown { .. } => code::GENERAL,
        Misuse::AlreadyDisabled => code::OFFER_ALREADY_DISABLED,
        Misuse::AlreadyEnabled => code::OFFER_ALREADY_ENABLED,
        Misuse::UsedSingleUse => code::OFFER_USED_SINGLE_USE,
        Misuse::OfferExpired => code::OFFER_EXPIRED,
        Misuse::InvoiceExpired => code::PAY_INVOICE_EXPIRED,
        Misuse::WrongInvoice { .. } | Misuse::BadReply(_) => code::OFFER_BAD_REPLY,
        Misuse::TooExpensive { .. } => code::PAY_TOO_EXPENSIVE,
        Misuse::AlreadyPaid => code::PAY_ALREADY_PAID,
        Misuse::BeingPaid | Misuse::NoEvidence { .. } => code::PAY_IN_PROGRESS,
        Misuse::CannotApprove { .. } => code::GENERAL,
        Misuse::PaysOurselves => code::PAY_ROUTE_NOT_FOUND,
    };
    let object = ErrorObject::new(code, message);
    match misuse {
        Misuse::LabelTaken { offer_id, same_arguments } => object.with_data(json!({
            "offer_id": hex::encode(offer_id),
            "same_arguments": same_arguments,
        })),
        Misuse::TooExpensive { asked, allowed } => object.with_data(json!({
            "asked_msat": asked.as_u64(),
            "allowed_msat": allowed.as_u64(),
        })),
        Misuse::Parameter { .. }
        | Misuse::NotYet { .. }
        | Misuse::InvoiceLabelTaken
        | Misuse::InvoicePreimageTaken
        | Misuse::PaymentLabelTaken
        | Misuse::ExistsInactive
        | Misuse::Unknown { .. }
        | Misuse::AlreadyDisabled
        | Misuse::AlreadyEnabled
        | Misuse::UsedSingleUse
        | Misuse::OfferExpired
        | Misuse::InvoiceExpired
        | Misuse::WrongString(_)
        | Misuse::WrongInvoice { .. }
        | Misuse::BadReply(_)
        | Misuse::AlreadyPaid
        | Misuse::BeingPaid
        | Misuse::NoEvidence { .. }
        | Misuse::CannotApprove { .. }
        | Misuse::PaysOurselves => object,
    }
}

#[cfg(test)]
mod tests {
    use bolt1::Timestamp;

    use super::*;
    use crate::driver::Step;

    #[test]
    fn each_failure_of_a_payment_has_the_code_of_core_lightning() {
        let cases = [
            (FailureKind::RefusedByPayee, 203),
            (FailureKind::NoRoute, 205),
            (FailureKind::TooExpensive, 206),
            (FailureKind::InvoiceExpired, 207),
            (FailureKind::Abandoned, 209),
            (FailureKind::Other, 209),
        ];
        for (kind, number) in cases {
            let reason = Failure::new(kind, "why");
            let (at, to) = (Timestamp(7), "somebody".to_owned());
            let attempts = vec![Attempt { at, step: Step::Pay, to, outcome: "why".into() }];
            let object = to_object(CallError::PaymentFailed { reason, attempts });
            assert_eq!((object.code, object.message.as_str()), (number, "payment failed: why"));
            let tried = json!({ "attempts": [
                { "at": 7, "step": "pay", "to": "somebody", "outcome": "why" }
            ] });
            assert_eq!(object.data.as_deref(), Some(&tried));
        }
    }
}
