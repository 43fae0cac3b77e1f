//! The methods, as the nodes that call them read the answers.

use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::{Block, Transaction};
use serde_json::{Value, json};

use crate::support::{Party, Served, coin, mine};

#[tokio::test]
async fn a_block_source_reads_tip_header_and_block() {
    let node = Served::start().await;
    let info = node.call("getblockchaininfo", json!([])).await;
    assert_eq!(info["chain"], "regtest");
    assert_eq!(info["initialblockdownload"], false);
    assert_eq!((&info["blocks"], &info["headers"]), (&json!(110), &json!(110)));
    let tip = &info["bestblockhash"];
    assert_eq!(node.call("getbestblockhash", json!([])).await, *tip);
    assert_eq!(node.call("getblockcount", json!([])).await, json!(110));

    let header = node.call("getblockheader", json!([tip])).await;
    let block = node.chain.block(110).expect("the tip");
    assert_eq!(header["height"], 110);
    assert_eq!(header["confirmations"], 1);
    assert_eq!(header["version"], 0x2000_0000);
    assert_eq!(header["bits"], "207fffff");
    assert_eq!(header["time"], block.header.time);
    assert_eq!(header["nonce"], block.header.nonce);
    assert_eq!(header["merkleroot"], json!(block.header.merkle_root));
    assert_eq!(header["previousblockhash"], json!(block.header.prev_blockhash));
    assert_eq!(header["chainwork"], format!("{:064x}", 111 * 2));
    assert_eq!(header.get("nextblockhash"), None);

    let raw = node.call("getblock", json!([tip, 0])).await;
    let decoded: Block = deserialize_hex(raw.as_str().expect("hexadecimal")).expect("a block");
    assert_eq!(decoded, block);
}

#[tokio::test]
async fn the_genesis_header_names_no_previous_block() {
    let node = Served::start().await;
    let hash = node.call("getblockhash", json!([0])).await;
    let header = node.call("getblockheader", json!([hash])).await;
    assert_eq!(header.get("previousblockhash"), None);
    assert_eq!(header["nextblockhash"], node.call("getblockhash", json!([1])).await);
    assert_eq!(header["chainwork"], format!("{:064x}", 2));
}

#[tokio::test]
async fn a_block_is_told_in_every_detail_asked_for() {
    let node = Served::start().await;
    let txid = node.chain.faucet(&Party::new(1).address(), bitcoin::Amount::from_sat(70_000));
    let txid = txid.expect("the faucet pays").to_string();
    mine(&node.chain, 1);
    let hash = json!(node.chain.tip());
    let ids = node.call("getblock", json!([hash])).await;
    assert_eq!(ids["nTx"], 2);
    assert_eq!(ids["tx"][1], txid);
    let block = node.chain.block(111).expect("the tip");
    assert_eq!(ids["size"], block.total_size());
    assert_eq!(ids["weight"], block.weight().to_wu());
    let whole = node.call("getblock", json!([hash, 2])).await;
    assert_eq!(whole["tx"][1]["txid"], txid);
    assert_eq!(whole["tx"][1]["vout"][0]["value"], 0.0007);
    assert_eq!(whole["tx"][1]["vout"][0]["scriptPubKey"]["type"], "witness_v0_keyhash");
    assert!(whole["tx"][0]["vin"][0]["coinbase"].is_string());
    assert_eq!(node.call("getblock", json!([hash, false])).await, serialize_hex(&block));
}

#[tokio::test]
async fn a_stale_block_stays_readable_and_says_so() {
    let node = Served::start().await;
    mine(&node.chain, 2);
    let stale = json!(node.chain.tip());
    let branch = node.call("reorg", json!([2])).await;
    assert_eq!(branch.as_array().map(Vec::len), Some(3));
    assert_eq!(branch[2], json!(node.chain.tip()));
    let header = node.call("getblockheader", json!([stale])).await;
    assert_eq!((&header["confirmations"], &header["height"]), (&json!(-1), &json!(112)));
    assert_eq!(header.get("nextblockhash"), None);
    assert!(node.call("getblock", json!([stale, 0])).await.is_string());
}

