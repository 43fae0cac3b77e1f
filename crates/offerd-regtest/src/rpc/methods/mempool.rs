//! About the mempool and fees.

use std::collections::BTreeSet;

use bitcoin::{Amount, Txid};
use serde_json::{Value, json};

use crate::chain::Chain;
use crate::mempool::{Entry, MIN_RELAY_FEE_SAT_PER_KVB, Mempool};
use crate::rpc::error::RpcError;
use crate::rpc::params::Params;
use crate::rpc::render::btc;

/// What `estimatesmartfee` says for every target, in satoshis per 1000 vbytes: above the relay
/// minimum and above the 253 satoshis per 1000 weight units that Lightning takes for a floor.
pub const FEE_ESTIMATE_SAT_PER_KVB: u64 = 2_000;

/// The furthest confirmation target, in blocks, as in bitcoind.
const MAX_CONF_TARGET: u32 = 1_008;

pub(super) fn estimate_smart_fee(_: &Chain, params: &Params) -> Result<Value, RpcError> {
    let target = params.count(0, MAX_CONF_TARGET)?;
    if target == 0 {
        let message = format!("conf_target must be from 1 to {MAX_CONF_TARGET}");
        return Err(RpcError::new(RpcError::INVALID_PARAMETER, message));
    }
    Ok(json!({ "feerate": btc(Amount::from_sat(FEE_ESTIMATE_SAT_PER_KVB)), "blocks": target }))
}

pub(super) fn info(chain: &Chain, _: &Params) -> Result<Value, RpcError> {
    let min_fee = btc(Amount::from_sat(MIN_RELAY_FEE_SAT_PER_KVB));
    Ok(chain.read(|state| {
        let total_fee = state.mempool.iter().map(|entry| entry.fee).sum();
        json!({
            "loaded": true,
            "size": state.mempool.len(),
            "bytes": state.mempool.vsize(),
            "usage": state.mempool.vsize(),
            "total_fee": btc(total_fee),
            "maxmempool": 300_000_000,
            "mempoolminfee": min_fee.clone(),
            "minrelaytxfee": min_fee.clone(),
            "incrementalrelayfee": min_fee,
            "unbroadcastcount": 0,
            "fullrbf": true,
        })
    }))
}

pub(super) fn raw(chain: &Chain, params: &Params) -> Result<Value, RpcError> {
    let verbose = params.flag_or(0, false)?;
    Ok(chain.read(|state| {
        let mempool = &state.mempool;
        if verbose {
            let entries = mempool.iter().map(|e| (e.txid.to_string(), describe(mempool, e)));
            Value::Object(entries.collect())
        } else {
            mempool.iter().map(|entry| json!(entry.txid)).collect()
        }
    }))
}

pub(super) fn entry(chain: &Chain, params: &Params) -> Result<Value, RpcError> {
    let txid = params.hash(0)?;
    chain
        .read(|state| state.mempool.entry(&txid).map(|entry| describe(&state.mempool, entry)))
        .ok_or_else(|| RpcError::new(RpcError::NOT_FOUND, "Transaction not in mempool"))
}

fn describe(mempool: &Mempool, entry: &Entry) -> Value {
    let mut ancestors = mempool.ancestors(&entry.tx);
    ancestors.insert(entry.txid);
    let descendants = mempool.with_descendants([entry.txid].into());
    let (ancestor_fee, ancestor_size) = totals(mempool, &ancestors);
    let (descendant_fee, descendant_size) = totals(mempool, &descendants);
    json!({
        "vsize": entry.vsize,
        "weight": entry.tx.weight().to_wu(),
        "time": entry.time,
        "height": entry.height,
        "descendantcount": descendants.len(),
        "descendantsize": descendant_size,
        "ancestorcount": ancestors.len(),
        "ancestorsize": ancestor_size,
        "wtxid": entry.wtxid,
        "fees": {
            "base": btc(entry.fee),
            "modified": btc(entry.fee),
            "ancestor": btc(ancestor_fee),
            "descendant": btc(descendant_fee),
        },
        "depends": mempool.parents(&entry.tx),
        "spentby": mempool.children(&entry.txid),
        "bip125-replaceable": true,
        "unbroadcast": false,
    })
}

fn totals(mempool: &Mempool, txids: &BTreeSet<Txid>) -> (Amount, u64) {
    let entries = || txids.iter().filter_map(|txid| mempool.entry(txid));
    (entries().map(|entry| entry.fee).sum(), entries().map(|entry| entry.vsize).sum())
}
