//! `createproof`

use bolt12::{Bolt12String, PayerProof, Record, field};
use offerd_api::proof::{ProofList, ProofView};
use offerd_api::{ErrorObject, code};
use offerd_core::payment::{OutgoingPayment, SHOWN_BY_DEFAULT};
use offerd_core::port::Page;
use serde_json::{Value, json};

use super::Outcome;
use crate::driver::CallError;
use crate::rpc::call::Api;
use crate::rpc::error::{fault_object, to_object};
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) fn call(api: &Api, args: &Args) -> Outcome {
    let string: String = args.need("invstring")?;
    let paid_for: Bolt12String =
        string.trim().parse().map_err(|error| ErrorObject::parameter("invstring", error))?;
    let note: Option<String> = args.get("note")?;
    let include: Option<Vec<String>> = args.get("include")?;
    let shown = match include {
        Some(names) => names.iter().map(|name| number(name)).collect::<Result<Vec<u64>, _>>()?,
        None => SHOWN_BY_DEFAULT.to_vec(),
    };
    let all = Page { start: 0, limit: u64::MAX };
    let payments = api.driver.store().payments(all).map_err(|error| fault_object(&error))?;
    let mut proofs = Vec::new();
    for payment in payments.iter().map(|listed| &listed.row) {
        if is_for(payment, &paid_for)? {
            let proof = api.driver.prove(payment, &shown, note.as_deref());
            let proof = proof.map_err(|misuse| to_object(CallError::Misuse(misuse)))?;
            proofs.extend(proof.as_ref().map(show));
        }
    }
    if proofs.is_empty() {
        let message = "No successful payment for that string";
        return Err(ErrorObject::new(code::PROOF_NO_PAYMENT, message));
    }
    view::json(ProofList { proofs })
}

/// The number of a field that is given by its name or number.
fn number(name: &str) -> Result<u64, ErrorObject> {
    let number = name.parse().ok().or_else(|| field::number(name));
    number.ok_or_else(|| ErrorObject::parameter("include", format!("unknown field name {name:?}")))
}

fn is_for(payment: &OutgoingPayment, paid_for: &Bolt12String) -> Result<bool, ErrorObject> {
    let Some(invoice) = payment.invoice.bolt12() else { return Ok(false) };
    match paid_for {
        Bolt12String::Invoice(wanted) => Ok(invoice == wanted),
        Bolt12String::Offer(offer) => Ok(invoice.offer_id() == offer.id()),
        Bolt12String::InvoiceRequest(request) => Ok(invoice.invreq_id() == request.invreq_id()),
        Bolt12String::PayerProof(_) => Err(ErrorObject::parameter(
            "invstring",
            "is a proof already: should be what was paid (lni…) or paid for (lno…, lnr…)",
        )),
    }
}

fn show(proof: &PayerProof) -> ProofView {
    let signature = proof.records().filter(|record| record.typ == field::SIGNATURE);
    let shown: Vec<Record<'_>> = proof.disclosed_records().chain(signature).collect();
    let named = |of: fn(u64) -> bool| -> Vec<Value> {
        let fields = shown.iter().map(|record| record.typ).filter(|typ| of(*typ));
        fields.map(|typ| field::name(typ).map_or(json!(typ), |name| json!(name))).collect()
    };
    ProofView {
        bolt12: proof.to_string(),
        offer_fields_included: named(field::in_offer),
        invreq_fields_included: named(|typ| {
            field::in_invoice_request(typ) && !field::in_offer(typ)
        }),
        invoice_fields_included: named(|typ| !field::in_invoice_request(typ)),
    }
}
