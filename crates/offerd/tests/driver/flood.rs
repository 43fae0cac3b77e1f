//! More requests than we care to answer: what is dropped, what is kept, and who is answered all the same.

use std::time::Duration;

use bolt12::Offer;
use offerd_core::fetch::FetchArguments;
use offerd_core::port::{
    Destination, MessageContent, OnionTransport as _, OutboundMessage, Store as _,
};
use offerd_testkit::sample;

use crate::world::{Party, Stranger, World, pass, settle};

const FLOODERS: usize = 10;
/// Requests of each flooder in a second.
const EACH: u32 = 100;
const SECONDS: u64 = 3;
/// What one peer may have answered: a burst, and so many in each second after it.
const BURST: u64 = 40;
const RATE: u64 = 20;

async fn flood(from: &Stranger, shop: &Party, offer: &Offer, first: u32) {
    for number in first..first + EACH {
        let bytes = sample::invoice_request(offer, number).bytes().to_vec();
        let to = Destination::Node(shop.node.id());
        let content = MessageContent { typ: 64, bytes };
        let reply_path_id = Some(vec![1; 32]);
        from.node.send(OutboundMessage { to, content, reply_path_id, attempt: 0 }).await.unwrap();
    }
    settle().await;
}

#[tokio::test(start_paused = true)]
async fn of_a_thousand_requests_a_second_few_are_answered_and_an_honest_one_at_once() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let flooders: Vec<Stranger> = (0..FLOODERS).map(|_| world.stranger()).collect();
    let offer: Offer = shop.offer(1_000).await.parse().unwrap();
    let written = shop.store.last_logged().unwrap();
    let (mut number, mut flooded, mut answered) = (0, 0, 0);
    for _ in 0..SECONDS {
        for flooder in &flooders {
            let before = world.network.messages_sent();
            flood(flooder, &shop, &offer, number).await;
            number += EACH;
            flooded += u64::from(EACH);
            answered += world.network.messages_sent() - before - u64::from(EACH);
        }
        let began = tokio::time::Instant::now();
        let within = Duration::from_secs(1);
        let arguments = FetchArguments::default();
        let fetched = customer.driver.fetch_invoice(&offer, &arguments, within).await.unwrap();
        assert_eq!(fetched.attempts.len(), 1, "{:?}", fetched.attempts);
        assert!(began.elapsed() < within);
        pass(1).await;
    }
    // Nearly all are dropped, and nothing is written.
    let most = u64::try_from(FLOODERS).unwrap() * (BURST + RATE * (SECONDS + 1));
    assert!(answered <= most, "{answered} of {flooded}");
    assert!(answered >= 400, "{answered}");
    assert_eq!(shop.store.last_logged().unwrap(), written);
    // What was answered waits in a window in memory: as much as was answered, and no more.
    let waiting = u64::try_from(shop.driver.list_invoices().unwrap().len()).unwrap();
    assert!(waiting <= answered + SECONDS, "{waiting}");
}
