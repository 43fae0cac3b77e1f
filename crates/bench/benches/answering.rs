//! What the daemon does for strangers: requests for invoices answered, from onion bytes in to onion bytes out, with ten
//! offers in the book and with a million; and redemptions, with all their commits.
//!
//! The driver and the SQLite store are the shipped ones, and so are the onions; in place of the Lightning node stands the
//! least that it must do: one blinded payment path of two hops for each invoice. `cargo bench -p bench --bench answering`
//! prints the figures; `OFFERS` sets another number than a million.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a benchmark ends by panicking")]

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bench::{BareOnion, BareRead, keypair};
use bolt1::{BlockHeight, ChainHash, Msat, PublicKey, Timestamp};
use bolt4::encrypted_data::{EncryptedData, NextHop};
use bolt4::onion_message::{Destination, OnionMessage, Peeled, create, peel};
use bolt4::{BlindedPath, NodeRef, blind};
use bolt12::{BlindedPayInfo, InvoiceBuilder, InvoiceRequest, InvoiceRequestBuilder, OfferBuilder};
use cpu_time::ThreadTime;
use offerd::driver::{Clock, Driver, OsEntropy, Ports};
use offerd_core::amount::AmountSpec;
use offerd_core::keys::Keys;
use offerd_core::offer_book::{OfferEncoding, OfferEntry};
use offerd_core::payout::{PayoutArguments, Uses};
use offerd_core::port::{
    Bolt11Facts, Bolt11Minted, Bolt11Order, Bolt11Refused, Fronts, InboundMessage, InvoiceIssuer,
    InvoicePayer, MessageContent, MintOrder, Minted, NodeEvent, NodeEvents as _, OnionTransport,
    OutboundMessage, PayOrder, PayRefused, PaymentPath, PortError, Store as _,
};
use offerd_core::{Batch, Event, OfferRow, Policy};
use offerd_store_sqlite::SqliteStore;
use offerd_testkit::FakeRates;
use secp256k1::{All, Secp256k1, SecretKey};
use tokio::sync::mpsc;

const NOW: u64 = 1_750_000_000;
/// Requests of one measurement.
const REQUESTS: u32 = 500;
/// Measurements, of which the median counts.
const ROUNDS: u32 = 5;
/// Redemptions that are measured.
const REDEMPTIONS: u32 = 200;

/// A second for each look, so that no stranger asks too often.
struct Seconds(AtomicU64);

impl Clock for Seconds {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// The least that a Lightning node must do.
struct LeastNode {
    secp: Secp256k1<All>,
    id: PublicKey,
    peer: PublicKey,
    minted: AtomicU64,
    sent: AtomicU64,
    orders: mpsc::UnboundedSender<[u8; 32]>,
}

impl LeastNode {
    fn secret(&self) -> SecretKey {
        let mut bytes = [0x11; 32];
        let number = self.minted.fetch_add(1, Ordering::Relaxed);
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        SecretKey::from_slice(&bytes).unwrap()
    }

    fn path(&self) -> BlindedPath {
        let hops = [
            (self.peer, EncryptedData::forward(NextHop::NodeId(self.id))),
            (self.id, EncryptedData::receive(Some(vec![7; 32]))),
        ];
        blind(&self.secp, self.secret(), NodeRef::Id(self.peer), &hops).unwrap()
    }
}

#[async_trait]
impl OnionTransport for LeastNode {
    async fn send(&self, message: OutboundMessage) -> Result<(), PortError> {
        let offerd_core::port::Destination::Path(path) = message.to else {
            return Err(PortError::rejected("only answers are measured"));
        };
        let content = (message.content.typ, message.content.bytes);
        let (_, onion) =
            create(&self.secp, self.secret(), &[], &Destination::Path(path), content, None)
                .map_err(|error| PortError::rejected("no onion").because(error))?;
        black_box(onion.encode());
        self.sent.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn message_paths(
        &self,
        _path_id: &[u8],
        _fronts: &Fronts,
    ) -> Result<Vec<BlindedPath>, PortError> {
        Ok(Vec::new())
    }

    async fn stay_connected(&self, _introductions: &[PublicKey]) {}

    async fn is_announced(&self) -> bool {
        true
    }
}

#[async_trait]
impl InvoiceIssuer for LeastNode {
    async fn mint(&self, _order: MintOrder) -> Result<Minted, PortError> {
        let pay_info = BlindedPayInfo {
            fee_base_msat: 1_000,
            fee_proportional_millionths: 100,
            cltv_expiry_delta: 144,
            htlc_minimum_msat: 1,
            htlc_maximum_msat: 1_000_000_000,
            features: Vec::new(),
        };
        let payment_hash = self.secret().secret_bytes();
        let paths = vec![PaymentPath { path: self.path(), pay_info }];
        Ok(Minted { payment_hash, paths, accepts_mpp: true, height: BlockHeight(800_000) })
    }

