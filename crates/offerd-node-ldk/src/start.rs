//! Putting a node together.
//!
//! The order matters: keys, then what was kept, then the chain up to now for each part that was kept, and only
//! then peers, so that nothing is promised to anybody on stale knowledge.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock};

use bitcoin::Transaction;
use bitcoin::constants::ChainHash;
use bolt1::Timestamp;
use lightning::events::bump_transaction::sync::WalletSync;
use lightning::ln::peer_handler::MessageHandler;
use lightning::sign::{EntropySource, NodeSigner, Recipient};
use lightning_liquidity::lsps2::event::LSPS2ServiceEvent;
use offerd_core::port::{InboundMessage, KeyValueStore, NodeEvents};
use secp256k1::PublicKey;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc, watch};
use tracing::{info, warn};

use crate::books::Books;
use crate::broadcast;
use crate::chain::{self, Listeners};
use crate::claims::Claims;
use crate::config::NodeConfig;
use crate::directory::Directory;
use crate::error::NodeError;
use crate::events::EventDesk;
use crate::funding::Fundings;
use crate::gossip::PatientGossip;
use crate::issuer::Issuer;
use crate::liquidity::{Agreements, Follower, Liquidity, Orders, Service};
use crate::logger::NodeLogger;
use crate::monitors;
use crate::node::{Node, Stops};
use crate::onion::{Bounds, Identity, OnionLayer, SystemClock};
use crate::paths::PathMaker;
use crate::payer::Payer;
use crate::peers::{Connector, PeerBook, PeerWatch};
use crate::recovery::{Harvester, Keeper, LiveOutputs, Rescuer};
use crate::repeats::Repeats;
use crate::state::{Base, Core, router, since_epoch, unreachable};
use crate::tasks::{self, Background};
use crate::types::{Bumper, Channels, Gossip, Peers};
use crate::undone::Undone;
use crate::utxos::{Answers, Asked, Questions};
use crate::writer::StateWriter;

pub(crate) async fn start(
    config: NodeConfig,
    dir: &Path,
    values: Arc<dyn KeyValueStore>,
    caller: Arc<dyn NodeEvents>,
) -> Result<Arc<Node>, NodeError> {
    let (base, packages) = Base::new(config, dir, values).await?;
    let core = Core::new(&base).await?;
    let listener = listener(base.config.listen).await?;
    let (drained, is_drained) = watch::channel(false);
    let (net, arrivals, clients) = Net::new(&base, &core)?;
    let answers = answers(&base, &net).await?;
    base.parts.count_again(&core.channels.list_recent_payments(), &core.channels.list_channels());
    let ledger = Ledger::new(&base, &core)?;
    ledger.claims.prune(base.view.height())?;
    ledger.agreements.prune(now())?;
    ledger.orders.prune(now())?;
    net.connector.keep_providers(ledger.agreements.expected(now())?);
    let writer = core.writer(&base);
    let background = Background {
        store: Arc::clone(&writer),
        desk: Arc::new(ledger.desk(&base, &core, &net, Arc::clone(&caller))),
        monitor: Arc::clone(&core.monitor),
        channels: Arc::clone(&core.channels),
        gossip: Arc::clone(&net.gossip),
        peers: Arc::clone(&net.peers),
        scorer: Arc::clone(&base.scorer),
        health: Arc::clone(&base.health),
    };
    let listen_address = listener.as_ref().and_then(|listener| listener.local_addr().ok());
    let keeper = keeper(&base, &core, &net);
    keeper.check()?;
    let rescuer = rescuer(&base, &core, &net, &caller);
    let node = Arc::new(assemble(&base, &core, net, ledger, keeper, is_drained, listen_address));
    let listeners = Arc::new(Listeners {
        wallet: Arc::clone(&base.wallet),
        channels: Arc::clone(&core.channels),
        monitor: Arc::clone(&core.monitor),
        sweeper: Arc::clone(&core.sweeper),
        recovery: base.recovery.clone(),
        old: core.old.clone(),
    });
    // Events first: what is left from before the restart is told before anything new can happen.
    node.spawn(background.run(drained, node.stops.background.subscribe()));
    let (peers, stop) = (Arc::clone(&node.peers), node.stops.work.subscribe());
    node.spawn(tasks::write_state(Arc::clone(&writer), peers, stop));
    let (view, stop) = (Arc::clone(&node.view), node.stops.work.subscribe());
    node.spawn(monitors::put_away_settled(Arc::clone(&core.monitor), view, stop));
    node.follow_chain(listeners, undone(&base, &core), writer, packages);
    if let Some((answers, questions)) = answers {
        node.spawn(answers.run(questions, node.stops.work.subscribe()));
    }
    if let Some(service) = service(&base, &core, &node) {
        node.spawn(service.run(clients, node.stops.work.subscribe()));
    }
    node.spawn(follower(&node).run(node.stops.work.subscribe()));
    node.keep_channels();
    node.keep_recoverable(rescuer);
    node.talk(listener, arrivals, caller);
    info!(node_id = %node.node_id(), height = node.block_height(), "the node runs");
    Ok(node)
}

