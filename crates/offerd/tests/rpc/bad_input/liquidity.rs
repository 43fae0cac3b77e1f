//! Liquidity. The only provider that answers asks 3000 sat for payments from 4000 to 1 000 000 sat, and sells channels of
//! 100 000 to 1 000 000 sat, of which 50 000 at least are its own and 500 000 at most are ours, for 4320 blocks at most.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    (
        "lsps-lsps1-getinfo",
        r#"{}"#,
        -32602,
        "lsp_id: is required: no provider is configured (option lsp)",
    ),
    (
        "lsps-lsps1-getinfo",
        r#"["0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"]"#,
        400,
        "no address of this node is known",
    ),
    (
        "lsps-lsps1-order",
        r#"{"lsp_balance": "any", "lsp_id": "{LSP}"}"#,
        -32602,
        "lsp_balance: should be a positive amount in msat",
    ),
    (
        "lsps-lsps1-order",
        r#"{"lsp_balance": "100000001msat", "lsp_id": "{LSP}"}"#,
        -32602,
        "lsp_balance: should be whole satoshi: orders are made in satoshi",
    ),
    (
        "lsps-lsps1-order",
        r#"{"lsp_balance": "49999sat", "lsp_id": "{LSP}"}"#,
        -32602,
        "lsp_balance: the provider asks for at least 50000000msat",
    ),
    (
        "lsps-lsps1-order",
        r#"{"lsp_balance": "60000sat", "lsp_id": "{LSP}"}"#,
        -32602,
        "lsp_balance: with client_balance the channel has 60000000msat, the provider opens none below 100000000msat",
    ),
    (
        "lsps-lsps1-order",
        r#"["600000sat", "400001sat", null, null, null, "{LSP}"]"#,
        -32602,
        "lsp_balance: with client_balance the channel would have 1000001000msat, at most 1000000000msat is possible",
    ),
    (
        "lsps-lsps1-order",
        r#"["200000sat", "500001sat", null, null, null, "{LSP}"]"#,
        -32602,
        "client_balance: the provider allows at most 500000000msat",
    ),
    (
        "lsps-lsps1-order",
        r#"["200000sat", 0, 4321, null, null, "{LSP}"]"#,
        -32602,
        "channel_expiry_blocks: the provider leaves a channel open for at most 4320 blocks",
    ),
    (
        "lsps-lsps1-order",
        r#"["200000sat", 0, 0]"#,
        -32602,
        "channel_expiry_blocks: should be an integer from 1 to 4294967295",
    ),
    (
        "lsps-lsps1-list",
        r#"["a", "b"]"#,
        -32602,
        "params: too many: got 2, takes at most 1 (lsps-lsps1-list [order_id])",
    ),
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