    async fn mint_bolt11(&self, _order: Bolt11Order) -> Result<Bolt11Minted, Bolt11Refused> {
        Err(PortError::rejected("not measured").into())
    }

    async fn accept(&self, _payment_hash: [u8; 32]) -> Result<(), PortError> {
        Ok(())
    }

    async fn is_lost(&self, _payment_hash: [u8; 32]) -> Result<bool, PortError> {
        Ok(false)
    }

    async fn refuse(&self, _payment_hash: [u8; 32]) -> Result<(), PortError> {
        Ok(())
    }
}

#[async_trait]
impl InvoicePayer for LeastNode {
    async fn pay(&self, order: PayOrder) -> Result<(), PayRefused> {
        self.orders.send(order.payment_id).unwrap();
        Ok(())
    }

    async fn read_bolt11(&self, _string: &str) -> Result<Bolt11Facts, String> {
        Err("not measured".to_owned())
    }

    async fn known_payments(&self) -> Result<Vec<[u8; 32]>, PortError> {
        Ok(Vec::new())
    }

    async fn spendable(&self) -> Result<Msat, PortError> {
        Ok(Msat::MAX)
    }
}

/// A daemon without sockets.
struct Daemon {
    secp: Secp256k1<All>,
    key: SecretKey,
    node: Arc<LeastNode>,
    driver: Arc<Driver>,
    store: Arc<SqliteStore>,
    orders: mpsc::UnboundedReceiver<[u8; 32]>,
}

impl Daemon {
    fn start(file: &Path) -> Self {
        let (secp, key) = (Secp256k1::new(), keypair(1).secret_key());
        let store = Arc::new(SqliteStore::open(file).unwrap());
        let (sender, orders) = mpsc::unbounded_channel();
        let node = Arc::new(LeastNode {
            secp: secp.clone(),
            id: key.public_key(&secp),
            peer: keypair(2).public_key(),
            minted: 0.into(),
            sent: 0.into(),
            orders: sender,
        });
        let ports = Ports {
            store: store.clone(),
            onion: node.clone(),
            payer: node.clone(),
            issuer: node.clone(),
            rates: Arc::new(FakeRates::default()),
            clock: Arc::new(Seconds(NOW.into())),
            entropy: Arc::new(OsEntropy),
        };
        let policy =
            Policy { payout_max_per_day: Msat::MAX, ..Policy::for_chain(ChainHash::BITCOIN) };
        let driver = Driver::new(ports, Keys::new(&key), policy);
        driver.begin_with_rates().unwrap();
        Self { secp, key, node, driver, store, orders }
    }

    fn offer(&self, number: u32) -> bolt12::Offer {
        OfferBuilder::new()
            .amount(Msat::from_sat(100).unwrap())
            .description(&format!("coffee {number}"))
            .issuer_id(&self.node.id)
            .build()
            .unwrap()
    }

