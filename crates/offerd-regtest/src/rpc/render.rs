//! Blocks and transactions as JSON, under bitcoind's names.

use bitcoin::consensus::encode::serialize_hex;
use bitcoin::{Address, Amount, Network, Script, Transaction, TxIn, TxOut};
use serde_json::{Map, Value, json};

use crate::blocks::{Blocks, StoredBlock};

use std::sync::Arc;

/// An amount in bitcoin.
pub(super) fn btc(amount: Amount) -> Value {
    json!(amount.to_btc())
}

/// What a header says, and what its place in the chain adds.
pub(super) fn header(blocks: &Blocks, stored: &Arc<StoredBlock>) -> Map<String, Value> {
    let header = &stored.block.header;
    let next = stored.height.checked_add(1).filter(|_| blocks.is_active(stored));
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| {
        fields.insert(name.into(), value);
    };
    set("hash", json!(stored.hash));
    set("confirmations", json!(confirmations(blocks, stored)));
    set("height", json!(stored.height));
    set("version", json!(header.version.to_consensus()));
    set("versionHex", json!(format!("{:08x}", header.version.to_consensus())));
    set("merkleroot", json!(header.merkle_root));
    set("time", json!(header.time));
    set("mediantime", json!(blocks.median_time_past(stored)));
    set("nonce", json!(header.nonce));
    set("bits", json!(format!("{:08x}", header.bits.to_consensus())));
    set("target", json!(hex::encode(header.target().to_be_bytes())));
    set("difficulty", json!(header.difficulty_float()));
    set("chainwork", json!(hex::encode(stored.chainwork.to_be_bytes())));
    set("nTx", json!(stored.block.txdata.len()));
    if stored.height > 0 {
        set("previousblockhash", json!(header.prev_blockhash));
    }
    if let Some(next) = next.and_then(|height| blocks.at_height(height)) {
        set("nextblockhash", json!(next.hash));
    }
    fields
}

/// A block with its transactions as ids, or whole.
pub(super) fn block(blocks: &Blocks, stored: &Arc<StoredBlock>, whole: bool) -> Value {
    let block = &stored.block;
    let transactions: Vec<_> = block
        .txdata
        .iter()
        .map(|tx| if whole { transaction(tx).into() } else { json!(tx.compute_txid()) })
        .collect();
    let weight = block.weight().to_wu();
    let size = u64::try_from(block.total_size()).unwrap_or(u64::MAX);
    let mut fields = header(blocks, stored);
    fields.insert("strippedsize".into(), json!(weight.saturating_sub(size) / 3));
    fields.insert("size".into(), json!(size));
    fields.insert("weight".into(), json!(weight));
    fields.insert("tx".into(), transactions.into());
    fields.into()
}

/// How deep a block is in the active chain, itself included; -1 when it is beside it.
pub(super) fn confirmations(blocks: &Blocks, stored: &StoredBlock) -> i64 {
    if blocks.is_active(stored) {
        i64::from(blocks.tip().height.saturating_sub(stored.height)) + 1
    } else {
        -1
    }
}

/// A transaction with inputs and outputs taken apart.
pub(super) fn transaction(tx: &Transaction) -> Map<String, Value> {
    let outputs: Vec<_> = tx.output.iter().enumerate().map(output).collect();
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| {
        fields.insert(name.into(), value);
    };
    set("txid", json!(tx.compute_txid()));
    set("hash", json!(tx.compute_wtxid()));
    set("version", json!(tx.version.0.cast_unsigned()));
    set("size", json!(tx.total_size()));
    set("vsize", json!(tx.vsize()));
    set("weight", json!(tx.weight().to_wu()));
    set("locktime", json!(tx.lock_time.to_consensus_u32()));
    set("vin", tx.input.iter().map(input).collect());
    set("vout", outputs.into());
    set("hex", json!(serialize_hex(tx)));
    fields
}

fn input(input: &TxIn) -> Value {
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| {
        fields.insert(name.into(), value);
    };
    let script_hex = input.script_sig.to_hex_string();
    if input.previous_output.is_null() {
        set("coinbase", json!(script_hex));
    } else {
        set("txid", json!(input.previous_output.txid));
        set("vout", json!(input.previous_output.vout));
        let asm = input.script_sig.to_asm_string();
        set("scriptSig", json!({ "asm": asm, "hex": script_hex }));
    }
    if !input.witness.is_empty() {
        set("txinwitness", input.witness.iter().map(hex::encode).collect());
    }
    set("sequence", json!(input.sequence.0));
    fields.into()
}

fn output((index, output): (usize, &TxOut)) -> Value {
    json!({
        "value": btc(output.value),
        "n": index,
        "scriptPubKey": script(&output.script_pubkey),
    })
}

/// An output script with its type and, if it has one, its address.
pub(super) fn script(script: &Script) -> Value {
    let mut fields = json!({
        "asm": script.to_asm_string(),
        "hex": script.to_hex_string(),
        "type": script_type(script),
    });
    let address = Address::from_script(script, Network::Regtest).ok();
    if let Some((fields, address)) = fields.as_object_mut().zip(address) {
        fields.insert("address".into(), json!(address.to_string()));
    }
    fields
}

fn script_type(script: &Script) -> &'static str {
    const PAY_TO_ANCHOR: [u8; 4] = [0x51, 0x02, 0x4e, 0x73];
    if script.is_p2pkh() {
        "pubkeyhash"
    } else if script.is_p2sh() {
        "scripthash"
    } else if script.is_p2wpkh() {
        "witness_v0_keyhash"
    } else if script.is_p2wsh() {
        "witness_v0_scripthash"
    } else if script.is_p2tr() {
        "witness_v1_taproot"
    } else if script.as_bytes() == PAY_TO_ANCHOR {
        "anchor"
    } else if script.is_witness_program() {
        "witness_unknown"
    } else if script.is_p2pk() {
        "pubkey"
    } else if script.is_op_return() {
        "nulldata"
    } else if script.is_multisig() {
        "multisig"
    } else {
        "nonstandard"
    }
}
