//! Liquidity. The only provider that answers asks 3000 sat for payments from 4000 to 1 000 000 sat.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    (
        "lsps-lsps2-getinfo",
        r#"{}"#,
        -32602,
        "lsp_id: is required: no provider is configured (option lsp)",
    ),
    (
        "lsps-lsps2-getinfo",
        r#"["lsp.example"]"#,
        -32602,
        "lsp_id: should be a node id (33 bytes in hexadecimal), or id@host:port",
    ),
    (
        "lsps-lsps2-getinfo",
        r#"["0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"]"#,
        400,
        "no address of this node is known",
    ),
    (
        "lsps-lsps2-invoice",
        r#"["any", "l", "d", "{LSP}"]"#,
        -32602,
        "amount_msat: should be a positive amount in msat",
    ),
    (
        "lsps-lsps2-invoice",
        r#"["3999sat", "l", "d", "{LSP}"]"#,
        -32602,
        "amount_msat: the provider opens a channel for a payment of at least 4000000msat",
    ),
    (
        "lsps-lsps2-invoice",
        r#"["1000001sat", "l", "d", "{LSP}"]"#,
        -32602,
        "amount_msat: the provider opens a channel for a payment of at most 1000000000msat",
    ),
    (
        "lsps-lsps2-invoice",
        r#"{"amount_msat": "50000sat", "label": "l", "description": "d", "lsp_id": "{LSP}", "maxfee": "2999999msat"}"#,
        206,
        "the provider would keep 3000000msat, the most allowed is 2999999msat",
    ),
    (
        "lsps-lsps2-invoice",
        r#"{"amount_msat": "50000sat", "label": "l", "description": "d", "expiry": 0}"#,
        -32602,
        "expiry: should be an integer from 1 to 2592000",
    ),
    (
        "lsps-lsps2-list",
        r#"[1]"#,
        -32602,
        "params: too many: got 1, takes at most 0 (lsps-lsps2-list)",
    ),
];
