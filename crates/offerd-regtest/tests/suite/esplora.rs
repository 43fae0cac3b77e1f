//! The chain as Esplora shows it.

use std::sync::Arc;

use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::hashes::{Hash, sha256};
use bitcoin::{MerkleBlock, Transaction, Txid};
use offerd_regtest::{Chain, EsploraServer};
use serde_json::{Value, json};

use crate::support::{HttpReply, Party, chain, exchange, mine};

/// A chain and its server.
struct Shown {
    chain: Arc<Chain>,
    server: EsploraServer,
}

impl Shown {
    async fn start() -> Self {
        let chain = chain();
        let server = EsploraServer::start(Arc::clone(&chain), 0).await.expect("it starts");
        Self { chain, server }
    }

    async fn get(&self, path: &str) -> HttpReply {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        exchange(self.server.addr(), request.as_bytes()).await
    }

    async fn text(&self, path: &str) -> String {
        let reply = self.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        reply.body
    }

    async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path).await).expect("JSON")
    }

    async fn post(&self, path: &str, body: &str) -> HttpReply {
        let length = body.len();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        exchange(self.server.addr(), request.as_bytes()).await
    }

    /// Ids of the transactions that touch this party's script, newest first.
    async fn history(&self, party: &Party) -> Vec<Txid> {
        let hash = sha256::Hash::hash(party.script().as_bytes());
        let list = self.json(&format!("/scripthash/{hash}/txs")).await;
        let list = list.as_array().expect("a list").iter();
        list.map(|tx| tx["txid"].as_str().expect("an id").parse().expect("an id")).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_are_found_by_height_and_by_hash() {
    let shown = Shown::start().await;
    let (height, tip) = (shown.chain.height(), shown.chain.tip());
    assert_eq!(shown.text("/blocks/tip/height").await, height.to_string());
    assert_eq!(shown.text("/blocks/tip/hash").await, tip.to_string());
    assert_eq!(shown.text(&format!("/block-height/{height}")).await, tip.to_string());
    assert_eq!(shown.get(&format!("/block-height/{}", height + 1)).await.status, 404);
    let block = shown.chain.block(height).unwrap();
    assert_eq!(shown.text(&format!("/block/{tip}/header")).await, serialize_hex(&block.header));
    let coinbase = block.txdata[0].compute_txid();
    assert_eq!(shown.text(&format!("/block/{tip}/txid/0")).await, coinbase.to_string());
    assert_eq!(shown.json(&format!("/block/{tip}/txids")).await, json!([coinbase]));
    let latest = shown.json("/blocks").await;
    let heights: Vec<u64> =
        latest.as_array().unwrap().iter().map(|block| block["height"].as_u64().unwrap()).collect();
    let expected: Vec<u64> = (0..10).map(|down| u64::from(height) - down).collect();
    assert_eq!(heights, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_was_replaced_is_not_in_the_best_chain() {
    let shown = Shown::start().await;
    let old = shown.chain.tip();
    let status = shown.json(&format!("/block/{old}/status")).await;
    assert_eq!((&status["in_best_chain"], &status["height"]), (&json!(true), &json!(110)));
    shown.chain.reorg(1).unwrap();
    let status = shown.json(&format!("/block/{old}/status")).await;
    assert_eq!(status, json!({ "in_best_chain": false }));
    let unknown = "11".repeat(32);
    let status = shown.json(&format!("/block/{unknown}/status")).await;
    assert_eq!(status, json!({ "in_best_chain": false }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_is_followed_from_sending_to_its_block_and_back() {
    let shown = Shown::start().await;
    let party = Party::new(1);
    let coin = party.fund(&shown.chain, 100_000);
    let tx = party.spend(&[coin], 1_000);
    let txid = tx.compute_txid();
    let (path, spent) = (format!("/tx/{txid}"), format!("/tx/{}/outspend/0", coin.outpoint.txid));
    assert_eq!(shown.get(&path).await.status, 404);
    assert_eq!(shown.json(&format!("{path}/status")).await, json!({ "confirmed": false }));
    assert_eq!(shown.json(&spent).await, json!({ "spent": false }));

    let sent = shown.post("/tx", &serialize_hex(&tx)).await;
    assert_eq!((sent.status, sent.body), (200, txid.to_string()));
    assert_eq!(shown.json(&path).await["fee"], 1_000);
    assert_eq!(shown.json(&spent).await["status"], json!({ "confirmed": false }));
    assert_eq!(shown.get(&format!("{path}/merkleblock-proof")).await.status, 404);

    mine(&shown.chain, 1);
    let status = shown.json(&format!("{path}/status")).await;
    assert_eq!(status["block_hash"], shown.chain.tip().to_string());
    assert_eq!(shown.json(&spent).await["txid"], txid.to_string());
    assert_eq!(shown.history(&party).await, [txid, coin.outpoint.txid]);

    shown.chain.reorg(1).unwrap();
    assert_eq!(shown.json(&format!("{path}/status")).await, json!({ "confirmed": false }));
    assert_eq!(shown.history(&party).await[0], txid, "it is in the mempool again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_leads_to_the_blocks_merkle_root() {
    let shown = Shown::start().await;
    let party = Party::new(2);
    let coin = party.fund(&shown.chain, 100_000);
    let txid = coin.outpoint.txid;
    let proof = shown.text(&format!("/tx/{txid}/merkleblock-proof")).await;
    let proof: MerkleBlock = deserialize_hex(&proof).unwrap();
    let (mut matches, mut indexes) = (Vec::new(), Vec::new());
    let root = proof.txn.extract_matches(&mut matches, &mut indexes).unwrap();
    assert_eq!((root, matches), (proof.header.merkle_root, vec![txid]));
    let branch = shown.json(&format!("/tx/{txid}/merkle-proof")).await;
    assert_eq!(branch["pos"].as_u64(), indexes.first().map(|index| u64::from(*index)));
    assert_eq!(branch["block_height"], shown.chain.height());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_history_comes_in_pages() {
    let shown = Shown::start().await;
    let party = Party::new(3);
    let paid: Vec<Txid> = (0..30).map(|_| party.fund(&shown.chain, 20_000).outpoint.txid).collect();
    let newest: Vec<Txid> = paid.iter().rev().copied().collect();
    assert_eq!(shown.history(&party).await, newest[..25]);
    let hash = sha256::Hash::hash(party.script().as_bytes());
    let rest = shown.json(&format!("/scripthash/{hash}/txs/chain/{}", newest[24])).await;
    assert_eq!(rest.as_array().unwrap().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_says_why() {
    let shown = Shown::start().await;
    assert_eq!(shown.post("/tx", "00").await.status, 400);
    let party = Party::new(4);
    let coin = party.fund(&shown.chain, 100_000);
    let mined: Transaction = shown.chain.transaction(&coin.outpoint.txid).unwrap();
    let again = shown.post("/tx", &serialize_hex(&mined)).await;
    assert_eq!(again.status, 400);
    assert!(again.body.contains("Transaction outputs already in utxo set"), "{}", again.body);
    let free = party.spend(&[coin], 0);
    let reply = shown.post("/tx", &serialize_hex(&free)).await;
    assert!(reply.body.contains("min relay fee not met"), "{}", reply.body);
    let package = json!([serialize_hex(&free)]).to_string();
    let reply = shown.post("/txs/package", &package).await;
    assert_eq!(reply.json()["package_msg"], "transaction failed");
    for path in ["/", "/nothing", "/tx/zz", "/block/zz/status", "/scripthash/00/txs"] {
        assert_eq!(shown.get(path).await.status, 404, "{path}");
    }
}
