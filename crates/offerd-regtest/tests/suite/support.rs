//! A party with a key, transactions it signs, and an HTTP client of a few lines.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bitcoin::hashes::Hash;
use bitcoin::secp256k1::{Message, Secp256k1, SecretKey};
use bitcoin::sighash::{EcdsaSighashType, SighashCache};
use bitcoin::{
    Address, Amount, CompressedPublicKey, KnownHrp, OutPoint, ScriptBuf, Sequence, Transaction,
    TxIn, TxOut, Txid, Witness, absolute, ecdsa, transaction,
};
use offerd_regtest::{Chain, RpcConfig, RpcServer};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long anything may take before a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn chain() -> Arc<Chain> {
    Chain::new(None).expect("the chain starts")
}

/// Waits for `future`, but not for ever.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it happens soon")
}

/// An output with its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coin {
    pub(crate) outpoint: OutPoint,
    pub(crate) value: u64,
}

/// The output `vout` of a transaction.
pub(crate) fn coin(tx: &Transaction, vout: u32) -> Coin {
    let value = tx.output[usize::try_from(vout).expect("small")].value.to_sat();
    Coin { outpoint: OutPoint { txid: tx.compute_txid(), vout }, value }
}

/// Somebody with a key.
pub(crate) struct Party {
    key: SecretKey,
    public: CompressedPublicKey,
}

impl Party {
    pub(crate) fn new(seed: u8) -> Self {
        let key = SecretKey::from_slice(&[seed; 32]).expect("a valid key");
        Self { key, public: CompressedPublicKey(key.public_key(&Secp256k1::new())) }
    }

    pub(crate) fn address(&self) -> Address {
        Address::p2wpkh(&self.public, KnownHrp::Regtest)
    }

    pub(crate) fn script(&self) -> ScriptBuf {
        self.address().script_pubkey()
    }

    /// A confirmed coin from the faucet.
    pub(crate) fn fund(&self, chain: &Chain, sat: u64) -> Coin {
        let txid = chain.faucet(&self.address(), Amount::from_sat(sat)).expect("the faucet pays");
        mine(chain, 1);
        coin(&chain.transaction(&txid).expect("it is mined"), 0)
    }

    /// Spends `coins` to this party itself, paying `fee` in all.
    pub(crate) fn spend(&self, coins: &[Coin], fee: u64) -> Transaction {
        self.sign(self.draft(coins, fee), coins)
    }

    /// What [`Party::spend`] signs, to be changed before.
    pub(crate) fn draft(&self, coins: &[Coin], fee: u64) -> Transaction {
        let sum: u64 = coins.iter().map(|coin| coin.value).sum();
        let output = TxOut { value: Amount::from_sat(sum - fee), script_pubkey: self.script() };
        Transaction {
            version: transaction::Version::TWO,
            lock_time: absolute::LockTime::ZERO,
            input: coins
                .iter()
                .map(|coin| TxIn {
                    previous_output: coin.outpoint,
                    sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
                    ..TxIn::default()
                })
                .collect(),
            output: vec![output],
        }
    }

    /// Signs inputs that spend this party's `coins`; inputs beyond those are left as they are.
    pub(crate) fn sign(&self, mut tx: Transaction, coins: &[Coin]) -> Transaction {
        let mut cache = SighashCache::new(&mut tx);
        for (index, coin) in coins.iter().enumerate() {
            let sighash_type = EcdsaSighashType::All;
            let value = Amount::from_sat(coin.value);
            let sighash = cache
                .p2wpkh_signature_hash(index, &self.script(), value, sighash_type)
                .expect("a signature hash");
            let message = Message::from_digest(sighash.to_byte_array());
            let signature = Secp256k1::new().sign_ecdsa(&message, &self.key);
            let signature = ecdsa::Signature { signature, sighash_type };
            *cache.witness_mut(index).expect("the input") =
                Witness::p2wpkh(&signature, &self.public.0);
        }
        tx
    }
}

/// Mines to the faucet.
pub(crate) fn mine(chain: &Chain, count: u32) {
    chain.mine(count, &chain.faucet_address().script_pubkey()).expect("blocks are mined");
}

/// An outpoint that does not exist.
pub(crate) fn nowhere() -> OutPoint {
    OutPoint { txid: Txid::from_byte_array([0x77; 32]), vout: 0 }
}

/// A server on a fresh chain, with the password that opens it.
pub(crate) struct Served {
    pub(crate) chain: Arc<Chain>,
    pub(crate) server: RpcServer,
}

pub(crate) const USER: &str = "user";
pub(crate) const PASSWORD: &str = "pass:word";

impl Served {
    pub(crate) async fn start() -> Self {
        let chain = chain();
        let config = RpcConfig::loopback().with_password(USER, PASSWORD);
        let server = RpcServer::start(Arc::clone(&chain), config).await.expect("it starts");
        Self { chain, server }
    }

    /// Calls a method and returns its result.
    pub(crate) async fn call(&self, method: &str, params: Value) -> Value {
        let reply = self.reply(method, params).await;
        assert_eq!(reply["error"], Value::Null, "{method}: {reply}");
        reply["result"].clone()
    }

    /// Calls a method and returns the code and text of its error.
    pub(crate) async fn error(&self, method: &str, params: Value) -> (i64, String) {
        let reply = self.reply(method, params).await;
        let error = &reply["error"];
        let code = error["code"].as_i64().expect("an error");
        (code, error["message"].as_str().expect("a message").to_owned())
    }

    pub(crate) async fn reply(&self, method: &str, params: Value) -> Value {
        let request = json!({ "method": method, "params": params, "id": "test" });
        self.post(&request.to_string()).await.json()
    }

    pub(crate) async fn post(&self, body: &str) -> HttpReply {
        post(self.server.addr(), Some(&basic(&format!("{USER}:{PASSWORD}"))), body).await
    }
}

/// An `Authorization` header for `user:password`.
pub(crate) fn basic(credentials: &str) -> String {
    format!("Basic {}", STANDARD.encode(credentials))
}

pub(crate) struct HttpReply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl HttpReply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect(&self.body)
    }
}

/// Posts `body` to `/` on a connection of its own.
pub(crate) async fn post(addr: SocketAddr, authorization: Option<&str>, body: &str) -> HttpReply {
    let authorization =
        authorization.map(|value| format!("Authorization: {value}\r\n")).unwrap_or_default();
    let length = body.len();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{authorization}Content-Length: {length}\r\n\r\n{body}"
    );
    exchange(addr, request.as_bytes()).await
}

/// Sends raw bytes and reads until the server closes the connection.
pub(crate) async fn exchange(addr: SocketAddr, request: &[u8]) -> HttpReply {
    let mut stream = TcpStream::connect(addr).await.expect("the server listens");
    // A server that refuses early may close before it has read everything.
    let _ = stream.write_all(request).await;
    let mut reply = Vec::new();
    let _ = soon(stream.read_to_end(&mut reply)).await;
    let reply = String::from_utf8(reply).expect("text");
    let (head, body) = reply.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    HttpReply { status, head: head.to_owned(), body: body.to_owned() }
}

/// The credentials in a cookie file.
pub(crate) fn read_cookie(path: &Path) -> String {
    std::fs::read_to_string(path).expect("the cookie file")
}
