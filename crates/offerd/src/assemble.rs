//! Builds the adapters from the settings and joins them around the driver. The only place that knows them all.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bolt1::ChainHash;
use offerd_api::layout::DATABASE;
use offerd_core::Policy;
use offerd_core::keys::Keys;
use offerd_core::port::{NodeEvent, NodeEvents, PortError};
use offerd_node_ldk::{Node, NodeConfig, NodeError, recovery_is_possible, seed_node_id};
use offerd_rates_http::HttpRates;
use offerd_store_sqlite::SqliteStore;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::driver::{Clock as _, Driver, OsEntropy, Ports, SystemClock};
use crate::instance::{InstanceError, Told, check_state};
use crate::recover::{self, Lost, RecoverError};

/// What a daemon is built from.
#[derive(Debug)]
pub struct Settings {
    /// The data directory; it exists and is locked by this process.
    pub dir: PathBuf,
    /// The node.
    pub node: NodeConfig,
    /// The operator's bounds.
    pub policy: Policy,
    /// Where rates come from.
    pub rates: offerd_rates_http::Settings,
    /// What the operator says of the state.
    pub told: Told,
}

/// Why the daemon did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error("{}: {source}", path.display())]
    Store {
        /// Which file.
        path: PathBuf,
        /// What about it.
        source: PortError,
    },
    /// The state is not ours to go on with.
    #[error(transparent)]
    Instance(#[from] InstanceError),
    /// The recovery could not be begun.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// Rates, or what is on record of them.
    #[error(transparent)]
    Rates(PortError),
    /// The node.
    #[error(transparent)]
    Node(#[from] NodeError),
}

/// A daemon at work, without its doors: those are opened by whoever started it.
#[derive(Debug)]
pub struct Daemon {
    /// The node.
    pub node: Arc<Node>,
    /// The business.
    pub driver: Arc<Driver>,
    /// What both keep.
    pub store: Arc<SqliteStore>,
    outbox: JoinHandle<()>,
    subscriptions: JoinHandle<()>,
    reach: JoinHandle<()>,
    asking: JoinHandle<()>,
}

/// Starts everything. Returns when the node knows the best block.
///
/// # Errors
/// [`StartError`]; whatever was started is stopped again.
pub async fn start(settings: Settings) -> Result<Daemon, StartError> {
    let store = open_store(&settings.dir)?;
    claim_state(&store, &settings)?;
    let events = Arc::new(EventRelay::default());
    let node = Node::start(settings.node, &settings.dir, store.clone(), events.clone()).await?;
    let clock: offerd_rates_http::Clock = Arc::new(|| SystemClock.now());
    let rates = Arc::new(HttpRates::new(settings.rates, clock).map_err(StartError::Rates)?);
    let keys = Keys::new(&node.node_secret_key().expose());
    let ports = Ports {
        store: store.clone(),
        onion: node.clone(),
        payer: node.clone(),
        issuer: node.clone(),
        rates: rates.clone(),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
    };
    let driver = Driver::new(ports, keys, settings.policy);
    driver.begin_with_rates().map_err(StartError::Rates)?;
    let asking = tokio::spawn(rates.run());
    events.driver.send_replace(Some(driver.clone()));
    let worker = driver.clone();
    let outbox = tokio::spawn(async move { worker.run_outbox().await });
    let subscriptions = tokio::spawn(driver.clone().run_subscriptions());
    let looker = driver.clone();
    let reach = tokio::spawn(async move { looker.stay_reachable().await });
    Ok(Daemon { node, driver, store, outbox, subscriptions, reach, asking })
}

impl Daemon {
    /// Stops everything, state written.
    pub async fn stop(self) {
        self.outbox.abort();
        self.subscriptions.abort();
        self.reach.abort();
        self.asking.abort();
        self.node.shutdown().await;
    }
}

/// Makes sure that the state is the one to go on with, or is not gone on with: what is done for a recovery comes
/// before the state counts as ours.
fn claim_state(store: &SqliteStore, settings: &Settings) -> Result<(), StartError> {
    let checked = check_state(store, &settings.dir.join(DATABASE), settings.told)?;
    if settings.told == Told::Recover {
        recovery_is_possible(&settings.node.chain)?;
        let lost = Lost {
            node_id: seed_node_id(&settings.dir, settings.node.network)?,
            network: settings.node.network,
            file: recover::file_at(settings.node.recovery_file.as_ref())?,
        };
        let kept = recover::begin(store, lost, SystemClock.now())?;
        tracing::warn!(?kept, "the state is not gone on with: recovering");
    }
    Ok(checked.claim(store)?)
}

fn open_store(dir: &Path) -> Result<Arc<SqliteStore>, StartError> {
    let path = dir.join(DATABASE);
    match SqliteStore::open(&path) {
        Ok(store) => Ok(Arc::new(store)),
        Err(source) => Err(StartError::Store { path, source }),
    }
}

/// The chain hash of a network.
pub fn chain_hash(network: bitcoin::Network) -> ChainHash {
    ChainHash(bitcoin::constants::ChainHash::using_genesis_block(network).to_bytes())
}

/// Stands between the node, which has events from its first moment, and the driver, which needs the node to be
/// built: events wait until it is there.
#[derive(Debug)]
struct EventRelay {
    driver: watch::Sender<Option<Arc<Driver>>>,
}

impl Default for EventRelay {
    fn default() -> Self {
        Self { driver: watch::Sender::new(None) }
    }
}

#[async_trait]
impl NodeEvents for EventRelay {
    async fn handle(&self, event: NodeEvent) -> Result<(), PortError> {
        let mut there = self.driver.subscribe();
        let driver = there.wait_for(Option::is_some).await.ok().and_then(|driver| driver.clone());
        match driver {
            Some(driver) => driver.handle(event).await,
            None => Err(PortError::unavailable("the daemon is stopping")),
        }
    }
}
