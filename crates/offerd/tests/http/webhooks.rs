//! Events handed to receivers: good ones, and those that are slow to learn, away, or send us elsewhere.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bolt1::Timestamp;
use offerd::driver::{Clock, SystemClock};
use offerd::shutdown::Shutdown;
use offerd::webhook::{Secret, Webhooks};
use offerd_api::webhook::WebhookView;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::caller::Caller;
use crate::world::World;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/receiver/receiver.py");

/// Time that is always later than anybody wants to wait.
struct HalfHours(AtomicU64);

impl Clock for HalfHours {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1_800, Ordering::Relaxed))
    }
}

/// What a receiver got.
#[derive(Debug)]
pub(crate) struct Received {
    headers: HeaderMap,
    body: Bytes,
}

impl Received {
    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    fn event(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn id(&self) -> u64 {
        self.event()["id"].as_u64().unwrap()
    }
}

/// What it answers, by the event's id; 200 for others.
type Answers = Arc<Mutex<BTreeMap<u64, StatusCode>>>;

/// Somebody's shop, which wants to know what happens.
pub(crate) struct Receiver {
    address: SocketAddr,
    received: mpsc::UnboundedReceiver<Received>,
    answers: Answers,
    _serving: JoinHandle<()>,
}

impl Receiver {
    pub(crate) async fn open() -> Self {
        Self::open_at(([127, 0, 0, 1], 0).into()).await
    }

    async fn open_at(address: SocketAddr) -> Self {
        let (sender, received) = mpsc::unbounded_channel();
        let answers = Answers::default();
        let router = Router::new().fallback(take).with_state((sender, Arc::clone(&answers)));
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, received, answers, _serving: serving }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/events?key=geheim", self.address)
    }

    pub(crate) fn answer(&self, id: u64, status: StatusCode) {
        self.answers.lock().unwrap().insert(id, status);
    }

    pub(crate) async fn next(&mut self) -> Received {
        self.received.recv().await.unwrap()
    }

    pub(crate) async fn next_ids(&mut self, count: usize) -> Vec<u64> {
        let mut ids = Vec::new();
        for _ in 0..count {
            ids.push(self.next().await.id());
        }
        ids
    }
}

async fn take(
    State((sender, answers)): State<(mpsc::UnboundedSender<Received>, Answers)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let received = Received { headers, body };
    let status = answers.lock().unwrap().get(&received.id()).copied();
    // The test may be over.
    let _ = sender.send(received);
    let elsewhere = [(header::LOCATION, "/elsewhere")];
    (status.unwrap_or(StatusCode::OK), elsewhere).into_response()
}

/// A daemon whose events go to some addresses.
pub(crate) struct Shop {
    pub(crate) caller: Caller,
    pub(crate) world: World,
    shutdown: Shutdown,
    handing_out: JoinHandle<()>,
    clock: Arc<dyn Clock>,
}

impl Shop {
    pub(crate) fn telling(urls: &[String]) -> Self {
        Self::telling_by(urls, Arc::new(HalfHours(1_700_000_000.into())))
    }

    fn telling_by(urls: &[String], clock: Arc<dyn Clock>) -> Self {
        let world = World::new();
        let caller = Caller::of(world.announced());
        let mut shop = Self {
            caller,
            world,
            shutdown: Shutdown::new(),
            handing_out: tokio::spawn(async {}),
            clock,
        };
        shop.begin(urls);
        shop
    }

    fn begin(&mut self, urls: &[String]) {
        let urls: Vec<_> = urls.iter().map(|url| url.parse().unwrap()).collect();
        let (secret, clock) = (Secret::read(SECRET).unwrap(), Arc::clone(&self.clock));
        let webhooks = Webhooks::new(&urls, secret, &self.caller.party.driver, clock).unwrap();
        self.caller.api.webhooks = webhooks.clone();
        self.shutdown = Shutdown::new();
        self.handing_out = tokio::spawn(webhooks.run(self.shutdown.clone()));
    }

