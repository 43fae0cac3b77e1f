//! Channels that are ordered for money, between real nodes: ordered, paid, opened and used, over restarts.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test, what is not so ends it")]

mod common;

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bitcoin::{Address, Amount};
use bolt1::Msat;
use offerd_core::liquidity::order::{OrderStatus, OrderWish, PaymentState, WayKind};
use offerd_core::port::{InvoicePayer as _, KeyValueStore as _};
use offerd_node_ldk::{FundingOrder, MadeOrder, OrderError, OrderView, OutputView};
use serde_json::{Value, json};

use common::seller::{FEE_SAT, Seller};
use common::{Member, World, eventually, msat, order, patiently};

const SAT: u64 = 1_000;

fn wish(lsp_sat: u64, client_sat: u64) -> OrderWish {
    OrderWish {
        lsp_balance: msat(lsp_sat * SAT),
        client_balance: msat(client_sat * SAT),
        expiry_blocks: None,
        announce: false,
    }
}

/// A seller with coins, and a customer of it with coins and a channel to it.
async fn seller_and_payer(world: &World) -> (Member, Arc<Seller>, Member) {
    let (provider, payer) = (world.node().await, world.node().await);
    world.fund(&[&provider, &payer], 3, Amount::from_sat(2_000_000)).await;
    let wish = FundingOrder { push: msat(100_000 * SAT), ..order(&provider, 500_000) };
    world.channel(&payer, &provider, wish).await;
    let seller = Seller::open(&provider);
    (provider, seller, payer)
}

async fn make(client: &Member, provider: &Member, wish: &OrderWish) -> MadeOrder {
    client.connect_to(provider).await;
    let id = provider.node_id();
    let options = client.order_options(id, None).await.unwrap();
    let order = options.order(wish).unwrap();
    client.order_channel(id, &order, Some("friend"), msat(FEE_SAT * SAT)).await.unwrap()
}

fn only(client: &Member) -> OrderView {
    let mut orders = client.orders().unwrap();
    assert_eq!(orders.len(), 1);
    orders.remove(0)
}

async fn status(client: &Member, status: OrderStatus) {
    eventually(status.name(), || only(client).status == status).await;
}

