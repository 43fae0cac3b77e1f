//! Being found: peers in front, peers that go, and an issuer that has moved on.

use std::time::Duration;

use bolt1::{NodeRef, PublicKey};
use bolt4::BlindedPath;
use bolt12::Offer;
use offerd::driver::{CallError, FetchOutcome, OfferMade, OfferRequest};
use offerd_core::Misuse;
use offerd_core::fetch::FetchArguments;
use offerd_core::offer_book::OfferArguments;
use offerd_core::port::Fronts;
use offerd_testkit::{Reach, sample};

use crate::world::{Party, World, offer_request, pass, settle, strings};

/// A shop that is not announced and has one peer of several.
struct Street {
    world: World,
    shop: Party,
    customer: Party,
    /// Its peer, and two others that could be.
    relays: [Party; 3],
}

fn street() -> Street {
    let world = World::new();
    let relays = [world.announced(), world.announced(), world.announced()];
    let (shop, customer) = (world.party(Reach::Unannounced), world.party(Reach::Unannounced));
    for other in &relays[1..] {
        world.network.part(&shop.node, &other.node);
    }
    Street { world, shop, customer, relays }
}

impl Street {
    /// The shop loses its peer and finds another.
    fn move_shop(&self) {
        self.world.network.part(&self.shop.node, &self.relays[0].node);
        self.world.network.join(&self.shop.node, &self.relays[1].node);
    }
}

fn begin(path: &BlindedPath) -> NodeRef {
    path.first_node_id
}

fn over(offer: &Offer) -> Vec<NodeRef> {
    offer.paths().iter().map(begin).collect()
}

async fn fetch(customer: &Party, offer: &Offer) -> Result<FetchOutcome, CallError> {
    let within = Duration::from_secs(20);
    customer.driver.fetch_invoice(offer, &FetchArguments::default(), within).await
}

