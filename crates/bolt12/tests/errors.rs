//! An error says which message, which field, where, and which requirement.

mod common;

use bolt12::field::*;
use bolt12::{
    Bolt12Error, Form, Invoice, InvoiceError, InvoiceRequest, Offer, PayerProof, Problem,
};
use common::*;

/// Form, field, offset and requirement of an error.
type Told = (Option<Form>, Option<u64>, Option<usize>, Option<&'static str>);

fn all_of(error: Bolt12Error) -> Told {
    (error.form(), error.field(), error.offset(), error.requirement())
}

fn in_offer(bytes: &[u8]) -> Told {
    all_of(Offer::decode(bytes).expect_err("must be refused"))
}

const OFFER: Option<Form> = Some(Form::Offer);

/// req TL-03, TL-04, TL-05, TL-06
#[test]
fn what_damages_the_stream_is_found_at_its_record() {
    let whole = offer().bytes().to_vec();
    let len = whole.len();
    let behind = |more: &[u8]| in_offer(&[whole.as_slice(), more].concat());
    assert_eq!(behind(&[0xfd, 0, 33]), (OFFER, None, Some(len), Some("TL-04")));
    assert_eq!(behind(&[0xfd]), (OFFER, None, Some(len), Some("TL-03")));
    assert_eq!(behind(&[22, 0]), (OFFER, Some(22), Some(len), Some("TL-05")));
    assert_eq!(behind(&[33, 4, 1]), (OFFER, Some(33), Some(len), Some("TL-06")));
}

/// req TL-07, TL-08, TL-10, TL-11, TL-12, OR-01
#[test]
fn what_damages_a_value_is_found_at_its_record() {
    let record = |typ, value: &[u8]| in_offer(&with_record(offer().bytes(), typ, Some(value)));
    assert_eq!(record(OFFER_AMOUNT, &[0, 1]), (OFFER, Some(8), Some(0), Some("TL-10")));
    assert_eq!(record(OFFER_AMOUNT, &[1; 9]), (OFFER, Some(8), Some(0), Some("TL-07")));
    assert_eq!(record(OFFER_AMOUNT, &[0xff; 8]), (OFFER, Some(8), Some(0), Some("TL-11")));
    assert_eq!(record(OFFER_DESCRIPTION, &[0xff]), (OFFER, Some(10), Some(4), Some("TL-12")));
    assert_eq!(record(78, &[]), (OFFER, Some(78), Some(offer().bytes().len()), Some("TL-08")));
    assert_eq!(record(240, &[]), (OFFER, Some(240), Some(offer().bytes().len()), Some("OR-01")));
}

#[test]
fn what_is_missing_is_found_where_it_would_stand() {
    let offer = with_record(offer().bytes(), OFFER_DESCRIPTION, None);
    assert_eq!(in_offer(&offer), (OFFER, Some(10), Some(4), Some("OR-04")));
    let request = request_for(&common::offer());
    let bytes = with_record(request.bytes(), INVREQ_PAYER_ID, None);
    let before = 18 + common::offer().bytes().len();
    let error = InvoiceRequest::decode(&bytes).expect_err("must be refused");
    assert_eq!(all_of(error), (Some(Form::InvoiceRequest), Some(88), Some(before), Some("RR-01")));
}

#[test]
fn each_form_is_named() {
    let form = |error: Bolt12Error| error.form().map(Form::as_str);
    assert_eq!(Offer::decode(&[1]).map_err(form), Err(Some("offer")));
    assert_eq!(InvoiceRequest::decode(&[1]).map_err(form), Err(Some("invoice_request")));
    assert_eq!(Invoice::decode(&[1]).map_err(form), Err(Some("invoice")));
    assert_eq!(InvoiceError::decode(&[1]).map_err(form), Err(Some("invoice_error")));
    assert_eq!(PayerProof::decode(&[1]).map_err(form), Err(Some("payer_proof")));
    let error = "lno1".parse::<Offer>().expect_err("nothing in it");
    assert_eq!(form(error), Some("offer"));
    let error = "lno1b".parse::<Offer>().expect_err("no bech32");
    assert_eq!(form(error), None, "the string could not be read");
    assert!(matches!(error.problem(), Problem::String(_)));
}

#[test]
fn a_rule_that_is_told_to_the_payer_names_the_request() {
    let request = request_for(&offer());
    let low = with_record(request.bytes(), INVREQ_AMOUNT, Some(&[1]));
    let low = InvoiceRequest::decode(&low).expect("readable");
    let error = low.amount_due(None).expect_err("below the price");
    assert_eq!((error.form(), error.requirement()), (Some(Form::InvoiceRequest), Some("RR-14")));
    let shown =
        "invreq_amount: must be at least 10000 (invoice_request, field 82, at byte 65; RR-14)";
    assert_eq!(error.to_string(), shown);
}

/// req ST-04, ST-05
#[test]
fn strings_tell_what_is_wrong_and_which_requirement_it_breaks() {
    let rows = [
        ("LNO1qq", "upper and lower case are mixed", Some("ST-04")),
        ("lno1q+", "a '+' that does not join two characters", Some("ST-05")),
        ("lnx1qq", "does not begin with lno1, lnr1, lni1 or lnp1", None),
        ("lno1qbq", "invalid character 'b' behind 1 others", None),
        ("lno1q", "one character too many at the end", None),
        ("lno1ql", "the padding at the end is not zero", None),
        ("lni1qq", "unexpected prefix lni", None),
    ];
    for (string, told, requirement) in rows {
        let error = string.parse::<Offer>().expect_err("refused");
        assert_eq!(
            (error.to_string().as_str(), error.requirement()),
            (told, requirement),
            "{string}"
        );
    }
}