    pub(crate) async fn end(&mut self) {
        self.shutdown.request();
        (&mut self.handing_out).await.unwrap();
    }

    /// Something happens.
    pub(crate) async fn offer(&self, description: &str) {
        self.caller.call("offer", json!({ "amount": "any", "description": description })).await;
    }

    async fn webhook(&self) -> WebhookView {
        let list = self.caller.call("listwebhooks", json!({})).await;
        serde_json::from_value(list["webhooks"][0].clone()).unwrap()
    }

    /// How the receiver does, as soon as that is so.
    pub(crate) async fn once(&self, is_so: impl Fn(&WebhookView) -> bool) -> WebhookView {
        loop {
            let webhook = self.webhook().await;
            if is_so(&webhook) {
                return webhook;
            }
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn what_happens_is_handed_over_signed_and_in_order_and_goes_on_after_a_restart() {
    let mut receiver = Receiver::open().await;
    let mut shop = Shop::telling(&[receiver.url()]);
    shop.offer("tea").await;
    shop.offer("coffee").await;
    let first = receiver.next().await;
    assert_eq!(
        (&first.event()["kind"], &first.event()["subject"]),
        (&json!("offer_created"), &json!("offer/1"))
    );
    assert_eq!(first.header("webhook-id"), first.id().to_string());
    let at = Timestamp(first.header("webhook-timestamp").parse().unwrap());
    let signature =
        Secret::read(SECRET).unwrap().signature(first.header("webhook-id"), at, &first.body);
    assert_eq!(first.header("webhook-signature"), signature);
    let second = receiver.next().await;
    assert!(second.id() > first.id());
    shop.once(|webhook| webhook.through_id == second.id()).await;
    shop.end().await;
    shop.offer("while nobody hands anything out").await;
    shop.begin(&[receiver.url()]);
    let third = receiver.next().await;
    assert_eq!(third.event()["subject"], "offer/3");
    shop.end().await;
}

#[tokio::test]
async fn a_new_receiver_gets_what_happens_from_then_on() {
    let (first, mut second) = (Receiver::open().await, Receiver::open().await);
    let mut shop = Shop::telling(&[first.url()]);
    shop.offer("before").await;
    shop.end().await;
    shop.begin(&[first.url(), second.url()]);
    shop.offer("after").await;
    assert_eq!(second.next().await.event()["subject"], "offer/2");
    shop.end().await;
}

#[tokio::test]
async fn an_event_that_is_refused_is_put_aside_and_sent_again_when_told_to() {
    let mut receiver = Receiver::open().await;
    let mut shop = Shop::telling(&[receiver.url()]);
    receiver.answer(1, StatusCode::UNPROCESSABLE_ENTITY);
    shop.offer("tea").await;
    shop.offer("coffee").await;
    assert_eq!(receiver.next_ids(6).await, [1, 1, 1, 1, 1, 2]);
    let webhook = shop.once(|webhook| webhook.through_id == 2).await;
    assert!(!webhook.url.contains("geheim"), "{}", webhook.url);
    let failed = &webhook.failed[0];
    assert_eq!((failed.first_id, failed.last_id, failed.why.as_str()), (1, 1, "it answered 422"));
    receiver.answer(1, StatusCode::OK);
    assert_eq!(shop.caller.call("retrywebhook", json!({ "id": 2 })).await["retrying"], 0);
    assert_eq!(shop.caller.call("retrywebhook", json!([1])).await["retrying"], 1);
    assert_eq!(receiver.next_ids(1).await, [1]);
    shop.once(|webhook| webhook.retrying == 0 && webhook.failed.is_empty()).await;
    shop.end().await;
}

#[tokio::test]
async fn nothing_is_sent_elsewhere_than_where_the_operator_has_said() {
    let mut receiver = Receiver::open().await;
    let mut shop = Shop::telling(&[receiver.url()]);
    receiver.answer(1, StatusCode::TEMPORARY_REDIRECT);
    shop.offer("tea").await;
    assert_eq!(receiver.next_ids(2).await, [1, 1]);
    let webhook = shop.once(|webhook| webhook.attempts > 0).await;
    assert_eq!(
        webhook.last_error.as_deref(),
        Some("it answered 307: redirections are not followed")
    );
    receiver.answer(1, StatusCode::OK);
    shop.once(|webhook| webhook.through_id == 1 && webhook.last_error.is_none()).await;
    while let Ok(received) = receiver.received.try_recv() {
        assert_eq!(received.id(), 1);
    }
    shop.end().await;
}

#[tokio::test]
async fn what_happens_while_a_receiver_is_gone_for_days_fails_and_can_be_sent_when_it_is_back() {
    let mut receiver = Receiver::open().await;
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut shop = Shop::telling(&[receiver.url(), format!("http://{gone}/")]);
    shop.offer("tea").await;
    shop.offer("coffee").await;
    // The other one hears of it all the same.
    assert_eq!(receiver.next_ids(2).await, [1, 2]);
    let list =
        || async { shop.caller.call("listwebhooks", json!({})).await["webhooks"][1].clone() };
    while list().await["failed"].as_array().is_none_or(Vec::is_empty) {
        tokio::task::yield_now().await;
    }
    let failed = &list().await["failed"][0];
    assert_eq!((&failed["first_id"], &failed["last_id"]), (&json!(1), &json!(2)));
    let mut back = Receiver::open_at(gone).await;
    assert_eq!(shop.caller.call("retrywebhook", json!({})).await["retrying"], 2);
    assert_eq!(back.next_ids(2).await, [1, 2]);
    shop.end().await;
}

#[tokio::test]
async fn the_example_receiver_takes_what_is_signed_and_new() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("webhook-secret");
    std::fs::write(&secret, SECRET).unwrap();
    let program = Command::new("python3")
        .arg(EXAMPLE)
        .args([&secret, &folder.path().join("seen.db")])
        .arg("0")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    let Ok(mut program) = program else {
        eprintln!("SKIPPED: the example receiver was not tried: python3 is not installed");
        return;
    };
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let ready = lines.next_line().await.unwrap().unwrap();
    let url = format!("http://127.0.0.1:{}/", ready.rsplit(' ').next().unwrap());
    let mut shop = Shop::telling_by(std::slice::from_ref(&url), Arc::new(SystemClock));
    shop.offer("tea").await;
    assert_eq!(lines.next_line().await.unwrap().unwrap(), "1 offer_created offer/1");
    shop.once(|webhook| webhook.through_id == 1).await;
    shop.end().await;
    let twice = format!("{url}twice");
    shop.begin(&[twice]);
    shop.offer("coffee").await;
    assert_eq!(lines.next_line().await.unwrap().unwrap(), "2 offer_created offer/2");
    shop.once(|webhook| webhook.through_id == 2).await;
    shop.end().await;
    // To the first address, that event comes a second time.
    shop.begin(&[url]);
    shop.once(|webhook| webhook.through_id == 2).await;
    shop.offer("cake").await;
    assert_eq!(lines.next_line().await.unwrap().unwrap(), "3 offer_created offer/3");
    shop.end().await;
    // Signed by somebody else.
    let at = SystemClock.now();
    let forged = Secret::read("whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldCwgbm90IG91cnM=").unwrap();
    let forged = answer_to(&ready, at, &forged.signature("3", at, b"{}")).await;
    assert!(forged.starts_with("HTTP/1.0 403"), "{forged}");
}

/// What is answered to an event with this signature.
async fn answer_to(ready: &str, at: Timestamp, signature: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let port: u16 = ready.rsplit(' ').next().unwrap().parse().unwrap();
    let mut receiver = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = format!(
        "POST / HTTP/1.0\r\nwebhook-id: 3\r\nwebhook-timestamp: {}\r\nwebhook-signature: {signature}\r\n\
         content-length: 2\r\n\r\n{{}}",
        at.0
    );
    receiver.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    receiver.read_to_string(&mut answer).await.unwrap();
    answer
}
