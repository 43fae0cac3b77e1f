//! Sending transactions, and what it takes to have them mined.

use bitcoin::Transaction;
use bitcoin::consensus::encode::deserialize_hex;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use crate::chain::Chain;
use crate::mempool::{MempoolRefusal, PackageMember};
use crate::rpc::{FEE_ESTIMATE_SAT_PER_KVB, RpcError};

/// Confirmation targets, in blocks, for which there is an estimate.
const TARGETS: [u16; 28] = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 144,
    504, 1_008,
];

/// `/fee-estimates`: satoshis per virtual byte by target.
pub(super) fn fee_estimates() -> Answer {
    let whole = FEE_ESTIMATE_SAT_PER_KVB / 1_000;
    let rates: Map<String, Value> =
        TARGETS.iter().map(|target| (target.to_string(), json!(whole))).collect();
    Answer::json(&rates.into())
}

/// `POST /tx` with a transaction in hexadecimal.
pub(super) fn one(chain: &Chain, body: &[u8]) -> Answer {
    let Some(tx) = std::str::from_utf8(body).ok().and_then(decode) else {
        return Answer::bad("Transaction decode failed");
    };
    let txid = tx.compute_txid();
    match chain.submit(tx) {
        Ok(_) | Err(MempoolRefusal::AlreadyInMempool | MempoolRefusal::OtherWitnessInMempool) => {
            Answer::text(txid)
        }
        Err(refusal) => {
            let error = RpcError::from(refusal).to_json();
            Answer::bad(&format!("sendrawtransaction RPC error: {error}"))
        }
    }
}

/// `POST /txs/package` with an array of transactions in hexadecimal.
pub(super) fn package(chain: &Chain, body: &[u8]) -> Answer {
    let texts: Option<Vec<String>> = serde_json::from_slice(body).ok();
    let decoded = texts.and_then(|texts| texts.iter().map(|text| decode(text)).collect());
    let Some(package) = decoded else { return Answer::bad("Transaction decode failed") };
    match chain.submit_package(package) {
        Err(refusal) => Answer::bad(&format!("submitpackage RPC error: {refusal}")),
        Ok(report) => {
            let message = if report.is_success() { "success" } else { "transaction failed" };
            let results: Map<String, Value> = report
                .members
                .iter()
                .map(|member| (member.wtxid.to_string(), result(member)))
                .collect();
            Answer::json(&json!({
                "package_msg": message,
                "tx-results": results,
                "replaced-transactions": report.replaced,
            }))
        }
    }
}

fn result(member: &PackageMember) -> Value {
    match &member.refusal {
        None => json!({
            "txid": member.txid,
            "vsize": member.vsize,
            "fees": { "base": member.fee.to_btc() },
        }),
        Some(refusal) => json!({ "txid": member.txid, "error": refusal.to_string() }),
    }
}

fn decode(hex: &str) -> Option<Transaction> {
    deserialize_hex(hex.trim()).ok()
}
