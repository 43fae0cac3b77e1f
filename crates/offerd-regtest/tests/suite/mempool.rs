//! What the mempool takes and what it refuses.

use bitcoin::absolute::LockTime;
use bitcoin::{Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxOut, transaction};
use offerd_regtest::MempoolRefusal;

use crate::support::{Party, chain, coin, mine, nowhere};

#[test]
fn a_payment_is_taken_and_mined() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    let txid = chain.submit(party.spend(&[funds], 500)).expect("it is taken");
    assert_eq!(chain.mempool(), [txid]);
    mine(&chain, 1);
    assert!(chain.mempool().is_empty());
    assert_eq!(chain.confirmation_height(&txid), Some(chain.height()));
    let block = chain.block(chain.height()).expect("the tip");
    assert_eq!(block.txdata[1].compute_txid(), txid);
}

#[test]
fn parent_and_child_are_mined_in_one_block() {
    let (chain, party) = (chain(), Party::new(1));
    let parent = party.spend(&[party.fund(&chain, 100_000)], 500);
    let child = party.spend(&[coin(&parent, 0)], 500);
    let txids = [parent, child].map(|tx| chain.submit(tx).expect("it is taken"));
    mine(&chain, 1);
    assert_eq!(txids.map(|txid| chain.confirmation_height(&txid)), [Some(chain.height()); 2]);
}

#[test]
fn a_transaction_in_the_mempool_is_refused_as_known() {
    let (chain, party) = (chain(), Party::new(1));
    let tx = party.spend(&[party.fund(&chain, 100_000)], 500);
    chain.submit(tx.clone()).expect("it is taken");
    assert_eq!(chain.submit(tx), Err(MempoolRefusal::AlreadyInMempool));
}

#[test]
fn a_mined_transaction_is_refused_as_mined() {
    let (chain, party) = (chain(), Party::new(1));
    let tx = party.spend(&[party.fund(&chain, 100_000)], 500);
    chain.submit(tx.clone()).expect("it is taken");
    mine(&chain, 1);
    assert_eq!(chain.submit(tx), Err(MempoolRefusal::AlreadyMined));
}

#[test]
fn an_input_that_never_was_is_refused() {
    let (chain, party) = (chain(), Party::new(1));
    let mut funds = party.fund(&chain, 100_000);
    funds.outpoint = nowhere();
    let refusal = MempoolRefusal::MissingInput { outpoint: nowhere() };
    assert_eq!(chain.submit(party.spend(&[funds], 500)), Err(refusal));
}

#[test]
fn an_output_spent_on_the_chain_is_refused() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    chain.submit(party.spend(&[funds], 500)).expect("it is taken");
    mine(&chain, 1);
    let refusal = MempoolRefusal::MissingInput { outpoint: funds.outpoint };
    assert_eq!(chain.submit(party.spend(&[funds], 9_000)), Err(refusal));
}

#[test]
fn an_output_index_beyond_those_of_an_unconfirmed_parent_is_refused() {
    let (chain, party) = (chain(), Party::new(1));
    let parent = party.spend(&[party.fund(&chain, 100_000)], 500);
    let mut funds = coin(&parent, 0);
    funds.outpoint.vout = 9;
    chain.submit(parent).expect("it is taken");
    let refusal = MempoolRefusal::MissingInput { outpoint: funds.outpoint };
    assert_eq!(chain.submit(party.spend(&[funds], 500)), Err(refusal));
}

#[test]
fn a_wrong_signature_is_refused_and_names_the_input() {
    let (chain, party, thief) = (chain(), Party::new(1), Party::new(2));
    let own = thief.fund(&chain, 50_000);
    let stolen = party.fund(&chain, 100_000);
    let draft = thief.draft(&[own, stolen], 500);
    let tx = thief.sign(draft, &[own, stolen]);
    assert_eq!(chain.submit(tx), Err(MempoolRefusal::Script { input: 1 }));
}

