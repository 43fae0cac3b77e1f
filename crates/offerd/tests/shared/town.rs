//! A chain in this process, and daemons as anybody would start them.
#![allow(dead_code, reason = "shared: not every test uses all of it")]

#[path = "../../../offerd-node-ldk/tests/common/port.rs"]
mod port;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::str::FromStr;
use std::sync::Arc;
use std::thread;

use bitcoin::{Address, Amount, Network, OutPoint, Transaction, Txid};
use offerd_regtest::{Chain, ElectrumServer, EsploraServer, RpcConfig, RpcServer};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use port::own_port;

use crate::client::{attempt, call};
use crate::until::until;

const PROGRAM: &str = env!("CARGO_BIN_EXE_offerd");
/// The chain, and a folder for everything.
pub(crate) struct Town {
    pub(crate) chain: Arc<Chain>,
    pub(crate) folder: TempDir,
    server: RpcServer,
    runtime: Runtime,
}

impl Town {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = Runtime::new().unwrap();
        let chain = Chain::new(None).unwrap();
        let config = RpcConfig::loopback().with_cookie(folder.path().join(".cookie"));
        let server = runtime.block_on(RpcServer::start(Arc::clone(&chain), config)).unwrap();
        Self { chain, folder, server, runtime }
    }

    /// A folder with the configuration of a node, nothing else.
    pub(crate) fn prepare(&self, name: &str) -> PathBuf {
        let (port, cookie) = (self.server.addr().port(), self.folder.path().join(".cookie"));
        let chain =
            format!("[bitcoind]\nhost = \"127.0.0.1\"\nport = {port}\ncookie = {cookie:?}\n");
        self.prepare_on(name, &chain)
    }

    /// The same, with these lines to say where the chain is.
    pub(crate) fn prepare_on(&self, name: &str, chain: &str) -> PathBuf {
        let dir = self.folder.path().join(name);
        fs::create_dir_all(&dir).unwrap();
        let port = own_port();
        let text = format!(
            "network = \"regtest\"\nalias = \"{name}\"\nlisten = \"127.0.0.1:{port}\"\n{chain}"
        );
        fs::write(dir.join("offerd.toml"), text).unwrap();
        dir
    }

    /// Serves the chain as Esplora does, at this port or any.
    pub(crate) fn esplora(&self, port: u16) -> EsploraServer {
        self.runtime.block_on(EsploraServer::start(Arc::clone(&self.chain), port)).unwrap()
    }

    /// Serves the chain as Electrum does.
    pub(crate) fn electrum(&self) -> ElectrumServer {
        self.runtime.block_on(ElectrumServer::start(Arc::clone(&self.chain), 0)).unwrap()
    }

    /// Ends a server, as a provider does who goes away.
    pub(crate) fn end(&self, server: EsploraServer) {
        self.runtime.block_on(server.shutdown());
    }

    /// Where the chain is asked.
    pub(crate) fn bitcoind(&self) -> (String, u16) {
        let address = self.server.addr();
        (address.ip().to_string(), address.port())
    }

    pub(crate) fn mine(&self, blocks: u32, nodes: &[&Daemon]) {
        self.chain.mine(blocks, &self.chain.faucet_address().script_pubkey()).unwrap();
        let height = u64::from(self.chain.height());
        for node in nodes {
            until("the latest block", || {
                let info = node.call("getinfo", json!({}));
                (info["blockheight"].as_u64()? >= height).then_some(())
            });
        }
    }

    /// Gives a node coins, and waits until it has them.
    pub(crate) fn fund(&self, node: &Daemon, sat: u64) {
        let address = node.call("newaddr", json!({}))["bech32"].as_str().unwrap().to_owned();
        let address = Address::from_str(&address).unwrap();
        let address = address.require_network(Network::Regtest).unwrap();
        self.chain.faucet(&address, Amount::from_sat(sat)).unwrap();
        self.mine(1, &[node]);
    }

    /// Opens a channel of a million satoshi and waits until both can use it.
    pub(crate) fn channel(&self, from: &Daemon, to: &Daemon, push_sat: u64) -> Txid {
        let id = to.call("getinfo", json!({}))["id"].clone();
        let to_at = to.call("getinfo", json!({}))["binding"][0]["port"].clone();
        from.call("connect", json!({ "id": id, "host": "127.0.0.1", "port": to_at }));
        let before = [from, to].map(Daemon::usable);
        let order = json!({ "id": id, "amount": 1_000_000, "announce": false, "push_msat": push_sat * 1000 });
        let funded = from.call("fundchannel", order);
        self.mine(6, &[from, to]);
        for (node, before) in [from, to].iter().zip(before) {
            until("the channel", || (node.usable() > before).then_some(()));
        }
        funded["txid"].as_str().unwrap().parse().unwrap()
    }

    /// Mines block after block until the recovery of this node is over.
    pub(crate) fn mine_until_recovered(&self, node: &Daemon, others: &[&Daemon]) {
        until("the end of the recovery", || {
            self.mine(1, &[node]);
            self.mine(0, others);
            (node.call("getinfo", json!({}))["recovery"]["status"] == "done").then_some(())
        });
    }

    /// The transaction in the chain that spends this output.
    pub(crate) fn spender(&self, outpoint: OutPoint) -> Transaction {
        let blocks = (0..=self.chain.height()).filter_map(|height| self.chain.block(height));
        let mut txs = blocks.flat_map(|block| block.txdata);
        let spends =
            |tx: &Transaction| tx.input.iter().any(|input| input.previous_output == outpoint);
        txs.find(spends).unwrap()
    }
}

