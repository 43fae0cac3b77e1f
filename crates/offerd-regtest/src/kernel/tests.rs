//! The traps of the engine's interface, each shown to be avoided.

use std::sync::Arc;

use bitcoin::{Amount, ScriptBuf, Transaction, TxIn};

use super::*;
use crate::blocks::{Blocks, StoredBlock};
use crate::miner::Template;

/// A kernel with our own record of the blocks it was given.
struct Bench {
    kernel: Kernel,
    blocks: Blocks,
    extra_nonce: u64,
}

impl Bench {
    fn new() -> Self {
        let kernel = Kernel::new(None).expect("the engine starts");
        Self { kernel, blocks: Blocks::new(), extra_nonce: 0 }
    }

    fn block_on(
        &mut self,
        parent: &Arc<StoredBlock>,
        fees: Amount,
        txs: Vec<Transaction>,
    ) -> Block {
        self.extra_nonce += 1;
        let payout = ScriptBuf::from_bytes(vec![0x51]); // anyone can spend
        let template =
            Template { payout: &payout, extra_nonce: self.extra_nonce, transactions: txs, fees };
        template.build(&self.blocks, parent)
    }

    /// Puts an empty block on `parent` and records it.
    fn grow(&mut self, parent: &Arc<StoredBlock>) -> (Placement, Arc<StoredBlock>) {
        let block = self.block_on(parent, Amount::ZERO, Vec::new());
        let placement = self.kernel.put(&block).expect("the block is valid");
        (placement, self.blocks.insert(block).expect("the parent is known"))
    }

    fn genesis(&self) -> Arc<StoredBlock> {
        Arc::clone(self.blocks.tip())
    }
}

#[test]
fn the_genesis_block_is_active_from_the_start() {
    let bench = Bench::new();
    assert_eq!(bench.kernel.tip(), bench.genesis().hash);
}

#[test]
fn a_block_that_fails_to_connect_is_refused_though_the_engine_calls_it_new() {
    let mut bench = Bench::new();
    let genesis = bench.genesis();
    let inflating = bench.block_on(&genesis, Amount::ONE_SAT, Vec::new());
    let refused = bench.kernel.put(&inflating);
    let consensus = Some(BlockValidationResult::Consensus);
    assert!(
        matches!(&refused, Err(ChainError::BlockRefused { reason, .. }) if *reason == consensus),
        "{refused:?}"
    );
    assert_eq!(bench.kernel.tip(), genesis.hash);
}

#[test]
fn a_refused_block_does_not_stop_the_next_good_one() {
    let mut bench = Bench::new();
    let genesis = bench.genesis();
    let missing = Transaction {
        version: bitcoin::transaction::Version::TWO,
        lock_time: bitcoin::absolute::LockTime::ZERO,
        input: vec![TxIn {
            previous_output: bitcoin::OutPoint { txid: bitcoin::Txid::all_zeros(), vout: 0 },
            ..TxIn::default()
        }],
        output: vec![TxOut { value: Amount::ZERO, script_pubkey: ScriptBuf::new() }],
    };
    let bad = bench.block_on(&genesis, Amount::ZERO, vec![missing]);
    assert!(bench.kernel.put(&bad).is_err());
    assert_eq!(bench.grow(&genesis).0, Placement::Tip);
}

#[test]
fn a_block_dated_before_the_median_time_is_refused() {
    let mut bench = Bench::new();
    let genesis = bench.genesis();
    let mut block = bench.block_on(&genesis, Amount::ZERO, Vec::new());
    block.header.time = genesis.block.header.time;
    while !block.header.target().is_met_by(block.block_hash()) {
        block.header.nonce += 1;
    }
    assert!(bench.kernel.put(&block).is_err());
}

#[test]
fn a_branch_takes_over_only_with_more_work() {
    let mut bench = Bench::new();
    let genesis = bench.genesis();
    assert_eq!(bench.grow(&genesis).0, Placement::Tip);
    let (placement, rival) = bench.grow(&genesis);
    assert_eq!(placement, Placement::Branch);
    let (placement, heavier) = bench.grow(&rival);
    assert_eq!(placement, Placement::Tip);
    assert_eq!(bench.kernel.tip(), heavier.hash);
}

#[test]
fn block_files_stay_in_the_folder_and_go_with_the_engine() {
    let parent = tempfile::tempdir().expect("a temporary folder");
    let kernel = Kernel::new(Some(parent.path())).expect("the engine starts");
    let folder = kernel.folder.path().to_owned();
    assert!(folder.starts_with(parent.path()));
    let block_files = std::fs::read_dir(folder.join("blocks")).expect("block files").count();
    assert!(block_files > 0);
    drop(kernel);
    assert!(!folder.exists());
}

#[test]
fn two_engines_do_not_share_state() {
    let (mut one, other) = (Bench::new(), Bench::new());
    let genesis = one.genesis();
    one.grow(&genesis);
    assert_eq!(other.kernel.tip(), genesis.hash);
}

#[test]
fn a_folder_that_does_not_exist_is_an_error() {
    let error = Kernel::new(Some(Path::new("/nowhere/at/all"))).expect_err("no such folder");
    assert!(matches!(error, ChainError::Folder(_)), "{error}");
}
