//! Blocks undone, and what becomes of their transactions.

use bitcoin::Sequence;
use offerd_regtest::ChainError;

use crate::support::{Party, chain, coin, mine};

#[test]
fn a_reorganisation_puts_transactions_back_and_they_are_mined_again() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    mine(&chain, 1);
    let txid = chain.submit(party.spend(&[funds], 500)).expect("it is taken");
    mine(&chain, 3);
    let (height, stale) = (chain.height(), chain.tip());
    let branch = chain.reorg(3).expect("it is undone");
    assert_eq!(branch.len(), 4);
    assert_eq!(chain.height(), height + 1);
    assert_eq!(branch.last(), Some(&chain.tip()));
    assert_ne!(chain.block(height).expect("a block").block_hash(), stale);
    assert_eq!(chain.mempool(), [txid]);
    assert_eq!(chain.confirmation_height(&txid), None);
    mine(&chain, 1);
    assert_eq!(chain.confirmation_height(&txid), Some(height + 2));
}

#[test]
fn transactions_of_several_blocks_come_back_parents_first() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    let parent = party.spend(&[funds], 500);
    let child = party.spend(&[coin(&parent, 0)], 500);
    let grandchild = party.spend(&[coin(&child, 0)], 500);
    let [parent, child] = [parent, child].map(|tx| {
        let txid = chain.submit(tx).expect("it is taken");
        mine(&chain, 1);
        txid
    });
    let grandchild = chain.submit(grandchild).expect("it is taken");
    chain.reorg(2).expect("it is undone");
    assert_eq!(chain.mempool(), [parent, child, grandchild]);
    mine(&chain, 1);
    assert!(chain.mempool().is_empty());
}

#[test]
fn what_spends_a_coinbase_that_is_gone_is_dropped_with_all_that_builds_on_it() {
    let (chain, party) = (chain(), Party::new(1));
    chain.mine(1, &party.script()).expect("mined");
    let minted = coin(&chain.block(chain.height()).expect("the tip").txdata[0], 0);
    mine(&chain, 100);
    let spend = party.spend(&[minted], 500);
    let child = party.spend(&[coin(&spend, 0)], 500);
    chain.submit(spend).expect("it is taken");
    mine(&chain, 1);
    chain.submit(child).expect("it is taken");
    chain.reorg(102).expect("it is undone");
    assert!(chain.mempool().is_empty());
    mine(&chain, 1);
}

#[test]
fn a_spend_whose_relative_lock_is_closed_again_is_dropped_and_its_parent_kept() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    let parent = party.spend(&[funds], 500);
    let mut draft = party.draft(&[coin(&parent, 0)], 500);
    draft.input[0].sequence = Sequence::from_height(3);
    let locked = party.sign(draft, &[coin(&parent, 0)]);
    let parent = chain.submit(parent).expect("it is taken");
    mine(&chain, 3);
    chain.submit(locked).expect("the lock has passed");
    chain.reorg(3).expect("it is undone");
    assert_eq!(chain.mempool(), [parent]);
    mine(&chain, 1);
}

#[test]
fn undoing_nothing_adds_an_empty_block() {
    let (chain, party) = (chain(), Party::new(1));
    let txid = chain.submit(party.spend(&[party.fund(&chain, 100_000)], 500)).expect("taken");
    let height = chain.height();
    chain.reorg(0).expect("a block");
    assert_eq!(chain.height(), height + 1);
    assert_eq!(chain.mempool(), [txid]);
}

#[test]
fn a_reorganisation_can_go_back_to_genesis_but_no_further() {
    let chain = chain();
    let height = chain.height();
    let error = chain.reorg(height + 1).expect_err("deeper than the chain");
    assert!(matches!(error, ChainError::TooDeep { .. }), "{error}");
    assert_eq!(chain.height(), height);
    let genesis = chain.block(0).expect("genesis").block_hash();
    chain.reorg(height).expect("it is undone");
    assert_eq!(chain.height(), height + 1);
    assert_eq!(chain.block(1).expect("a block").header.prev_blockhash, genesis);
}

#[test]
fn reorganisations_can_follow_one_another() {
    let (chain, party) = (chain(), Party::new(1));
    let txid = chain.submit(party.spend(&[party.fund(&chain, 100_000)], 500)).expect("taken");
    for depth in [1, 4, 2] {
        mine(&chain, depth);
        chain.reorg(depth).expect("it is undone");
        assert_eq!(chain.mempool(), [txid]);
    }
    mine(&chain, 1);
    assert_eq!(chain.confirmation_height(&txid), Some(chain.height()));
}

#[test]
fn what_the_branch_double_spends_never_comes_back_and_nothing_that_builds_on_it() {
    let (chain, party) = (chain(), Party::new(1));
    let (funds, other) = (party.fund(&chain, 100_000), party.fund(&chain, 50_000));
    let spend = party.spend(&[funds], 500);
    let child = party.spend(&[coin(&spend, 0)], 500);
    let bystander = party.spend(&[other], 500);
    chain.submit(spend).expect("it is taken");
    let bystander = chain.submit(bystander).expect("it is taken");
    mine(&chain, 1);
    chain.submit(child).expect("it is taken");
    mine(&chain, 2);
    let conflict = party.spend(&[funds], 700);
    let txid = conflict.compute_txid();
    let branch = chain.reorg_with(3, vec![conflict]).expect("it is undone");
    assert_eq!(branch.len(), 4);
    assert_eq!(chain.confirmation_height(&txid), Some(chain.height() - 3));
    assert_eq!(chain.mempool(), [bystander]);
    mine(&chain, 1);
}

#[test]
fn a_branch_that_is_not_valid_changes_nothing() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    let spend = chain.submit(party.spend(&[funds], 500)).expect("it is taken");
    mine(&chain, 2);
    let (height, tip) = (chain.height(), chain.tip());
    let twice = vec![party.spend(&[funds], 700), party.spend(&[funds], 900)];
    let error = chain.reorg_with(2, twice).expect_err("it spends a coin twice");
    assert!(matches!(error, ChainError::NotTheTip { .. }), "{error}");
    assert_eq!((chain.height(), chain.tip()), (height, tip));
    assert_eq!(chain.confirmation_height(&spend), Some(height - 1));
    mine(&chain, 1);
}