/// A running `offerd run`.
pub(crate) struct Daemon {
    process: Child,
    pub(crate) dir: PathBuf,
}

impl Daemon {
    /// Starts it in this folder and waits until it answers.
    pub(crate) fn start(dir: &Path, more: &[&str]) -> Self {
        Self::start_to_fail(dir, more, None)
    }

    /// The same, which dies when it gets to this failpoint.
    pub(crate) fn start_to_fail(dir: &Path, more: &[&str], failpoint: Option<&str>) -> Self {
        let mut command = command(&["run", "--dir", text(dir)]);
        command.args(more).envs(failpoint.map(|name| ("OFFERD_FAILPOINT", name)));
        Self::start_as(dir, command)
    }

    /// Starts it in this folder, and waits until it has died at this failpoint, of its own, before or after it answers.
    pub(crate) fn dies_on_its_way(dir: &Path, failpoint: &str) {
        let mut command = command(&["run", "--dir", text(dir)]);
        let log = fs::File::create(dir.with_extension("log")).unwrap();
        command.env("OFFERD_FAILPOINT", failpoint).stdout(Stdio::null()).stderr(log);
        Self { process: command.spawn().unwrap(), dir: dir.to_owned() }.wait_for_death();
    }

    /// The same by any command that becomes it.
    pub(crate) fn start_as(dir: &Path, mut command: Command) -> Self {
        let log = fs::File::create(dir.with_extension("log")).unwrap();
        let process =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let mut daemon = Self { process, dir: dir.to_owned() };
        until("the daemon answers", || {
            if let Some(status) = daemon.process.try_wait().unwrap() {
                let log = fs::read_to_string(dir.with_extension("log")).unwrap();
                panic!("it ended with {status}: {log}");
            }
            attempt(dir, "getinfo", &json!({})).ok()?.ok()
        });
        daemon
    }

    pub(crate) fn call(&self, method: &str, params: Value) -> Value {
        call(&self.dir, method, params)
    }

    /// The number of its process.
    pub(crate) fn pid(&self) -> String {
        self.process.id().to_string()
    }

    /// Ends it without warning.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Waits until it has ended by itself. Its log.
    pub(crate) fn wait_for_death(mut self) -> String {
        let status = until("its death", || self.process.try_wait().unwrap());
        assert!(!status.success(), "it was to die, and has ended well");
        fs::read_to_string(self.dir.with_extension("log")).unwrap()
    }

    /// Waits until it has ended well.
    pub(crate) fn ends(mut self) {
        let status = until("its end", || self.process.try_wait().unwrap());
        assert!(status.success(), "{status}");
    }

    pub(crate) fn usable(&self) -> u64 {
        self.call("getinfo", json!({}))["num_active_channels"].as_u64().unwrap()
    }

    /// How many nodes are connected.
    pub(crate) fn peers(&self) -> u64 {
        self.call("getinfo", json!({}))["num_peers"].as_u64().unwrap()
    }

    /// What is confirmed in the wallet, in sat.
    pub(crate) fn on_chain(&self) -> u64 {
        let funds = self.call("listfunds", json!({}));
        let outputs = funds["outputs"].as_array().unwrap().iter();
        let confirmed = outputs.filter(|output| output["status"] == "confirmed");
        confirmed.map(|output| output["amount_msat"].as_u64().unwrap() / 1000).sum()
    }

    /// What is ours in channels, in msat, when nothing is on its way.
    pub(crate) fn in_channels(&self) -> u64 {
        let list = self.call("listpeerchannels", json!({}));
        let channels = list["channels"].as_array().unwrap().iter();
        channels.map(|channel| channel["to_us_msat"].as_u64().unwrap()).sum()
    }

    /// Waits until the books say what the node has: payments that have just ended are a moment behind.
    pub(crate) fn adds_up(&self) -> Value {
        let begun = std::time::Instant::now();
        loop {
            let audit = self.call("audit", json!({}));
            if audit["balanced"] == true {
                return audit;
            }
            let is_late = begun.elapsed() > std::time::Duration::from_secs(60);
            assert!(!is_late, "the books do not add up: {audit:#}");
            thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    /// Pays an offer of `to`, and waits until both sides' balances say so.
    pub(crate) fn pay(&self, to: &Self, sat: u64) {
        let amount = format!("{sat}sat");
        let offer = to.call("offer", json!({ "amount": amount, "description": "something" }));
        let (ours, theirs) = (self.in_channels(), to.in_channels());
        let paid = self.call("pay", json!({ "bolt11": offer["bolt12"] }));
        assert_eq!(paid["status"], "complete");
        until("the balances", || {
            let moved =
                self.in_channels() == ours - sat * 1000 && to.in_channels() == theirs + sat * 1000;
            moved.then_some(())
        });
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if thread::panicking() {
            let log = fs::read_to_string(self.dir.with_extension("log")).unwrap_or_default();
            let last: Vec<&str> = log.lines().rev().take(15).collect();
            eprintln!("{}, newest first:\n{}", self.dir.display(), last.join("\n"));
        }
    }
}

/// The program with these arguments, and nothing of our own environment.
pub(crate) fn command(words: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(words).env("HOME", "/nonexistent").stdin(Stdio::null());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OFFERD_")) {
        command.env_remove(name);
    }
    command
}

/// Runs the program to its end.
pub(crate) fn run(words: &[&str]) -> Output {
    command(words).output().unwrap()
}

/// What it said on the standard error.
pub(crate) fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
