//! The differences that are meant, each with its reason.

use bolt1::DecodeErrorKind;
use bolt12::field::*;
use bolt12::{Bolt12Error, InvalidReason, Problem};
use lightning::ln::msgs::DecodeError;
use lightning::offers::parse::{Bolt12ParseError, Bolt12SemanticError};

/// Why we refuse what LDK 0.2 accepts.
pub(super) fn refusal(bytes: &[u8], error: &Bolt12Error) -> Option<&'static str> {
    let field = error.field()?;
    let is_empty = bolt1::tlv::Stream::new(bytes)
        .map_while(Result::ok)
        .any(|record| record.typ == field && record.value.is_empty());
    match (error.problem(), field) {
        _ if is_recurrence(field) => {
            Some("LDK does not know recurrence and skips its odd fields, whatever they hold")
        }
        (Problem::Invalid { reason: InvalidReason::UnknownFeature { .. }, .. }, _) => {
            Some("LDK looks at features when it answers or pays, not when it reads")
        }
        (Problem::Invalid { reason: InvalidReason::Zero, .. }, INVREQ_AMOUNT) => {
            Some("LDK reads a refund of nothing; we make no payment of zero")
        }
        (Problem::Decode(error), OFFER_CHAINS) if error.kind == DecodeErrorKind::InvalidValue => {
            Some("an offer for no chain at all is accepted by LDK, though nobody can answer it")
        }
        (Problem::Decode(_), OFFER_PATHS | INVREQ_PATHS) if is_empty => {
            Some("LDK takes a list of paths without a path for none; a writer leaves it out")
        }
        (Problem::Decode(_), INVREQ_BIP_353_NAME) => {
            Some("LDK lets characters into BIP 353 names that BOLT 12 does not allow there")
        }
        (Problem::Decode(_), INVOICE_FALLBACKS) => {
            Some("LDK skips unreadable fallback addresses, for it never pays to one")
        }
        _ => None,
    }
}

/// Why we accept what LDK 0.2 refuses.
pub(super) fn acceptance(bytes: &[u8], error: &Bolt12ParseError) -> Option<&'static str> {
    let has = |of: fn(u64) -> bool| {
        bolt1::tlv::Stream::new(bytes).map_while(Result::ok).any(|record| of(record.typ))
    };
    match error {
        Bolt12ParseError::Decode(DecodeError::UnknownRequiredFeature) if has(is_recurrence) => {
            Some("LDK does not know recurrence")
        }
        Bolt12ParseError::Decode(DecodeError::UnknownRequiredFeature)
            if has(|typ| matches!(typ, OFFER_SEND_INVOICE | OFFER_REFUND_FOR)) =>
        {
            Some(
                "payout offers and refunds are ours, in even fields so that nobody pays them by mistake",
            )
        }
        Bolt12ParseError::Decode(_) if has(|typ| typ == REFUND_SIGNATURE) => {
            Some("refund signatures are ours")
        }
        Bolt12ParseError::InvalidSemantics(Bolt12SemanticError::MissingDescription) => {
            Some("LDK asks for a description where a refund is read, BOLT 12 where it is written")
        }
        Bolt12ParseError::InvalidSemantics(Bolt12SemanticError::UnexpectedMetadata) => Some(
            "offer_metadata in a refund must not be written; only LDK refuses it where it is read",
        ),
        Bolt12ParseError::InvalidSemantics(Bolt12SemanticError::UnsupportedCurrency) => {
            Some("LDK answers no offer whose price is in a currency")
        }
        _ => None,
    }
}

fn is_recurrence(typ: u64) -> bool {
    name(typ).is_some_and(|name| name.contains("recurrence"))
}
