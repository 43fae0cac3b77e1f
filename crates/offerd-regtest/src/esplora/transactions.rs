//! About transactions: what they are, where they are, and what spends them.

use bitcoin::consensus::encode::{serialize, serialize_hex};
use bitcoin::{MerkleBlock, OutPoint, Txid};
use serde_json::{Value, json};

use super::answer::Answer;
use super::render;
use crate::chain::{Chain, State};
use crate::history::Placed;
use crate::merkle;

/// `/tx/…`; `None` when there is no such thing.
pub(super) fn answer(chain: &Chain, parts: &[&str]) -> Option<Answer> {
    let ["tx", txid, rest @ ..] = parts else { return None };
    let txid = txid.parse().ok()?;
    chain.read(|state| match (rest, state.placed(&txid)) {
        // Of a transaction that nobody knows, Esplora says the same as of one that is not mined.
        (["status"], None) => Some(Answer::json(&render::status(None))),
        (["outspend", vout], _) => Some(Answer::json(&spend(state, txid, vout.parse().ok()?))),
        (_, placed) => about(state, txid, placed?, rest),
    })
}

fn about(state: &State, txid: Txid, placed: Placed, rest: &[&str]) -> Option<Answer> {
    match rest {
        [] => Some(Answer::json(&render::transaction(state, &placed))),
        ["raw"] => Some(Answer::bytes(serialize(&placed.tx))),
        ["hex"] => Some(Answer::text(serialize_hex(&placed.tx))),
        ["status"] => Some(Answer::json(&render::status(placed.block.as_deref()))),
        ["merkleblock-proof"] => {
            let block = &placed.block?.block;
            let proof = MerkleBlock::from_block_with_predicate(block, |other| *other == txid);
            Some(Answer::text(serialize_hex(&proof)))
        }
        ["merkle-proof"] => {
            let stored = placed.block?;
            let branch = merkle::branch(&stored.block, txid)?;
            Some(Answer::json(&json!({
                "block_height": stored.height,
                "merkle": branch.hashes,
                "pos": branch.position,
            })))
        }
        ["outspends"] => {
            let outputs = (0..).zip(&placed.tx.output);
            let spends: Value = outputs.map(|(vout, _)| spend(state, txid, vout)).collect();
            Some(Answer::json(&spends))
        }
        _ => None,
    }
}

fn spend(state: &State, txid: Txid, vout: u32) -> Value {
    match state.spend(&OutPoint { txid, vout }) {
        None => json!({ "spent": false }),
        Some(spend) => json!({
            "spent": true,
            "txid": spend.txid,
            "vin": spend.input,
            "status": render::status(spend.block.as_deref()),
        }),
    }
}
