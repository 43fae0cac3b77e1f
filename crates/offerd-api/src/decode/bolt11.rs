//! Invoices of BOLT 11, under Core Lightning's names.

use bolt11::{FallbackKind, Invoice, RouteHop};
use serde_json::{Map, Value, json};

use super::schema::{hex, hex_of, object};

/// Core Lightning's name of the type.
pub(super) const TYPE: &str = "bolt11 invoice";

/// The view of an invoice.
pub(super) fn show(invoice: &Invoice) -> Map<String, Value> {
    let mut view = Map::new();
    let mut insert = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            view.insert(name.to_owned(), value);
        }
    };
    let hash = |hash: Option<[u8; 32]>| hash.map(|bytes| json!(hex::encode(bytes)));
    let bytes = |bytes: Option<&Vec<u8>>| bytes.map(|bytes| json!(hex::encode(bytes)));
    let list = |list: Vec<Value>| (!list.is_empty()).then_some(Value::Array(list));
    insert("type", Some(json!(TYPE)));
    insert("valid", Some(json!(true)));
    insert("currency", Some(json!(invoice.currency)));
    insert("created_at", Some(json!(invoice.created_at.0)));
    insert("expiry", Some(json!(invoice.expiry().0)));
    insert("payee", Some(json!(invoice.payee.to_string())));
    insert("amount_msat", invoice.amount.map(|amount| json!(amount.as_u64())));
    insert("payment_hash", hash(invoice.payment_hash));
    insert("signature", Some(json!(hex::encode(invoice.signature.serialize_der()))));
    insert("description", invoice.description.as_ref().map(|text| json!(text)));
    insert("description_hash", hash(invoice.description_hash));
    insert("min_final_cltv_expiry", Some(json!(invoice.min_final_cltv_expiry().0)));
    insert("payment_secret", hash(invoice.payment_secret));
    insert("features", bytes(invoice.features.as_ref()));
    insert("payment_metadata", bytes(invoice.payment_metadata.as_ref()));
    let fallbacks = invoice.fallbacks.iter().map(|fallback| {
        json!({
            "type": kind(fallback.kind),
            "addr": fallback.address,
            "hex": hex::encode(&fallback.script),
        })
    });
    insert("fallbacks", list(fallbacks.collect()));
    let routes = invoice.routes.iter().map(|hops| hops.iter().map(hop).collect());
    insert("routes", list(routes.collect()));
    let extra = invoice.unknown.iter().map(|it| json!({ "tag": it.tag, "data": it.data }));
    insert("extra", list(extra.collect()));
    view
}

fn kind(kind: FallbackKind) -> &'static str {
    match kind {
        FallbackKind::P2pkh => "P2PKH",
        FallbackKind::P2sh => "P2SH",
        FallbackKind::P2wpkh => "P2WPKH",
        FallbackKind::P2wsh => "P2WSH",
        FallbackKind::P2tr => "P2TR",
    }
}

fn hop(hop: &RouteHop) -> Value {
    json!({
        "pubkey": hop.node_id.to_string(),
        "short_channel_id": hop.short_channel_id.to_string(),
        "fee_base_msat": hop.fee_base_msat,
        "fee_proportional_millionths": hop.fee_proportional_millionths,
        "cltv_expiry_delta": hop.cltv_expiry_delta,
    })
}

/// What this adds to the view: names, what they are, shapes.
pub(super) fn schemas() -> Vec<(&'static str, &'static str, Value)> {
    let (text, number) = (json!({ "type": "string" }), json!({ "type": "integer", "minimum": 0 }));
    let list = |items: Value| json!({ "type": "array", "items": items });
    let members = json!({
        "type": { "enum": ["P2PKH", "P2SH", "P2WPKH", "P2WSH", "P2TR"] },
        "addr": text,
        "hex": hex(),
    });
    let fallback = object(members, &["type", "addr", "hex"]);
    let members = json!({
        "pubkey": hex_of(33),
        "short_channel_id": text,
        "fee_base_msat": number,
        "fee_proportional_millionths": number,
        "cltv_expiry_delta": number,
    });
    let names = [
        "pubkey",
        "short_channel_id",
        "fee_base_msat",
        "fee_proportional_millionths",
        "cltv_expiry_delta",
    ];
    let hop = object(members, &names);
    let extra = object(json!({ "tag": text, "data": text }), &["tag", "data"]);
    vec![
        ("currency", "The prefix of the chain.", text.clone()),
        ("created_at", "When it was made.", number.clone()),
        ("expiry", "How many seconds from then it may be paid.", number.clone()),
        ("payee", "The node that has signed it.", hex_of(33)),
        ("amount_msat", "What it asks for; absent where its payer chooses.", number.clone()),
        ("payment_hash", "The hash of the proof of payment.", hex_of(32)),
        ("signature", "Its signature.", hex()),
        ("description", "What is paid for.", text),
        ("description_hash", "The hash of a description that is told elsewhere.", hex_of(32)),
        ("min_final_cltv_expiry", "How many blocks the payment must have left.", number),
        ("payment_secret", "What its payer shows.", hex_of(32)),
        ("features", "Its feature bits.", hex()),
        ("payment_metadata", "What comes back with the payment.", hex()),
        ("fallbacks", "Addresses to be paid at where this fails.", list(fallback)),
        ("routes", "Ways to the payee over channels that are not announced.", list(list(hop))),
        ("extra", "Fields that this program does not know.", list(extra)),
    ]
}