#[test]
fn a_coinbase_output_is_refused_until_it_matures() {
    let (chain, party) = (chain(), Party::new(1));
    chain.mine(1, &party.script()).expect("mined");
    let minted_at = chain.height();
    let funds = coin(&chain.block(minted_at).expect("the tip").txdata[0], 0);
    let spend = party.spend(&[funds], 500);
    mine(&chain, 98);
    let refusal = MempoolRefusal::ImmatureCoinbase { spendable_at: minted_at + 100 };
    assert_eq!(chain.submit(spend.clone()), Err(refusal));
    mine(&chain, 1);
    chain.submit(spend).expect("the next block may hold it");
    mine(&chain, 1);
}

#[test]
fn a_coinbase_is_refused() {
    let chain = chain();
    let mut coinbase = chain.block(5).expect("a block").txdata[0].clone();
    coinbase.output[0].value = Amount::ONE_BTC;
    assert_eq!(chain.submit(coinbase), Err(MempoolRefusal::Coinbase));
}

#[test]
fn outputs_above_inputs_are_refused() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    let mut draft = party.draft(&[funds], 500);
    draft.output[0].value = Amount::from_sat(100_001);
    let tx = party.sign(draft, &[funds]);
    assert_eq!(chain.submit(tx), Err(MempoolRefusal::OutputsAboveInputs));
}

#[test]
fn unsound_structures_are_refused() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    let no_outputs = Transaction { output: Vec::new(), ..party.draft(&[funds], 500) };
    let no_inputs = Transaction { input: Vec::new(), ..party.draft(&[funds], 500) };
    let twice = party.draft(&[funds, funds], 500);
    let too_much = TxOut { value: Amount::MAX, script_pubkey: party.script() };
    let overflow =
        Transaction { output: vec![too_much.clone(), too_much], ..party.draft(&[funds], 500) };
    for tx in [no_outputs, no_inputs, twice, overflow] {
        assert_eq!(chain.submit(tx), Err(MempoolRefusal::Malformed));
    }
}

#[test]
fn unknown_versions_and_tiny_transactions_are_refused() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    let future = Transaction { version: transaction::Version(4), ..party.draft(&[funds], 500) };
    assert_eq!(chain.submit(future), Err(MempoolRefusal::Version));
    let mut tiny = party.draft(&[funds], 500);
    tiny.output[0].script_pubkey = ScriptBuf::new_op_return([]);
    assert_eq!(chain.submit(tiny), Err(MempoolRefusal::TooSmall));
}

#[test]
fn what_is_too_heavy_or_asks_for_too_many_signatures_is_refused() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 1_000_000);
    let with_script = |script: Vec<u8>| {
        let mut draft = party.draft(&[funds], 500_000);
        draft.output[0].script_pubkey = ScriptBuf::from_bytes(script);
        party.sign(draft, &[funds])
    };
    let op_return = with_script([&[0x6a][..], &[0x00; 100_000]].concat());
    assert_eq!(chain.submit(op_return), Err(MempoolRefusal::TooLarge));
    let multisigs = with_script(vec![0xae; 201]);
    assert_eq!(chain.submit(multisigs), Err(MempoolRefusal::TooManySigops));
}

#[test]
fn a_lock_time_is_refused_until_its_block_has_passed() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    let mut draft = party.draft(&[funds], 500);
    draft.lock_time = LockTime::from_height(chain.height() + 1).expect("a height");
    let tx = party.sign(draft, &[funds]);
    assert_eq!(chain.submit(tx.clone()), Err(MempoolRefusal::NonFinal));
    mine(&chain, 1);
    chain.submit(tx).expect("the next block may hold it");
    mine(&chain, 1);
}

