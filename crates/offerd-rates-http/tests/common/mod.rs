//! A server that counts who asks it, and the rates that come from it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{MethodRouter, get};
use bolt1::Timestamp;
use bolt12::Currency;
use offerd_core::port::Rates;
use offerd_core::rates::PerBitcoin;
use offerd_rates_http::{HttpRates, Pace, Settings};
use offerd_testkit::FakeClock;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) const NOW: Timestamp = Timestamp(1_800_000_000);

pub(crate) fn usd() -> Currency {
    Currency::new("USD").unwrap()
}

pub(crate) fn eur() -> Currency {
    Currency::new("EUR").unwrap()
}

pub(crate) fn price(text: &str) -> PerBitcoin {
    PerBitcoin::from_price(text.parse().unwrap()).unwrap()
}

/// An address at which nobody listens.
pub(crate) async fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// One path for each name.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    hits: BTreeMap<String, Arc<AtomicUsize>>,
    all_hits: watch::Receiver<usize>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(routes: &[(&str, MethodRouter)]) -> Self {
        let (counted, all_hits) = watch::channel(0);
        let counted = Arc::new(counted);
        let mut hits = BTreeMap::new();
        let mut router = Router::new();
        for (name, route) in routes {
            let own = Arc::new(AtomicUsize::new(0));
            hits.insert((*name).to_owned(), Arc::clone(&own));
            let counted = Arc::clone(&counted);
            let counting = axum::middleware::map_request(move |request: axum::extract::Request| {
                own.fetch_add(1, Ordering::SeqCst);
                counted.send_modify(|all| *all += 1);
                async move { request }
            });
            router = router.route(&format!("/{name}"), route.clone().layer(counting));
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, hits, all_hits, task }
    }

    pub(crate) fn hits(&self, name: &str) -> usize {
        self.hits[name].load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Rates from a server of the test's own.
pub(crate) struct Bench {
    pub(crate) rates: Arc<HttpRates>,
    pub(crate) clock: FakeClock,
    server: Server,
    task: JoinHandle<()>,
}

impl Bench {
    /// A source for each route.
    pub(crate) async fn new(routes: &[(&str, MethodRouter)]) -> Self {
        Self::with(Settings { sources: Vec::new(), ..Settings::default() }, routes).await
    }

    /// Those of `settings`, and one for each route behind them; in quick succession.
    pub(crate) async fn with(mut settings: Settings, routes: &[(&str, MethodRouter)]) -> Self {
        let server = Server::start(routes).await;
        for (name, _) in routes {
            let line = format!("{name} http://{}/{name} /p", server.address);
            settings.sources.push(line.parse().unwrap());
        }
        settings.timeout = Duration::from_secs(1);
        settings.pace = Pace {
            every: Duration::from_millis(20),
            first_wait: Duration::from_millis(20),
            most_wait: Duration::from_millis(40),
        };
        let clock = FakeClock::at(NOW);
        let shown = clock.clone();
        let rates = Arc::new(HttpRates::new(settings, Arc::new(move || shown.now())).unwrap());
        let task = tokio::spawn(Arc::clone(&rates).run());
        Self { rates, clock, server, task }
    }

    /// One source, and the switch that makes it fail.
    pub(crate) async fn that_can_fail() -> (Self, Switch) {
        let switch = Switch::default();
        let fails = switch.clone();
        let route = get(move || async move {
            if fails.is_set() {
                (StatusCode::SERVICE_UNAVAILABLE, "")
            } else {
                (StatusCode::OK, r#"{"p":50000}"#)
            }
        });
        (Self::new(&[("a", route)]).await, switch)
    }

    /// Waits until the server was asked so many times more.
    pub(crate) async fn asked_again(&self, times: usize) {
        let mut hits = self.server.all_hits.clone();
        let goal = *hits.borrow_and_update() + times;
        // The hit before the goal has been dealt with when the one after it comes.
        hits.wait_for(|all| *all > goal).await.unwrap();
    }

    /// Waits until each source has answered about `currency`.
    pub(crate) async fn all_answered(&self, currency: Currency) {
        self.rates.watch(currency);
        while self.rates.sources(currency).iter().any(|state| state.reading.is_none()) {
            self.asked_again(1).await;
        }
    }

    /// Waits until there is a rate again.
    pub(crate) async fn rates_become_fresh(&self) -> bool {
        while self.rates.rate(usd()).is_err() {
            self.asked_again(1).await;
        }
        true
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Switch(Arc<AtomicBool>);

impl Switch {
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    pub(crate) fn clear(&self) {
        self.0.store(false, Ordering::SeqCst);
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