#[tokio::test]
async fn what_is_not_there_has_the_codes_nodes_look_for() {
    let node = Served::start().await;
    let nothing = "77".repeat(32);
    let cases = [
        ("getblockhash", json!([111]), -8),
        ("getblockhash", json!([-1]), -8),
        ("getblock", json!([nothing]), -5),
        ("getblockheader", json!([nothing]), -5),
        ("getrawtransaction", json!([nothing]), -5),
        ("getmempoolentry", json!([nothing]), -5),
        ("getblock", json!(["xyz"]), -8),
        ("getblockhash", json!(["1"]), -3),
        ("getblockhash", json!([]), -1),
        ("getblockcount", json!([1]), -1),
        ("sendrawtransaction", json!(["0200"]), -22),
        ("generatetoaddress", json!([1, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"]), -5),
        ("generatetoaddress", json!([1_000_000, "x"]), -8),
        ("estimatesmartfee", json!([0]), -8),
        ("reorg", json!([5_000]), -8),
        ("reorg", json!([1, ["00"]]), -22),
        ("nosuchmethod", json!([]), -32601),
    ];
    for (method, params, code) in cases {
        let (got, message) = node.error(method, params.clone()).await;
        assert_eq!(got, code, "{method} {params}: {message}");
    }
    assert_eq!(node.call("gettxout", json!([nothing, 0])).await, Value::Null);
}

#[tokio::test]
async fn a_transaction_is_sent_seen_and_mined() {
    let node = Served::start().await;
    let party = Party::new(1);
    let tx = party.spend(&[party.fund(&node.chain, 100_000)], 500);
    let txid = json!(tx.compute_txid());
    assert_eq!(node.call("sendrawtransaction", json!([serialize_hex(&tx)])).await, txid);
    assert_eq!(node.call("getrawmempool", json!([])).await, json!([txid]));
    assert_eq!(node.call("getrawmempool", json!([false])).await, json!([txid]));
    let entry = node.call("getmempoolentry", json!([txid])).await;
    assert_eq!((&entry["height"], &entry["fees"]["base"]), (&json!(111), &json!(0.000005)));
    assert!(entry["time"].as_u64().is_some());
    let verbose = node.call("getrawmempool", json!([true])).await;
    assert_eq!(verbose[txid.as_str().expect("text")], entry);
    assert_eq!(node.call("getrawtransaction", json!([txid])).await, serialize_hex(&tx));

    let address = party.address().to_string();
    node.call("generatetoaddress", json!([1, address])).await;
    let verbose = node.call("getrawtransaction", json!([txid, true])).await;
    assert_eq!(verbose["confirmations"], 1);
    assert_eq!(verbose["blockhash"], json!(node.chain.tip()));
    assert_eq!(node.error("getmempoolentry", json!([txid])).await.0, -5);
}

#[tokio::test]
async fn sending_again_succeeds_until_it_is_mined() {
    let node = Served::start().await;
    let party = Party::new(1);
    let tx = party.spend(&[party.fund(&node.chain, 100_000)], 500);
    let send = json!([serialize_hex(&tx), "0"]);
    node.call("sendrawtransaction", send.clone()).await;
    node.call("sendrawtransaction", send.clone()).await;
    mine(&node.chain, 1);
    assert_eq!(node.error("sendrawtransaction", send).await.0, -27);
}

#[tokio::test]
async fn refusals_have_the_codes_and_words_of_bitcoind() {
    let node = Served::start().await;
    let (party, thief) = (Party::new(1), Party::new(2));
    let funds = party.fund(&node.chain, 10_000_000);
    let mut missing = funds;
    missing.outpoint.vout = 7;
    let cases = [
        (party.spend(&[missing], 500), -25, "bad-txns-inputs-missingorspent"),
        (thief.spend(&[funds], 500), -26, "mandatory-script-verify-flag-failed"),
        (party.spend(&[funds], 10), -26, "min relay fee not met"),
        (party.spend(&[funds], 9_000_000), -25, "Fee exceeds maximum"),
    ];
    for (tx, code, words) in cases {
        let (got, message) = node.error("sendrawtransaction", json!([serialize_hex(&tx)])).await;
        assert_eq!(got, code, "{message}");
        assert!(message.contains(words), "{message}");
    }
    let generous = serialize_hex(&party.spend(&[funds], 9_000_000));
    node.call("sendrawtransaction", json!([generous, 0])).await;
}

#[tokio::test]
async fn acceptance_can_be_tested_without_sending() {
    let node = Served::start().await;
    let party = Party::new(1);
    let funds = party.fund(&node.chain, 100_000);
    let good = party.spend(&[funds], 500);
    let verdict = node.call("testmempoolaccept", json!([[serialize_hex(&good)]])).await;
    assert_eq!(verdict[0]["allowed"], true);
    assert_eq!(verdict[0]["fees"]["base"], 0.000005);
    let poor = party.spend(&[funds], 1);
    let verdict = node.call("testmempoolaccept", json!([[serialize_hex(&poor)]])).await;
    assert_eq!(verdict[0]["allowed"], false);
    let reason = verdict[0]["reject-reason"].as_str().expect("a reason");
    assert!(reason.starts_with("min relay fee not met"), "{reason}");
    assert_eq!(node.call("getrawmempool", json!([])).await, json!([]));
}

#[tokio::test]
async fn a_package_is_sent() {
    let node = Served::start().await;
    let party = Party::new(1);
    let parent = party.spend(&[party.fund(&node.chain, 100_000)], 0);
    let child = party.spend(&[coin(&parent, 0)], 1_000);
    let package = json!([[serialize_hex(&parent), serialize_hex(&child)]]);
    let report = node.call("submitpackage", package).await;
    assert_eq!(report["package_msg"], "success");
    let result = &report["tx-results"][parent.compute_wtxid().to_string()];
    assert_eq!(result["txid"], json!(parent.compute_txid()));
    assert_eq!(result["fees"]["base"], 0.0);
    assert_eq!(report["replaced-transactions"], json!([]));
    assert_eq!(node.error("submitpackage", json!([[]])).await.0, -8);
}

#[tokio::test]
async fn an_output_is_there_until_it_is_spent() {
    let node = Served::start().await;
    let party = Party::new(1);
    let funds = party.fund(&node.chain, 100_000);
    let outpoint = json!([funds.outpoint.txid, funds.outpoint.vout]);
    let found = node.call("gettxout", outpoint.clone()).await;
    assert_eq!((&found["value"], &found["confirmations"]), (&json!(0.001), &json!(1)));
    assert_eq!(found["scriptPubKey"]["hex"], party.script().to_hex_string());
    assert_eq!(found["scriptPubKey"]["address"], party.address().to_string());
    let spend = party.spend(&[funds], 500);
    node.chain.submit(spend.clone()).expect("it is taken");
    assert_eq!(node.call("gettxout", outpoint).await, Value::Null);
    let confirmed_only = json!([funds.outpoint.txid, funds.outpoint.vout, false]);
    assert!(node.call("gettxout", confirmed_only.clone()).await.is_object());
    let unconfirmed = node.call("gettxout", json!([spend.compute_txid(), 0])).await;
    assert_eq!(unconfirmed["confirmations"], 0);
    mine(&node.chain, 1);
    assert_eq!(node.call("gettxout", confirmed_only).await, Value::Null);
}

#[tokio::test]
async fn the_faucet_pays_over_the_wire() {
    let node = Served::start().await;
    let address = Party::new(1).address().to_string();
    for amount in [json!(0.1), json!("0.1"), json!(1)] {
        let txid = node.call("sendtoaddress", json!([address, amount])).await;
        let raw = node.call("getrawtransaction", json!([txid])).await;
        let tx: Transaction = deserialize_hex(raw.as_str().expect("text")).expect("it decodes");
        let sat = tx.output[0].value.to_sat();
        assert_eq!(sat, if amount == json!(1) { 100_000_000 } else { 10_000_000 });
    }
    let (code, message) = node.error("sendtoaddress", json!([address, 1_000_000])).await;
    assert_eq!(code, -6, "{message}");
    assert_eq!(node.error("sendtoaddress", json!([address, -1])).await.0, -3);
    assert_eq!(node.error("sendtoaddress", json!([address, true])).await.0, -3);
}

#[tokio::test]
async fn fees_are_written_as_nodes_can_read_them() {
    let node = Served::start().await;
    let estimate = json!({ "method": "estimatesmartfee", "params": [6, "ECONOMICAL"] });
    let reply = node.post(&estimate.to_string()).await;
    assert!(reply.body.contains("\"feerate\":0.00002000"), "{}", reply.body);
    let info = node.call("getmempoolinfo", json!([])).await;
    assert_eq!(info["mempoolminfee"], 0.00001);
    assert_eq!(info["minrelaytxfee"], 0.00001);
}

#[tokio::test]
async fn a_node_that_checks_the_server_first_is_content() {
    let node = Served::start().await;
    let info = node.call("getnetworkinfo", json!([])).await;
    assert!(info["version"].as_u64().is_some_and(|version| version >= 220_000));
    assert_eq!(info["localrelay"], true);
    assert_eq!(node.call("getpeerinfo", json!([])).await, json!([]));
    assert!(node.call("uptime", json!([])).await.is_u64());
    assert_eq!(node.call("echo", json!([1, "two"])).await, json!([1, "two"]));
    let help = node.call("help", json!([])).await;
    assert!(help.as_str().is_some_and(|help| help.contains("getblockhash height")));
    let one = node.call("help", json!(["getblockhash"])).await;
    assert_eq!(one, "getblockhash height");
    node.call("stop", json!([])).await;
    assert_eq!(node.call("getblockcount", json!([])).await, 110);
}

#[tokio::test]
async fn parameters_may_be_named() {
    let node = Served::start().await;
    let named = node.call("getblockhash", json!({ "height": 5 })).await;
    assert_eq!(named, node.call("getblockhash", json!([5])).await);
    let (code, message) = node.error("getblockhash", json!({ "hite": 5 })).await;
    assert_eq!((code, message.contains("hite")), (-8, true));
}
