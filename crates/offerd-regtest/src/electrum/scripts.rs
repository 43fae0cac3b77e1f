//! About scripts, which are named by the SHA-256 of their bytes, written backwards.

use bitcoin::hashes::{Hash, sha256};
use serde_json::{Value, json};

use crate::chain::{Chain, State};
use crate::history::Placed;
use crate::rpc::RpcError;

/// Transactions that touch a script: those in blocks first, oldest first, then those in the mempool.
pub(super) fn history(chain: &Chain, script_hash: &str) -> Result<Value, RpcError> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(script_hash, &mut bytes)
        .map_err(|_| RpcError::new(RpcError::MISC, "not a script hash"))?;
    bytes.reverse();
    let hash = sha256::Hash::from_byte_array(bytes);
    Ok(chain
        .read(|state| state.touching(&hash).iter().map(|placed| entry(state, placed)).collect()))
}

fn entry(state: &State, placed: &Placed) -> Value {
    let txid = placed.tx.compute_txid();
    if let Some(stored) = &placed.block {
        return json!({ "tx_hash": txid, "height": stored.height });
    }
    // -1 where it spends what is not mined itself.
    let height = if state.mempool.parents(&placed.tx).is_empty() { 0 } else { -1 };
    let fee = state.mempool.entry(&txid).map(|entry| entry.fee.to_sat());
    json!({ "tx_hash": txid, "height": height, "fee": fee })
}
