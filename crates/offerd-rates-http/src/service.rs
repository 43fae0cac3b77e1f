//! All of it together, behind the port.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bolt1::Timestamp;
use bolt12::Currency;
use offerd_core::port::{PortError, Rates, SourceState};
use offerd_core::rates::{NoRate, PerBitcoin, Rate, RateBook, RateBounds, Reading};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::fetch::{Fetcher, Proxy};
use crate::read::{ReadError, price_in};
pub use crate::schedule::Pace;
use crate::schedule::Schedule;
use crate::source::Source;

/// The wall clock.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Most sources that are asked at the same time.
const MOST_AT_ONCE: usize = 16;

/// What the operator may set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whom to ask.
    pub sources: Vec<Source>,
    /// Whom to believe.
    pub bounds: RateBounds,
    /// How often to ask.
    pub pace: Pace,
    /// How long one source may take, from beginning to end.
    pub timeout: Duration,
    /// A change of the median that is worth a line in the log, in millionths.
    pub jump_ppm: u32,
    /// Through what to ask.
    pub proxy: Option<Proxy>,
    /// Rates that were set by hand, whatever the sources say.
    pub fixed: BTreeMap<Currency, PerBitcoin>,
}

impl Default for Settings {
    /// The built-in sources, 10 s each; a jump is 3 %.
    fn default() -> Self {
        Self {
            sources: crate::builtin::builtin_sources(),
            bounds: RateBounds::default(),
            pace: Pace::default(),
            timeout: Duration::from_secs(10),
            jump_ppm: 30_000,
            proxy: None,
            fixed: BTreeMap::new(),
        }
    }
}

/// Rates from HTTP sources and files, kept fresh as long as [`run`](Self::run) runs.
pub struct HttpRates {
    sources: Vec<Source>,
    bounds: RateBounds,
    jump_ppm: u32,
    fixed: BTreeMap<Currency, PerBitcoin>,
    fetcher: Fetcher,
    clock: Clock,
    state: Mutex<State>,
    /// Something was added to the schedule.
    wake: Notify,
    /// Counts the questions that were done.
    done: watch::Sender<u64>,
}

struct State {
    book: RateBook,
    schedule: Schedule,
    failures: BTreeMap<(usize, Currency), (Timestamp, String)>,
    /// The last median that was told.
    told: BTreeMap<Currency, PerBitcoin>,
    /// The sources that are left out now, each told once.
    left_out: BTreeMap<Currency, BTreeSet<String>>,
}

impl fmt::Debug for HttpRates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRates").field("sources", &self.sources).finish_non_exhaustive()
    }
}

impl HttpRates {
    /// Knows nothing yet, and asks nobody until [`run`](Self::run) runs.
    ///
    /// # Errors
    /// `Unavailable` when no HTTP client can be made, such as when the system has no root certificates.
    pub fn new(settings: Settings, clock: Clock) -> Result<Self, PortError> {
        let fetcher = Fetcher::new(settings.timeout, settings.proxy).map_err(|error| {
            PortError::unavailable("rates: no HTTP client can be made").because(error)
        })?;
        let mut book = RateBook::default();
        for (currency, price) in &settings.fixed {
            book.fix(*currency, Some(*price));
        }
        Ok(Self {
            sources: settings.sources,
            bounds: settings.bounds,
            jump_ppm: settings.jump_ppm,
            fixed: settings.fixed,
            fetcher,
            clock,
            state: Mutex::new(State {
                book,
                schedule: Schedule::new(settings.pace),
                failures: BTreeMap::new(),
                told: BTreeMap::new(),
                left_out: BTreeMap::new(),
            }),
            wake: Notify::new(),
            done: watch::Sender::new(0),
        })
    }

    /// Asks what is due, for ever.
    pub async fn run(self: Arc<Self>) {
        let mut asking = JoinSet::new();
        loop {
            let free = MOST_AT_ONCE.saturating_sub(asking.len());
            let next = {
                let mut state = self.state();
                for (source, currency) in state.schedule.take_due(Instant::now(), free) {
                    let this = Arc::clone(&self);
                    asking.spawn(async move { this.ask_one(source, currency).await });
                }
                state.schedule.next()
            };
            let is_full = asking.len() >= MOST_AT_ONCE;
            tokio::select! {
                () = wait_until(next), if !is_full => {}
                () = self.wake.notified(), if !is_full => {}
                Some(_) = asking.join_next() => {}
            }
        }
    }

