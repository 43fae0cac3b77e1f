//! Transactions that pay for one another.

use bitcoin::{Amount, ScriptBuf, Transaction, TxOut, transaction};
use offerd_regtest::{MempoolRefusal, PackageRefusal};

use crate::support::{Coin, Party, chain, coin, mine};

/// A transaction without a fee and a child that pays `fee` for both.
fn parent_and_child(party: &Party, funds: Coin, fee: u64) -> [Transaction; 2] {
    let parent = party.spend(&[funds], 0);
    let child = party.spend(&[coin(&parent, 0)], fee);
    [parent, child]
}

/// A version 3 transaction without a fee whose second output is dust that anyone can spend.
fn with_ephemeral_anchor(party: &Party, funds: Coin) -> Transaction {
    let anchor = ScriptBuf::from_bytes(vec![0x51, 0x02, 0x4e, 0x73]);
    let mut draft = party.draft(&[funds], 0);
    draft.version = transaction::Version(3);
    draft.output.push(TxOut { value: Amount::ZERO, script_pubkey: anchor });
    party.sign(draft, &[funds])
}

/// Spends `vouts` of a transaction as version 3, the first of them with a signature.
fn version_3_child(party: &Party, parent: &Transaction, vouts: &[u32], fee: u64) -> Transaction {
    let coins: Vec<_> = vouts.iter().map(|vout| coin(parent, *vout)).collect();
    let draft = Transaction { version: transaction::Version(3), ..party.draft(&coins, fee) };
    party.sign(draft, &coins[..1])
}

#[test]
fn a_parent_without_fee_is_taken_with_a_child_that_pays() {
    let (chain, party) = (chain(), Party::new(1));
    let [parent, child] = parent_and_child(&party, party.fund(&chain, 100_000), 1_000);
    let refused = chain.submit(parent.clone());
    assert!(matches!(refused, Err(MempoolRefusal::FeeTooLow { .. })), "{refused:?}");
    let report = chain.submit_package(vec![parent.clone(), child.clone()]).expect("a package");
    assert!(report.is_success(), "{report:?}");
    assert_eq!(report.members[0].paid_with, [parent.compute_wtxid(), child.compute_wtxid()]);
    assert_eq!(report.members[0].joint_fee, Amount::from_sat(1_000));
    mine(&chain, 1);
    assert_eq!(chain.confirmation_height(&child.compute_txid()), Some(chain.height()));
}

#[test]
fn a_package_that_pays_too_little_in_all_is_refused_whole() {
    let (chain, party) = (chain(), Party::new(1));
    let package = parent_and_child(&party, party.fund(&chain, 100_000), 150);
    let report = chain.submit_package(package.to_vec()).expect("a package");
    assert!(report.members.iter().all(|member| member.refusal.is_some()), "{report:?}");
    assert!(chain.mempool().is_empty());
}

#[test]
fn a_parent_that_pays_for_itself_stays_when_its_child_is_refused() {
    let (chain, party) = (chain(), Party::new(1));
    let parent = party.spend(&[party.fund(&chain, 100_000)], 1_000);
    let child = party.spend(&[coin(&parent, 0)], 0);
    let report = chain.submit_package(vec![parent.clone(), child]).expect("a package");
    assert_eq!(report.members[0].refusal, None);
    let refused = &report.members[1].refusal;
    assert!(matches!(refused, Some(MempoolRefusal::FeeTooLow { .. })), "{refused:?}");
    assert_eq!(chain.mempool(), [parent.compute_txid()]);
}

#[test]
fn a_member_that_is_in_the_mempool_already_does_no_harm() {
    let (chain, party) = (chain(), Party::new(1));
    let parent = party.spend(&[party.fund(&chain, 100_000)], 1_000);
    let child = party.spend(&[coin(&parent, 0)], 1_000);
    chain.submit(parent.clone()).expect("it is taken");
    let report = chain.submit_package(vec![parent, child]).expect("a package");
    assert!(report.is_success(), "{report:?}");
    assert_eq!(chain.mempool().len(), 2);
}

