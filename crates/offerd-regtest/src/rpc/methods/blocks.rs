//! About blocks and what is in them.

use std::sync::Arc;

use bitcoin::consensus::encode::serialize_hex;
use bitcoin::{OutPoint, Txid};
use serde_json::{Value, json};

use crate::blocks::StoredBlock;
use crate::chain::{Chain, State};
use crate::rpc::error::RpcError;
use crate::rpc::params::Params;
use crate::rpc::render;

pub(super) fn blockchain_info(chain: &Chain, _: &Params) -> Result<Value, RpcError> {
    Ok(chain.read(|state| {
        let blocks = &state.ledger.blocks;
        let tip = blocks.tip();
        let header = &tip.block.header;
        json!({
            "chain": "regtest",
            "blocks": tip.height,
            "headers": tip.height,
            "bestblockhash": tip.hash,
            "bits": format!("{:08x}", header.bits.to_consensus()),
            "target": hex::encode(header.target().to_be_bytes()),
            "difficulty": header.difficulty_float(),
            "time": header.time,
            "mediantime": blocks.median_time_past(tip),
            "verificationprogress": 1,
            "initialblockdownload": false,
            "chainwork": hex::encode(tip.chainwork.to_be_bytes()),
            "size_on_disk": 0,
            "pruned": false,
            "warnings": [],
        })
    }))
}

pub(super) fn block_count(chain: &Chain, _: &Params) -> Result<Value, RpcError> {
    Ok(chain.height().into())
}

pub(super) fn best_block_hash(chain: &Chain, _: &Params) -> Result<Value, RpcError> {
    Ok(json!(chain.tip()))
}

pub(super) fn block_hash(chain: &Chain, params: &Params) -> Result<Value, RpcError> {
    let height = u32::try_from(params.integer(0)?).ok();
    let hash = chain.read(|state| Some(state.ledger.blocks.at_height(height?)?.hash));
    let out_of_range = || RpcError::new(RpcError::INVALID_PARAMETER, "Block height out of range");
    hash.map(|hash| json!(hash)).ok_or_else(out_of_range)
}

pub(super) fn block_header(chain: &Chain, params: &Params) -> Result<Value, RpcError> {
    let verbose = params.flag_or(1, true)?;
    with_block(chain, params, |state, stored| {
        if verbose {
            render::header(&state.ledger.blocks, stored).into()
        } else {
            serialize_hex(&stored.block.header).into()
        }
    })
}

pub(super) fn block(chain: &Chain, params: &Params) -> Result<Value, RpcError> {
    let verbosity = params.verbosity_or(1, 1)?;
    with_block(chain, params, |state, stored| {
        if verbosity <= 0 {
            serialize_hex(&stored.block).into()
        } else {
            render::block(&state.ledger.blocks, stored, verbosity >= 2)
        }
    })
}

fn with_block(
    chain: &Chain,
    params: &Params,
    render: impl FnOnce(&State, &Arc<StoredBlock>) -> Value,
) -> Result<Value, RpcError> {
    let hash = params.hash(0)?;
    chain
        .read(|state| state.ledger.blocks.by_hash(&hash).map(|stored| render(state, stored)))
        .ok_or_else(|| RpcError::new(RpcError::NOT_FOUND, "Block not found"))
}

pub(super) fn raw_transaction(chain: &Chain, params: &Params) -> Result<Value, RpcError> {
    let txid: Txid = params.hash(0)?;
    let verbosity = params.verbosity_or(1, 0)?;
    let rendered = chain.read(|state| {
        let tx = state.transaction(&txid)?;
        if verbosity <= 0 {
            return Some(serialize_hex(&tx).into());
        }
        let mut fields = render::transaction(&tx);
        if let Some(stored) = state.ledger.block_of(&txid) {
            let confirmations = render::confirmations(&state.ledger.blocks, stored);
            fields.insert("blockhash".into(), json!(stored.hash));
            fields.insert("confirmations".into(), json!(confirmations));
            fields.insert("time".into(), json!(stored.block.header.time));
            fields.insert("blocktime".into(), json!(stored.block.header.time));
        }
        Some(fields.into())
    });
    let message = "No such mempool or blockchain transaction";
    rendered.ok_or_else(|| RpcError::new(RpcError::NOT_FOUND, message))
}

/// An unspent output; null when it is spent or never was.
pub(super) fn tx_out(chain: &Chain, params: &Params) -> Result<Value, RpcError> {
    let outpoint = OutPoint { txid: params.hash(0)?, vout: params.count(1, u32::MAX)? };
    let include_mempool = params.flag_or(2, true)?;
    Ok(chain.read(|state| unspent(state, &outpoint, include_mempool)).unwrap_or(Value::Null))
}

fn unspent(state: &State, outpoint: &OutPoint, include_mempool: bool) -> Option<Value> {
    if include_mempool && state.mempool.spender(outpoint).is_some() {
        return None;
    }
    let (output, confirmations, coinbase) = match state.ledger.coin(outpoint) {
        Some(coin) => {
            (&coin.output, state.ledger.next_height().saturating_sub(coin.height), coin.coinbase)
        }
        None if include_mempool => (state.mempool.output(outpoint)?, 0, false),
        None => return None,
    };
    Some(json!({
        "bestblock": state.ledger.blocks.tip().hash,
        "confirmations": confirmations,
        "value": render::btc(output.value),
        "scriptPubKey": render::script(&output.script_pubkey),
        "coinbase": coinbase,
    }))
}