async fn listener(address: Option<SocketAddr>) -> Result<Option<TcpListener>, NodeError> {
    let Some(address) = address else { return Ok(None) };
    let listener = TcpListener::bind(address).await;
    listener.map(Some).map_err(|source| NodeError::Listen { address, source })
}

/// Onion messages for us.
type Arrivals = mpsc::Receiver<InboundMessage>;
/// What others ask of us as a provider of liquidity.
type Clients = mpsc::UnboundedReceiver<LSPS2ServiceEvent>;

/// What talks to peers.
struct Net {
    node_id: PublicKey,
    gossip: Arc<Gossip>,
    patient: Arc<PatientGossip>,
    onion: Arc<OnionLayer>,
    peers: Arc<Peers>,
    repeats: Arc<Repeats>,
    connector: Arc<Connector>,
    liquidity: Arc<Liquidity>,
    announced: Arc<AtomicBool>,
}

impl Net {
    fn new(base: &Base, core: &Core) -> Result<(Self, Arrivals, Clients), NodeError> {
        let node_id = base.keyring.get_node_id(Recipient::Node).map_err(|()| {
            NodeError::Corrupt { what: "the seed", why: "it gives no node id".to_owned() }
        })?;
        let gossip = Arc::new(Gossip::new(Arc::clone(&base.graph), None, Arc::new(NodeLogger)));
        let peer_watch = PeerWatch::new();
        let announced = Arc::new(AtomicBool::new(false));
        let directory = Arc::new(Directory {
            channels: Arc::clone(&core.channels),
            announced: Arc::clone(&announced),
            connector: OnceLock::new(),
        });
        let (onion, arrivals) = OnionLayer::new(
            Identity {
                secret: base.keyring.get_node_secret_key(),
                entropy: Arc::clone(&base.keyring) as _,
            },
            Arc::clone(&directory) as _,
            Arc::clone(&base.graph) as _,
            Bounds {
                limits: base.config.messages.clone(),
                dialling: base.config.dialling,
                shape: base.config.paths.clone(),
            },
            Arc::new(SystemClock::default()),
        );
        let repeats = Repeats::new(Arc::clone(&core.monitor));
        let patient = patient_gossip(&gossip, &core.channels);
        let (liquidity, clients) = Liquidity::new(base, core, Arc::clone(&peer_watch))?;
        let peers = Arc::new(Peers::new(
            MessageHandler {
                chan_handler: Arc::clone(&core.channels),
                route_handler: Arc::clone(&patient),
                onion_message_handler: Arc::clone(&onion),
                custom_message_handler: Arc::clone(&liquidity),
                send_only_message_handler: Arc::clone(&repeats),
            },
            u32::try_from(since_epoch().as_secs()).unwrap_or(u32::MAX),
            &base.keyring.get_secure_random_bytes(),
            Arc::new(NodeLogger),
            Arc::clone(&base.keyring),
        ));
        let connector = Arc::new(Connector {
            node_id,
            peers: Arc::clone(&peers),
            watch: peer_watch,
            book: PeerBook(Arc::clone(&base.store)),
            channels: Arc::clone(&core.channels),
            graph: Arc::clone(&base.graph),
            timing: base.config.timing,
            also_kept: Mutex::new(HashSet::new()),
            providers: Mutex::new(HashSet::new()),
            sellers: Mutex::new(HashSet::new()),
            introductions: Mutex::new(HashSet::new()),
            private_addresses: base.config.dialling.private_addresses,
            wanted: Notify::new(),
        });
        // The layer comes before the peers, which come before the connector: this closes the circle.
        let _ = directory.connector.set(Arc::downgrade(&connector));
        let net = Self {
            node_id,
            gossip,
            patient,
            onion,
            peers,
            repeats,
            connector,
            liquidity,
            announced,
        };
        Ok((net, arrivals, clients))
    }
}

