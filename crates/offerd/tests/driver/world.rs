//! Drivers joined by a network in memory.

#[path = "../shared/offer_request.rs"]
mod offer_request;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bolt1::{Msat, Seconds, Timestamp};
use bolt12::InvoiceError;
pub(crate) use offer_request::offer_request;
use offerd::driver::{
    CallError, Clock, Driver, Entropy, PayCall, PayOutcome, PayoutMade, Ports, Redeemed,
};
use offerd_core::Policy;
use offerd_core::amount::AmountSpec;
use offerd_core::invoice_book::{Bolt11Arguments, RedeemArguments};
use offerd_core::keys::Keys;
use offerd_core::payment::OutgoingPayment;
use offerd_core::payout::{Payout, PayoutArguments, Uses};
use offerd_core::port::{
    Bolt11Facts, Bolt11Minted, Bolt11Order, Bolt11Refused, Destination, Hints, Indexed,
    InvoiceIssuer, InvoicePayer, MessageContent, MintOrder, Minted, NodeEvent, OnionTransport as _,
    OutboundMessage, Page, PayOrder, PayRefused, PortError, Store as _,
};
use offerd_core::receipt::Receipt;
use offerd_testkit::{
    FakeNetwork, FakeNode, FakeRates, MemoryStore, Reach, Recorder, SeededEntropy, sample,
};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// The wall clock goes with tokio's, as far ahead as the test wishes.
struct WallClock {
    began: Instant,
    watch: Watch,
}

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        let now = sample::NOW.0 + self.began.elapsed().as_secs();
        Timestamp(now.checked_add_signed(self.watch.wishes.borrow().seconds_ahead).unwrap())
    }
}

struct Chance(SeededEntropy);

impl Entropy for Chance {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), PortError> {
        self.0.fill(bytes);
        Ok(())
    }
}

/// A node that notes what it is told, takes its time, and fails as it is wished.
struct Watched {
    node: FakeNode,
    watch: Watch,
}

/// What a node was told, and what it is wished to do; across restarts.
#[derive(Clone, Default)]
pub(crate) struct Watch {
    orders: Arc<Mutex<Vec<[u8; 32]>>>,
    wishes: watch::Sender<Wishes>,
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Wishes {
    /// It takes an order and never says so.
    pub(crate) pay_hangs: bool,
    /// It does not say what it can send.
    pub(crate) balance_hangs: bool,
    /// How far its clock is ahead of everybody else's.
    pub(crate) seconds_ahead: i64,
    /// Nobody could pay it now.
    pub(crate) mint_fails: bool,
    /// It cannot take a payment now.
    pub(crate) accept_fails: bool,
}

impl Watch {
    /// The ids of all payments that it was told to begin.
    pub(crate) fn orders(&self) -> Vec<[u8; 32]> {
        self.orders.lock().unwrap().clone()
    }

    pub(crate) fn wish(&self, change: impl FnOnce(&mut Wishes)) {
        self.wishes.send_modify(change);
    }

    async fn until(&self, granted: impl Fn(&Wishes) -> bool) {
        self.wishes.subscribe().wait_for(granted).await.unwrap();
    }
}

#[async_trait]
impl InvoicePayer for Watched {
    async fn pay(&self, order: PayOrder) -> Result<(), PayRefused> {
        self.watch.orders.lock().unwrap().push(order.payment_id);
        self.watch.until(|wishes| !wishes.pay_hangs).await;
        self.node.pay(order).await
    }

    async fn read_bolt11(&self, string: &str) -> Result<Bolt11Facts, String> {
        self.node.read_bolt11(string).await
    }

    async fn known_payments(&self) -> Result<Vec<[u8; 32]>, PortError> {
        self.node.known_payments().await
    }

    async fn spendable(&self) -> Result<Msat, PortError> {
        self.watch.until(|wishes| !wishes.balance_hangs).await;
        self.node.spendable().await
    }
}

#[async_trait]
impl InvoiceIssuer for Watched {
    async fn mint(&self, order: MintOrder) -> Result<Minted, PortError> {
        tokio::task::yield_now().await;
        if self.watch.wishes.borrow().mint_fails {
            return Err(PortError::unavailable("as the test wished"));
        }
        self.node.mint(order).await
    }

    async fn mint_bolt11(&self, order: Bolt11Order) -> Result<Bolt11Minted, Bolt11Refused> {
        tokio::task::yield_now().await;
        self.node.mint_bolt11(order).await
    }

    async fn accept(&self, payment_hash: [u8; 32]) -> Result<(), PortError> {
        if self.watch.wishes.borrow().accept_fails {
            return Err(PortError::unavailable("as the test wished"));
        }
        self.node.accept(payment_hash).await
    }

    async fn is_lost(&self, payment_hash: [u8; 32]) -> Result<bool, PortError> {
        self.node.is_lost(payment_hash).await
    }