#[test]
fn a_lock_time_in_the_future_by_the_clock_is_refused() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    let mut draft = party.draft(&[funds], 500);
    let tip_time = chain.block(chain.height()).expect("the tip").header.time;
    draft.lock_time = LockTime::from_time(tip_time + 3_600).expect("a time");
    assert_eq!(chain.submit(party.sign(draft, &[funds])), Err(MempoolRefusal::NonFinal));
}

#[test]
fn a_relative_lock_is_refused_until_enough_blocks_have_passed() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    let mut draft = party.draft(&[funds], 500);
    draft.input[0].sequence = Sequence::from_height(3);
    let tx = party.sign(draft, &[funds]);
    mine(&chain, 1);
    assert_eq!(chain.submit(tx.clone()), Err(MempoolRefusal::SequenceLocked { input: 0 }));
    mine(&chain, 1);
    chain.submit(tx).expect("the next block may hold it");
    mine(&chain, 1);
}

#[test]
fn a_relative_lock_of_one_block_waits_for_an_unconfirmed_parent() {
    let (chain, party) = (chain(), Party::new(1));
    let parent = party.spend(&[party.fund(&chain, 100_000)], 500);
    let funds = coin(&parent, 0);
    let mut draft = party.draft(&[funds], 500);
    draft.input[0].sequence = Sequence::from_height(1);
    let child = party.sign(draft, &[funds]);
    chain.submit(parent).expect("it is taken");
    assert_eq!(chain.submit(child.clone()), Err(MempoolRefusal::SequenceLocked { input: 0 }));
    mine(&chain, 1);
    chain.submit(child).expect("the parent is mined");
    mine(&chain, 1);
}

#[test]
fn a_relative_lock_by_time_is_refused() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    let mut draft = party.draft(&[funds], 500);
    draft.input[0].sequence = Sequence::from_512_second_intervals(2);
    let tx = party.sign(draft, &[funds]);
    assert_eq!(chain.submit(tx), Err(MempoolRefusal::SequenceLocked { input: 0 }));
}

#[test]
fn a_fee_below_the_minimum_is_refused() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    let vsize = u64::try_from(party.spend(&[funds], 500).vsize()).expect("small");
    let refused = chain.submit(party.spend(&[funds], vsize - 2));
    assert!(matches!(refused, Err(MempoolRefusal::FeeTooLow { .. })), "{refused:?}");
    chain.submit(party.spend(&[funds], vsize + 1)).expect("one satoshi per vbyte is enough");
}

#[test]
fn dust_is_refused() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    let mut draft = party.draft(&[funds], 1_000);
    draft.output.push(TxOut { value: Amount::from_sat(293), script_pubkey: party.script() });
    let tx = party.sign(draft, &[funds]);
    assert_eq!(chain.submit(tx), Err(MempoolRefusal::Dust { output: 1 }));
}

#[test]
fn a_chain_of_more_than_25_transactions_is_refused() {
    let (chain, party) = (chain(), Party::new(1));
    let mut funds = party.fund(&chain, 100_000);
    for _ in 0..25 {
        let tx = party.spend(&[funds], 500);
        funds = coin(&tx, 0);
        chain.submit(tx).expect("it is taken");
    }
    assert_eq!(chain.submit(party.spend(&[funds], 500)), Err(MempoolRefusal::ChainTooLong));
}

#[test]
fn a_double_spend_that_pays_no_more_is_refused() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    let first = chain.submit(party.spend(&[funds], 500)).expect("it is taken");
    let mut other = party.draft(&[funds], 550);
    other.output[0].script_pubkey = Party::new(2).script();
    let refused = chain.submit(party.sign(other, &[funds]));
    assert!(matches!(refused, Err(MempoolRefusal::ReplacementFee { .. })), "{refused:?}");
    assert_eq!(chain.mempool(), [first]);
}