/// What compares announcements with the chain; nothing where the chain source does not keep it.
async fn answers(
    base: &Base,
    net: &Net,
) -> Result<Option<(Answers, mpsc::UnboundedReceiver<Asked>)>, NodeError> {
    if let Some(why) = base.source.no_questions().await.map_err(unreachable)? {
        warn!(why, "channels of others are believed without a look at the chain");
        return Ok(None);
    }
    let (questions, asked) = Questions::new(ChainHash::using_genesis_block(base.config.network));
    net.gossip.add_utxo_lookup(Some(questions));
    let answers = Answers {
        source: Arc::clone(&base.source),
        graph: Arc::clone(&base.graph),
        gossip: Arc::clone(&net.gossip),
        patient: Arc::clone(&net.patient),
        peers: Arc::clone(&net.peers),
    };
    Ok(Some((answers, asked)))
}

/// Knows the channels of ours before they are announced.
fn patient_gossip(gossip: &Arc<Gossip>, channels: &Arc<Channels>) -> Arc<PatientGossip> {
    let channels = Arc::clone(channels);
    let channels_with = move |peer: &PublicKey| {
        let channels = channels.list_channels_with_counterparty(peer);
        channels.iter().filter_map(|channel| channel.short_channel_id).collect()
    };
    Arc::new(PatientGossip::new(Arc::clone(gossip), Box::new(channels_with)))
}

/// What keeps track of money on its way.
struct Ledger {
    fundings: Arc<Fundings>,
    claims: Arc<Claims>,
    books: Arc<Books>,
    agreements: Arc<Agreements>,
    orders: Arc<Orders>,
}

impl Ledger {
    fn new(base: &Base, core: &Core) -> Result<Self, NodeError> {
        let fundings = Fundings {
            channels: Arc::clone(&core.channels),
            wallet: Arc::clone(&base.wallet),
            fees: Arc::clone(&base.fees),
            reserve: core.reserve(&base.config),
            store: Arc::clone(&base.store),
            waiting: Mutex::new(HashMap::new()),
        };
        let claims = Arc::new(Claims(Arc::clone(&base.store)));
        let books = Arc::clone(&core.books);
        let agreements = Arc::new(Agreements(Arc::clone(&base.store)));
        let orders = Arc::new(Orders::new(Arc::clone(&base.store)));
        Ok(Self { fundings: Arc::new(fundings), claims, books, agreements, orders })
    }

    fn desk(&self, base: &Base, core: &Core, net: &Net, caller: Arc<dyn NodeEvents>) -> EventDesk {
        EventDesk {
            channels: Arc::clone(&core.channels),
            wallet: Arc::clone(&base.wallet),
            sweeper: Arc::clone(&core.sweeper),
            bumper: bumper(base),
            fundings: Arc::clone(&self.fundings),
            claims: Arc::clone(&self.claims),
            agreements: Arc::clone(&self.agreements),
            orders: Arc::clone(&self.orders),
            liquidity: Arc::clone(&net.liquidity),
            parts: Arc::clone(&base.parts),
            books: Arc::clone(&self.books),
            broadcaster: Arc::clone(&base.broadcaster),
            reserve: core.reserve(&base.config),
            inbound_without_reserve: base.config.inbound_without_reserve,
            caller,
            put_back: AtomicBool::new(false),
        }
    }
}

/// What pays for transactions of channels with coins of the wallet.
fn bumper(base: &Base) -> Bumper {
    let coins = Arc::new(WalletSync::new(Arc::clone(&base.wallet), Arc::new(NodeLogger)));
    Bumper::new(
        Arc::clone(&base.broadcaster),
        coins,
        Arc::clone(&base.channel_keys),
        Arc::new(NodeLogger),
    )
}

