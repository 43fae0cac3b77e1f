//! Blocks, their times, news of them, and miners that need not be asked.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bitcoin::script::PushBytesBuf;
use bitcoin::{Amount, ScriptBuf, TxOut, Weight};
use offerd_regtest::{AutoMiner, INITIAL_HEIGHT};

use crate::support::{Party, chain, mine, soon};

#[test]
fn a_new_chain_has_its_first_blocks() {
    let chain = chain();
    assert_eq!(chain.height(), INITIAL_HEIGHT);
    assert_eq!(chain.block(INITIAL_HEIGHT).map(|block| block.block_hash()), Some(chain.tip()));
    assert_eq!(chain.block(INITIAL_HEIGHT + 1), None);
}

#[test]
fn mined_blocks_pay_whom_they_should_and_are_all_different() {
    let (chain, party) = (chain(), Party::new(1));
    let hashes = chain.mine(3, &party.script()).expect("mined");
    let heights = INITIAL_HEIGHT + 1..=INITIAL_HEIGHT + 3;
    let found: Vec<_> = heights.map(|height| chain.block(height).expect("a block")).collect();
    assert_eq!(found.iter().map(|block| block.block_hash()).collect::<Vec<_>>(), hashes);
    assert!(found.iter().all(|b| b.txdata[0].output[0].script_pubkey == party.script()));
    assert_eq!(chain.mine(0, &party.script()).expect("nothing to do"), []);
}

#[test]
fn block_times_never_go_back_and_stay_near_the_clock() {
    let chain = chain();
    mine(&chain, 600);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let times: Vec<_> = (1..=chain.height())
        .map(|height| u64::from(chain.block(height).expect("a block").header.time))
        .collect();
    assert!(times.is_sorted());
    assert!(times[0].abs_diff(now) < 600, "{} {now}", times[0]);
    assert!(times.last().expect("blocks").abs_diff(now) < 600);
}

#[test]
fn fees_go_to_the_miner() {
    let (chain, party, miner) = (chain(), Party::new(1), Party::new(2));
    let funds = party.fund(&chain, 100_000);
    chain.submit(party.spend(&[funds], 7_000)).expect("it is taken");
    chain.mine(1, &miner.script()).expect("mined");
    let coinbase = &chain.block(chain.height()).expect("the tip").txdata[0];
    assert_eq!(coinbase.output[0].value.to_sat() % 100_000_000, 7_000);
}

#[test]
fn a_block_takes_no_more_than_fits() {
    let (chain, party) = (chain(), Party::new(1));
    let note = PushBytesBuf::try_from(vec![0_u8; 90_000]).expect("short enough");
    let note = TxOut { value: Amount::ZERO, script_pubkey: ScriptBuf::new_op_return(note) };
    let coins: Vec<_> = (0..12).map(|_| party.fund(&chain, 200_000)).collect();
    for funds in coins {
        let mut draft = party.draft(&[funds], 100_000);
        draft.output.push(note.clone());
        chain.submit(party.sign(draft, &[funds])).expect("it is taken");
    }
    mine(&chain, 1);
    assert_eq!(chain.mempool().len(), 1);
    let block = chain.block(chain.height()).expect("the tip");
    assert!(block.weight() <= Weight::MAX_BLOCK);
    mine(&chain, 1);
    assert!(chain.mempool().is_empty());
}

#[tokio::test]
async fn a_subscriber_hears_of_transactions_and_blocks() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    let mut updates = chain.subscribe();
    let height = updates.borrow_and_update().height;
    chain.submit(party.spend(&[funds], 500)).expect("it is taken");
    soon(updates.changed()).await.expect("news");
    assert_eq!(updates.borrow_and_update().mempool_len, 1);
    mine(&chain, 1);
    soon(updates.changed()).await.expect("news");
    let update = *updates.borrow_and_update();
    assert_eq!((update.height, update.mempool_len, update.tip), (height + 1, 0, chain.tip()));
}

#[tokio::test]
async fn waiting_for_a_transaction_ends_when_it_comes() {
    let (chain, party) = (chain(), Party::new(1));
    let tx = party.spend(&[party.fund(&chain, 100_000)], 500);
    let txid = tx.compute_txid();
    let waiting = tokio::spawn({
        let chain = Arc::clone(&chain);
        async move { chain.wait_for_tx(txid).await }
    });
    chain.faucet(&party.address(), Amount::from_sat(10_000)).expect("another one");
    assert!(!waiting.is_finished());
    chain.submit(tx).expect("it is taken");
    soon(waiting).await.expect("it ends");
}

#[tokio::test]
async fn waiting_for_a_transaction_that_is_mined_already_ends_at_once() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    soon(chain.wait_for_tx(funds.outpoint.txid)).await;
}

#[tokio::test]
async fn a_timer_mines() {
    let chain = chain();
    let height = chain.height();
    let _miner = AutoMiner::start(Arc::clone(&chain), Duration::from_millis(5));
    soon(chain.wait_for_height(height + 3)).await;
}

#[tokio::test]
async fn a_miner_on_demand_mines_what_comes_and_then_rests() {
    let (chain, party) = (chain(), Party::new(1));
    let funds = party.fund(&chain, 100_000);
    let height = chain.height();
    let _miner = AutoMiner::start_on_demand(Arc::clone(&chain), Duration::from_millis(5));
    for fee in [500, 600] {
        let before = chain.height();
        let amount = Amount::from_sat(10_000 + fee);
        let txid = chain.faucet(&party.address(), amount).expect("it pays");
        soon(chain.wait_for_height(before + 1)).await;
        assert_eq!(chain.confirmation_height(&txid), Some(before + 1));
    }
    let txid = chain.submit(party.spend(&[funds], 500)).expect("it is taken");
    soon(chain.wait_for_height(height + 3)).await;
    assert_eq!(chain.confirmation_height(&txid), Some(height + 3));
    assert_eq!(chain.height(), height + 3);
}

#[tokio::test]
async fn a_miner_that_is_dropped_lets_go_of_the_chain() {
    let chain = chain();
    let miner = AutoMiner::start(Arc::clone(&chain), Duration::from_millis(1));
    soon(chain.wait_for_height(chain.height() + 1)).await;
    drop(miner);
    while Arc::strong_count(&chain) > 1 {
        tokio::task::yield_now().await;
    }
}
