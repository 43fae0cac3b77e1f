use offerd_api::method::{self, Kind, MAX_TEXT};
use offerd_core::amount::AmountSpec;

use super::*;

fn bind_text(name: &str, params: &str) -> Result<Args, ErrorObject> {
    let raw: Box<RawValue> = serde_json::from_str(params).unwrap();
    bind(method::find(name).unwrap(), Some(&raw))
}

fn refusal(name: &str, params: &str) -> String {
    let error = bind_text(name, params).expect_err(params);
    assert_eq!(error.code, code::INVALID_PARAMS.number, "{params}");
    error.message
}

/// Lists, objects and booleans that no parameter of this kind may be.
fn lists_and_booleans(kind: Kind) -> Vec<&'static str> {
    if kind == Kind::CallParams {
        return vec!["true"];
    }
    let mut values = vec!["{}", "[{}]", "[[]]"];
    if !matches!(kind, Kind::TextList | Kind::NodeIds | Kind::Channels) {
        values.push("[]");
    }
    if !matches!(kind, Kind::Boolean | Kind::Channels) {
        values.push("true");
    }
    values
}

/// Values that no parameter of this kind may be.
fn hostile(kind: Kind) -> Vec<&'static str> {
    let mut values = lists_and_booleans(kind);
    values.extend(match kind {
        Kind::Amount | Kind::Msat | Kind::SatOrAll => &[
            "0",
            "-1",
            "1.5",
            "1e3",
            "\"\"",
            "\"0\"",
            "\"-1\"",
            "\" 1\"",
            "\"1 \"",
            "\"1satx\"",
            "\"1.5msat\"",
            "\"0.000000000001btc\"",
            "\"21000001btc\"",
            "18446744073709551616",
            "\"ANY\"",
            "\"1,000sat\"",
            "\"0x10\"",
            "\"nan\"",
            "\"\u{661}\"",
            "\"1USDX\"",
        ][..],
        Kind::FeeRate => &[
            "-1",
            "1.5",
            "1011",
            "1000004",
            "\"\"",
            "\"fast\"",
            "\"252perkw\"",
            "\"250001perkw\"",
            "\"253 perkw\"",
            "\"-253perkw\"",
            "\"perkb\"",
            "\"18446744073709551616perkb\"",
        ],
        Kind::Fee => &["-1", "1.5", "\"\"", "\"-1\"", "\"any\"", "\"5USD\"", "\"21000001btc\""],
        Kind::Code | Kind::Text => &["1", "-1", "1.5", "\"\\ud800\""],
        Kind::PlainText => &["1", "\"caf\\u00e9\"", "\"\\u0000\"", "\"\\\\\\u0041\""],
        Kind::Label => &["-1", "1.5", "18446744073709551616"],
        Kind::Integer { .. } => &[
            "-1",
            "1.0",
            "1.5",
            "1e2",
            "\"\"",
            "\"x\"",
            "\"-1\"",
            "\"+1\"",
            "\"1.0\"",
            "\" 1\"",
            "18446744073709551616",
            "\"18446744073709551616\"",
            "1e400",
        ],
        Kind::Percent => {
            &["-0.1", "100.1", "1e400", "\"\"", "\"1e1\"", "\"NaN\"", "\"inf\"", "\".\""]
        }
        Kind::Decimal => {
            &["0", "0.00", "-1", "1e3", "\"\"", "\"NaN\"", "\"1e3\"", "\"1,5\"", "\".5\"", "\"-5\""]
        }
        Kind::Currency => &["1", "\"\"", "\"US\"", "\"USDX\"", "\"ZZZ\"", "\"XAU\"", "\"$$$\""],
        Kind::Boolean => &["0", "1", "\"\"", "\"TRUE\"", "\"yes\"", "\"1\""],
        Kind::Hash => &["1", "\"\"", "\"00\"", "\"zz\"", "\"lno1qqqq\""],
        Kind::Hex => &["1", "\"\"", "\"0\"", "\"zz\"", "\"0x00\""],
        Kind::NodeIds => &["1", "\"\"", "[1]", "[\"02\"]"],
        Kind::NodeId => &["1", "\"\"", "\"02\"", "\"zz\""],
        Kind::Choice(_) => &["1", "\"\"", "\"nonsense\""],
        Kind::TextList => &["1", "\"coffee\"", "[1.5]", "[null]"],
        Kind::Channels => &["1", "\"\"", "\"1x1\"", "[1]", "[\"1x1x65536\"]"],
        Kind::Restrictions | Kind::CallParams => &["1.5", "\"\"", "\"readwrite\""],
        Kind::Any => &[],
    });
    values
}

/// A call with everything that is required, and `name` set to `value`.
fn call_with(method: &Method, name: &str, value: &str) -> String {
    let mut members: Vec<String> = method
        .params
        .iter()
        .filter(|param| param.need == Need::Required && param.name != name)
        .map(|param| format!("{:?}:{}", param.name, param.kind.example()))
        .collect();
    members.push(format!("{name:?}:{value}"));
    format!("{{{}}}", members.join(","))
}

#[test]
fn every_parameter_of_every_method_refuses_hostile_values_by_its_name() {
    for method in method::all() {
        for param in method.params.iter().filter(|param| param.not_yet.is_none()) {
            for value in hostile(param.kind) {
                let message = refusal(method.name, &call_with(method, param.name, value));
                let begins = message.starts_with(&format!("{}: ", param.name));
                assert!(begins, "{} {} {value}: {message}", method.name, param.name);
            }
        }
    }
}

#[test]
fn every_parameter_of_every_method_takes_its_example() {
    for method in method::all() {
        for param in method.params.iter().filter(|param| param.not_yet.is_none()) {
            let call = call_with(method, param.name, &param.kind.example());
            let args = bind_text(method.name, &call).unwrap();
            assert!(args.0.iter().any(|(name, _)| *name == param.name), "{call}");
        }
    }
}

