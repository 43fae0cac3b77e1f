//! About scripts, which are named by the SHA-256 of their bytes.

use bitcoin::Txid;
use bitcoin::hashes::{Hash, sha256};
use serde_json::Value;

use super::answer::Answer;
use super::render;
use crate::chain::{Chain, State};
use crate::history::Placed;

/// Transactions of blocks in one answer.
const MINED_PER_PAGE: usize = 25;
/// Transactions of the mempool in one answer.
const UNMINED_PER_PAGE: usize = 50;

/// `/scripthash/…`; `None` when there is no such thing.
pub(super) fn answer(chain: &Chain, parts: &[&str]) -> Option<Answer> {
    let ["scripthash", hash, "txs", rest @ ..] = parts else { return None };
    let mut bytes = [0; 32];
    hex::decode_to_slice(hash, &mut bytes).ok()?;
    let hash = sha256::Hash::from_byte_array(bytes);
    chain.read(|state| {
        let mut newest_first = state.touching(&hash);
        newest_first.reverse();
        let (mined, unmined): (Vec<_>, Vec<_>) =
            newest_first.into_iter().partition(|placed| placed.block.is_some());
        let unmined = unmined.iter().take(UNMINED_PER_PAGE);
        match rest {
            [] => Some(list(state, unmined.chain(mined.iter().take(MINED_PER_PAGE)))),
            ["mempool"] => Some(list(state, unmined)),
            ["chain"] => Some(list(state, mined.iter().take(MINED_PER_PAGE))),
            ["chain", last_seen] => {
                let last_seen: Txid = last_seen.parse().ok()?;
                let not_last = |placed: &&Placed| placed.tx.compute_txid() != last_seen;
                let after = mined.iter().skip_while(not_last).skip(1);
                Some(list(state, after.take(MINED_PER_PAGE)))
            }
            _ => None,
        }
    })
}

fn list<'a>(state: &State, found: impl Iterator<Item = &'a Placed>) -> Answer {
    let found: Value = found.map(|placed| render::transaction(state, placed)).collect();
    Answer::json(&found)
}