#[test]
fn a_double_spend_that_pays_more_replaces_what_builds_on_the_first_too() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    let parent = party.spend(&[funds], 500);
    let child = party.spend(&[coin(&parent, 0)], 500);
    chain.submit(parent).expect("it is taken");
    chain.submit(child).expect("it is taken");
    let refused = chain.submit(party.spend(&[funds], 1_050));
    assert!(matches!(refused, Err(MempoolRefusal::ReplacementFee { .. })), "{refused:?}");
    let winner = chain.submit(party.spend(&[funds], 1_500)).expect("it replaces both");
    assert_eq!(chain.mempool(), [winner]);
}

#[test]
fn a_double_spend_with_a_higher_fee_at_a_lower_feerate_is_refused() {
    let (chain, party) = (chain(), Party::new(1));
    let coins: Vec<_> = (0..10).map(|_| party.fund(&chain, 50_000)).collect();
    chain.submit(party.spend(&coins[..1], 1_000)).expect("it is taken");
    let refused = chain.submit(party.spend(&coins, 3_000));
    assert!(matches!(refused, Err(MempoolRefusal::ReplacementFee { .. })), "{refused:?}");
}

#[test]
fn a_replacement_that_evicts_more_than_100_is_refused() {
    let (chain, party) = (chain(), Party::new(1));
    let coins: Vec<_> = (0..5).map(|_| party.fund(&chain, 100_000)).collect();
    for first in &coins {
        let mut funds = *first;
        for _ in 0..21 {
            let tx = party.spend(&[funds], 200);
            funds = coin(&tx, 0);
            chain.submit(tx).expect("it is taken");
        }
    }
    let sweeping = party.spend(&coins, 400_000);
    assert_eq!(chain.submit(sweeping), Err(MempoolRefusal::TooManyReplaced));
    chain.submit(party.spend(&coins[..4], 300_000)).expect("four chains are 84 transactions");
}

#[test]
fn a_replacement_that_spends_what_it_replaces_is_refused() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    let first = party.spend(&[funds], 500);
    let from_first = coin(&first, 0);
    let txid = chain.submit(first).expect("it is taken");
    let refused = chain.submit(party.spend(&[funds, from_first], 5_000));
    assert_eq!(refused, Err(MempoolRefusal::SpendsReplaced { txid }));
}

#[test]
fn the_same_transaction_with_another_witness_is_refused() {
    let (chain, party) = (chain(), Party::new(1));
    let mut tx = party.spend(&[party.fund(&chain, 100_000)], 500);
    chain.submit(tx.clone()).expect("it is taken");
    tx.input[0].witness.push([0_u8]);
    assert_eq!(chain.submit(tx), Err(MempoolRefusal::OtherWitnessInMempool));
}

#[test]
fn a_transaction_that_is_refused_leaves_no_trace() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    let updates = chain.subscribe();
    assert!(chain.submit(party.spend(&[funds], 0)).is_err());
    assert!(chain.mempool().is_empty());
    assert!(!updates.has_changed().expect("the chain lives"));
    chain.submit(party.spend(&[funds], 500)).expect("its coin is still free");
}

#[test]
fn an_anchor_anyone_can_spend_is_spent_without_a_signature() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    let mut draft = party.draft(&[funds], 1_000);
    let anchor = ScriptBuf::from_bytes(vec![0x51, 0x02, 0x4e, 0x73]);
    draft.output.push(TxOut { value: Amount::from_sat(330), script_pubkey: anchor });
    let parent = party.sign(draft, &[funds]);
    let outpoints = [0, 1].map(|vout| OutPoint { txid: parent.compute_txid(), vout });
    let mut draft = party.draft(&[coin(&parent, 0), coin(&parent, 1)], 1_000);
    assert_eq!(draft.input.iter().map(|i| i.previous_output).collect::<Vec<_>>(), outpoints);
    draft = party.sign(draft, &[coin(&parent, 0)]);
    chain.submit(parent).expect("it is taken");
    chain.submit(draft).expect("it is taken");
    mine(&chain, 1);
    assert!(chain.mempool().is_empty());
}
