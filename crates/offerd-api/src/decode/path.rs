//! Blinded paths.

use bolt1::{DecodeError, Direction, NodeRef, Reader};
use bolt12::{BlindedPath, BlindedPayInfo};
use serde_json::{Map, Value, json};

/// A list of blinded paths.
pub(super) fn show_all(bytes: &[u8]) -> Result<Value, DecodeError> {
    Ok(BlindedPath::decode_all(bytes)?.iter().map(|path| Value::Object(show(path))).collect())
}

/// A list of payment paths, each with its price where there is one.
pub(super) fn show_payment_paths(
    bytes: &[u8],
    blindedpay: Option<&[u8]>,
) -> Result<Value, DecodeError> {
    let paths = BlindedPath::decode_all(bytes)?;
    let infos = blindedpay.map(pay_infos).transpose()?.unwrap_or_default();
    let mut infos = infos.into_iter();
    Ok(paths
        .iter()
        .map(|path| {
            let mut shown = show(path);
            if let Some(info) = infos.next() {
                shown.insert("payinfo".to_owned(), show_pay_info(&info));
            }
            Value::Object(shown)
        })
        .collect())
}

/// Prices that have no paths.
pub(super) fn show_pay_infos(bytes: &[u8]) -> Result<Value, DecodeError> {
    Ok(pay_infos(bytes)?.iter().map(show_pay_info).collect())
}

fn pay_infos(bytes: &[u8]) -> Result<Vec<BlindedPayInfo>, DecodeError> {
    let mut reader = Reader::new(bytes);
    let mut infos = Vec::new();
    while !reader.is_empty() {
        infos.push(BlindedPayInfo::decode(&mut reader)?);
    }
    Ok(infos)
}

fn show(path: &BlindedPath) -> Map<String, Value> {
    let mut shown = Map::new();
    let mut insert = |name: &str, value: Value| {
        shown.insert(name.to_owned(), value);
    };
    match path.first_node_id {
        NodeRef::Id(id) => insert("first_node_id", json!(id.to_string())),
        NodeRef::ChannelEnd { scid, direction } => {
            insert("first_scid", json!(scid.to_string()));
            insert(
                "first_scid_dir",
                json!(match direction {
                    Direction::Zero => 0,
                    Direction::One => 1,
                }),
            );
        }
    }
    insert("first_path_key", json!(path.first_path_key.to_string()));
    let hops = path.hops.iter().map(|hop| {
        json!({
            "blinded_node_id": hop.blinded_node_id.to_string(),
            "encrypted_recipient_data": hex::encode(&hop.encrypted_recipient_data),
        })
    });
    insert("path", hops.collect());
    shown
}

fn show_pay_info(info: &BlindedPayInfo) -> Value {
    json!({
        "fee_base_msat": info.fee_base_msat,
        "fee_proportional_millionths": info.fee_proportional_millionths,
        "cltv_expiry_delta": info.cltv_expiry_delta,
        "htlc_minimum_msat": info.htlc_minimum_msat,
        "htlc_maximum_msat": info.htlc_maximum_msat,
        "features": hex::encode(&info.features),
    })
}
