//! Payouts and refunds.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    (
        "offerout",
        r#"["5sat"]"#,
        -32602,
        "description: is required: should be a UTF-8 string without \\u escapes",
    ),
    (
        "offerout",
        r#"["-5sat", "d"]"#,
        -32602,
        "amount: should be a positive amount in msat, or `any` (should be `any` or a number, followed by nothing, `msat`, `sat` or `btc`)",
    ),
    (
        "offerout",
        r#"{"amount": 1, "description": "x", "max_amount_msat": 5}"#,
        -32602,
        "max_amount_msat: unnecessary: goes with the amount `any`, with one of a currency, or with \
         quantity_max",
    ),
    (
        "offerout",
        r#"{"amount": 1, "description": "x", "refund_for": "0000000000000000000000000000000000000000000000000000000000000000"}"#,
        -32602,
        "refund_for: should be an invoice of this node that was paid; no payment of it is on record",
    ),
    (
        "offerout",
        r#"{"amount": 1, "description": "x", "allow_more": true}"#,
        -32602,
        "allow_more: unnecessary: goes with refund_for alone",
    ),
    (
        "invoicerequest",
        r#"{"amount": 5, "description": "x", "single_use": false}"#,
        -32602,
        "single_use: `false` needs max_uses or max_total_msat",
    ),
    (
        "invoicerequest",
        r#"{"amount": 5, "description": "x", "max_uses": 2}"#,
        -32602,
        "max_uses: unnecessary: goes with single_use false",
    ),
    ("waitpayout", r#"[]"#, -32602, "offer_id: is required: should be 32 bytes in hexadecimal"),
    (
        "waitpayout",
        r#"["0000000000000000000000000000000000000000000000000000000000000000"]"#,
        -1,
        "unknown payout",
    ),
    (
        "approvepayout",
        r#"["0000000000000000000000000000000000000000000000000000000000000000"]"#,
        -32602,
        "payment_hash: is required: should be 32 bytes in hexadecimal",
    ),
    (
        "approvepayout",
        r#"["0000000000000000000000000000000000000000000000000000000000000000", "0000000000000000000000000000000000000000000000000000000000000000"]"#,
        -1,
        "unknown payout",
    ),
    (
        "denypayout",
        r#"["0000000000000000000000000000000000000000000000000000000000000000", "0000000000000000000000000000000000000000000000000000000000000000"]"#,
        -1,
        "unknown payout",
    ),
    ("invoicerequest", r#"["any", "d"]"#, -32602, "amount: should be a positive amount in msat"),
    (
        "listpayouts",
        r#"{"state": "lost"}"#,
        -32602,
        "state: should be one of `open`, `disabled`, `spent`",
    ),
    ("listinvoicerequests", r#"["x"]"#, -32602, "invreq_id: should be 32 bytes in hexadecimal"),
    (
        "disableinvoicerequest",
        r#"["0000000000000000000000000000000000000000000000000000000000000000"]"#,
        -1,
        "Unknown invoice_request",
    ),
    ("disableinvoicerequest", r#"[1]"#, -32602, "invreq_id: should be 32 bytes in hexadecimal"),
    (
        "enableinvoicerequest",
        r#"[]"#,
        -32602,
        "invreq_id: is required: should be 32 bytes in hexadecimal",
    ),
    (
        "enableinvoicerequest",
        r#"["0000000000000000000000000000000000000000000000000000000000000000"]"#,
        -1,
        "Unknown invoice_request",
    ),
    ("sendinvoice", r#"["{OUT}"]"#, -32602, "label: is required: should be a string or an integer"),
    ("sendinvoice", r#"["{OUT}", 1.5]"#, -32602, "label: should be a string or an integer"),
    (
        "sendinvoice",
        r#"["{OUT}", "l", 0]"#,
        -32602,
        "amount_msat: should be a positive amount in msat",
    ),
];
