//! Coins that the chain takes back for good: what they came from was double-spent in another branch.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test, what is not so ends it")]
#![allow(clippy::wildcard_enum_match_arm, reason = "tests look for one event among many")]

mod common;

use bitcoin::absolute::LockTime;
use bitcoin::transaction::Version;
use bitcoin::{
    Address, Amount, Network, OutPoint, ScriptBuf, Transaction, TxIn, TxOut, Witness, opcodes,
};
use offerd_core::port::{InvoiceIssuer, InvoicePayer, PayOrder, PayRefused};
use offerd_node_ldk::{AddressKind, ChannelState, OutputStatus};

use common::closing::confirmed;
use common::{Member, World, eventually, msat, order, patiently, pay_order};

const COIN: Amount = Amount::from_sat(700_000);
const FEE: Amount = Amount::from_sat(1_000);
/// Blocks after which no HTLC of a payment could be settled any more.
const BEYOND_EXPIRY: u32 = 200;

/// A coin that whoever comes first may spend, so that a test can spend it twice.
struct Loose {
    outpoint: OutPoint,
    value: Amount,
}

fn anybody() -> ScriptBuf {
    ScriptBuf::builder().push_opcode(opcodes::OP_TRUE).into_script()
}

fn anybody_address() -> Address {
    Address::from_script(&anybody().to_p2wsh(), Network::Regtest).unwrap()
}

impl Loose {
    /// From the faucet, mined.
    fn new(world: &World) -> Self {
        let (address, value) = (anybody_address(), COIN + FEE * 2);
        let script = address.script_pubkey();
        let txid = world.chain.faucet(&address, value).unwrap();
        world.mine(1);
        let tx = world.chain.transaction(&txid).unwrap();
        let vout = tx.output.iter().position(|output| output.script_pubkey == script).unwrap();
        Self { outpoint: OutPoint { txid, vout: vout as u32 }, value }
    }

    fn pay(&self, address: &Address) -> Transaction {
        let input = TxIn {
            previous_output: self.outpoint,
            witness: Witness::from_slice(&[anybody().as_bytes()]),
            ..TxIn::default()
        };
        let output = TxOut { value: self.value - FEE, script_pubkey: address.script_pubkey() };
        let (version, lock_time) = (Version::TWO, LockTime::ZERO);
        Transaction { version, lock_time, input: vec![input], output: vec![output] }
    }
}

/// Two nodes; the first has a coin that can be double-spent, two transactions back, where no wallet looks, and one that
/// cannot. How to take the first coin away.
async fn shaky() -> (World, Member, Member, Transaction) {
    let world = World::new().await;
    let (payer, payee) = (world.node().await, world.node().await);
    world.fund(&[&payer, &payee], 1, COIN).await;
    let loose = Loose::new(&world);
    let between = loose.pay(&anybody_address());
    world.chain.submit(between.clone()).unwrap();
    let payment =
        Loose { outpoint: OutPoint { txid: between.compute_txid(), vout: 0 }, value: COIN + FEE };
    world.chain.submit(payment.pay(&payer.new_address(AddressKind::Bech32).unwrap())).unwrap();
    world.mine(1);
    world.all_see_the_tip(&[&payer, &payee]).await;
    assert_eq!(confirmed(&payer), COIN * 2);
    let theft = loose.pay(&world.chain.faucet_address());
    (world, payer, payee, theft)
}

/// Everything is mined anew, but for what `theft` takes.
fn undo(world: &World, depth: u32, theft: Transaction) {
    world.chain.reorg_with(depth, vec![theft]).unwrap();
}