    async fn refuse(&self, payment_hash: [u8; 32]) -> Result<(), PortError> {
        self.node.refuse(payment_hash).await
    }
}

/// A network that moves by itself.
pub(crate) struct World {
    pub(crate) network: FakeNetwork,
    began: Instant,
    parties: AtomicU64,
}

impl World {
    pub(crate) fn new() -> Self {
        let network = FakeNetwork::new(7);
        tokio::spawn(network.clone().serve());
        Self { network, began: Instant::now(), parties: 0.into() }
    }

    pub(crate) fn announced(&self) -> Party {
        self.party(Reach::Announced)
    }

    pub(crate) fn stranger(&self) -> Stranger {
        let (node, heard) = (self.network.node(Reach::Announced), Arc::new(Recorder::new()));
        node.start(heard.clone());
        Stranger { node, heard }
    }

    pub(crate) fn party(&self, reach: Reach) -> Party {
        let number = self.parties.fetch_add(1, Ordering::Relaxed);
        let node = self.network.node(reach);
        let store = Arc::new(MemoryStore::new());
        let began = self.began;
        let watch = Watch::default();
        let rates = FakeRates::default();
        Party::start(Parts { node, store, rates, watch, began, seed: number * 1000 })
    }
}

/// Somebody who says what he likes: a node without a driver.
pub(crate) struct Stranger {
    pub(crate) node: FakeNode,
    heard: Arc<Recorder>,
}

impl Stranger {
    /// Says something and gives the refusals that come back, each with the field that it blames.
    pub(crate) async fn say(
        &self,
        to: Destination,
        typ: u64,
        bytes: &[u8],
    ) -> Vec<(String, Option<u64>)> {
        let content = MessageContent { typ, bytes: bytes.to_vec() };
        let reply_path_id = Some(vec![1; 32]);
        let message = OutboundMessage { to, content, reply_path_id, attempt: 0 };
        self.node.send(message).await.unwrap();
        settle().await;
        let refusals = self.heard.take().into_iter().filter_map(|event| {
            let NodeEvent::Message(said) = event else { return None };
            let error = InvoiceError::decode(&said.content.bytes).ok()?;
            (said.content.typ == 68)
                .then(|| (error.error.as_str().to_owned(), error.erroneous_field))
        });
        refusals.collect()
    }
}

/// Lets everything happen that needs no time, and what is due in the next milliseconds: time moves only when
/// nothing else does.
pub(crate) async fn settle() {
    tokio::time::sleep(Duration::from_millis(5)).await;
}

/// Lets so much time pass.
pub(crate) async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

/// What survives a crash.
struct Parts {
    node: FakeNode,
    store: Arc<MemoryStore>,
    rates: FakeRates,
    watch: Watch,
    began: Instant,
    seed: u64,
}

/// A node with its store and driver.
pub(crate) struct Party {
    pub(crate) node: FakeNode,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) rates: FakeRates,
    pub(crate) driver: Arc<Driver>,
    pub(crate) watch: Watch,
    workers: [JoinHandle<()>; 2],
    began: Instant,
    seed: u64,
}

impl Party {
    fn start(Parts { node, store, rates, watch, began, seed }: Parts) -> Self {
        let watched = Arc::new(Watched { node: node.clone(), watch: watch.clone() });
        let ports = Ports {
            store: store.clone(),
            onion: Arc::new(node.clone()),
            payer: watched.clone(),
            issuer: watched,
            rates: Arc::new(rates.clone()),
            clock: Arc::new(WallClock { began, watch: watch.clone() }),
            entropy: Arc::new(Chance(SeededEntropy::new(seed))),
        };
        let policy = Policy::for_chain(bolt1::ChainHash::BITCOIN);
        let driver = Driver::new(ports, Keys::new(&node.secret_key()), policy);
        driver.begin_with_rates().unwrap();
        node.start(driver.clone());
        let worker = driver.clone();
        let outbox = tokio::spawn(async move { worker.run_outbox().await });
        let workers = [outbox, tokio::spawn(driver.clone().run_subscriptions())];
        Self { node, store, rates, driver, watch, workers, began, seed }
    }

    /// The process dies, if it has not, and is started again on what is on disk.
    pub(crate) fn restart(self) -> Self {
        self.workers.iter().for_each(JoinHandle::abort);
        self.node.crash();
        let Self { node, store, rates, watch, began, seed, .. } = self;
        Self::start(Parts { node, store, rates, watch, began, seed: seed + 1 })
    }

    /// The same, with nothing but the seed left.
    pub(crate) fn restart_empty(mut self) -> Self {
        self.store = Arc::new(MemoryStore::new());
        self.restart()
    }

    pub(crate) async fn offer(&self, sat: u64) -> String {
        let made = self.driver.create_offer(offer_request(sat)).await.unwrap();
        made.entry.newest().offer.to_string()
    }

