//! One node of the demo: a process of its own, `offerd run`, spoken to over its socket alone.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use offerd_api::layout::{CONFIG, SOCKET};
use offerd_api::node::{Connected, NewAddress, NodeInfo};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::timeout;

use super::call::Call;
use super::client::Client;
use super::error::DemoError;
use super::wait::until;

/// Where a node's standard error goes.
const LOG: &str = "log";
/// The node that nobody else knows.
const UNANNOUNCED: &str = "customer";
/// The node that opens channels to others when a payment for them comes.
const PROVIDER: &str = "atm";
/// How much of the log is shown when a node ends by itself.
const LAST_LINES: usize = 8;
/// How long a node may take to end.
const END_PATIENCE: Duration = Duration::from_secs(15);

/// A running node.
#[derive(Debug)]
pub(super) struct Node {
    name: &'static str,
    dir: PathBuf,
    id: String,
    address: SocketAddr,
    rpc: Client,
    /// Killed when dropped.
    process: Child,
    /// Our end of its standard input. It ends by itself when this closes, and so does not outlive us however we end.
    lifeline: Option<ChildStdin>,
    /// Whether somebody was told that the process is no more.
    has_ended: bool,
}

/// Where the chain is served.
#[derive(Clone, Debug)]
pub(super) struct ChainAccess {
    /// Its address.
    pub(super) address: SocketAddr,
    /// The file with its password.
    pub(super) cookie: PathBuf,
}

impl Node {
    /// Starts a node in `dir` and waits until it answers.
    ///
    /// # Errors
    /// When it cannot be started, or ends at once; its last words are in the error.
    pub(super) async fn start(
        name: &'static str,
        dir: PathBuf,
        address: SocketAddr,
        chain: &ChainAccess,
    ) -> Result<Self, DemoError> {
        let config = dir.join(CONFIG);
        fs::write(&config, configuration(name, address, chain)).map_err(DemoError::file(config))?;
        let mut process = spawn(&dir)?;
        // Taken out of the process, which would close it when it is waited for.
        let lifeline = process.stdin.take();
        let rpc = Client::new(name, dir.join(SOCKET));
        let mut node = Self {
            name,
            dir,
            id: String::new(),
            address,
            rpc,
            process,
            lifeline,
            has_ended: false,
        };
        let info = until(&format!("{name} answers"), async || node.first_answer().await).await?;
        node.id = info.id;
        Ok(node)
    }

    async fn first_answer(&mut self) -> Result<Option<NodeInfo>, DemoError> {
        if let Some(status) = self.process.try_wait().map_err(DemoError::system("a child"))? {
            return Err(self.ended(status));
        }
        match self.rpc.attempt::<NodeInfo>(&Call::new("getinfo")).await {
            Ok(answer) => Ok(answer.ok()),
            Err(DemoError::Unreachable { .. }) => Ok(None), // not listening yet
            Err(error) => Err(error),
        }
    }

    /// `shop`, `atm` or `customer`.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Its folder.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// What it writes.
    pub(super) fn log(&self) -> PathBuf {
        self.dir.join(LOG)
    }

    /// Its node id, hexadecimal.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Where it listens for peers.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its socket.
    pub(super) fn rpc(&self) -> &Client {
        &self.rpc
    }

    /// Its process id, while it runs.
    pub(super) fn pid(&self) -> Option<u32> {
        self.process.id()
    }

    /// A new address of its wallet.
    pub(super) async fn new_address(&self) -> Result<String, DemoError> {
        let address: NewAddress = self.rpc.call(&Call::new("newaddr")).await?;
        let address = address.bech32.or(address.p2tr);
        address.ok_or_else(|| DemoError::Story(format!("{} has no address", self.name)))
    }

    /// Connects it to another.
    pub(super) async fn connect(&self, other: &Self) -> Result<(), DemoError> {
        let id = format!("{}@{}", other.id, other.address);
        let _: Connected = self.rpc.call(&Call::new("connect").with("id", id)).await?;
        Ok(())
    }

    /// Returns when the process has ended, with how; once only.
    pub(super) async fn end(&mut self) -> Result<ExitStatus, DemoError> {
        if self.has_ended {
            return std::future::pending().await;
        }
        let status = self.process.wait().await.map_err(DemoError::system("a child"))?;
        self.has_ended = true;
        Ok(status)
    }

    /// Asks it to end, and makes it end if it does not.
    ///
    /// # Errors
    /// When it had to be killed, or failed. That it ended earlier was told already, and is none.
    pub(super) async fn stop(mut self) -> Result<(), DemoError> {
        if self.has_ended {
            return Ok(());
        }
        drop(self.lifeline.take());
        match timeout(END_PATIENCE, self.process.wait()).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(self.ended(status)),
            Ok(Err(source)) => Err(DemoError::System { what: "a child", source }),
            Err(_) => Err(DemoError::Timeout {
                what: format!("{} ends when asked to", self.name),
                seconds: END_PATIENCE.as_secs(),
            }),
        }
    }

    fn ended(&self, status: ExitStatus) -> DemoError {
        let log = fs::read(self.log()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        let last = lines.get(lines.len().saturating_sub(LAST_LINES)..).unwrap_or_default();
        DemoError::NodeEnded {
            node: self.name,
            status: status.to_string(),
            last_lines: last.join("\n"),
        }
    }
}

/// The file that makes `offerd run --dir DIR` start this node, now and by hand later.
fn configuration(name: &str, address: SocketAddr, chain: &ChainAccess) -> String {
    let cookie = toml::Value::String(chain.cookie.display().to_string());
    // Each has a rate of its own, fixed: nobody outside is asked.
    let rate = if name == UNANNOUNCED { "USD=50100" } else { "USD=50000" };
    // Whoever joins the network can buy a channel of the one that everybody is connected to.
    let service = if name == PROVIDER { "lsps2-service = true\n" } else { "" };
    // Whoever is not announced has no address to tell.
    let announce = if name == UNANNOUNCED { String::new() } else { format!("\"{address}\"") };
    format!(
        "# The node of the demo that is called {name}.\n\
         network = \"regtest\"\n\
         alias = \"{name}\"\n\
         listen = \"{address}\"\n\
         announce = [{announce}]\n\
         currencyrate-fixed = [\"{rate}\"]\n\
         pages-listen = \"127.0.0.1:0\"\n\
         {service}\
         \n\
         [bitcoind]\n\
         host = \"{}\"\n\
         port = {}\n\
         cookie = {cookie}\n",
        chain.address.ip(),
        chain.address.port(),
    )
}

fn spawn(dir: &Path) -> Result<Child, DemoError> {
    let program = std::env::current_exe().map_err(DemoError::system("finding this program"))?;
    let path = dir.join(LOG);
    let log = File::create(&path).map_err(DemoError::file(&path))?;
    let also_log = log.try_clone().map_err(DemoError::file(&path))?;
    let mut command = Command::new(program);
    // What is set for another daemon is not meant for these; how much is logged may be.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("OFFERD_") && !text.starts_with("OFFERD_LOG_") {
            command.env_remove(name);
        }
    }
    command
        .args(["run", "--exit-with-parent", "--dir"])
        .arg(dir)
        .stdin(Stdio::piped())
        .stdout(also_log)
        .stderr(log)
        // A Ctrl-C in the terminal is for us; we then end the nodes in order.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(DemoError::system("starting a node"))
}