fn assemble(
    base: &Base,
    core: &Core,
    net: Net,
    ledger: Ledger,
    keeper: Arc<Keeper>,
    drained: watch::Receiver<bool>,
    listen_address: Option<SocketAddr>,
) -> Node {
    let payer = Payer {
        node_id: net.node_id,
        network: base.config.network,
        channels: Arc::clone(&core.channels),
        keyring: Arc::clone(&base.keyring),
        graph: Arc::clone(&base.graph),
        peers: Arc::clone(&net.peers),
        router: router(base),
        drained: drained.clone(),
        unknown: base.recovery.iter().flat_map(|it| it.unknown_payments()).collect(),
    };
    let paths = PathMaker {
        keyring: Arc::clone(&base.keyring),
        node_id: net.node_id,
        graph: Arc::clone(&base.graph),
        fronts: base.config.paths.fronts.clone(),
        hops: base.config.paths.payment_hops,
    };
    let issuer = Issuer {
        network: base.config.network,
        channels: Arc::clone(&core.channels),
        keyring: Arc::clone(&base.keyring),
        paths,
        claims: ledger.claims,
        agreements: ledger.agreements,
        chain: Arc::clone(&base.view),
        monitor: Arc::clone(&core.monitor),
        drained,
        unknown: base.recovery.iter().flat_map(|it| it.unknown_receipts()).collect(),
    };
    Node {
        config: base.config.clone(),
        node_id: net.node_id,
        listen_address,
        keyring: Arc::clone(&base.keyring),
        health: Arc::clone(&base.health),
        view: Arc::clone(&base.view),
        source: Arc::clone(&base.source),
        fees: Arc::clone(&base.fees),
        broadcaster: Arc::clone(&base.broadcaster),
        wallet: Arc::clone(&base.wallet),
        graph: Arc::clone(&base.graph),
        channels: Arc::clone(&core.channels),
        monitor: Arc::clone(&core.monitor),
        peers: net.peers,
        repeats: net.repeats,
        connector: net.connector,
        liquidity: net.liquidity,
        orders: ledger.orders,
        onion: net.onion,
        announced: net.announced,
        fundings: ledger.fundings,
        books: ledger.books,
        payer,
        issuer,
        keeper,
        recovery: base.recovery.clone(),
        channel_changes: Arc::new(watch::Sender::new(0)),
        stops: Stops::new(),
        running: Mutex::new(Vec::new()),
    }
}

/// What serves clients, where we are a provider of liquidity.
fn service(base: &Base, core: &Core, node: &Node) -> Option<Service> {
    let terms = base.config.lsp_service.clone()?;
    Some(Service {
        liquidity: Arc::clone(&node.liquidity),
        terms,
        config: base.config.clone(),
        channels: Arc::clone(&core.channels),
        keyring: Arc::clone(&base.keyring),
        peers: Arc::clone(&node.peers),
    })
}

/// What asks how orders stand.
fn follower(node: &Node) -> Follower {
    Follower {
        network: node.config.network,
        timing: node.config.timing,
        liquidity: Arc::clone(&node.liquidity),
        peers: Arc::clone(&node.peers),
        connector: Arc::clone(&node.connector),
        orders: Arc::clone(&node.orders),
        books: Arc::clone(&node.books),
    }
}

fn now() -> Timestamp {
    Timestamp(since_epoch().as_secs())
}

fn keeper(base: &Base, core: &Core, net: &Net) -> Arc<Keeper> {
    Arc::new(Keeper {
        path: base.config.recovery_file.clone(),
        dir: base.dir.clone(),
        network: base.config.network,
        node_id: net.node_id,
        birth_height: base.wallet.birth_height(),
        wallet: Arc::clone(&base.wallet),
        channels: Arc::clone(&core.channels),
        monitor: Arc::clone(&core.monitor),
        connector: Arc::clone(&net.connector),
        recovery: base.recovery.clone(),
        store: Arc::clone(&base.store),
        values: Arc::clone(&base.values),
    })
}

fn undone(base: &Base, core: &Core) -> Undone {
    Undone {
        wallet: Arc::clone(&base.wallet),
        channels: Arc::clone(&core.channels),
        monitor: Arc::clone(&core.monitor),
        source: Arc::clone(&base.source),
        view: Arc::clone(&base.view),
        unfunded: Arc::clone(&core.unfunded),
    }
}

/// Somebody to do the work of a recovery, where there is one that is not over.
fn rescuer(base: &Base, core: &Core, net: &Net, caller: &Arc<dyn NodeEvents>) -> Option<Rescuer> {
    let recovery = base.recovery.as_ref().filter(|recovery| !recovery.is_done())?;
    Some(Rescuer {
        recovery: Arc::clone(recovery),
        live: LiveOutputs {
            monitor: Arc::clone(&core.monitor),
            sweeper: Arc::clone(&core.sweeper),
        },
        old: core.old.as_ref().map(|old| Harvester {
            old: Arc::clone(old),
            sweeper: Arc::clone(&core.sweeper),
            bumper: bumper(base),
            wallet: Arc::clone(&base.wallet),
        }),
        wallet: Arc::clone(&base.wallet),
        broadcaster: Arc::clone(&base.broadcaster),
        fees: Arc::clone(&base.fees),
        view: Arc::clone(&base.view),
        connector: Arc::clone(&net.connector),
        caller: Arc::clone(caller),
    })
}

