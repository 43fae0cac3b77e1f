//! What a request costs that is met with silence: for an offer of ours by a wrong way, and for one that there is not. The
//! two must not differ by more than they do from one run to the next.
//!
//! `cargo bench -p offerd --bench silence`. Time is the processor's, so that a busy machine does not spoil a comparison.
#![allow(clippy::unwrap_used, reason = "what cannot be set up cannot be measured")]

#[path = "../tests/shared/offer_request.rs"]
mod offer_request;

use std::sync::Arc;
use std::time::Duration;

use bolt1::PublicKey;
use bolt12::Offer;
use cpu_time::ThreadTime;
use offer_request::offer_request;
use offerd::driver::{Driver, OsEntropy, Ports, SystemClock};
use offerd_core::Policy;
use offerd_core::keys::Keys;
use offerd_core::port::{InboundMessage, MessageContent, NodeEvent, NodeEvents as _};
use offerd_store_sqlite::SqliteStore;
use offerd_testkit::{FakeNetwork, FakeRates, Reach, Recorder, sample};

/// Offers in the book.
const OFFERS: u64 = 2_000;
/// Requests of each kind that are measured together: both kinds are what one peer may send at once.
const ROUND: usize = 20;
/// So many times; another peer each time, for the limits are not what is measured.
const ROUNDS: u32 = 200;

struct Shop {
    driver: Arc<Driver>,
    offers: Vec<Offer>,
    _dir: tempfile::TempDir,
}

async fn shop() -> Shop {
    let dir = tempfile::tempdir().unwrap();
    let network = FakeNetwork::new(7);
    let (relay, node) = (network.node(Reach::Announced), network.node(Reach::Unannounced));
    relay.start(Arc::new(Recorder::new()));
    let ports = Ports {
        store: Arc::new(SqliteStore::open(&dir.path().join("db")).unwrap()),
        onion: Arc::new(node.clone()),
        payer: Arc::new(node.clone()),
        issuer: Arc::new(node.clone()),
        rates: Arc::new(FakeRates::default()),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
    };
    let policy = Policy::for_chain(bolt1::ChainHash::BITCOIN);
    let driver = Driver::new(ports, Keys::new(&node.secret_key()), policy);
    node.start(driver.clone());
    let mut offers = Vec::new();
    for number in 1..=OFFERS {
        let made = driver.create_offer(offer_request(number)).await.unwrap();
        offers.push(made.entry.newest().offer.clone());
    }
    Shop { driver, offers, _dir: dir }
}

impl Shop {
    /// The time that one round of these messages takes, for each of them.
    async fn round(&self, from_peer: PublicKey, messages: &[Vec<u8>]) -> Duration {
        let began = ThreadTime::now();
        for bytes in messages {
            let message = InboundMessage {
                from_peer,
                path_id: None,
                reply_path: None,
                content: MessageContent { typ: 64, bytes: bytes.clone() },
            };
            self.driver.handle(NodeEvent::Message(message)).await.unwrap();
        }
        began.elapsed() / u32::try_from(messages.len()).unwrap()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    if std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    let shop = shop().await;
    // Of the same length and with the same fields; an altered description makes it nobody's.
    let nobodys =
        |offer: &Offer| bolt12::OfferBuilder::like(offer).description("toffee").build().unwrap();
    let (mut ours, mut none) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let skipped = usize::try_from(round).unwrap() * 7;
        let offers = shop.offers.iter().cycle().skip(skipped).take(ROUND);
        let request = |offer: &Offer| sample::invoice_request(offer, 1).bytes().to_vec();
        let of_ours: Vec<_> = offers.clone().map(request).collect();
        let of_none: Vec<_> = offers.map(|offer| request(&nobodys(offer))).collect();
        let peer = sample::point(round);
        // Each kind goes first half of the time.
        if round % 2 == 0 {
            ours.push(shop.round(peer, &of_ours).await);
            none.push(shop.round(peer, &of_none).await);
        } else {
            none.push(shop.round(peer, &of_none).await);
            ours.push(shop.round(peer, &of_ours).await);
        }
        // All peers together have a limit too.
        tokio::time::sleep(Duration::from_millis(210)).await;
    }
    println!("an offer of ours, by a wrong way: {}", told(&mut ours));
    println!("no offer: {}", told(&mut none));
}

fn told(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    format!("median {:?}, a tenth below {:?}, a tenth above {:?}", at(50), at(10), at(90))
}
