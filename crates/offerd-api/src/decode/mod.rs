//! The view of a string of BOLT 12 or BOLT 11, as `decode` gives it: every field under its name, whether the whole is valid,
//! and what is wrong where it is not.
//!
//! The fields are shown from the records themselves, so a string that breaks a rule is shown as far as it can be
//! read. Whether it is valid is what `bolt12` says.

mod bolt11;
mod draft;
mod field;
mod path;
mod recurrence;
mod schema;

use bolt1::tlv::{Record, Stream};
use bolt12::field as numbers;
use bolt12::{Bolt12Error, Bolt12String, Hrp, InvalidReason, InvoiceRequestKind, decode_string};
use secp256k1::Secp256k1;
use serde_json::{Map, Value, json};

use crate::uri;
use field::Context;

/// What a string turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// Whether it is valid: readable, by the rules, and rightly signed. Not whether it has expired, and not
    /// whether it is for a chain of ours.
    pub valid: bool,
    /// The view: `type`, `valid`, the fields, and where it is not valid `reason` and warnings.
    pub view: Map<String, Value>,
}

/// Decodes any string. Never fails: what cannot be read is shown as not valid, with the reason.
pub fn decode(string: &str) -> Decoded {
    let code = match uri::code_in(string) {
        Ok(code) => code,
        Err(error) => return unreadable(UNKNOWN, &error.to_string()),
    };
    let string = code.as_ref();
    if ::bolt11::is_bolt11(string) {
        return match ::bolt11::Invoice::decode(string) {
            Ok(invoice) => Decoded { valid: true, view: bolt11::show(&invoice) },
            Err(error) => unreadable(bolt11::TYPE, &error.to_string()),
        };
    }
    let (hrp, bytes) = match decode_string(string) {
        Ok(parts) => parts,
        Err(error) => return unreadable(guess_type(string), &error.to_string()),
    };
    let mut view = Map::new();
    view.insert("type".to_owned(), json!(type_name(hrp)));
    if let Some(draft) = bolt12::draft2021::recognise(hrp, &bytes) {
        draft::show(&draft, &mut view);
        return Decoded { valid: false, view };
    }
    let problem = find_problem(hrp, &bytes);
    view.insert("valid".to_owned(), json!(problem.is_none()));
    let valid = problem.is_none();
    if let Some(problem) = problem {
        view.insert("reason".to_owned(), json!(problem.reason));
        if let Some((name, text)) = problem.warning {
            view.insert(name, json!(text));
        }
    }
    insert_ids(hrp, &bytes, &mut view);
    insert_fields(hrp, &bytes, &mut view);
    insert_expiry(hrp, &bytes, &mut view);
    insert_minor_unit(&bytes, &mut view);
    Decoded { valid, view }
}

/// What is wrong, for people, and as a warning's name and text.
struct Problem {
    reason: String,
    warning: Option<(String, String)>,
}

impl Problem {
    fn from_error(error: &Bolt12Error) -> Self {
        let missing = matches!(
            error.problem(),
            bolt12::Problem::Invalid { reason: InvalidReason::Missing, .. }
        );
        let reason = error.to_string();
        let warning = error.field().and_then(numbers::name).map(|name| {
            let kind = if missing { "missing" } else { "invalid" };
            (format!("warning_{kind}_{name}"), error.problem().to_string())
        });
        Self { reason, warning }
    }

    fn signature(message: &str, missing: bool) -> Self {
        let kind = if missing { "missing" } else { "invalid" };
        let text = if missing { "there is no signature" } else { "the signature is not valid" };
        Self {
            reason: text.to_owned(),
            warning: Some((format!("warning_{kind}_{message}_signature"), text.to_owned())),
        }
    }
}

fn find_problem(hrp: Hrp, bytes: &[u8]) -> Option<Problem> {
    let parsed = match hrp {
        Hrp::Offer => bolt12::Offer::decode(bytes).map(Bolt12String::Offer),
        Hrp::InvoiceRequest => {
            bolt12::InvoiceRequest::decode(bytes).map(Bolt12String::InvoiceRequest)
        }
        Hrp::Invoice => bolt12::Invoice::decode(bytes).map(Bolt12String::Invoice),
        Hrp::PayerProof => bolt12::PayerProof::decode(bytes).map(Bolt12String::PayerProof),
    };
    match parsed {
        Err(error) => Some(Problem::from_error(&error)),
        Ok(parsed) => signature_problem(&parsed),
    }
}

/// An invoice must be signed; a request must be, unless it stands for itself; and no signature may be wrong.
fn signature_problem(parsed: &Bolt12String) -> Option<Problem> {
    let secp = Secp256k1::verification_only();
    match parsed {
        Bolt12String::Offer(_) => None,
        Bolt12String::InvoiceRequest(request) if !request.has_signature() => {
            let needed = request.kind() == InvoiceRequestKind::ForOffer;
            needed.then(|| Problem::signature("invoice_request", true))
        }
        Bolt12String::InvoiceRequest(request) => {
            let wrong = request.verify_signature(&secp).is_err();
            wrong.then(|| Problem::signature("invoice_request", false))
        }
        Bolt12String::Invoice(invoice) => {
            let wrong = invoice.verify_signature(&secp).is_err();
            wrong.then(|| Problem::signature("invoice", false))
        }
        Bolt12String::PayerProof(proof) => {
            let wrong = proof.verify(&secp).is_err();
            wrong.then(|| Problem::signature("payer_proof", false))
        }
    }
}

