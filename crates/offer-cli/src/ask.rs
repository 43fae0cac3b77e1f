//! Asking before something is paid: shows what will be paid, for what and to whom, and pays that and nothing else.
//!
//! Only on a terminal and without `--yes`: in a pipe, who calls has decided already.

use std::io::{BufRead, Write};

use offerd_api::decode::decode;
use offerd_api::method::Method;
use offerd_api::uri;
use serde_json::{Map, Value, json};

use crate::exit::Failure;
use crate::render::{self, Style};

/// What a request for an invoice is made of, by its names in `pay` and `xpay`, which are those of `fetchinvoice`.
const ASKED_WITH: [&str; 5] =
    ["amount_msat", "quantity", "payer_note", "max_amount_msat", "max_rate_drift_ppm"];
/// Fields of a decoded invoice, and how they are called here. Of those with one name, the first that is there counts.
const SHOWN: [(&str, &str); 10] = [
    ("invoice_amount_msat", "pay_msat"),
    ("amount_msat", "pay_msat"),
    ("offer_description", "for"),
    ("description", "for"),
    ("offer_issuer", "issuer"),
    ("invreq_quantity", "quantity"),
    ("offer_currency", "priced in"),
    ("invreq_payer_note", "note"),
    ("invoice_node_id", "to"),
    ("payee", "to"),
];

/// Whether a method pays.
pub(crate) fn is_payment(method: &Method) -> bool {
    matches!(method.name, "pay" | "xpay")
}

/// Fetches the invoice where the code is an offer's, shows it and asks. Gives the parameters of the call that pays what
/// was shown.
///
/// # Errors
/// [`Failure::Declined`] when the answer is not yes; what fetching came to when that failed.
pub(crate) fn agree(
    method: &Method,
    params: Value,
    call: &dyn Fn(&str, Value) -> Result<Value, Failure>,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
) -> Result<Value, Failure> {
    let mut params = by_name(method, params);
    let Some(name) = method.positional().next().map(|param| param.name) else {
        return Ok(Value::Object(params));
    };
    if let Some(known) = known_by_label(&params, call)? {
        // What cannot be told is not asked either: the call gives the same payment again.
        let _ = output.write_all(known.as_bytes()).and_then(|()| output.flush());
        return Ok(Value::Object(params));
    }
    let given = params.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let is_offer = uri::code_in(&given).is_ok_and(|code| {
        code.trim().to_ascii_lowercase().trim_start_matches("lightning:").starts_with("lno1")
    });
    if is_offer {
        let mut request = Map::from_iter([("offer".to_owned(), json!(given))]);
        for part in ASKED_WITH {
            if let Some(value) = params.remove(part) {
                request.insert(part.to_owned(), value);
            }
        }
        let fetched = call("fetchinvoice", Value::Object(request))?;
        let invoice = fetched.get("invoice").cloned().unwrap_or_default();
        params.insert(name.to_owned(), invoice);
    }
    let invoice = params.get(name).and_then(Value::as_str).unwrap_or_default();
    let shown = render::result(&summary(invoice, params.get("amount_msat")), Style::Human);
    let mut answer = String::new();
    // Without somebody who sees the question there is no yes.
    let asked = write!(output, "{shown}Pay this? [y/N] ").and_then(|()| output.flush());
    let heard = asked.and_then(|()| input.read_line(&mut answer));
    let yes = heard.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes");
    if yes { Ok(Value::Object(params)) } else { Err(Failure::Declined) }
}

/// What is known of a payment of this label that was not in vain, as a line for people.
fn known_by_label(
    params: &Map<String, Value>,
    call: &dyn Fn(&str, Value) -> Result<Value, Failure>,
) -> Result<Option<String>, Failure> {
    let Some(label) = params.get("label") else { return Ok(None) };
    let listed = call("listpays", json!({ "label": label }))?;
    let pays = listed.get("pays").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let status = |payment: &Value| payment.get("status").and_then(Value::as_str).map(str::to_owned);
    let label = render::inert(label.as_str().unwrap_or_default());
    Ok(pays.iter().find_map(|payment| match status(payment)?.as_str() {
        "complete" => Some(format!("{label}: paid already, nothing is paid again.\n")),
        "pending" => Some(format!("{label}: being paid already, nothing is paid again.\n")),
        _ => None,
    }))
}

