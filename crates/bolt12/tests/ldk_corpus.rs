//! Everything that fuzzing found worth keeping, judged by LDK and by us: the same verdicts, or a reason.

use std::fs;
use std::path::Path;

use bolt12::field::*;
use bolt12::{Invoice, InvoiceRequest, Offer};
use lightning::offers::invoice::Bolt12Invoice;
use lightning::offers::invoice_request::InvoiceRequest as LdkRequest;
use lightning::offers::offer::Offer as LdkOffer;
use lightning::offers::refund::Refund;
use secp256k1::Secp256k1;

/// Why we mean to judge otherwise than LDK 0.2, if we do; told from the fields that are there.
fn intended(bytes: &[u8], ours: bool) -> Option<&'static str> {
    let records = bolt1::tlv::records(bytes).ok()?;
    let has = |of: fn(u64) -> bool| records.iter().any(|record| of(record.typ));
    let is_recurrence = |typ: u64| name(typ).is_some_and(|name| name.contains("recurrence"));
    let value = |typ: u64| records.iter().find(|record| record.typ == typ).map(|r| r.value);
    match ours {
        true if has(is_recurrence) => Some("LDK does not know recurrence"),
        true if has(|typ| typ == OFFER_SEND_INVOICE) => Some("payout offers are ours"),
        true if has(|typ| typ == REFUND_SIGNATURE) => Some("refund signatures are ours"),
        true if value(OFFER_DESCRIPTION).is_none() && value(INVREQ_AMOUNT).is_some() => {
            Some("LDK asks for a description where a refund is read, BOLT 12 where it is written")
        }
        false if has(is_recurrence) => Some("broken recurrence is refused, LDK skips odd fields"),
        false
            if [OFFER_FEATURES, INVREQ_FEATURES, INVOICE_FEATURES]
                .iter()
                .any(|typ| value(*typ).is_some()) =>
        {
            Some("LDK looks at features only when it answers")
        }
        false if value(OFFER_CHAINS).is_some() => Some("LDK takes offers for no chain at all"),
        false if value(INVREQ_BIP_353_NAME).is_some() => {
            Some("LDK lets more characters into names")
        }
        false if value(INVOICE_FALLBACKS).is_some() => Some("LDK skips unreadable fallbacks"),
        _ => None,
    }
}

/// The inputs of one target for which the verdicts differ without a reason.
fn unexplained(target: &str, ours: fn(&[u8]) -> bool, ldk: fn(&[u8]) -> bool) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut found = Vec::new();
    let mut judged = 0;
    for entry in fs::read_dir(folder).expect("the corpus is there") {
        let path = entry.expect("it can be listed").path();
        let bytes = fs::read(&path).expect("it can be read");
        let (ours, theirs) = (ours(&bytes), ldk(&bytes));
        judged += 1;
        if ours != theirs && intended(&bytes, ours).is_none() {
            found.push(format!(
                "{} ours {ours}, LDK {theirs}: {}",
                path.display(),
                hex::encode(&bytes)
            ));
        }
    }
    assert!(judged > 100, "the corpus of {target} is almost empty");
    found
}

#[test]
fn ldk_judges_the_corpus_of_offers_as_we_do() {
    let ldk = |bytes: &[u8]| LdkOffer::try_from(bytes.to_vec()).is_ok();
    let found = unexplained("offer", |bytes| Offer::decode(bytes).is_ok(), ldk);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// LDK checks signatures as it reads, and reads requests without an offer as refunds.
#[test]
fn ldk_judges_the_corpus_of_requests_as_we_do() {
    let ours = |bytes: &[u8]| {
        InvoiceRequest::decode(bytes).is_ok_and(|request| {
            let may_be_unsigned = !request.is_for_offer() && !request.has_signature();
            may_be_unsigned || request.verify_signature(&Secp256k1::new()).is_ok()
        })
    };
    let ldk = |bytes: &[u8]| {
        LdkRequest::try_from(bytes.to_vec()).is_ok() || Refund::try_from(bytes.to_vec()).is_ok()
    };
    let found = unexplained("invoice_request", ours, ldk);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn ldk_judges_the_corpus_of_invoices_as_we_do() {
    let ours = |bytes: &[u8]| {
        Invoice::decode(bytes)
            .is_ok_and(|invoice| invoice.verify_signature(&Secp256k1::new()).is_ok())
    };
    let ldk = |bytes: &[u8]| Bolt12Invoice::try_from(bytes.to_vec()).is_ok();
    let found = unexplained("invoice", ours, ldk);
    assert!(found.is_empty(), "{}", found.join("\n"));
}
