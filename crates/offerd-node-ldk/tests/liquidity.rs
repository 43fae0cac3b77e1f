//! Channels that are bought from a provider and opened when a payment comes, between real nodes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test, what is not so ends it")]

mod common;

use std::time::{SystemTime, UNIX_EPOCH};

use bitcoin::Amount;
use bolt1::{Msat, Seconds, Timestamp};
use offerd_core::liquidity::{JustInTime, choose_terms};
use offerd_core::port::{Bolt11Minted, Bolt11Order, Hints, InvoiceIssuer as _, PaymentFailure};
use offerd_node_ldk::{FundingOrder, LspError, NodeConfig, ServiceTerms};

use common::{Member, World, msat, order, patiently};

/// What the provider keeps of the payments here: its least, which is more than a hundredth of them.
const FEE: u64 = 3_000_000;
const PAYMENT: u64 = 40_000_000;

fn now() -> Timestamp {
    Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs())
}

/// A provider, somebody who pays over it, and a client who has nothing.
async fn town(world: &World) -> (Member, Member, Member) {
    let terms = ServiceTerms {
        min_fee: msat(FEE),
        proportional_ppm: 10_000,
        token: Some("friend".to_owned()),
    };
    let service = NodeConfig { lsp_service: Some(terms), ..world.config() };
    let provider = Member::start(service).await;
    let (payer, client) = (world.node().await, world.node().await);
    world.fund(&[&provider, &payer], 2, Amount::from_sat(2_000_000)).await;
    let wish = FundingOrder { push: msat(100_000_000), ..order(&provider, 1_000_000) };
    world.channel(&payer, &provider, wish).await;
    (provider, payer, client)
}

async fn buy(client: &Member, provider: &Member, payment: Msat) -> JustInTime {
    let (id, at) = (provider.node_id(), provider.listen_address().unwrap().to_string());
    let menu = client.opening_terms(id, Some(&at), Some("friend".to_owned())).await.unwrap();
    let (terms, fee) = choose_terms(&menu, payment, msat(FEE), now()).unwrap();
    client.buy_opening(id, terms, payment, fee).await.unwrap()
}

async fn invoice(client: &Member, channel: JustInTime) -> Bolt11Minted {
    let order = Bolt11Order {
        amount: Some(channel.payment),
        description: "the first".to_owned(),
        description_as_hash: false,
        expiry: Seconds(600),
        final_delay: None,
        fallbacks: Vec::new(),
        preimage: None,
        hints: Hints::JustInTime(channel),
    };
    client.mint_bolt11(order).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_without_a_channel_buys_one_and_its_first_payment_comes_through_it() {
    let world = World::new().await;
    let (provider, payer, mut client) = town(&world).await;
    let channel = buy(&client, &provider, msat(PAYMENT)).await;
    assert_eq!(channel.opening_fee, msat(FEE));
    let minted = invoice(&client, channel.clone()).await;
    // What was agreed is kept, and the client comes back to its provider by itself.
    client.restart().await;
    let connected = || provider.list_peers().iter().filter(|peer| peer.connected).count() == 2;
    common::eventually("the client", connected).await;
    payer.pay_bolt11(1, &minted.string).await;
    let arrived = client.inbox.claimable().await;
    assert_eq!(arrived.payment_hash, minted.payment_hash);
    assert_eq!((arrived.amount, arrived.opening_fee), (msat(PAYMENT - FEE), msat(FEE)));
    client.accept(arrived.payment_hash).await.unwrap();
    let (_, _, got) = client.inbox.claimed().await;
    assert_eq!(got, msat(PAYMENT - FEE));
    payer.inbox.outcome([1; 32]).await.unwrap();
    // Nothing was mined: the channel is used as it is, and holds what came.
    let bought = client.channel();
    assert!(bought.usable && !bought.opened_by_us && !bought.announced);
    assert_eq!(bought.peer, provider.node_id());
    let [agreement] = &client.agreements().unwrap()[..] else { panic!("one agreement") };
    assert_eq!((agreement.opening_fee, agreement.kept), (msat(FEE), Some(msat(FEE))));

    // Mined, it is a channel like any other: the next payment comes whole.
    world.mine(6);
    world.all_see_the_tip(&[&provider, &payer, &client]).await;
    let order = Bolt11Order {
        amount: Some(msat(5_000_000)),
        description: "the second".to_owned(),
        description_as_hash: false,
        expiry: Seconds(600),
        final_delay: None,
        fallbacks: Vec::new(),
        preimage: None,
        hints: Hints::Automatic,
    };
    client.wait_for_channels("the provider's price", |channels| channels[0].peer_forwards).await;
    let minted = client.mint_bolt11(order).await.unwrap();
    payer.pay_bolt11(2, &minted.string).await;
    let arrived = client.inbox.claimable().await;
    assert_eq!((arrived.amount, arrived.opening_fee), (msat(5_000_000), Msat::ZERO));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_keeps_more_than_was_agreed_gets_nothing() {
    let world = World::new().await;
    let (provider, payer, client) = town(&world).await;
    let sold = buy(&client, &provider, msat(PAYMENT)).await;
    // By a millisatoshi.
    let agreed = JustInTime { opening_fee: msat(FEE - 1), ..sold };
    let minted = invoice(&client, agreed).await;
    payer.pay_bolt11(1, &minted.string).await;
    let failed = payer.inbox.outcome([1; 32]).await.unwrap_err();
    assert_ne!(failed, PaymentFailure::InvoiceExpired);
    assert!(client.inbox.is_empty(), "nothing of it was told");
    let [agreement] = &client.agreements().unwrap()[..] else { panic!("one agreement") };
    assert_eq!(agreement.kept, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_says_no_or_nothing_or_is_away_is_named_in_time() {
    let world = World::new().await;
    let (provider, payer, client) = town(&world).await;
    let (id, at) = (provider.node_id(), provider.listen_address().unwrap().to_string());
    let refused = client.opening_terms(id, Some(&at), Some("stranger".to_owned())).await;
    let Err(LspError::Refused { code: 200, .. }) = refused else { panic!("{refused:?}") };
    // Somebody who sells nothing.
    let (id, at) = (payer.node_id(), payer.listen_address().unwrap().to_string());
    let silent = patiently("an end", client.opening_terms(id, Some(&at), None)).await;
    assert!(matches!(silent, Err(LspError::NoAnswer)), "{silent:?}");
    payer.stop().await;
    let away = patiently("an end", client.opening_terms(id, Some(&at), None)).await;
    // The connection may not have been known to be gone when it was asked.
    assert!(matches!(away, Err(LspError::Connect(_) | LspError::Gone)), "{away:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_but_the_provider_opens_a_channel_to_a_node_without_a_reserve() {
    let world = World::new().await;
    let (provider, payer, client) = town(&world).await;
    let channel = buy(&client, &provider, msat(PAYMENT)).await;
    invoice(&client, channel).await;
    payer.connect_to(&client).await;
    let refused = patiently("an end", payer.fund_channel(order(&client, 500_000))).await;
    assert!(refused.is_err(), "{refused:?}");
}