fn stay_reachable(party: &Party) {
    let driver = party.driver.clone();
    tokio::spawn(async move { driver.stay_reachable().await });
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_moved_to_other_peers_is_found_by_the_codes_made_before() {
    let street = street();
    let Street { shop, customer, .. } = &street;
    let old: Offer = shop.offer(1_000).await.parse().unwrap();
    street.move_shop();
    assert!(matches!(fetch(customer, &old).await, Err(CallError::NoAnswer { .. })));
    stay_reachable(shop);
    pass(180).await;
    customer.pay(&old.to_string()).await.unwrap();
    settle().await;
    assert_eq!(shop.gained(), 1_000_000);
}

#[tokio::test(start_paused = true)]
async fn a_payout_made_before_its_maker_moved_is_redeemed_after() {
    let street = street();
    let Street { shop, customer, .. } = &street;
    let codes = strings(&shop.payout(1_000).await);
    street.move_shop();
    stay_reachable(shop);
    pass(180).await;
    customer.redeem(&codes[0], "cash").await.unwrap();
    settle().await;
    assert_eq!(customer.gained(), 1_000_000);
}

#[tokio::test(start_paused = true)]
async fn when_a_peer_is_gone_for_good_the_offer_has_a_code_over_another_and_answers_both() {
    let street = street();
    let Street { world, shop, customer, relays } = street;
    let [first, second, third] = relays;
    let old: Offer = shop.offer(1_000).await.parse().unwrap();
    let row = shop.driver.store().offer_by_id(&old.id()).unwrap().unwrap().row;
    let newest = || shop.driver.offer(row).unwrap().unwrap().newest().offer.clone();
    stay_reachable(&shop);
    pass(900).await;
    assert_eq!(newest(), old);
    first.node.crash();
    world.network.join(&shop.node, &second.node);
    pass(180).await;
    let new = newest();
    assert_eq!(over(&new), [NodeRef::Id(second.node.id())]);
    assert_eq!((new.description(), new.price()), (old.description(), old.price()));
    customer.pay(&new.to_string()).await.unwrap();

    // A young code is not followed by another at once.
    second.node.crash();
    world.network.join(&shop.node, &third.node);
    pass(180).await;
    assert_eq!(newest(), new);
    pass(600).await;
    assert_eq!(over(&newest()), [NodeRef::Id(third.node.id())]);

    let _first = first.restart();
    customer.pay(&old.to_string()).await.unwrap();
    settle().await;
    assert_eq!(shop.gained(), 2_000_000);
}

#[tokio::test(start_paused = true)]
async fn codes_that_are_of_no_use_any_more_are_left_as_they_are() {
    let street = street();
    let Street { world, shop, relays, .. } = &street;
    let disabled: Offer = shop.offer(1_000).await.parse().unwrap();
    shop.driver.disable_offer(&disabled.id()).await.unwrap();
    let mut ends = offer_request(2_000);
    ends.arguments.absolute_expiry = Some(sample::NOW.plus(bolt1::Seconds(60)));
    shop.driver.create_offer(ends).await.unwrap();
    pass(900).await;
    street.move_shop();
    let done = shop.driver.renew_codes().await.unwrap();
    assert_eq!((done.offers, done.postponed, done.kept), (0, 0, 0));
    world.network.part(&shop.node, &relays[1].node);
    // Without any peer nothing better can be said.
    let lonely = shop.driver.create_offer(offer_request(3_000)).await.unwrap();
    pass(900).await;
    assert_eq!(shop.driver.renew_codes().await.unwrap().offers, 0);
    assert_eq!(lonely.entry.encodings.len(), 1);
}

async fn offer_over(party: &Party, fronts: &[PublicKey]) -> Result<OfferMade, CallError> {
    let request = offer_request(1_000);
    let arguments = OfferArguments { fronts: Fronts::Only(fronts.to_vec()), ..request.arguments };
    party.driver.create_offer(OfferRequest { arguments, ..request }).await
}

#[tokio::test(start_paused = true)]
async fn an_offer_with_nodes_in_front_is_reached_and_paid_over_them_alone() {
    let world = World::new();
    let relays = [world.announced(), world.announced(), world.announced()];
    let (shop, customer) = (world.announced(), world.announced());
    let ids = relays.each_ref().map(|relay| relay.node.id());
    let made = offer_over(&shop, &ids[1..]).await.unwrap();
    let offer = made.entry.newest().offer.clone();
    let wanted = [NodeRef::Id(ids[1]), NodeRef::Id(ids[2])];
    assert_eq!(over(&offer), wanted);
    let invoice = fetch(&customer, &offer).await.unwrap().fetched.invoice;
    let paid_over: Vec<_> = invoice.payment_paths().iter().map(|(path, _)| begin(path)).collect();
    assert_eq!(paid_over, wanted);
    customer.pay(&offer.to_string()).await.unwrap();
    settle().await;
    assert_eq!(shop.gained(), 1_000_000);

    let again = offer_over(&shop, &[ids[2], ids[1]]).await.unwrap();
    assert!(!again.created);
    let other = offer_over(&shop, &ids[..1]).await.unwrap();
    let plain = offer_over(&shop, &[]).await.unwrap();
    assert!(other.created && plain.created);
    assert_eq!(over(&plain.entry.newest().offer), []);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_cannot_be_in_front_is_refused_by_name_and_nothing_is_made() {
    let world = World::new();
    let (shop, relay, other) = (world.announced(), world.announced(), world.announced());
    world.network.part(&shop.node, &other.node);
    for fronts in [vec![other.node.id()], vec![relay.node.id(), other.node.id()]] {
        let refused = offer_over(&shop, &fronts).await;
        let Err(CallError::Misuse(Misuse::Parameter { parameter, expected })) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(parameter, "fronting_nodes");
        assert!(expected.contains(&other.node.id().to_string()), "{expected}");
    }
    assert_eq!(shop.driver.store().offers(offerd_core::port::Page::ALL).unwrap(), []);
}
