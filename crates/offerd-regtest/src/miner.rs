//! How a block is put together.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bitcoin::block::{Header, Version};
use bitcoin::constants::MAX_BLOCK_SIGOPS_COST;
use bitcoin::hashes::Hash;
use bitcoin::script::Builder;
use bitcoin::{
    Amount, Block, OutPoint, Script, ScriptBuf, Sequence, Transaction, TxIn, TxMerkleNode, TxOut,
    Txid, Weight, Witness, absolute, transaction,
};

use crate::blocks::{Blocks, StoredBlock};
use crate::mempool::{Entry, Mempool};

/// Weight units kept free for the header, the coinbase and their counts.
const RESERVED_WEIGHT: u64 = 4_000;
/// Signature operations kept free for the coinbase.
const RESERVED_SIGOPS: u64 = 400;

/// Blocks after which the subsidy of regtest halves.
const HALVING_INTERVAL: u32 = 150;

/// Marks the witness commitment in an output of the coinbase (BIP 141).
const COMMITMENT_MARK: [u8; 4] = [0xaa, 0x21, 0xa9, 0xed];

/// Seconds since 1970, by the wall clock.
pub(crate) fn now_unix() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}

/// What goes into a block besides its parent.
#[derive(Debug)]
pub(crate) struct Template<'a> {
    /// Who gets subsidy and fees.
    pub(crate) payout: &'a Script,
    /// Makes the coinbase, and so the block, unlike any other of the same height.
    pub(crate) extra_nonce: u64,
    /// Parents before children, final at this height.
    pub(crate) transactions: Vec<Transaction>,
    /// What the transactions pay.
    pub(crate) fees: Amount,
}

impl Template<'_> {
    /// Builds the block after `parent` and finds its nonce, which on regtest takes two tries.
    pub(crate) fn build(self, blocks: &Blocks, parent: &Arc<StoredBlock>) -> Block {
        let height = parent.height + 1;
        let coinbase = coinbase(height, self.extra_nonce, self.payout, self.fees);
        let mut txdata = vec![coinbase];
        txdata.extend(self.transactions);
        let header = Header {
            version: Version::from_consensus(0x2000_0000),
            prev_blockhash: parent.hash,
            merkle_root: TxMerkleNode::all_zeros(),
            time: block_time(blocks, parent),
            bits: parent.block.header.bits,
            nonce: 0,
        };
        let mut block = Block { header, txdata };
        commit_to_witnesses(&mut block);
        block.header.merkle_root = block.compute_merkle_root().expect("there is a coinbase");
        while !block.header.target().is_met_by(block.block_hash()) {
            block.header.nonce += 1;
        }
        block
    }
}

/// Takes from the mempool what fits into a block, in order of arrival, with its fees.
pub(crate) fn select(mempool: &Mempool) -> (Vec<Transaction>, Amount) {
    let mut weight = RESERVED_WEIGHT;
    let mut sigops = RESERVED_SIGOPS;
    let mut left_out = HashSet::<Txid>::new();
    let (mut transactions, mut fees) = (Vec::new(), Amount::ZERO);
    for entry in mempool.iter() {
        let entry_weight = entry.tx.weight().to_wu();
        let fits = weight + entry_weight <= Weight::MAX_BLOCK.to_wu()
            && sigops + entry.sigop_cost <= MAX_BLOCK_SIGOPS_COST.unsigned_abs();
        if !fits || depends_on(entry, &left_out) {
            left_out.insert(entry.txid);
            continue;
        }
        weight += entry_weight;
        sigops += entry.sigop_cost;
        fees += entry.fee;
        transactions.push(Transaction::clone(&entry.tx));
    }
    (transactions, fees)
}

fn depends_on(entry: &Entry, left_out: &HashSet<Txid>) -> bool {
    entry.tx.input.iter().any(|input| left_out.contains(&input.previous_output.txid))
}

/// The wall clock, but never before the parent and never at or before the median time past. In a
/// burst of blocks the time thus moves on by about a second in six blocks.
fn block_time(blocks: &Blocks, parent: &Arc<StoredBlock>) -> u32 {
    let now = u32::try_from(now_unix()).unwrap_or(u32::MAX);
    let median = blocks.median_time_past(parent).saturating_add(1);
    now.max(median).max(parent.block.header.time)
}

fn subsidy(height: u32) -> Amount {
    let halvings = height / HALVING_INTERVAL;
    Amount::from_sat(Amount::from_int_btc(50).to_sat().checked_shr(halvings).unwrap_or(0))
}

fn coinbase(height: u32, extra_nonce: u64, payout: &Script, fees: Amount) -> Transaction {
    let script_sig =
        Builder::new().push_int(height.into()).push_slice(extra_nonce.to_be_bytes()).into_script();
    Transaction {
        version: transaction::Version::TWO,
        lock_time: absolute::LockTime::ZERO,
        input: vec![TxIn {
            previous_output: OutPoint::null(),
            script_sig,
            sequence: Sequence::MAX,
            witness: Witness::from_slice(&[[0_u8; 32]]),
        }],
        output: vec![TxOut { value: subsidy(height) + fees, script_pubkey: payout.to_owned() }],
    }
}

fn commit_to_witnesses(block: &mut Block) {
    let root = block.witness_root().expect("there is a coinbase");
    let commitment = Block::compute_witness_commitment(&root, &[0_u8; 32]);
    let mut data = [0_u8; 36];
    let (mark, hash) = data.split_at_mut(COMMITMENT_MARK.len());
    mark.copy_from_slice(&COMMITMENT_MARK);
    hash.copy_from_slice(commitment.as_byte_array());
    if let Some(coinbase) = block.txdata.first_mut() {
        let script_pubkey = ScriptBuf::new_op_return(data);
        coinbase.output.push(TxOut { value: Amount::ZERO, script_pubkey });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subsidy_halves_every_150_blocks_down_to_nothing() {
        assert_eq!(subsidy(1), Amount::from_int_btc(50));
        assert_eq!(subsidy(149), Amount::from_int_btc(50));
        assert_eq!(subsidy(150), Amount::from_int_btc(25));
        assert_eq!(subsidy(150 * 64), Amount::ZERO);
        assert_eq!(subsidy(u32::MAX), Amount::ZERO);
    }
}
