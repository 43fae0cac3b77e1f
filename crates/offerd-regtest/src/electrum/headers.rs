//! About blocks, of which only headers are shown.

use bitcoin::Network;
use bitcoin::consensus::encode::serialize_hex;
use bitcoin::constants::genesis_block;
use serde_json::{Value, json};

use crate::chain::Chain;
use crate::rpc::RpcError;

/// Most headers in one answer.
const MOST: u32 = 2_016;

/// What the server is.
pub(super) fn features() -> Value {
    json!({
        "server_version": "offerd-regtest",
        "genesis_hash": genesis_block(Network::Regtest).block_hash(),
        "protocol_min": "1.4",
        "protocol_max": "1.4",
        "hash_function": "sha256",
        "pruning": null,
    })
}

/// The header of the best block.
pub(super) fn tip(chain: &Chain) -> Value {
    chain.read(|state| {
        let tip = state.ledger.blocks.tip();
        json!({ "height": tip.height, "hex": serialize_hex(&tip.block.header) })
    })
}

pub(super) fn one(chain: &Chain, height: u32) -> Result<Value, RpcError> {
    let header = chain.read(|state| {
        state.ledger.blocks.at_height(height).map(|stored| serialize_hex(&stored.block.header))
    });
    let out_of_range = || RpcError::new(RpcError::MISC, format!("height {height} out of range"));
    header.map(Value::from).ok_or_else(out_of_range)
}

/// Headers from this height up, one behind the other.
pub(super) fn several(chain: &Chain, start: u32, count: u32) -> Result<Value, RpcError> {
    let end = start.saturating_add(count.min(MOST));
    Ok(chain.read(|state| {
        let stored = (start..end).map_while(|height| state.ledger.blocks.at_height(height));
        let headers: Vec<String> =
            stored.map(|stored| serialize_hex(&stored.block.header)).collect();
        json!({ "count": headers.len(), "hex": headers.concat(), "max": MOST })
    }))
}
