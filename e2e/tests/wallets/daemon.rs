//! A node of ours: a process `offerd run`, spoken to over its socket alone.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

use crate::chain::Chain;
use crate::program::Process;
use crate::route::Purse;
use crate::until::{until, until_equal, until_true};

/// Longer than any call takes.
const PATIENCE: Duration = Duration::from_secs(100);

/// Code and message.
pub(crate) type Refusal = (i64, String);

/// A running node.
#[derive(Debug)]
pub(crate) struct Daemon {
    pub(crate) name: &'static str,
    pub(crate) id: String,
    pub(crate) address: SocketAddr,
    dir: PathBuf,
    args: Vec<String>,
    process: Mutex<Option<Process>>,
}

impl Daemon {
    /// Starts a node with its files below `dir`, and waits until it answers. `announced`: whether it tells everybody
    /// its address.
    pub(crate) fn start(name: &'static str, announced: bool, dir: &Path, chain: &Chain) -> Self {
        let dir = dir.join(name);
        std::fs::create_dir(&dir).unwrap();
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let mut args: Vec<String> = [
            ("--dir", dir.to_str().unwrap()),
            ("--network", "regtest"),
            ("--alias", name),
            ("--listen", &address.to_string()),
            ("--bitcoind-port", &chain.port.to_string()),
            ("--bitcoind-cookie", chain.cookie.to_str().unwrap()),
        ]
        .into_iter()
        .flat_map(|(flag, value)| [flag.to_owned(), value.to_owned()])
        .collect();
        if announced {
            args.extend(["--announce".to_owned(), address.to_string()]);
        }
        let mut daemon =
            Self { name, id: String::new(), address, dir, args, process: Mutex::new(None) };
        daemon.id = daemon.run()["id"].as_str().unwrap().to_owned();
        daemon
    }

    /// Starts the process and waits until it answers; what it says of itself.
    pub(crate) fn run(&self) -> Value {
        let begin = ["run".to_owned(), "--exit-with-parent".to_owned()];
        let args = begin.iter().chain(&self.args);
        let mut process = Process::start(args, &self.dir.join("log"));
        let info = until("a node answers", || {
            process.assert_running(self.name);
            self.attempt("getinfo", &json!({})).ok()?.ok()
        });
        *self.process.lock().unwrap() = Some(process);
        info
    }

    /// Ends the process without warning.
    pub(crate) fn kill(&self) {
        self.process.lock().unwrap().take().unwrap().kill();
    }

    /// Makes a call; the outer error is one of the connection.
    pub(crate) fn attempt(
        &self,
        method: &str,
        params: &Value,
    ) -> io::Result<Result<Value, Refusal>> {
        let mut stream = UnixStream::connect(self.dir.join("offerd-rpc"))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        stream.write_all(request.to_string().as_bytes())?;
        let mut reply = Vec::new();
        let mut piece = [0; 4096];
        while !reply.ends_with(b"\n\n") {
            match stream.read(&mut piece)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                length => reply.extend_from_slice(&piece[..length]),
            }
        }
        let reply: Value = serde_json::from_slice(&reply)?;
        let error = &reply["error"];
        if error.is_null() {
            return Ok(Ok(reply["result"].clone()));
        }
        let message = error["message"].as_str().unwrap_or_default().to_owned();
        Ok(Err((error["code"].as_i64().unwrap_or_default(), message)))
    }

    /// Makes a call that must succeed.
    pub(crate) fn call(&self, method: &str, params: Value) -> Value {
        match self.attempt(method, &params) {
            Ok(Ok(result)) => result,
            other => panic!("{method} {params} at {}: {other:?}", self.name),
        }
    }

    /// Makes a call that must be refused.
    pub(crate) fn refusal(&self, method: &str, params: Value) -> Refusal {
        match self.attempt(method, &params) {
            Ok(Err(refusal)) => refusal,
            other => panic!("{method} {params} at {}: {other:?}", self.name),
        }
    }

    /// Waits until its books say what it has, to the millisatoshi.
    pub(crate) fn adds_up(&self) {
        let difference = || self.call("audit", json!({}))["difference_msat"].as_i64();
        until_equal(&format!("the books of {}", self.name), &Some(0), difference);
    }

    /// Its channels.
    pub(crate) fn channels(&self) -> Vec<Value> {
        let list = self.call("listpeerchannels", json!({}));
        list["channels"].as_array().unwrap().clone()
    }

    /// What it has in channels, in msat.
    pub(crate) fn balance(&self) -> u64 {
        self.channels().iter().map(|channel| channel["to_us_msat"].as_u64().unwrap()).sum()
    }

    /// Its channels with this node.
    pub(crate) fn purses_to(&self, node: &str) -> Vec<Purse> {
        let mut channels = self.channels();
        channels.retain(|channel| channel["peer_id"] == node);
        channels.sort_by_key(|channel| channel["channel_id"].to_string());
        let purse = |channel: &Value| Purse {
            can_carry: channel["spendable_msat"].as_u64().unwrap(),
            holds: channel["to_us_msat"].as_u64().unwrap(),
        };
        channels.iter().map(purse).collect()
    }

    /// A new address of its wallet.
    pub(crate) fn new_address(&self) -> String {
        let address = self.call("newaddr", json!({}));
        address["bech32"].as_str().or(address["p2tr"].as_str()).unwrap().to_owned()
    }

    /// Waits until it has this many coins in blocks.
    pub(crate) fn wait_for_coins(&self, count: usize) {
        until_true("the coins of a node are seen", || {
            let funds = self.call("listfunds", json!({}));
            let outputs = funds["outputs"].as_array().unwrap();
            outputs.iter().filter(|output| output["status"] == "confirmed").count() == count
        });
    }

    /// Connects to a node.
    pub(crate) fn connect(&self, id: &str, address: SocketAddr) {
        self.call("connect", json!({ "id": format!("{id}@{address}") }));
    }

    /// Opens a channel to a connected node, half of which is the node's at once.
    pub(crate) fn open_channel(&self, to: &str, sat: u64, announce: bool) {
        let params =
            json!({ "id": to, "amount": sat, "announce": announce, "push_msat": sat / 2 * 1000 });
        self.call("fundchannel", params);
    }

    /// Waits until this many channels can be used.
    pub(crate) fn wait_for_channels(&self, count: usize) {
        until_true("the channels of a node can be used", || {
            let channels = self.channels();
            let usable = channels
                .iter()
                .filter(|it| it["state"] == "CHANNELD_NORMAL" && it["peer_connected"] == true);
            usable.count() == count
        });
    }
}