    pub(crate) async fn payout(&self, sat: u64) -> Payout {
        self.try_payout(payout_arguments(sat)).await.unwrap().payout
    }

    pub(crate) async fn try_payout(
        &self,
        arguments: PayoutArguments,
    ) -> Result<PayoutMade, CallError> {
        self.driver.create_payout(arguments).await
    }

    pub(crate) async fn pay(&self, string: &str) -> Result<PayOutcome, CallError> {
        self.driver.pay(pay_call(string)).await
    }

    pub(crate) async fn redeem(&self, string: &str, label: &str) -> Result<Redeemed, CallError> {
        self.driver.send_invoice(redemption(string, label)).await
    }

    /// The same in a task of its own.
    pub(crate) fn spawn_redeem(
        &self,
        string: &str,
        label: &str,
    ) -> JoinHandle<Result<Redeemed, CallError>> {
        let (driver, arguments) = (self.driver.clone(), redemption(string, label));
        tokio::spawn(async move { driver.send_invoice(arguments).await })
    }

    /// The same with this patience, in seconds.
    pub(crate) fn spawn_redeem_within(
        &self,
        string: &str,
        label: &str,
        seconds: u64,
    ) -> JoinHandle<Result<Redeemed, CallError>> {
        let driver = self.driver.clone();
        let arguments = RedeemArguments { timeout: Seconds(seconds), ..redemption(string, label) };
        tokio::spawn(async move { driver.send_invoice(arguments).await })
    }

    pub(crate) fn spawn_pay(&self, call: PayCall) -> JoinHandle<Result<PayOutcome, CallError>> {
        let driver = self.driver.clone();
        tokio::spawn(async move { driver.pay(call).await })
    }

    pub(crate) fn payments(&self) -> Vec<OutgoingPayment> {
        rows(self.store.payments(Page::ALL).unwrap())
    }

    pub(crate) fn receipts(&self) -> Vec<Receipt> {
        rows(self.store.receipts(Page::ALL).unwrap())
    }

    /// What it has more than in the beginning, in msat.
    pub(crate) fn gained(&self) -> i64 {
        self.node.balance().to_i64() - FakeNetwork::BALANCE.to_i64()
    }

    /// The payments of ours that arrived.
    pub(crate) fn paid(&self) -> usize {
        self.payments().iter().filter(|payment| payment.is_paid()).count()
    }
}

fn rows<T>(indexed: Vec<Indexed<T>>) -> Vec<T> {
    indexed.into_iter().map(|indexed| indexed.row).collect()
}

pub(crate) fn sat(sat: u64) -> Msat {
    Msat::from_sat(sat).unwrap()
}

pub(crate) fn payout_arguments(sat: u64) -> PayoutArguments {
    PayoutArguments {
        amount: AmountSpec::Msat(self::sat(sat)),
        description: "withdrawal".into(),
        issuer: None,
        label: None,
        absolute_expiry: None,
        max_amount: None,
        quantity_max: None,
        uses: Uses::ONCE,
        refund_for: None,
        approve: false,
        recurrence: None,
        with_offer: true,
    }
}

/// An invoice of BOLT 11 over so many satoshi.
#[allow(dead_code, reason = "shared with the tests of the RPC")]
pub(crate) fn bolt11_arguments(sat: u64, label: &str) -> Bolt11Arguments {
    Bolt11Arguments {
        amount: AmountSpec::Msat(Msat::from_sat(sat).unwrap()),
        label: label.to_owned(),
        description: "two teas".to_owned(),
        description_as_hash: false,
        expiry: Seconds(3_600),
        final_delay: None,
        fallbacks: Vec::new(),
        preimage: None,
        hints: Hints::Automatic,
    }
}

pub(crate) fn pay_call(string: &str) -> PayCall {
    PayCall { string: string.into(), retry_for: Duration::from_secs(60), ..PayCall::default() }
}

pub(crate) fn redemption(string: &str, label: &str) -> RedeemArguments {
    let (string, label) = (string.to_owned(), label.to_owned());
    RedeemArguments {
        string,
        label,
        amount: None,
        quantity: None,
        period: None,
        timeout: Seconds(90),
    }
}

/// Both strings of a payout.
pub(crate) fn strings(payout: &Payout) -> [String; 2] {
    [
        payout.offer.as_ref().unwrap().to_string(),
        payout.invoice_request.as_ref().unwrap().to_string(),
    ]
}

/// What the other side said in its refusal.
pub(crate) fn refusal<T: std::fmt::Debug>(result: Result<T, CallError>) -> (String, Option<u64>) {
    match result {
        Err(CallError::Refused(error)) => (error.error.as_str().to_owned(), error.erroneous_field),
        other => panic!("not refused: {other:?}"),
    }
}