    /// Brings the offers in the book up to this number.
    fn fill(&self, count: u32) {
        let first = self.store.next_offer_row().unwrap().0;
        let numbers: Vec<u32> = (first..=count).collect();
        for numbers in numbers.chunks(10_000) {
            let created = |number: &u32| {
                let created_at = Timestamp(NOW);
                let offer = self.offer(*number);
                let encoding = OfferEncoding { offer, path_id: None, created_at };
                Event::OfferCreated(OfferEntry {
                    row: OfferRow(*number),
                    arguments_key: None,
                    label: None,
                    external_id: None,
                    tags: Vec::new(),
                    return_url: None,
                    fronts: Fronts::Usual,
                    single_use: false,
                    active: true,
                    used: false,
                    created_at,
                    encodings: vec![encoding],
                })
            };
            let events = numbers.iter().map(created).collect();
            self.store.commit(&Batch { events, effects: Vec::new() }).unwrap();
        }
    }

    /// Requests as bytes of onions, for offers all over the book.
    fn requests(&self, round: u32, offers: u32) -> Vec<(Vec<u8>, InvoiceRequest)> {
        let reply_path = self.node.path();
        let make = |number: u32| {
            let place = 1 + number.wrapping_mul(2_654_435_761) % offers;
            let metadata = [round.to_be_bytes(), number.to_be_bytes()].concat();
            let request = InvoiceRequestBuilder::for_offer(&self.offer(place))
                .metadata(metadata)
                .sign(&self.secp, &keypair(3))
                .unwrap();
            let content = (64, request.bytes().to_vec());
            let to = Destination::Node(self.node.id);
            let (_, onion) =
                create(&self.secp, self.node.secret(), &[], &to, content, Some(&reply_path))
                    .unwrap();
            (onion.encode(), request)
        };
        (0..REQUESTS).map(make).collect()
    }

    async fn answer(&self, bytes: &[u8]) {
        let onion = OnionMessage::decode(bytes).unwrap();
        let Peeled::Receive { path_id, reply_path, contents } =
            peel(&self.secp, &self.key, &onion).unwrap()
        else {
            panic!("not for us");
        };
        let (typ, bytes) = contents.into_iter().next().unwrap();
        let content = MessageContent { typ, bytes };
        let from_peer = self.node.peer;
        let message = InboundMessage { from_peer, path_id, reply_path, content };
        self.driver.handle(NodeEvent::Message(message)).await.unwrap();
    }

    /// Processor time for one answer, and for the bare work in it.
    async fn measure(&self, offers: u32) -> (Duration, Duration) {
        let mut times = Vec::new();
        for round in 0..ROUNDS {
            let requests = self.requests(round, offers);
            let bare = Bare::new(&requests[0].1);
            let sent = self.node.sent.load(Ordering::Relaxed);
            let begun = ThreadTime::now();
            for (bytes, _) in &requests {
                self.answer(bytes).await;
            }
            let ours = begun.elapsed() / REQUESTS;
            let answered = self.node.sent.load(Ordering::Relaxed) - sent;
            assert_eq!(answered, u64::from(REQUESTS), "not all were answered");
            let begun = ThreadTime::now();
            (0..REQUESTS).for_each(|_| bare.run());
            times.push((ours, begun.elapsed() / REQUESTS));
        }
        times.sort_unstable();
        times[times.len() / 2]
    }

