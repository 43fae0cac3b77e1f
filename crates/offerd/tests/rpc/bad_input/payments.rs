//! Payments, invoices of BOLT 11, and whoever waits.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    // Payments.
    (
        "pay",
        r#"["anna@example.org"]"#,
        -32602,
        "bolt11: names such as user@domain (BIP 353) are not supported, since they need DNSSEC: give the lno… string that the name stands for",
    ),
    (
        "fetchinvoice",
        r#"["bitcoin:bc1qq?amount=1"]"#,
        -32602,
        "offer: this bitcoin: URI has neither lno= nor lightning= in it: it can be paid on the chain alone, with withdraw",
    ),
    (
        "sendinvoice",
        r#"["bitcoin:?req-pop=1&lno=lno1", "l"]"#,
        -32602,
        "invreq: this bitcoin: URI demands `req-pop`, which is not known here",
    ),
    ("pay", r#"{}"#, -32602, "bolt11: is required: should be a string"),
    (
        "pay",
        r#"["{PAY}", "1.5sat"]"#,
        -32602,
        "amount_msat: should be a positive amount in msat (sat takes none or three decimals)",
    ),
    (
        "pay",
        r#"{"bolt11": "{PAY}", "maxfeepercent": 101}"#,
        -32602,
        "maxfeepercent: should be a number from 0 to 100",
    ),
    (
        "pay",
        r#"{"bolt11": "{PAY}", "retry_for": 0}"#,
        -32602,
        "retry_for: should be an integer from 1 to 86400",
    ),
    (
        "pay",
        r#"{"bolt11": "{PAY}", "maxdelay": 65536}"#,
        -32602,
        "maxdelay: should be an integer from 0 to 65535",
    ),
    (
        "pay",
        r#"{"bolt11": "{PAY}", "exclude": []}"#,
        -32602,
        "exclude: not supported yet: excluding nodes and channels",
    ),
    ("pay", r#"{"bolt11": "{PAY}", "invstring": "{PAY}"}"#, -32602, "bolt11: given twice"),
    ("xpay", r#"[1]"#, -32602, "invstring: should be a string"),
    (
        "xpay",
        r#"{"invstring": "{PAY}", "maxfee": "any"}"#,
        -32602,
        "maxfee: should be an amount in msat",
    ),
    (
        "xpay",
        r#"{"invstring": "{PAY}", "layers": []}"#,
        -32602,
        "layers: not supported yet: layers of route knowledge",
    ),
    ("createproof", r#"[1]"#, -32602, "invstring: should be a string"),
    (
        "createproof",
        r#"{"invstring": "{PAY}", "include": ["offer_colour"]}"#,
        -32602,
        "include: unknown field name \"offer_colour\"",
    ),
    ("createproof", r#"["{PAY}"]"#, 1700, "No successful payment for that string"),
    ("verifyproof", r#"["{PAY}"]"#, -32602, "proof: is an lno… string, not an lnp… one"),
    (
        "listpays",
        r#"{"status": "lost"}"#,
        -32602,
        "status: should be one of `pending`, `complete`, `failed`",
    ),
    ("listpays", r#"{"index": "deleted"}"#, -32602, "index: should be one of `created`, `updated`"),
    ("listpays", r#"{"limit": -1}"#, -32602, "limit: should be an integer from 0 to 4294967295"),
    // Invoices.
    ("invoice", r#"["5sat", "l"]"#, -32602, "description: is required: should be a string"),
    (
        "invoice",
        r#"["0sat", "l", "d"]"#,
        -32602,
        "amount_msat: should be a positive amount in msat, or `any`",
    ),
    ("invoice", r#"["5sat", {}, "d"]"#, -32602, "label: should be a string or an integer"),
    (
        "invoice",
        r#"["5sat", "l", "d", 0]"#,
        -32602,
        "expiry: should be an integer from 1 to 4294967295",
    ),
    (
        "invoice",
        r#"{"amount_msat": 1, "label": "l", "description": "d", "preimage": "00"}"#,
        -32602,
        "preimage: should be 32 bytes in hexadecimal",
    ),
    (
        "invoice",
        r#"{"amount_msat": 1, "label": "l", "description": "d", "exposeprivatechannels": ["1x1"]}"#,
        -32602,
        "exposeprivatechannels: should be `true`, `false`, or a list of short_channel_ids",
    ),
    (
        "invoice",
        r#"{"amount_msat": 1, "label": "l", "description": "d", "cltv": 2017}"#,
        -32602,
        "cltv: should be an integer from 1 to 2016",
    ),
    (
        "listinvoices",
        r#"{"status": "lost"}"#,
        -32602,
        "status: should be one of `unpaid`, `paid`, `expired`",
    ),
    ("listinvoices", r#"{"start": "-1"}"#, -32602, "start: should be an unsigned 64-bit integer"),
    (
        "listinvoices",
        r#"{"payment_hash": "00"}"#,
        -32602,
        "payment_hash: should be 32 bytes in hexadecimal",
    ),
    ("waitinvoice", r#"[]"#, -32602, "label: is required: should be a string or an integer"),
    ("waitinvoice", r#"["nobody"]"#, -1, "Label not found"),
    ("waitanyinvoice", r#"[-1]"#, -32602, "lastpay_index: should be an unsigned 64-bit integer"),
    ("waitanyinvoice", r#"[0, 0]"#, 904, "timed out: nothing was paid"),
    ("waitoffer", r#"[]"#, -32602, "offer_id: is required: should be 32 bytes in hexadecimal"),
    (
        "waitoffer",
        r#"["0000000000000000000000000000000000000000000000000000000000000000"]"#,
        -1,
        "Unknown offer",
    ),
    (
        "wait",
        r#"["forwards", "created", 0]"#,
        -32602,
        "subsystem: should be one of `invoices`, `sendpays`, `offers`, `payouts`, `subscribers`, \
         `subscriptions`",
    ),
    (
        "wait",
        r#"["invoices", "made", 0]"#,
        -32602,
        "indexname: should be one of `created`, `updated`, `deleted`",
    ),
    (
        "wait",
        r#"["invoices", "created"]"#,
        -32602,
        "nextvalue: is required: should be an unsigned 64-bit integer",
    ),
    (
        "wait",
        r#"["invoices", "created", "x"]"#,
        -32602,
        "nextvalue: should be an unsigned 64-bit integer",
    ),
];