async fn connected(provider: &Member, peers: usize) {
    let count = || provider.list_peers().iter().filter(|peer| peer.connected).count();
    eventually("the client", || count() == peers).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_is_ordered_paid_and_used_over_the_nodes_deaths() {
    let world = World::new().await;
    let (provider, seller, mut client) = seller_and_payer(&world).await;
    let made = make(&client, &provider, &wish(1_000_000, 30_000)).await;
    assert_eq!((made.order.status, made.left_out), (OrderStatus::Created, Vec::new()));
    assert_eq!(made.order.ways[0].fee, msat(FEE_SAT * SAT));
    assert_eq!(made.order.ways[0].total, msat((FEE_SAT + 30_000) * SAT));
    // The node dies before anybody has paid. The order is there.
    client.crash().await;
    assert_eq!(only(&client).ways, made.order.ways);
    client.all_channels_usable().await;
    let hash = client.pay_bolt11(1, &made.order.ways[0].code).await;
    let arrived = provider.inbox.claimable().await;
    assert_eq!(arrived.amount, made.order.ways[0].total);
    seller.hold(&hash);
    status(&client, OrderStatus::Held).await;
    // It dies while the payment is on its way, and takes the channel afterwards.
    client.crash().await;
    assert_eq!(only(&client).status, OrderStatus::Held);
    connected(&provider, 1).await;
    let funding = seller.open_channel(&hash, 0).await.unwrap();
    seller.complete(hash, &funding).await;
    client.inbox.outcome([1; 32]).await.unwrap();
    status(&client, OrderStatus::Completed).await;
    let done = only(&client);
    assert_eq!(done.channel.unwrap().funding, funding);
    assert_eq!(done.ways[0].state, PaymentState::Paid);
    world.mine(6);
    world.all_see_the_tip(&[&provider, &client]).await;
    client
        .wait_for_channels("two channels", |channels| {
            channels.len() == 2
                && channels.iter().all(|channel| channel.usable && channel.peer_forwards)
        })
        .await;
    provider.all_channels_usable().await;
    let bought = client.list_peer_channels().into_iter().find(|it| !it.opened_by_us).unwrap();
    assert_eq!(bought.to_us, msat(30_000 * SAT), "what was paid for it is in it");

    // More than the first channel could bring comes through the one that was bought.
    let minted = client.invoice(msat(600_000 * SAT)).await;
    provider.pay_minted(&minted, msat(600_000 * SAT)).await;
    let arrived = client.inbox.claimable().await;
    assert_eq!((arrived.amount, arrived.opening_fee), (msat(600_000 * SAT), Msat::ZERO));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_without_coins_takes_the_channel_that_it_has_ordered_and_no_other() {
    let world = World::new().await;
    let (provider, seller, payer) = seller_and_payer(&world).await;
    let client = world.node().await;
    let made = make(&client, &provider, &wish(400_000, 0)).await;
    // Somebody else pays for it.
    let hash = payer.pay_bolt11(1, &made.order.ways[0].code).await;
    provider.inbox.claimable().await;
    seller.hold(&hash);
    let smaller = seller.open_channel(&hash, 1).await.unwrap_err();
    assert!(smaller.contains("not the channel that is ordered"), "{smaller}");
    payer.connect_to(&client).await;
    let from_another = payer.fund_channel(order(&client, 450_000)).await;
    assert!(from_another.is_err(), "{from_another:?}");
    let funding = seller.open_channel(&hash, 0).await.unwrap();
    seller.complete(hash, &funding).await;
    status(&client, OrderStatus::Completed).await;
    payer.inbox.outcome([1; 32]).await.unwrap();
    // It is used when it is mined, and not before.
    assert!(!client.channel().usable);
    world.mine(6);
    world.all_see_the_tip(&[&provider, &client]).await;
    client.all_channels_usable().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_paid_with_coins_to_its_address_too() {
    let world = World::new().await;
    let (provider, seller, _payer) = seller_and_payer(&world).await;
    let client = world.node().await;
    world.fund(&[&client], 1, Amount::from_sat(1_000_000)).await;
    seller.take_coins();
    let made = make(&client, &provider, &wish(400_000, 20_000)).await;
    let [invoice, by_coins] = &made.order.ways[..] else { panic!("{made:?}") };
    assert_eq!((by_coins.kind, by_coins.min_confirmations), (WayKind::Onchain, Some(1)));
    let facts = client.read_bolt11(&invoice.code).await.unwrap();
    let address = Address::from_str(&by_coins.code).unwrap().assume_checked();
    let total = Amount::from_sat(by_coins.total.as_sat_floor());
    let tx = client.withdraw(&address, total, None).await.unwrap();
    patiently("the payment", world.chain.wait_for_tx(tx.compute_txid())).await;
    world.mine(1);
    world.all_see_the_tip(&[&provider, &client]).await;
    let coins = provider.list_funds().outputs;
    let has_come =
        |coin: &OutputView| coin.outpoint.txid == tx.compute_txid() && coin.amount == total;
    assert!(coins.iter().any(has_come), "{coins:?}");
    let funding = seller.open_channel(&facts.payment_hash, 0).await.unwrap();
    seller.say_completed(facts.payment_hash, "onchain", &funding);
    status(&client, OrderStatus::Completed).await;
    let done = only(&client);
    let states = done.ways.iter().map(|way| way.state).collect::<Vec<_>>();
    assert_eq!(states, [PaymentState::Expected, PaymentState::Paid]);
    assert_eq!(client.channel().to_us, msat(20_000 * SAT));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_money_for_an_order_that_fails_comes_back_and_nothing_more_is_asked() {
    let world = World::new().await;
    let (provider, seller, client) = seller_and_payer(&world).await;
    let before = client.channel().to_us;
    let made = make(&client, &provider, &wish(400_000, 10_000)).await;
    let hash = client.pay_bolt11(1, &made.order.ways[0].code).await;
    provider.inbox.claimable().await;
    seller.fail(hash).await;
    client.inbox.outcome([1; 32]).await.unwrap_err();
    status(&client, OrderStatus::Refunded).await;
    eventually("the money", || client.channel().to_us == before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_with_several_sellers_are_followed_at_once_and_those_are_called_again() {
    let world = World::new().await;
    let (one, seller, _payer) = seller_and_payer(&world).await;
    let other = world.node().await;
    let second = Seller::open(&other);
    let mut client = world.node().await;
    let first_order = make(&client, &one, &wish(400_000, 0)).await.order;
    let second_order = make(&client, &other, &wish(300_000, 0)).await.order;
    client.crash().await;
    connected(&one, 2).await;
    connected(&other, 1).await;
    for (seller, order) in [(&seller, &first_order), (&second, &second_order)] {
        let facts = client.read_bolt11(&order.ways[0].code).await.unwrap();
        seller.hold(&facts.payment_hash);
    }
    let all_held = || client.orders().unwrap().iter().all(|it| it.status == OrderStatus::Held);
    eventually("both are heard of", all_held).await;
}

/// Orders a channel, or says why not.
async fn try_to_make(client: &Member, provider: &Member) -> Result<MadeOrder, OrderError> {
    let id = provider.node_id();
    let options = client.order_options(id, None).await.unwrap();
    let order = options.order(&wish(400_000, 0)).unwrap();
    client.order_channel(id, &order, None, msat(FEE_SAT * SAT)).await
}

/// Rewrites an order on disk as one that ended at this time, and nobody has paid it.
fn expired(client: &Member, key: &str, at: u64) {
    let bytes = client.store.read("liquidity", "orders", key).unwrap().unwrap();
    let mut order: Value = serde_json::from_slice(&bytes).unwrap();
    order["status"] = json!("expired");
    order["ways"][0]["expires_at"] = json!(at);
    let bytes = serde_json::to_vec(&order).unwrap();
    client.store.write("liquidity", "orders", key, &bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_orders_may_be_open_and_one_that_expired_long_ago_is_forgotten() {
    let world = World::new().await;
    let (provider, mut client) = (world.node().await, world.node().await);
    let _seller = Seller::open(&provider);
    client.connect_to(&provider).await;
    for _ in 0..16 {
        try_to_make(&client, &provider).await.unwrap();
    }
    for _ in 0..2 {
        let refused = try_to_make(&client, &provider).await;
        assert!(matches!(refused, Err(OrderError::TooMany)), "{refused:?}");
        assert_eq!(client.orders().unwrap().len(), 16);
        client.restart().await;
    }
    client.stop().await;
    client.kill().await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let kept = client.store.list("liquidity", "orders").unwrap();
    expired(&client, &kept[0], now - 2 * 86_400);
    expired(&client, &kept[1], now - 3_600);
    client.resume().await;
    assert_eq!(client.orders().unwrap().len(), 15, "one is gone, one is remembered for a day");
    for _ in 0..2 {
        try_to_make(&client, &provider).await.unwrap();
    }
    let refused = try_to_make(&client, &provider).await;
    assert!(matches!(refused, Err(OrderError::TooMany)), "{refused:?}");
}
