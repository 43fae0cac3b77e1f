//! Currencies.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    (
        "offer",
        r#"["5usd", "d"]"#,
        -32602,
        "amount: should be a positive amount in msat, or `any` (unknown unit \"usd\", should be `msat`, `sat` or `btc`)",
    ),
    ("offer", r#"["5.5USD", "d"]"#, -32602, "amount: currency USD takes no decimals or 2"),
    (
        "offer",
        r#"["5ZZZ", "d"]"#,
        -32602,
        "amount: unknown currency ZZZ: should be an ISO 4217 code such as USD or EUR",
    ),
    ("offer", r#"["0USD", "d"]"#, -32602, "amount: an amount of zero"),
    (
        "offer",
        r#"["-5USD", "d"]"#,
        -32602,
        "amount: should be a positive amount in msat, or `any` (should be `any` or a number, followed by nothing, `msat`, `sat` or `btc`)",
    ),
    ("offer", r#"["5EUR", "d"]"#, -32602, "amount: no values available for currency EUR"),
    ("offerout", r#"["20EUR", "d"]"#, -32602, "amount: no values available for currency EUR"),
    (
        "offerout",
        r#"["20XAU", "d"]"#,
        -32602,
        "amount: unknown currency XAU: should be an ISO 4217 code such as USD or EUR",
    ),
    ("invoicerequest", r#"["20EUR", "d"]"#, -32602, "amount: should be a positive amount in msat"),
    (
        "pay",
        r#"{"bolt11": "{PAY}", "max_rate_drift_ppm": 1}"#,
        -32602,
        "max_rate_drift_ppm: goes with an offer that is priced in a currency",
    ),
    (
        "xpay",
        r#"{"invstring": "{PAY}", "max_rate_drift_ppm": -1}"#,
        -32602,
        "max_rate_drift_ppm: should be an integer from 0 to 4294967295",
    ),
    (
        "fetchinvoice",
        r#"{"offer": "{PAY}", "max_rate_drift_ppm": 1}"#,
        -32602,
        "max_rate_drift_ppm: goes with an offer that is priced in a currency",
    ),
    (
        "currencyconvert",
        r#"{}"#,
        -32602,
        "amount: is required: should be a positive decimal number",
    ),
    (
        "currencyconvert",
        r#"[5]"#,
        -32602,
        "currency: is required: should be an ISO 4217 code such as USD or EUR",
    ),
    (
        "currencyconvert",
        r#"[1e3, "EUR"]"#,
        -32602,
        "amount: should be a positive decimal number (it has an exponent: write it out)",
    ),
    (
        "currencyconvert",
        r#"[-1, "EUR"]"#,
        -32602,
        "amount: should be a positive decimal number (it is negative)",
    ),
    (
        "currencyconvert",
        r#"["NaN", "EUR"]"#,
        -32602,
        "amount: should be a positive decimal number (it is not a decimal number)",
    ),
    ("currencyconvert", r#"[1, "EUR"]"#, -1, "no values available for currency EUR"),
    (
        "currencyrate",
        r#"["ZZZ"]"#,
        -32602,
        "currency: unknown currency ZZZ, should be an ISO 4217 code such as USD or EUR",
    ),
    (
        "currencyrate",
        r#"["EUR", "nobody"]"#,
        -32602,
        "source: Unknown source `nobody`. Available sources: test",
    ),
    (
        "currencyrate",
        r#"["EUR", "test", 1]"#,
        -32602,
        "params: too many: got 3, takes at most 2 (currencyrate currency [source])",
    ),
    (
        "listcurrencyrates",
        r#"["euros"]"#,
        -32602,
        "currency: should be an ISO 4217 code such as USD or EUR",
    ),
    ("setrate", r#"["EUR", 0]"#, -32602, "rate: should be a positive decimal number (it is zero)"),
    (
        "setrate",
        r#"["EUR", "6.7e4"]"#,
        -32602,
        "rate: should be a positive decimal number (it has an exponent: write it out)",
    ),
    (
        "setrate",
        r#"["EUR", 0.00000001]"#,
        -32602,
        "rate: it is below a millionth of a unit for a bitcoin",
    ),
    (
        "setrate",
        r#"["EUR", "<html>"]"#,
        -32602,
        "rate: should be a positive decimal number (it is not a decimal number)",
    ),
];