#[test]
fn a_package_replaces_a_rival_of_its_parent_when_the_child_pays() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    let rival = chain.submit(party.spend(&[funds], 600)).expect("it is taken");
    let poor = parent_and_child(&party, funds, 700);
    let report = chain.submit_package(poor.to_vec()).expect("a package");
    assert!(!report.is_success());
    assert_eq!(chain.mempool(), [rival]);
    let rich = parent_and_child(&party, funds, 5_000);
    let report = chain.submit_package(rich.to_vec()).expect("a package");
    assert!(report.is_success(), "{report:?}");
    assert_eq!(report.replaced, [rival]);
    assert_eq!(chain.mempool(), rich.map(|tx| tx.compute_txid()));
}

#[test]
fn an_ephemeral_anchor_is_taken_together_with_its_spender() {
    let (chain, party) = (chain(), Party::new(1));
    let parent = with_ephemeral_anchor(&party, party.fund(&chain, 100_000));
    let child = version_3_child(&party, &parent, &[0, 1], 1_000);
    let report = chain.submit_package(vec![parent, child]).expect("a package");
    assert!(report.is_success(), "{report:?}");
    mine(&chain, 1);
    assert!(chain.mempool().is_empty());
}

#[test]
fn an_ephemeral_anchor_that_stays_unspent_is_refused() {
    let (chain, party) = (chain(), Party::new(1));
    let parent = with_ephemeral_anchor(&party, party.fund(&chain, 100_000));
    let child = version_3_child(&party, &parent, &[0], 1_000);
    let report = chain.submit_package(vec![parent, child]).expect("a package");
    assert_eq!(report.members[0].refusal, Some(MempoolRefusal::Dust { output: 1 }));
    assert!(chain.mempool().is_empty());
}

#[test]
fn a_version_3_parent_has_one_child() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    let mut draft = party.draft(&[funds], 60_000);
    draft.version = transaction::Version(3);
    draft.output.push(TxOut { value: Amount::from_sat(50_000), script_pubkey: party.script() });
    let parent = party.sign(draft, &[funds]);
    chain.submit(parent.clone()).expect("it is taken");
    chain.submit(version_3_child(&party, &parent, &[0], 500)).expect("the first child");
    let refused = chain.submit(version_3_child(&party, &parent, &[1], 500));
    assert!(matches!(refused, Err(MempoolRefusal::Truc(_))), "{refused:?}");
}

#[test]
fn versions_2_and_3_do_not_mix_while_unconfirmed() {
    let (chain, party) = (chain(), Party::new(1));
    let parent = party.spend(&[party.fund(&chain, 100_000)], 500);
    chain.submit(parent.clone()).expect("it is taken");
    let refused = chain.submit(version_3_child(&party, &parent, &[0], 500));
    assert!(matches!(refused, Err(MempoolRefusal::Truc(_))), "{refused:?}");
    mine(&chain, 1);
    chain.submit(version_3_child(&party, &parent, &[0], 500)).expect("the parent is mined");
}

#[test]
fn a_version_3_child_may_be_replaced() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    let draft = Transaction { version: transaction::Version(3), ..party.draft(&[funds], 500) };
    let parent = party.sign(draft, &[funds]);
    chain.submit(parent.clone()).expect("it is taken");
    chain.submit(version_3_child(&party, &parent, &[0], 500)).expect("the first child");
    let second = version_3_child(&party, &parent, &[0], 2_000);
    let second = chain.submit(second).expect("it replaces the first");
    assert_eq!(chain.mempool(), [parent.compute_txid(), second]);
}

#[test]
fn packages_without_a_sound_shape_are_not_looked_at() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    let [parent, child] = parent_and_child(&party, funds, 1_000);
    let rival = party.spend(&[funds], 300);
    let shapes = [
        (vec![], PackageRefusal::Empty),
        (vec![parent.clone(), parent.clone()], PackageRefusal::Duplicates),
        (vec![child, parent.clone()], PackageRefusal::NotSorted),
        (vec![parent.clone(), rival], PackageRefusal::Conflict),
        (vec![parent; 26], PackageRefusal::TooMany),
    ];
    for (package, refusal) in shapes {
        assert_eq!(chain.submit_package(package), Err(refusal));
    }
}

#[test]
fn a_test_changes_nothing() {
    let (chain, party) = (chain(), Party::new(1));
    let package = parent_and_child(&party, party.fund(&chain, 100_000), 1_000);
    let report = chain.test_package(package.to_vec()).expect("a package");
    assert!(report.is_success(), "{report:?}");
    assert!(chain.mempool().is_empty());
}