/// Nothing is left of the coin, nor of the channel; what else went into its funding is there again and can be used.
async fn is_over_it(world: &World, payer: &Member, payee: &Member) {
    let nodes = [payer, payee];
    let outputs = || payer.list_funds().outputs;
    let settled = || {
        nodes.iter().all(|node| node.list_peer_channels().is_empty())
            && outputs().iter().all(|it| matches!(it.status, OutputStatus::Confirmed { .. }))
            && confirmed(payer) == COIN
    };
    world.mine_slowly_until(&nodes, "the coin that is left", settled).await;
    assert_eq!(confirmed(payee), COIN);
    // No reserve is kept for a channel that can leave nothing.
    for node in nodes {
        let left = || node.largest_funding(None).is_ok_and(|most| most + RESERVE + FEE * 2 > COIN);
        world.mine_slowly_until(&nodes, "the reserve", left).await;
    }
    world.channel(payer, payee, order(payee, 500_000)).await;
    let minted = payee.invoice(msat(1_000_000)).await;
    let payment = payer.pay_minted(&minted, msat(1_000_000)).await;
    payee.accept(payee.inbox.claimable().await.payment_hash).await.unwrap();
    payer.inbox.outcome(payment).await.unwrap();
}

const RESERVE: Amount = Amount::from_sat(25_000);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_whose_funding_is_double_spent_before_it_opens_is_given_up_and_the_rest_is_back()
{
    let (world, payer, payee, theft) = shaky().await;
    payer.connect_to(&payee).await;
    let funded = patiently("funding", payer.fund_channel(order(&payee, 1_000_000))).await.unwrap();
    patiently("the transaction", world.chain.wait_for_tx(funded.txid)).await;
    world.mine(2);
    world.all_see_the_tip(&[&payer, &payee]).await;
    undo(&world, 3, theft);
    world.all_see_the_tip(&[&payer, &payee]).await;
    assert_eq!(payer.channel().state, ChannelState::AwaitingLockin);
    is_over_it(&world, &payer, &payee).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_in_use_whose_funding_is_double_spent_ends_and_the_rest_is_back() {
    let (world, payer, payee, theft) = shaky().await;
    world.channel(&payer, &payee, order(&payee, 1_000_000)).await;
    let minted = payee.invoice(msat(20_000_000)).await;
    let payment = payer.pay_minted(&minted, msat(20_000_000)).await;
    payee.accept(payee.inbox.claimable().await.payment_hash).await.unwrap();
    payer.inbox.outcome(payment).await.unwrap();
    eventually("rest", || payer.channel().htlcs + payee.channel().htlcs == 0).await;
    undo(&world, 7, theft);
    world.all_see_the_tip(&[&payer, &payee]).await;
    is_over_it(&world, &payer, &payee).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_in_a_channel_whose_funding_is_double_spent_is_neither_failed_nor_paid() {
    let (world, mut payer, payee, theft) = shaky().await;
    world.channel(&payer, &payee, order(&payee, 1_000_000)).await;
    let minted = payee.invoice(msat(20_000_000)).await;
    let payment = payer.pay_minted(&minted, msat(20_000_000)).await;
    payee.inbox.claimable().await;
    undo(&world, 7, theft);
    world.all_see_the_tip(&[&payer, &payee]).await;
    is_over_it(&world, &payer, &payee).await;
    // Far beyond its expiry.
    for _ in 0..BEYOND_EXPIRY {
        world.mine(1);
        world.all_see_the_tip(&[&payer, &payee]).await;
    }
    assert!(!payer.inbox.has_outcome(payment));
    assert!(payer.known_payments().await.unwrap().contains(&payment));
    payer.restart().await;
    payer.all_channels_usable().await;
    assert!(payer.known_payments().await.unwrap().contains(&payment));
    assert!(!payer.inbox.has_outcome(payment));
    // Whoever asks for it again under the same id is told that it is known, and sends nothing.
    let again = PayOrder { payment_id: payment, ..pay_order(&minted, msat(20_000_000)) };
    assert_eq!(payer.pay(again).await, Err(PayRefused::AlreadyKnown));
    assert_eq!(payer.channel().htlcs, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn coins_that_were_double_spent_are_gone_also_when_nothing_was_done_with_them() {
    let (world, mut payer, payee, theft) = shaky().await;
    undo(&world, 1, theft);
    world.all_see_the_tip(&[&payer, &payee]).await;
    let only_one = |node: &Member| node.list_funds().outputs.len() == 1;
    world.mine_slowly_until(&[&payer, &payee], "the end", || only_one(&payer)).await;
    assert_eq!(confirmed(&payer), COIN);
    payer.restart().await;
    assert!(only_one(&payer) && confirmed(&payer) == COIN);
}