#[test]
fn what_is_not_there_yet_is_refused_and_not_ignored() {
    for method in method::all() {
        for param in method.params.iter().filter(|param| param.not_yet.is_some()) {
            for value in ["true", "1", "\"x\"", "[]", "{}"] {
                let message = refusal(method.name, &call_with(method, param.name, value));
                let expected = format!("{}: not supported yet: ", param.name);
                assert!(message.starts_with(&expected), "{message}");
            }
            bind_text(method.name, &call_with(method, param.name, "null")).unwrap();
        }
    }
}

#[test]
fn what_is_required_is_missed_by_name_and_by_position() {
    for method in method::all() {
        let first = method.params.iter().find(|param| param.need == Need::Required);
        let Some(first) = first else { continue };
        // One that is given by name alone has no position.
        let positions: &[&str] =
            if first.named_only { &["{}", "[]"] } else { &["{}", "[]", "[null]"] };
        for params in positions {
            let message = refusal(method.name, params);
            let expected = format!("{}: is required: ", first.name);
            assert!(message.starts_with(&expected), "{}: {message}", method.name);
        }
    }
}

#[test]
fn too_many_and_unknown_and_repeated_parameters_are_refused() {
    for method in method::all() {
        let nulls = vec!["null"; method.positional().count() + 1].join(",");
        assert!(refusal(method.name, &format!("[{nulls}]")).starts_with("params: too many"));
        let message = refusal(method.name, &call_with(method, "nonsense", "null"));
        assert!(message.starts_with("nonsense: unknown parameter"), "{message}");
        for param in method.params {
            let value = param.kind.example();
            let twice = call_with(method, param.name, &format!("{value},{:?}:{value}", param.name));
            assert_eq!(refusal(method.name, &twice), format!("{}: given twice", param.name));
        }
    }
    let both = r#"{"amount":1,"description":"d","issuer":"a","vendor":"b"}"#;
    assert_eq!(refusal("offerout", both), "issuer: given twice");
}

#[test]
fn what_is_ours_alone_has_no_position() {
    let message = refusal("offerout", r#"["any","d",null,null,null,null,"5sat"]"#);
    assert!(message.starts_with("params: too many: got 7, takes at most 6"), "{message}");
}

#[test]
fn params_that_are_neither_list_nor_object_are_refused() {
    for params in ["1", "\"a\"", "true"] {
        assert_eq!(refusal("getinfo", params), "params: should be an array or an object");
    }
    let getinfo = method::find("getinfo").unwrap();
    assert!(bind(getinfo, None).is_ok());
    assert!(bind_text("getinfo", "{}").is_ok());
    assert!(bind_text("getinfo", "[]").is_ok());
}

#[test]
fn amounts_booleans_numbers_and_labels_are_read_in_every_spelling() {
    let amount = |value: &str| {
        let args = bind_text("offerout", &format!("[{value},\"d\"]")).unwrap();
        args.need::<AmountSpec>("amount").unwrap()
    };
    let msat = |n| AmountSpec::Msat(bolt1::Msat::new(n).unwrap());
    for (value, expected) in [
        ("\"any\"", AmountSpec::Any),
        ("1", msat(1)),
        ("\"1\"", msat(1)),
        ("\"100000sat\"", msat(100_000_000)),
        ("\"1.001sat\"", msat(1_001)),
        ("\"0.00000000001btc\"", msat(1)),
    ] {
        assert_eq!(amount(value), expected, "{value}");
    }
    let args = bind_text(
        "offer",
        r#"{"amount":"any","single_use":"true","quantity_max":"0","label":17,"description":"☕ \"crema\"\n","absolute_expiry":null}"#,
    )
    .unwrap();
    assert!(args.need::<bool>("single_use").unwrap());
    assert_eq!(args.get::<u64>("quantity_max").unwrap(), Some(0));
    assert_eq!(args.get::<String>("label").unwrap().as_deref(), Some("17"));
    assert_eq!(args.get::<String>("description").unwrap().as_deref(), Some("☕ \"crema\"\n"));
    assert_eq!(args.get::<u64>("absolute_expiry").unwrap(), None);
}

#[test]
fn an_amount_of_a_currency_is_taken_or_refused_by_what_is_wrong_with_it() {
    assert!(bind_text("offer", r#"["5USD","coffee"]"#).is_ok());
    for (amount, why) in [
        ("5ZZZ", "unknown currency ZZZ: should be an ISO 4217 code such as USD or EUR"),
        ("1.5USD", "currency USD takes no decimals or 2"),
        ("0.00USD", "an amount of zero"),
        ("184467440737095517USD", "too large an amount of USD"),
    ] {
        let message = refusal("offer", &format!(r#"["{amount}","coffee"]"#));
        assert_eq!(message, format!("amount: {why}"));
    }
}

#[test]
fn defaults_fill_what_was_left_out() {
    let args = bind_text("fetchinvoice", r#"["lno1qq"]"#).unwrap();
    assert_eq!(args.need::<u64>("timeout").unwrap(), 60);
    let args = bind_text("sendinvoice", r#"["lno1qq",5]"#).unwrap();
    assert_eq!(args.need::<u64>("timeout").unwrap(), 90);
    let args = bind_text("invoicerequest", r#"[5,"d"]"#).unwrap();
    assert!(args.need::<bool>("single_use").unwrap());
}

#[test]
fn text_has_a_greatest_length() {
    let long = "x".repeat(MAX_TEXT + 1);
    let message = refusal("offerout", &format!("[1,{long:?}]"));
    assert_eq!(message, format!("description: should be at most {MAX_TEXT} bytes long"));
}