impl Node {
    fn keep_recoverable(&self, rescuer: Option<Rescuer>) {
        let changes = self.channel_changes.subscribe();
        self.spawn(Arc::clone(&self.keeper).run(changes, self.stops.work.subscribe()));
        if let Some(rescuer) = rescuer {
            self.spawn(rescuer.run(self.stops.work.subscribe()));
        }
    }

    fn follow_chain(
        &self,
        listeners: Arc<Listeners>,
        undone: Undone,
        writer: Arc<StateWriter>,
        packages: mpsc::UnboundedReceiver<Vec<Transaction>>,
    ) {
        let sweeper = Arc::clone(&listeners.sweeper);
        let (pause, stop) = (self.config.timing.chain_poll, self.stops.work.subscribe());
        let (source, view) = (Arc::clone(&self.source), Arc::clone(&self.view));
        self.spawn(async move { chain::follow(&*source, listeners, view, pause, stop).await });

        let (source, view) = (Arc::clone(&self.source), Arc::clone(&self.view));
        self.spawn(broadcast::run(packages, writer, source, view, self.stops.work.subscribe()));

        let (wallet, broadcaster) = (Arc::clone(&self.wallet), Arc::clone(&self.broadcaster));
        self.spawn(tasks::rebroadcast(wallet, broadcaster, self.stops.work.subscribe()));

        let view = Arc::clone(&self.view);
        self.spawn(undone.run(self.stops.work.subscribe()));

        self.spawn(tasks::sweep_with_blocks(sweeper, view, self.stops.work.subscribe()));

        let (fees, source) = (Arc::clone(&self.fees), Arc::clone(&self.source));
        let pause = self.config.timing.fee_refresh;
        self.spawn(tasks::watch_fees(fees, source, pause, self.stops.work.subscribe()));
    }

    fn keep_channels(&self) {
        let (channels, changes) = (Arc::clone(&self.channels), Arc::clone(&self.channel_changes));
        let pause = self.config.timing.channel_watch;
        let (graph, stop) = (Arc::clone(&self.graph), self.stops.work.subscribe());
        let peers = Arc::clone(&self.connector.watch);
        self.spawn(tasks::watch_channels(channels, graph, peers, changes, pause, stop));

        if let Some(pause) = self.config.timing.htlc_forwarding {
            let (channels, peers) = (Arc::clone(&self.channels), Arc::clone(&self.peers));
            self.spawn(tasks::forward_eagerly(channels, peers, pause, self.stops.work.subscribe()));
        }

        let (health, work) = (Arc::clone(&self.health), Arc::clone(&self.stops.work));
        let (peers, connected) = (Arc::downgrade(&self.peers), self.connector.watch.subscribe());
        self.spawn(tasks::guard(health, peers, connected, work, self.stops.work.subscribe()));
    }

    fn talk(
        &self,
        listener: Option<TcpListener>,
        arrivals: mpsc::Receiver<InboundMessage>,
        caller: Arc<dyn NodeEvents>,
    ) {
        self.spawn(tasks::deliver(arrivals, caller, self.stops.work.subscribe()));
        let (onion, peers) = (Arc::clone(&self.onion), Arc::clone(&self.peers));
        self.spawn(tasks::send_messages(onion, peers, self.stops.work.subscribe()));
        if let Some(listener) = listener {
            let peers = Arc::clone(&self.peers);
            self.spawn(tasks::listen(listener, peers, self.stops.work.subscribe()));
        }
        self.spawn(Arc::clone(&self.connector).keep_connected(self.stops.work.subscribe()));
        let voice = tasks::Voice {
            config: self.config.clone(),
            channels: Arc::clone(&self.channels),
            graph: Arc::clone(&self.graph),
            peers: Arc::clone(&self.peers),
            repeats: Arc::clone(&self.repeats),
            findable: Arc::clone(&self.announced),
        };
        let changes = self.channel_changes.subscribe();
        self.spawn(voice.announce(changes, self.stops.work.subscribe()));
    }
}
