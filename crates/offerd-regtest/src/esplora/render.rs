//! Blocks and transactions as JSON, under Esplora's names.

use std::sync::Arc;

use bitcoin::{Amount, TxIn, TxOut};
use serde_json::{Value, json};

use crate::blocks::StoredBlock;
use crate::chain::State;
use crate::history::Placed;

/// A block without its transactions.
pub(super) fn block(state: &State, stored: &Arc<StoredBlock>) -> Value {
    let header = &stored.block.header;
    json!({
        "id": stored.hash,
        "height": stored.height,
        "version": header.version.to_consensus(),
        "timestamp": header.time,
        "tx_count": stored.block.txdata.len(),
        "size": stored.block.total_size(),
        "weight": stored.block.weight().to_wu(),
        "merkle_root": header.merkle_root,
        "previousblockhash": (stored.height > 0).then_some(header.prev_blockhash),
        "mediantime": state.ledger.blocks.median_time_past(stored),
        "nonce": header.nonce,
        "bits": header.bits.to_consensus(),
        "difficulty": header.difficulty_float(),
    })
}

/// Where a transaction is: in this block, or in none.
pub(super) fn status(block: Option<&StoredBlock>) -> Value {
    match block {
        None => json!({ "confirmed": false }),
        Some(stored) => json!({
            "confirmed": true,
            "block_height": stored.height,
            "block_hash": stored.hash,
            "block_time": stored.block.header.time,
        }),
    }
}

/// A transaction with its inputs and outputs taken apart, and the outputs it spends.
pub(super) fn transaction(state: &State, placed: &Placed) -> Value {
    let tx = &placed.tx;
    let spent: Vec<Option<TxOut>> =
        tx.input.iter().map(|input| previous_output(state, input)).collect();
    let paid: Amount = tx.output.iter().map(|output| output.value).sum();
    let taken: Amount = spent.iter().flatten().map(|output| output.value).sum();
    let inputs: Value =
        tx.input.iter().zip(&spent).map(|(input, spent)| vin(input, spent)).collect();
    let outputs: Value = tx.output.iter().map(output).collect();
    json!({
        "txid": tx.compute_txid(),
        "version": tx.version.0,
        "locktime": tx.lock_time.to_consensus_u32(),
        "vin": inputs,
        "vout": outputs,
        "size": tx.total_size(),
        "weight": tx.weight().to_wu(),
        "fee": taken.checked_sub(paid).unwrap_or_default().to_sat(),
        "status": status(placed.block.as_deref()),
    })
}

fn previous_output(state: &State, input: &TxIn) -> Option<TxOut> {
    let index = usize::try_from(input.previous_output.vout).ok()?;
    state.transaction(&input.previous_output.txid)?.output.get(index).cloned()
}

fn vin(input: &TxIn, spent: &Option<TxOut>) -> Value {
    let witness: Vec<String> = input.witness.iter().map(hex::encode).collect();
    json!({
        "txid": input.previous_output.txid,
        "vout": input.previous_output.vout,
        "prevout": spent.as_ref().map(output),
        "scriptsig": input.script_sig.to_hex_string(),
        "witness": witness,
        "sequence": input.sequence.0,
        "is_coinbase": input.previous_output.is_null(),
    })
}

fn output(output: &TxOut) -> Value {
    json!({
        "scriptpubkey": output.script_pubkey.to_hex_string(),
        "value": output.value.to_sat(),
    })
}