/// The parameters by their names, those that were left out by `null` left out.
fn by_name(method: &Method, params: Value) -> Map<String, Value> {
    match params {
        Value::Array(values) => {
            let names = method.positional().map(|param| param.name.to_owned());
            names.zip(values).filter(|(_, value)| !value.is_null()).collect()
        }
        Value::Object(params) => {
            let known = |name: String| method.param(&name).map_or(name, |p| p.name.to_owned());
            params.into_iter().map(|(name, value)| (known(name), value)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Map::new(),
    }
}

/// What somebody wants to know before he pays; `amount` is what he said himself, for invoices that leave it open.
fn summary(invoice: &str, amount: Option<&Value>) -> Value {
    let view = decode(invoice).view;
    let mut summary = Map::new();
    if let Some(amount) = amount {
        summary.insert("pay".to_owned(), amount.clone());
    }
    for (field, name) in SHOWN {
        if let (Some(value), false) = (view.get(field), summary.contains_key(name)) {
            summary.insert(name.to_owned(), value.clone());
        }
    }
    if summary.is_empty() {
        summary.insert("string".to_owned(), json!(invoice));
    }
    Value::Object(summary)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use offerd_api::ErrorObject;
    use offerd_api::{code, method};

    use super::*;

    const INVOICE: &str = "lni1";

    struct Asked {
        calls: RefCell<Vec<(String, Value)>>,
        output: Vec<u8>,
    }

    fn agreed(params: Value, answer: &str) -> (Result<Value, Failure>, Asked) {
        agreed_after(&json!([]), params, answer)
    }

    /// The same after these payments.
    fn agreed_after(pays: &Value, params: Value, answer: &str) -> (Result<Value, Failure>, Asked) {
        let mut asked = Asked { calls: RefCell::default(), output: Vec::new() };
        let calls = &asked.calls;
        let call = |name: &str, params: Value| {
            if name == "listpays" {
                return Ok(json!({ "pays": pays }));
            }
            calls.borrow_mut().push((name.to_owned(), params));
            Ok(json!({ "invoice": INVOICE, "changes": {} }))
        };
        let method = method::find("xpay").unwrap();
        let mut input = answer.as_bytes();
        let outcome = agree(method, params, &call, &mut input, &mut asked.output);
        (outcome, asked)
    }

    #[test]
    fn an_offer_s_invoice_is_fetched_shown_and_paid_as_it_was_shown() {
        let call = json!({ "invstring": "lno1qq", "amount_msat": "5sat", "label": "tip" });
        let (outcome, asked) = agreed(call, "y\n");
        let request = json!({ "offer": "lno1qq", "amount_msat": "5sat" });
        assert_eq!(asked.calls.into_inner(), [("fetchinvoice".to_owned(), request)]);
        assert_eq!(outcome, Ok(json!({ "invstring": INVOICE, "label": "tip" })));
        let text = String::from_utf8(asked.output).unwrap();
        assert!(text.contains(INVOICE) && text.ends_with("Pay this? [y/N] "), "{text}");
    }

    #[test]
    fn what_was_paid_under_this_label_is_told_and_not_fetched_anew() {
        for (status, told) in [("complete", "paid already"), ("pending", "being paid already")] {
            let call = json!({ "invstring": "lno1qq", "label": "rent" });
            let pays = json!([{ "status": "failed" }, { "status": status }]);
            let (outcome, asked) = agreed_after(&pays, call.clone(), "");
            assert_eq!(outcome, Ok(call), "the call gives the payment of before");
            assert!(asked.calls.into_inner().is_empty(), "nothing is fetched");
            let text = String::from_utf8(asked.output).unwrap();
            assert!(text.contains(&format!("rent: {told}")) && !text.contains("[y/N]"), "{text}");
        }
        let failed = json!([{ "status": "failed" }]);
        let call = json!({ "invstring": "lno1qq", "label": "rent" });
        let (_, asked) = agreed_after(&failed, call, "y\n");
        assert_eq!(asked.calls.into_inner().len(), 1, "what failed may be tried again");
    }

    #[test]
    fn positions_and_uris_mean_the_same() {
        let (outcome, asked) = agreed(json!(["LIGHTNING:LNO1QQ", "5sat", null]), "yes\n");
        let request = json!({ "offer": "LIGHTNING:LNO1QQ", "amount_msat": "5sat" });
        assert_eq!(asked.calls.into_inner(), [("fetchinvoice".to_owned(), request)]);
        assert_eq!(outcome, Ok(json!({ "invstring": INVOICE })));
    }

    #[test]
    fn anything_but_yes_is_no() {
        for answer in ["", "\n", "n\n", "yes please\n", "Yikes\n"] {
            let (outcome, _) = agreed(json!(["lno1qq"]), answer);
            assert_eq!(outcome, Err(Failure::Declined), "{answer:?}");
        }
    }

    #[test]
    fn an_invoice_is_shown_without_fetching_anything() {
        let (outcome, asked) = agreed(json!({ "invstring": "lni1xx", "maxfee": "1sat" }), "y\n");
        assert!(asked.calls.into_inner().is_empty());
        assert_eq!(outcome, Ok(json!({ "invstring": "lni1xx", "maxfee": "1sat" })));
    }

    #[test]
    fn an_amount_that_the_caller_chose_is_shown() {
        let (_, asked) = agreed(json!({ "invstring": "lnbc1xx", "amount_msat": "7sat" }), "n\n");
        assert!(String::from_utf8(asked.output).unwrap().contains("7sat"));
    }

    #[test]
    fn what_the_issuer_refuses_is_told_and_nobody_is_asked() {
        let refusal = Failure::Refused(ErrorObject::new(code::OFFER_BAD_REPLY, "sold out"));
        let call = |_: &str, _: Value| Err(refusal.clone());
        let (mut input, mut output) = ("y\n".as_bytes(), Vec::new());
        let method = method::find("pay").unwrap();
        let outcome = agree(method, json!(["lno1qq"]), &call, &mut input, &mut output);
        assert_eq!(outcome, Err(refusal));
        assert!(output.is_empty());
    }
}
