//! `offerd run`: one daemon, from its configuration to its end.

use std::fs::DirBuilder;
use std::io::{self, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use offerd_api::layout::{SEED, SOCKET};
use offerd_node_ldk::{NodeConfig, Timing};
use tokio::task::JoinSet;

use crate::assemble::{self, Daemon, Settings, StartError};
use crate::config::{Config, network_name};
use crate::driver::SystemClock;
use crate::http::{self, BindError, Door, Limits, Listener};
use crate::ldk_control::LdkControl;
use crate::lock::{DirLock, LockError};
use crate::log::{self, LogError};
use crate::metrics::Metrics;
use crate::rapid_gossip::{RapidGossip, SnapshotFailure};
use crate::rpc::{Api, Calls, NodeControl, Socket};
use crate::shutdown::Shutdown;
use crate::supervisor::Supervisor;
use crate::web::{self, PageLinks};
use crate::webhook::{Secret, WebhookError, Webhooks};

/// Places for visitors beyond those who follow a page.
const SPARE: usize = 256;

/// Why a daemon did not start, or did not end well.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The data directory cannot be made.
    #[error("{}: {source}", path.display())]
    Dir {
        /// Which.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The log cannot be begun.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The data directory is not to be had.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// Signals cannot be listened to.
    #[error("signals: {0}")]
    Signals(#[source] io::Error),
    /// The parts did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The socket cannot be bound.
    #[error("{}: {source}", path.display())]
    Socket {
        /// Which.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The HTTP door cannot be opened.
    #[error("http-listen: {0}")]
    Http(#[from] BindError),
    /// Events cannot be handed out.
    #[error(transparent)]
    Webhooks(#[from] WebhookError),
    /// The pages' door cannot be opened.
    #[error("pages-listen: {0}")]
    Pages(#[source] BindError),
    /// Snapshots of the network cannot be asked for.
    #[error("rapid-gossip-url: {0}")]
    RapidGossip(#[from] SnapshotFailure),
    /// The node could not go on.
    #[error("the node has stopped: {0}")]
    NodeFailed(String),
}

/// Runs a daemon until it is asked to end.
///
/// # Errors
/// [`RunError`], a line for the operator.
pub async fn run(config: Config) -> Result<(), RunError> {
    let log_file = log::begin(&config.log)?;
    let supervisor = Supervisor::of_environment();
    make_dir(&config.dir)?;
    let lock = DirLock::take(&config.dir)?;
    let shutdown = Shutdown::new();
    shutdown.on_signals().map_err(RunError::Signals)?;
    match log_file {
        Some(file) => log::reopen_on_hangup(file),
        None => shutdown.on_hangup(),
    }
    .map_err(RunError::Signals)?;
    if config.exit_with_parent {
        end_with_parent(shutdown.clone());
    }
    let first_start = !config.dir.join(SEED).exists();
    supervisor.status("starting: reading the state, catching up with the chain");
    let starting = Box::pin(assemble::start(settings(&config)));
    let daemon = tokio::select! {
        daemon = starting => daemon?,
        () = shutdown.requested() => return Ok(()),
    };
    let outcome = serve(&config, &daemon, first_start, shutdown, &supervisor).await;
    daemon.stop().await;
    drop(lock);
    outcome
}

/// Opens the doors of a daemon at work, and closes them when it is to end.
async fn serve(
    config: &Config,
    daemon: &Daemon,
    first_start: bool,
    shutdown: Shutdown,
    supervisor: &Supervisor,
) -> Result<(), RunError> {
    let path = config.dir.join(SOCKET);
    let socket =
        Socket::bind(&path).map_err(|source| RunError::Socket { path: path.clone(), source })?;
    let control = LdkControl {
        node: Arc::clone(&daemon.node),
        store: Arc::clone(&daemon.store),
        alias: config.alias.clone(),
        network: config.network,
        dir: config.dir.clone(),
        announced: config.announce.clone(),
    };
    let pages = match &config.pages {
        Some(door) => Some(Listener::bind(door.address, None).await.map_err(RunError::Pages)?),
        None => None,
    };
    let page_links = pages.as_ref().map(|listener| page_links(config, listener));
    let webhooks = webhooks(config, daemon)?;
    let node: Arc<dyn NodeControl> = Arc::new(control);
    let metrics = Metrics::new(Arc::clone(&daemon.driver), Arc::clone(&node), webhooks.clone());
    let api = Api {
        driver: Arc::clone(&daemon.driver),
        pages: page_links.clone(),
        node,
        configs: Arc::new(config.listed.clone()),
        webhooks: webhooks.clone(),
        providers: config.providers.clone(),
        shutdown: shutdown.clone(),
    };
    let http = match &config.http {
        Some(door) => Some(Listener::bind(door.address, door.tls.as_ref()).await?),
        None => None,
    };
    let doors = Doors { http: http.as_ref().map(Listener::url), pages: page_links };
    // Whoever started us may not listen.
    let _ = writeln!(io::stdout(), "{}", greeting(config, daemon, &doors, first_start));
    supervisor.ready(&format!("answering on {}", path.display()));
    let mut serving = JoinSet::new();
    let calls: Arc<dyn Calls> = Arc::new(api);
    serving.spawn(socket.serve(Arc::clone(&calls), shutdown.clone()));
    serving.spawn(webhooks.run(shutdown.clone()));
    if let Some(url) = &config.rapid_gossip {
        let snapshots = RapidGossip::new(Arc::clone(&daemon.node), url.clone())?;
        serving.spawn(snapshots.run(shutdown.clone()));
    }
    if let Some(http) = http {
        let (driver, limits) = (Arc::clone(&daemon.driver), http::api::limits());
        let door = Door { calls, driver, metrics, shutdown: shutdown.clone(), limits };
        serving.spawn(http.serve(door.router(), limits, shutdown.clone()));
    }
    if let Some(pages) = pages {
        let router = web::router(Arc::clone(&daemon.driver), shutdown.clone());
        let limits = Limits { connections: web::MOST_STREAMS + SPARE, ..Limits::default() };
        serving.spawn(pages.serve(router, limits, shutdown.clone()));
    }
    let outcome = tokio::select! {
        () = shutdown.requested() => Ok(()),
        why = daemon.node.failed() => Err(RunError::NodeFailed(why)),
    };
    supervisor.stopping();
    shutdown.request();
    // A panic in there was logged; we are ending in any case.
    while serving.join_next().await.is_some() {}
    outcome
}

/// Those who are told what happens. Without any, no secret is made either.
fn webhooks(config: &Config, daemon: &Daemon) -> Result<Webhooks, WebhookError> {
    if config.webhooks.is_empty() {
        return Ok(Webhooks::default());
    }
    let driver = &daemon.driver;
    let secret =
        Secret::in_dir(&config.dir, driver.webhook_secret()).map_err(WebhookError::from)?;
    Webhooks::new(&config.webhooks, secret, driver, Arc::new(SystemClock))
}

/// Where else than at the socket somebody answers.
struct Doors {
    http: Option<String>,
    pages: Option<PageLinks>,
}

/// The addresses of pages as visitors write them.
fn page_links(config: &Config, listener: &Listener) -> PageLinks {
    let url = config.pages.as_ref().and_then(|door| door.url.as_deref());
    url.map_or_else(|| PageLinks::at(&listener.url()), PageLinks::at)
}

/// What the operator reads at a start.
fn greeting(config: &Config, daemon: &Daemon, doors: &Doors, first_start: bool) -> String {
    let listening = daemon.node.listen_address();
    let listening = listening.map_or("nowhere".to_owned(), |address| address.to_string());
    let mut text = format!(
        "offerd {} on {}\n  node id    {}\n  listening  {listening}\n  http       {}\n  pages      {}\n  \
         data       {}\n  socket     {}",
        env!("CARGO_PKG_VERSION"),
        network_name(config.network),
        daemon.node.node_id(),
        doors.http.as_deref().unwrap_or("nowhere"),
        doors.pages.as_ref().map_or("nowhere".to_owned(), ToString::to_string),
        config.dir.display(),
        config.dir.join(SOCKET).display(),
    );
    if first_start {
        text.push_str(&format!(
            "\n  seed       {} (new: keep a copy of it safe; never run it in two places)",
            config.dir.join(SEED).display()
        ));
    }
    text
}

fn make_dir(dir: &Path) -> Result<(), RunError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|source| RunError::Dir { path: dir.to_owned(), source })
}

/// Ends the daemon when whoever started it is gone: our standard input is then closed. On a thread of its own,
/// which may wait for ever.
fn end_with_parent(shutdown: Shutdown) {
    std::thread::spawn(move || {
        let mut input = io::stdin().lock();
        let mut piece = [0; 256];
        while input.read(&mut piece).is_ok_and(|length| length > 0) {}
        tracing::info!("the standard input was closed: shutting down");
        shutdown.request();
    });
}

fn settings(config: &Config) -> Settings {
    Settings {
        dir: config.dir.clone(),
        node: node_config(config),
        policy: config.policy.clone(),
        rates: config.rates.clone(),
        told: config.told,
    }
}

fn node_config(config: &Config) -> NodeConfig {
    let mut node = NodeConfig::new(config.network, config.chain.clone());
    node.listen = config.listen;
    node.recovery_file = config.recovery_file.clone();
    node.announce_addresses = config.announce.clone();
    node.alias = config.alias.clone();
    config.reach.apply(&mut node);
    node.lsp_service = config.lsp_service.clone();
    node.anchor_reserve_sat = config.anchor_reserve.as_sat_floor();
    node.timing = if config.fast_ticks { Timing::eager() } else { Timing::calm() };
    if let Some(interval) = config.poll_interval {
        node.timing.chain_poll = interval;
    }
    node
}