    /// Wall time for one redemption: claim, handing over and end, each on disk before the next.
    async fn redemptions(&mut self) -> Duration {
        let worker = self.driver.clone();
        let outbox = tokio::spawn(async move { worker.run_outbox().await });
        let mut invoices = Vec::new();
        for number in 0..REDEMPTIONS {
            let made = self.driver.create_payout(payout()).await.unwrap();
            let offer = made.payout.offer.unwrap();
            let metadata: [u8; 32] = [number.to_be_bytes(); 8].concat().try_into().unwrap();
            let minted = self.node.mint(order()).await.unwrap();
            let paths = minted.paths.into_iter().map(|path| (path.path, path.pay_info)).collect();
            let invoice = InvoiceBuilder::for_payout_offer(&offer, metadata, ChainHash::BITCOIN)
                .paths(paths)
                .created_at(Timestamp(NOW))
                .relative_expiry(bolt1::Seconds(1_000_000))
                .payment_hash(minted.payment_hash)
                .sign(&self.secp, &keypair(4))
                .unwrap();
            invoices.push(invoice);
        }
        let begun = Instant::now();
        for invoice in &invoices {
            let content = MessageContent { typ: 66, bytes: invoice.bytes().to_vec() };
            let (from_peer, path_id, reply_path) = (self.node.peer, None, None);
            let message = InboundMessage { from_peer, path_id, reply_path, content };
            self.driver.handle(NodeEvent::Message(message)).await.unwrap();
            let payment_id = self.orders.recv().await.unwrap();
            let (preimage, fee) = ([7; 32], Some(Msat::ZERO));
            let sent = NodeEvent::PaymentSent { payment_id, preimage, fee, parts: Some(1) };
            self.driver.handle(sent).await.unwrap();
        }
        let each = begun.elapsed() / REDEMPTIONS;
        outbox.abort();
        // Only then is the store no longer open.
        let _ = outbox.await;
        each
    }
}

fn order() -> MintOrder {
    MintOrder {
        amount: Msat::from_sat(100).unwrap(),
        expiry: bolt1::Seconds(7200),
        context: [0; 32],
        payer_id: keypair(3).public_key(),
        quantity: None,
        memo: None,
        fronts: Fronts::Usual,
    }
}

fn payout() -> PayoutArguments {
    PayoutArguments {
        amount: AmountSpec::Msat(Msat::from_sat(100).unwrap()),
        description: "withdrawal".into(),
        issuer: None,
        label: None,
        absolute_expiry: None,
        max_amount: None,
        uses: Uses::ONCE,
        quantity_max: None,
        refund_for: None,
        recurrence: None,
        approve: false,
        with_offer: true,
    }
}

/// The bare work of one answer: reading and verifying the request, and the multiplications of peeling, of blinding the
/// payment path, of signing, and of wrapping the answer.
struct Bare {
    read: BareRead,
    onion: BareOnion,
}

impl Bare {
    fn new(request: &InvoiceRequest) -> Self {
        let payer = request.payer_id();
        let read = BareRead::of(request.bytes(), Some((&payer, "invoice_request")));
        Self { read, onion: BareOnion::new() }
    }

    fn run(&self) {
        self.read.run();
        self.onion.answer();
    }
}

/// Memory that the process has, in MiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn print(what: &str, (ours, bare): (Duration, Duration)) -> f64 {
    let per_second = 1.0 / ours.as_secs_f64();
    let of_bare = bare.as_secs_f64() / ours.as_secs_f64();
    println!(
        "{what}: {per_second:.0} requests per second and core ({:.1} µs each, bare {:.1} µs: {of_bare:.2} of \
         the bare rate), {} MiB resident",
        ours.as_secs_f64() * 1e6,
        bare.as_secs_f64() * 1e6,
        resident(),
    );
    per_second
}

fn main() {
    let many = std::env::var("OFFERS").map_or(1_000_000, |offers| offers.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("offerd.sqlite");
    runtime.block_on(async {
        let mut daemon = Daemon::start(&file);
        daemon.fill(10);
        let few = print("10 offers", daemon.measure(10).await);
        let each = daemon.redemptions().await;
        println!("redemptions: {:.0} per second, three commits each", 1.0 / each.as_secs_f64());
        daemon.fill(many);
        drop(daemon);
        let begun = Instant::now();
        let daemon = Daemon::start(&file);
        assert_eq!(daemon.store.next_offer_row().unwrap().0, many + 1);
        println!("start of store and driver with {many} offers: {:?}", begun.elapsed());
        let rate = print(&format!("{many} offers"), daemon.measure(many).await);
        println!("that is {:.2} of the rate with 10", rate / few);
    });
}
