//! The chain: `offerd regtest`, spoken to as bitcoind by a client of other people.

use std::fs;
use std::path::{Path, PathBuf};

use bitcoincore_rpc::{Auth, Client, RpcApi};
use ldk_node::bitcoin::{Address, Txid};
use serde_json::{Value, json};

use crate::program::Process;
use crate::until::until;

/// A running chain.
#[derive(Debug)]
pub(crate) struct Chain {
    _process: Process,
    rpc: Client,
    /// Where it is served on the loopback interface.
    pub(crate) port: u16,
    /// The file with user and password.
    pub(crate) cookie: PathBuf,
}

impl Chain {
    /// Starts a chain with its files in `dir`.
    pub(crate) fn start(dir: &Path) -> Self {
        let cookie = dir.join("cookie");
        let log = dir.join("chain.log");
        let args = ["regtest", "--port", "0", "--cookie", cookie.to_str().unwrap()];
        let mut process = Process::start(args, &log);
        let port = until("the chain is served", || {
            process.assert_running("the chain");
            let said = fs::read_to_string(&log).ok().filter(|said| said.contains("\nready"))?;
            let (_, behind) = said.split_once("http://127.0.0.1:")?;
            behind.split(' ').next()?.parse().ok()
        });
        let url = format!("http://127.0.0.1:{port}");
        let rpc = Client::new(&url, Auth::CookieFile(cookie.clone())).unwrap();
        Self { _process: process, rpc, port, cookie }
    }

    /// User and password.
    pub(crate) fn login(&self) -> (String, String) {
        let cookie = fs::read_to_string(&self.cookie).unwrap();
        let (user, password) = cookie.trim().split_once(':').unwrap();
        (user.to_owned(), password.to_owned())
    }

    /// Pays this much from the faucet.
    pub(crate) fn pay(&self, address: &str, btc: f64) {
        let _: Txid = self.rpc.call("sendtoaddress", &[json!(address), json!(btc)]).unwrap();
    }

    /// Adds this many blocks.
    pub(crate) fn mine(&self, count: u64) {
        let nobody: Address<_> = self.rpc.call("getnewaddress", &[]).unwrap();
        let _: Vec<Value> =
            self.rpc.call("generatetoaddress", &[json!(count), json!(nobody)]).unwrap();
    }

    /// How many blocks there are above the first.
    pub(crate) fn height(&self) -> u64 {
        self.rpc.get_block_count().unwrap()
    }

    /// Whether this transaction has come to it, in a block or not.
    pub(crate) fn knows(&self, txid: &str) -> bool {
        self.rpc.get_raw_transaction_hex(&txid.parse().unwrap(), None).is_ok()
    }
}
