//! About transactions: what they are, where they are, sending them, and what that takes.

use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::{Amount, Transaction, Txid};
use serde_json::{Value, json};

use crate::chain::Chain;
use crate::mempool::{MIN_RELAY_FEE_SAT_PER_KVB, MempoolRefusal};
use crate::merkle;
use crate::rpc::{FEE_ESTIMATE_SAT_PER_KVB, RpcError};

fn unknown() -> RpcError {
    RpcError::new(2, "No such mempool or blockchain transaction")
}

pub(super) fn raw(chain: &Chain, txid: Txid) -> Result<Value, RpcError> {
    let tx = chain.transaction(&txid).ok_or_else(unknown)?;
    Ok(serialize_hex(&tx).into())
}

/// That a transaction is in its block.
pub(super) fn proof(chain: &Chain, txid: Txid) -> Result<Value, RpcError> {
    let proof = chain.read(|state| {
        let stored = state.ledger.block_of(&txid)?;
        Some((merkle::branch(&stored.block, txid)?, stored.height))
    });
    let (branch, height) = proof.ok_or_else(unknown)?;
    Ok(json!({ "block_height": height, "merkle": branch.hashes, "pos": branch.position }))
}

/// The transaction at a place.
pub(super) fn at(chain: &Chain, height: u32, position: u32) -> Result<Value, RpcError> {
    let txid = chain.read(|state| {
        let block = &state.ledger.blocks.at_height(height)?.block;
        Some(block.txdata.get(usize::try_from(position).ok()?)?.compute_txid())
    });
    txid.map(|txid| json!(txid)).ok_or_else(unknown)
}

pub(super) fn send(chain: &Chain, hex: &str) -> Result<Value, RpcError> {
    let tx: Transaction =
        deserialize_hex(hex).map_err(|_| RpcError::new(1, "Transaction decode failed"))?;
    let txid = tx.compute_txid();
    match chain.submit(tx) {
        Ok(_) | Err(MempoolRefusal::AlreadyInMempool | MempoolRefusal::OtherWitnessInMempool) => {
            Ok(json!(txid))
        }
        Err(refusal) => {
            let why = format!("the transaction was rejected by network rules.\n\n{refusal}");
            Err(RpcError::new(1, why))
        }
    }
}

/// Bitcoin per 1000 virtual bytes, for any target.
pub(super) fn estimate() -> Value {
    json!(Amount::from_sat(FEE_ESTIMATE_SAT_PER_KVB).to_btc())
}

/// What the mempool wants at least, as [`estimate`] says it.
pub(super) fn relay_fee() -> Value {
    json!(Amount::from_sat(MIN_RELAY_FEE_SAT_PER_KVB).to_btc())
}
