//! About blocks.

use std::sync::Arc;

use bitcoin::BlockHash;
use bitcoin::consensus::encode::{serialize, serialize_hex};
use serde_json::{Value, json};

use super::answer::Answer;
use super::render;
use crate::blocks::StoredBlock;
use crate::chain::{Chain, State};

/// Blocks in one answer to `/blocks`.
const BLOCKS_PER_PAGE: u32 = 10;

/// `/blocks…`, `/block/…` and `/block-height/…`; `None` when there is no such thing.
pub(super) fn answer(chain: &Chain, parts: &[&str]) -> Option<Answer> {
    chain.read(|state| match parts {
        ["blocks", "tip", "hash"] => Some(Answer::text(state.ledger.blocks.tip().hash)),
        ["blocks", "tip", "height"] => Some(Answer::text(state.ledger.blocks.tip().height)),
        ["blocks"] => Some(latest(state, state.ledger.blocks.tip().height)),
        ["blocks", height] => Some(latest(state, height.parse().ok()?)),
        ["block-height", height] => {
            let stored = state.ledger.blocks.at_height(height.parse().ok()?)?;
            Some(Answer::text(stored.hash))
        }
        ["block", hash, "status"] => Some(status(state, hash.parse().ok()?)),
        ["block", hash, rest @ ..] => {
            one(state, state.ledger.blocks.by_hash(&hash.parse().ok()?)?, rest)
        }
        _ => None,
    })
}

fn one(state: &State, stored: &Arc<StoredBlock>, rest: &[&str]) -> Option<Answer> {
    let txids = || stored.block.txdata.iter().map(|tx| tx.compute_txid());
    match rest {
        [] => Some(Answer::json(&render::block(state, stored))),
        ["header"] => Some(Answer::text(serialize_hex(&stored.block.header))),
        ["raw"] => Some(Answer::bytes(serialize(&stored.block))),
        ["txids"] => Some(Answer::json(&txids().map(|txid| json!(txid)).collect())),
        ["txid", index] => Some(Answer::text(txids().nth(index.parse().ok()?)?)),
        _ => None,
    }
}

/// Whether a block is in the best chain. One that nobody knows is not.
fn status(state: &State, hash: BlockHash) -> Answer {
    let blocks = &state.ledger.blocks;
    let active = blocks.by_hash(&hash).filter(|stored| blocks.is_active(stored));
    let Some(stored) = active else { return Answer::json(&json!({ "in_best_chain": false })) };
    let next = stored.height.checked_add(1).and_then(|height| blocks.at_height(height));
    Answer::json(&json!({
        "in_best_chain": true,
        "height": stored.height,
        "next_best": next.map(|next| next.hash),
    }))
}

/// Up to ten blocks, highest first, from this height down.
fn latest(state: &State, from: u32) -> Answer {
    let lowest = from.saturating_sub(BLOCKS_PER_PAGE - 1);
    let stored = (lowest..=from).rev().filter_map(|height| state.ledger.blocks.at_height(height));
    let blocks: Value = stored.map(|stored| render::block(state, stored)).collect();
    Answer::json(&blocks)
}
