//! Proving that a transaction is in a block.

use bitcoin::hashes::{Hash, sha256d};
use bitcoin::{Block, TxMerkleNode, Txid};

/// The way from a transaction up to the merkle root.
#[derive(Debug, Clone)]
pub(crate) struct Branch {
    /// What each hash on the way is paired with, deepest first.
    pub(crate) hashes: Vec<TxMerkleNode>,
    /// The transaction's index in the block.
    pub(crate) position: usize,
}

/// The branch of a transaction in a block; `None` when it is not in it.
pub(crate) fn branch(block: &Block, txid: Txid) -> Option<Branch> {
    let mut level: Vec<[u8; 32]> =
        block.txdata.iter().map(|tx| tx.compute_txid().to_byte_array()).collect();
    let position = level.iter().position(|hash| *hash == txid.to_byte_array())?;
    let (mut hashes, mut index) = (Vec::new(), position);
    while level.len() > 1 {
        if level.len() % 2 == 1 {
            level.extend(level.last().copied());
        }
        hashes.push(TxMerkleNode::from_byte_array(*level.get(index ^ 1)?));
        level =
            level.chunks(2).map(|pair| sha256d::Hash::hash(&pair.concat())).map(to_bytes).collect();
        index /= 2;
    }
    Some(Branch { hashes, position })
}

fn to_bytes(hash: sha256d::Hash) -> [u8; 32] {
    hash.to_byte_array()
}

#[cfg(test)]
mod tests {
    use bitcoin::Network;
    use bitcoin::absolute::LockTime;
    use bitcoin::constants::genesis_block;

    use super::*;

    /// A block of as many transactions, no two the same.
    fn block(transactions: u32) -> Block {
        let mut block = genesis_block(Network::Regtest);
        let first = block.txdata[0].clone();
        block.txdata = (0..transactions)
            .map(|at| {
                let mut tx = first.clone();
                tx.lock_time = LockTime::from_consensus(at);
                tx
            })
            .collect();
        block
    }

    #[test]
    fn a_branch_leads_from_every_transaction_to_the_root() {
        for transactions in 1..=9 {
            let block = block(transactions);
            let root = block.compute_merkle_root().unwrap();
            for (position, tx) in block.txdata.iter().enumerate() {
                let branch = branch(&block, tx.compute_txid()).unwrap();
                assert_eq!(branch.position, position);
                let start = tx.compute_txid().to_byte_array();
                let (top, _) =
                    branch.hashes.iter().fold((start, position), |(at, index), other| {
                        let other = other.to_byte_array();
                        let pair = if index % 2 == 0 { [at, other] } else { [other, at] };
                        (sha256d::Hash::hash(&pair.concat()).to_byte_array(), index / 2)
                    });
                assert_eq!(top, root.to_byte_array(), "{position} of {transactions}");
            }
        }
    }

    #[test]
    fn what_is_not_in_the_block_has_no_branch() {
        assert!(branch(&block(3), Txid::all_zeros()).is_none());
    }
}
