//! Offers and orders.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    // Offers.
    (
        "offer",
        r#"[]"#,
        -32602,
        "amount: is required: should be a positive amount in msat, or `any`",
    ),
    (
        "offer",
        r#"["5satx", "d"]"#,
        -32602,
        "amount: should be a positive amount in msat, or `any` (unknown unit \"satx\", should be `msat`, `sat` or `btc`)",
    ),
    ("offer", r#"[0, "d"]"#, -32602, "amount: should be a positive amount in msat, or `any`"),
    (
        "offer",
        r#"["5sat"]"#,
        -32602,
        "description: is required: whoever pays an amount must know what for",
    ),
    (
        "offer",
        r#"["5sat", "caf\u00e9"]"#,
        -32602,
        "description: should be a UTF-8 string without \\u escapes",
    ),
    (
        "offer",
        r#"{"amount": "5sat", "description": "d", "tags": "a"}"#,
        -32602,
        "tags: should be a list of strings",
    ),
    (
        "offer",
        r#"{"amount": "5sat", "description": "d", "recurrence": "1moon"}"#,
        -32602,
        "recurrence: should be a number and a unit of time, such as 10seconds, 5minutes, 1hour, 1day, 2weeks, 1month \
         or 1year",
    ),
    (
        "offer",
        r#"{"amount": "5sat", "description": "d", "recurrence": "0days"}"#,
        -32602,
        "recurrence: should be a number and a unit of time, such as 10seconds, 5minutes, 1hour, 1day, 2weeks, 1month \
         or 1year",
    ),
    (
        "offer",
        r#"{"amount": "5sat", "description": "d", "recurrence": "4294967295months"}"#,
        -32602,
        "recurrence: the second period should end before the year 10000",
    ),
    (
        "offer",
        r#"{"amount": "5sat", "description": "d", "recurrence_limit": 3}"#,
        -32602,
        "recurrence_limit: needs recurrence",
    ),
    (
        "offer",
        r#"{"amount": "5sat", "description": "d", "recurrence": "1day", "recurrence_limit": 0}"#,
        -32602,
        "recurrence_limit: should be at least 1: the last period, where the first is 0",
    ),
    (
        "offer",
        r#"{"amount": "5sat", "description": "d", "recurrence": "1day", "recurrence_paywindow": "-0+0"}"#,
        -32602,
        "recurrence_paywindow: should be open for at least a second: nobody could pay",
    ),
    (
        "offer",
        r#"{"amount": "5sat", "description": "d", "recurrence": "1day", "proportional_amount": true}"#,
        -32602,
        "proportional_amount: needs recurrence_base: without it nobody comes late",
    ),
    (
        "offer",
        r#"{"amount": "5sat", "description": "d", "recurrence": "1day", "single_use": true}"#,
        -32602,
        "single_use: does not go with recurrence: such a code is paid more than once",
    ),
    ("offer", r#"{"amount": "5sat", "issuer": "a", "vendor": "b"}"#, -32602, "issuer: given twice"),
    ("listoffers", r#"["lno1"]"#, -32602, "offer_id: should be 32 bytes in hexadecimal"),
    ("listoffers", r#"{"direction": "up"}"#, -32602, "direction: should be one of `in`, `out`"),
    ("listoffers", r#"{"index": "deleted"}"#, -32602, "index: should be one of `created`"),
    ("disableoffer", r#"{}"#, -32602, "offer_id: is required: should be 32 bytes in hexadecimal"),
    (
        "disableoffer",
        r#"["0000000000000000000000000000000000000000000000000000000000000000"]"#,
        -1,
        "Unknown offer",
    ),
    ("enableoffer", r#"["00"]"#, -32602, "offer_id: should be 32 bytes in hexadecimal"),
    (
        "enableoffer",
        r#"["0000000000000000000000000000000000000000000000000000000000000000"]"#,
        -1,
        "Unknown offer",
    ),
    (
        "fetchinvoice",
        r#"["{PAY}", "any"]"#,
        -32602,
        "amount_msat: should be a positive amount in msat",
    ),
    (
        "fetchinvoice",
        r#"["{PAY}", null, 0]"#,
        -32602,
        "quantity: should be an integer of at least 1",
    ),
    (
        "fetchinvoice",
        r#"{"offer": "{PAY}", "timeout": 0}"#,
        -32602,
        "timeout: should be an integer from 1 to 86400",
    ),
    (
        "fetchinvoice",
        r#"{"offer": "{PAY}", "payer_metadata": ""}"#,
        -32602,
        "payer_metadata: should be bytes in hexadecimal",
    ),
    ("decode", r#"[]"#, -32602, "string: is required: should be a string"),
    // Orders.
    (
        "checkout",
        r#"{"amount": "5sat", "description": "d", "return_url": "javascript:alert(1)"}"#,
        -32602,
        "return_url: should be an https:// or http:// address of at most 2048 bytes",
    ),
    (
        "checkout",
        r#"{"amount": "5sat", "description": "d", "return_url": "https:// shop.example"}"#,
        -32602,
        "return_url: should be an https:// or http:// address of at most 2048 bytes",
    ),
    (
        "checkout",
        r#"["5sat", "d", null, null, 0]"#,
        -32602,
        "expiry: should be an integer from 1 to 31536000",
    ),
];