    async fn ask_one(&self, index: usize, currency: Currency) {
        let Some(source) = self.sources.get(index) else { return };
        let said = self.read(source, currency).await;
        let now = (self.clock)();
        let question = (index, currency);
        let mut state = self.state();
        state.schedule.done(question, said.is_ok(), Instant::now());
        match said {
            Ok(reading) => {
                if state.failures.remove(&question).is_some() {
                    tracing::info!(source = source.name(), %currency, "rate source answers again");
                }
                state.book.record(currency, source.name(), reading);
            }
            Err(error) => {
                if state.schedule.failures(question) == 1 {
                    tracing::warn!(source = source.name(), %currency, %error, "rate source failed");
                }
                state.failures.insert(question, (now, error.to_string()));
            }
        }
        self.tell(&mut state, currency, now);
        drop(state);
        self.done.send_modify(|count| *count = count.wrapping_add(1));
    }

    async fn read(&self, source: &Source, currency: Currency) -> Result<Reading, ReadError> {
        let reply = self.fetcher.get(source.place(currency)?).await?;
        let price = price_in(source, currency, &reply.bytes)?;
        let now = (self.clock)();
        Ok(Reading { price, at: reply.written_at.map_or(now, |written| written.min(now)) })
    }

    /// Says so when the median has jumped, and when a source is left out. A slow drift is measured from what was
    /// told last, not from the last step.
    fn tell(&self, state: &mut State, currency: Currency, now: Timestamp) {
        let left_out = state.book.left_out(currency, self.bounds, now);
        let known = state.left_out.entry(currency).or_default();
        for (source, reading) in &left_out {
            if !known.contains(*source) {
                let price = reading.price;
                tracing::warn!(source, %currency, %price, "rate source left out: far from the others");
            }
        }
        *known = left_out.iter().map(|(source, _)| (*source).to_owned()).collect();
        let Ok(rate) = state.book.rate(currency, self.bounds, now) else { return };
        match state.told.get(&currency) {
            Some(before) if before.distance_ppm(rate.price) <= self.jump_ppm => return,
            Some(before) => {
                tracing::warn!(%currency, %before, now = %rate.price, "the rate has jumped");
            }
            None => tracing::info!(%currency, price = %rate.price, "rate known"),
        }
        state.told.insert(currency, rate.price);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn wait_until(next: Option<Instant>) {
    match next {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

#[async_trait]
impl Rates for HttpRates {
    fn rate(&self, currency: Currency) -> Result<Rate, NoRate> {
        self.state().book.rate(currency, self.bounds, (self.clock)())
    }

    fn watch(&self, currency: Currency) {
        let mut state = self.state();
        for index in 0..self.sources.len() {
            state.schedule.add((index, currency), Instant::now());
        }
        drop(state);
        self.wake.notify_one();
    }

    async fn ask(&self, currency: Currency) -> Result<Rate, NoRate> {
        let mut done = self.done.subscribe();
        self.watch(currency);
        loop {
            let (rate, is_settled) = {
                let state = self.state();
                let rate = state.book.rate(currency, self.bounds, (self.clock)());
                // The first answer alone is no median. The others have a deadline: waiting for them ends.
                let is_asking = state.schedule.is_asking(currency, Instant::now());
                let most_agree =
                    rate.as_ref().is_ok_and(|rate| rate.sources.len() * 2 > self.sources.len());
                (rate, most_agree || !is_asking || state.book.fixed(currency).is_some())
            };
            if is_settled || done.changed().await.is_err() {
                return rate;
            }
        }
    }

    fn fix(&self, currency: Currency, price: Option<PerBitcoin>) {
        let price = price.or_else(|| self.fixed.get(&currency).copied());
        self.state().book.fix(currency, price);
    }

    fn sources(&self, currency: Currency) -> Vec<SourceState> {
        let now = (self.clock)();
        let state = self.state();
        let left_out = state.book.left_out(currency, self.bounds, now);
        let readings: BTreeMap<_, _> = state.book.readings(currency).collect();
        let of_source = |(index, source): (usize, &Source)| SourceState {
            name: source.name().to_owned(),
            reading: readings.get(source.name()).copied(),
            is_fresh: readings
                .get(source.name())
                .is_some_and(|reading| now.since(reading.at) <= self.bounds.max_age),
            is_left_out: left_out.iter().any(|(name, _)| *name == source.name()),
            failure: state.failures.get(&(index, currency)).cloned(),
            failures: state.schedule.failures((index, currency)),
        };
        self.sources.iter().enumerate().map(of_source).collect()
    }
}
