//! Somebody who wants to know which codes are ours: by a wrong way he hears nothing, and makes us do the same for a code of
//! ours as for one that there is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bolt1::{Seconds, Timestamp};
use bolt12::{InvoiceBuilder, InvoiceRequest, Offer};
use offerd::driver::{Driver, OsEntropy, Ports, SystemClock};
use offerd_core::Policy;
use offerd_core::keys::Keys;
use offerd_core::port::{
    Fronts, InboundMessage, InvoiceIssuer as _, MessageContent, MintOrder, NodeEvent,
    NodeEvents as _, OnionTransport as _, PortError,
};
use offerd_testkit::{
    FakeNetwork, FakeNode, FakeRates, GuardedStore, MemoryStore, Reach, Recorder, StoreGuard,
    sample,
};

use crate::world::{offer_request, payout_arguments, sat};

/// Counts what is asked of a store.
#[derive(Default)]
struct Counter {
    reads: AtomicUsize,
    writes: AtomicUsize,
}

impl StoreGuard for Counter {
    fn read(&self) -> Result<(), PortError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn write(
        &self,
        _: &str,
        act: &mut dyn FnMut() -> Result<(), PortError>,
    ) -> Result<(), PortError> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        act()
    }
}

/// What a message made us do: reads and writes of the store, messages sent.
type Work = (usize, usize, u64);

/// One look whether there is such a code, and silence.
const SILENT: Work = (1, 0, 0);

/// A shop that is reached over a peer, and counts.
struct Shop {
    network: FakeNetwork,
    relay: FakeNode,
    node: FakeNode,
    driver: Arc<Driver>,
    counter: Arc<Counter>,
}

impl Shop {
    fn new() -> Self {
        let network = FakeNetwork::new(7);
        let (relay, node) = (network.node(Reach::Announced), network.node(Reach::Unannounced));
        relay.start(Arc::new(Recorder::new()));
        let counter = Arc::new(Counter::default());
        let ports = Ports {
            store: Arc::new(GuardedStore::new(MemoryStore::new(), counter.clone())),
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
        Self { network, relay, node, driver, counter }
    }

    /// An offer, with the secret of its path.
    async fn offer(&self, sat: u64) -> (Offer, Vec<u8>) {
        let made = self.driver.create_offer(offer_request(sat)).await.unwrap();
        let newest = made.entry.newest();
        (newest.offer.clone(), newest.path_id.clone().unwrap())
    }

    /// Says it by this way, and gives what it made us do.
    async fn hears(&self, typ: u64, bytes: &[u8], path_id: Option<&[u8]>) -> Work {
        let now = || {
            let count = |count: &AtomicUsize| count.load(Ordering::Relaxed);
            let Counter { reads, writes } = &*self.counter;
            (count(reads), count(writes), self.network.messages_sent())
        };
        let message = InboundMessage {
            from_peer: self.relay.id(),
            path_id: path_id.map(<[u8]>::to_vec),
            reply_path: Some(sample::message_path(1, None)),
            content: MessageContent { typ, bytes: bytes.to_vec() },
        };
        let before = now();
        self.driver.handle(NodeEvent::Message(message)).await.unwrap();
        let after = now();
        (after.0 - before.0, after.1 - before.1, after.2 - before.2)
    }
}

fn asks_for(offer: &Offer) -> Vec<u8> {
    sample::invoice_request(offer, 1).bytes().to_vec()
}

// req RR-11, BP-D5
#[tokio::test]
async fn a_request_by_another_way_makes_us_do_the_same_for_an_offer_of_ours_as_for_none() {
    let shop = Shop::new();
    let (offer, path_id) = shop.offer(1_000).await;
    let (_, other) = shop.offer(2_000).await;
    let (disabled, _) = shop.offer(3_000).await;
    shop.driver.disable_offer(&disabled.id()).await.unwrap();
    let altered = bolt12::OfferBuilder::like(&offer).description("cake").build().unwrap();
    let mut nearly = path_id.clone();
    nearly[31] ^= 1;
    let longer = [&path_id[..], &[0]].concat();
    for (name, offer, way) in [
        ("there is no such offer", &sample::offer(9), None),
        ("none, over a path of ours", &sample::offer(9), Some(&path_id)),
        ("to our node id", &offer, None),
        ("over the path of another offer", &offer, Some(&other)),
        ("with a bit changed", &offer, Some(&nearly)),
        ("with a byte more", &offer, Some(&longer)),
        ("with nothing in it", &offer, Some(&Vec::new())),
        ("one that is disabled", &disabled, None),
        ("what it says was altered, over its own path", &altered, Some(&path_id)),
    ] {
        let work = shop.hears(64, &asks_for(offer), way.map(Vec::as_slice)).await;
        assert_eq!(work, SILENT, "{name}");
    }
    // What is wrong with a request is not looked at before: to tell would tell whose the offer is.
    let mut unsigned = asks_for(&offer);
    *unsigned.last_mut().unwrap() ^= 1;
    assert!(InvoiceRequest::decode(&unsigned).is_ok());
    assert_eq!(shop.hears(64, &unsigned, None).await, SILENT);
    assert_eq!(shop.hears(64, &asks_for(&offer)[..50], Some(&path_id)).await, (0, 0, 0));
    // By its own way it is answered, or there would be nothing to hide.
    let reply = shop.node.message_paths(b"", &Fronts::Usual).await.unwrap();
    assert_eq!(reply.len(), 1);
    let answered = shop.hears(64, &asks_for(&offer), Some(&path_id)).await;
    assert!(answered.0 > SILENT.0, "{answered:?}");
}

// req IR-18, BP-D5
#[tokio::test]
async fn an_invoice_by_another_way_makes_us_do_the_same_for_a_payout_of_ours_as_for_none() {
    let shop = Shop::new();
    let made = shop.driver.create_payout(payout_arguments(1_000)).await.unwrap().payout;
    let other = shop.driver.create_payout(payout_arguments(2_000)).await.unwrap().payout;
    let payee = shop.network.node(Reach::Announced);
    payee.start(Arc::new(Recorder::new()));
    let invoice = async |request: &InvoiceRequest| {
        let order = MintOrder {
            amount: sat(1_000),
            expiry: Seconds(7_200),
            context: [0; 32],
            payer_id: request.payer_id(),
            quantity: None,
            memo: None,
            fronts: Fronts::Usual,
        };
        let minted = payee.mint(order).await.unwrap();
        let paths = minted.paths.into_iter().map(|path| (path.path, path.pay_info)).collect();
        let key = secp256k1::Keypair::from_secret_key(&sample::secp(), &payee.secret_key());
        let invoice = InvoiceBuilder::for_request(request)
            .paths(paths)
            .payment_hash(minted.payment_hash)
            .created_at(Timestamp(1_800_000_000))
            .node_id(&key.public_key());
        invoice.sign(&sample::secp(), &key).unwrap().bytes().to_vec()
    };
    let ours = invoice(made.invoice_request.as_ref().unwrap()).await;
    let nobodys = invoice(&sample::payout_request(9)).await;
    for (name, bytes, way) in [
        ("there is no such payout", &nobodys, None),
        ("none, over a path of ours", &nobodys, made.path_id.as_ref()),
        ("to our node id", &ours, None),
        ("over the path of another payout", &ours, other.path_id.as_ref()),
    ] {
        let work = shop.hears(66, bytes, way.map(Vec::as_slice)).await;
        assert_eq!(work, SILENT, "{name}");
    }
    let answered = shop.hears(66, &ours, made.path_id.as_deref()).await;
    assert!(answered.0 > SILENT.0, "{answered:?}");
}