/// `offer_id` and `invreq_id`, where the string could be read.
fn insert_ids(hrp: Hrp, bytes: &[u8], view: &mut Map<String, Value>) {
    let mut insert = |name: &str, id: String| {
        view.insert(name.to_owned(), json!(id));
    };
    match hrp {
        Hrp::Offer => {
            if let Ok(offer) = bolt12::Offer::decode(bytes) {
                insert("offer_id", offer.id().to_string());
            }
        }
        Hrp::InvoiceRequest => {
            if let Ok(request) = bolt12::InvoiceRequest::decode(bytes) {
                if request.is_for_offer() {
                    insert("offer_id", request.offer_id().to_string());
                }
                insert("invreq_id", request.invreq_id().to_string());
            }
        }
        Hrp::Invoice => {
            if let Ok(invoice) = bolt12::Invoice::decode(bytes) {
                if invoice.kind() != bolt12::InvoiceKind::ForPayoutRequest {
                    insert("offer_id", invoice.offer_id().to_string());
                }
                insert("invreq_id", invoice.invreq_id().to_string());
            }
        }
        Hrp::PayerProof => {}
    }
}

/// Every record: by its name where we know it, else in the list of unknown ones.
fn insert_fields(hrp: Hrp, bytes: &[u8], view: &mut Map<String, Value>) {
    let records: Vec<Record<'_>> = Stream::new(bytes).map_while(Result::ok).collect();
    let context = Context::of(&records);
    let mut unknown = Vec::new();
    for record in &records {
        if !field::insert(record, &context, view) {
            unknown.push(json!({
                "type": record.typ,
                "length": record.value.len(),
                "value": hex::encode(record.value),
            }));
        }
    }
    if !unknown.is_empty() {
        view.insert(unknown_list_name(hrp).to_owned(), Value::Array(unknown));
    }
}

/// How long an invoice lives, where it does not say: for BOLT 12 that means two hours.
fn insert_expiry(hrp: Hrp, bytes: &[u8], view: &mut Map<String, Value>) {
    if hrp == Hrp::Invoice
        && let Ok(invoice) = bolt12::Invoice::decode(bytes)
    {
        let expiry = invoice.relative_expiry().0;
        view.entry("invoice_relative_expiry").or_insert_with(|| json!(expiry));
    }
}

/// How many decimals the amount's currency has: ISO 4217 knows, the string does not.
fn insert_minor_unit(bytes: &[u8], view: &mut Map<String, Value>) {
    let mut records = Stream::new(bytes).map_while(Result::ok);
    let Some(currency) = records.find(|record| record.typ == numbers::OFFER_CURRENCY) else {
        return;
    };
    let Ok(code) = str::from_utf8(currency.value) else { return };
    let known = iso_currency::Currency::from_code(code).and_then(iso_currency::Currency::exponent);
    match known {
        Some(digits) => view.insert("currency_minor_unit".to_owned(), json!(digits)),
        None => view.insert(
            "warning_unknown_offer_currency".to_owned(),
            json!("ISO 4217 does not know this currency: how many decimals it has is not known"),
        ),
    };
}

fn unreadable(kind: &str, reason: &str) -> Decoded {
    let mut view = Map::new();
    view.insert("type".to_owned(), json!(kind));
    view.insert("valid".to_owned(), json!(false));
    view.insert("reason".to_owned(), json!(reason));
    Decoded { valid: false, view }
}

const UNKNOWN: &str = "unknown";

/// What an unreadable string was probably meant to be.
fn guess_type(string: &str) -> &'static str {
    let lower = string.to_ascii_lowercase();
    let bare = lower.strip_prefix("lightning:").unwrap_or(&lower);
    let hrp = Hrp::ALL
        .into_iter()
        .find(|hrp| bare.strip_prefix(hrp.as_str()).is_some_and(|rest| rest.starts_with('1')));
    match hrp {
        Some(hrp) => type_name(hrp),
        None => UNKNOWN,
    }
}

/// Core Lightning's name of a type.
fn type_name(hrp: Hrp) -> &'static str {
    match hrp {
        Hrp::Offer => "bolt12 offer",
        Hrp::InvoiceRequest => "bolt12 invoice_request",
        Hrp::Invoice => "bolt12 invoice",
        Hrp::PayerProof => "bolt12 payer_proof",
    }
}

fn unknown_list_name(hrp: Hrp) -> &'static str {
    match hrp {
        Hrp::Offer => "unknown_offer_tlvs",
        Hrp::InvoiceRequest => "unknown_invoice_request_tlvs",
        Hrp::Invoice => "unknown_invoice_tlvs",
        Hrp::PayerProof => "unknown_payer_proof_tlvs",
    }
}

#[cfg(test)]
mod tests;
