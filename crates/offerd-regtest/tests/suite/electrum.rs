//! The chain as Electrum shows it.

use std::sync::Arc;

use bitcoin::block::Header;
use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::hashes::{Hash, sha256};
use offerd_regtest::{Chain, ElectrumServer};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::support::{Party, chain, mine, soon};

/// A connection to a server of its own.
struct Caller {
    chain: Arc<Chain>,
    stream: BufReader<TcpStream>,
    _server: ElectrumServer,
}

impl Caller {
    async fn new() -> Self {
        let chain = chain();
        let server = ElectrumServer::start(Arc::clone(&chain), 0).await.expect("it starts");
        let stream = TcpStream::connect(server.addr()).await.expect("it listens");
        Self { chain, stream: BufReader::new(stream), _server: server }
    }

    async fn line(&mut self) -> Value {
        let mut line = String::new();
        soon(self.stream.read_line(&mut line)).await.expect("a line");
        serde_json::from_str(&line).expect("JSON")
    }

    async fn reply(&mut self, method: &str, params: Value) -> Value {
        let request = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
        self.stream.write_all(format!("{request}\n").as_bytes()).await.expect("it listens");
        let reply = self.line().await;
        assert_eq!(reply["id"], 7, "{reply}");
        reply
    }

    async fn call(&mut self, method: &str, params: Value) -> Value {
        let reply = self.reply(method, params).await;
        assert!(reply.get("error").is_none(), "{method}: {reply}");
        reply["result"].clone()
    }

    async fn history(&mut self, party: &Party) -> Value {
        let mut hash = sha256::Hash::hash(party.script().as_bytes()).to_byte_array();
        hash.reverse();
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        self.call("blockchain.scripthash.get_history", json!([hash])).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_are_shown_and_new_ones_are_told_to_whoever_asked() {
    let mut caller = Caller::new().await;
    let tip = caller.call("blockchain.headers.subscribe", json!([])).await;
    assert_eq!(tip["height"], caller.chain.height());
    let one = caller.call("blockchain.block.header", json!([110])).await;
    assert_eq!(one, tip["hex"]);
    let several = caller.call("blockchain.block.headers", json!([109, 10])).await;
    assert_eq!((&several["count"], several["hex"].as_str().unwrap().len()), (&json!(2), 320));
    assert!(caller.reply("blockchain.block.header", json!([111])).await.get("error").is_some());
    mine(&caller.chain, 1);
    let told = caller.line().await;
    assert_eq!(told["method"], "blockchain.headers.subscribe");
    let header: Header = deserialize_hex(told["params"][0]["hex"].as_str().unwrap()).unwrap();
    assert_eq!(header.block_hash(), caller.chain.tip());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_is_followed_from_sending_to_its_block() {
    let mut caller = Caller::new().await;
    let party = Party::new(1);
    let coin = party.fund(&caller.chain, 100_000);
    let tx = party.spend(&[coin], 1_000);
    let txid = tx.compute_txid();
    let unknown = caller.reply("blockchain.transaction.get", json!([txid])).await;
    assert_eq!(unknown["error"]["code"], 2);
    let sent = caller.call("blockchain.transaction.broadcast", json!([serialize_hex(&tx)])).await;
    assert_eq!(sent, txid.to_string());
    let made = json!({ "tx_hash": coin.outpoint.txid, "height": 111 });
    let waits = json!({ "tx_hash": txid, "height": 0, "fee": 1_000 });
    assert_eq!(caller.history(&party).await, json!([made, waits]));
    assert!(
        caller.reply("blockchain.transaction.get_merkle", json!([txid, 0])).await["error"]
            .is_object()
    );
    mine(&caller.chain, 1);
    let mined = json!({ "tx_hash": txid, "height": 112 });
    assert_eq!(caller.history(&party).await, json!([made, mined]));
    let proof = caller.call("blockchain.transaction.get_merkle", json!([txid, 112])).await;
    assert_eq!((&proof["block_height"], &proof["pos"]), (&json!(112), &json!(1)));
    let at = caller.call("blockchain.transaction.id_from_pos", json!([112, 1])).await;
    assert_eq!(at, txid.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_says_why() {
    let mut caller = Caller::new().await;
    let party = Party::new(2);
    let coin = party.fund(&caller.chain, 100_000);
    let free = serialize_hex(&party.spend(&[coin], 0));
    let refused = caller.reply("blockchain.transaction.broadcast", json!([free])).await;
    assert!(refused["error"]["message"].as_str().unwrap().contains("min relay fee not met"));
    for (method, params) in [
        ("nothing", json!([])),
        ("blockchain.transaction.get", json!(["zz"])),
        ("blockchain.block.header", json!(["1"])),
        ("blockchain.scripthash.get_history", json!(["00"])),
    ] {
        assert!(caller.reply(method, params).await["error"].is_object(), "{method}");
    }
}
