//! bitcoind, or whatever serves that part of its RPC.
//!
//! Methods used: `getblockchaininfo`, `getblockhash`, `getblockheader`, `getblock`, `sendrawtransaction`,
//! `submitpackage`, `gettxout`, `getmempoolentry`, `estimatesmartfee`, `getmempoolinfo`.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bitcoin::consensus::encode::serialize_hex;
use bitcoin::{Amount, Network, OutPoint, ScriptBuf, Transaction, TxOut, Txid};
use lightning::chain::{BestBlock, Listen};
use lightning_block_sync::init::{synchronize_listeners, validate_best_block_header};
use lightning_block_sync::poll::{ChainPoller, ValidatedBlockHeader};
use lightning_block_sync::rpc::RpcError;
use lightning_block_sync::{BlockSourceError, SpvClient, UnboundedCache};
use serde_json::{Value, json};
use tokio::sync::watch;
use tracing::{debug, info, warn};

use super::rpc::Rpc;
use super::{
    Behind, BlockFeed, BroadcastError, ChainError, ChainSource, ChainView, Feed, Listeners,
    one_by_one,
};
use crate::config::BitcoindConfig;
use crate::locks::lock;
use crate::tasks::stopped;

/// `RPC_VERIFY_ALREADY_IN_UTXO_SET`: mined already.
const ALREADY_MINED: i64 = -27;
/// `RPC_INVALID_ADDRESS_OR_KEY`: no such transaction.
const NOT_FOUND: i64 = -5;
/// `RPC_INVALID_PARAMETER`: no block so high.
const OUT_OF_RANGE: i64 = -8;
/// What the mempool calls a transaction that it has.
const ALREADY_THERE: [&str; 3] =
    ["txn-already-in-mempool", "txn-already-known", "txn-same-nonwitness-data-in-mempool"];

/// A connection to bitcoind.
pub(crate) struct BitcoindSource {
    name: String,
    rpc: Arc<Rpc>,
    network: Network,
    /// Headers seen, so that blocks can be disconnected, and the block that `catch_up` reached.
    reached: Mutex<Option<(UnboundedCache, ValidatedBlockHeader)>>,
}

impl fmt::Debug for BitcoindSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BitcoindSource").field("network", &self.network).finish_non_exhaustive()
    }
}

impl BitcoindSource {
    /// Does not connect yet.
    pub(crate) fn new(config: &BitcoindConfig, network: Network) -> Result<Self, ChainError> {
        let rpc = Arc::new(Rpc::new(config)?);
        let name = format!("bitcoind at {}:{}", config.host, config.port);
        Ok(Self { name, rpc, network, reached: Mutex::new(None) })
    }

    async fn send_one(&self, tx: &Transaction) -> Result<(), BroadcastError> {
        match self.rpc.call("sendrawtransaction", &[json!(serialize_hex(tx))]).await {
            Ok(_) => Ok(()),
            Err(error) => match rpc_error(&error) {
                Some(error) if is_there(error) => Ok(()),
                Some(error) => Err(BroadcastError::Refused(error.message.clone())),
                None => Err(failed("sendrawtransaction", &error).into()),
            },
        }
    }

    /// Hands in several at once. Where the package as such is refused each is tried alone: some may go in.
    async fn send_package(&self, package: &[Transaction]) -> Result<(), BroadcastError> {
        let hex: Vec<String> = package.iter().map(serialize_hex).collect();
        match self.rpc.call("submitpackage", &[json!(hex)]).await {
            Ok(reply) if reply["package_msg"] == "success" => return Ok(()),
            Ok(reply) => debug!(reason = %reply["package_msg"], "package refused"),
            Err(error) => debug!(%error, "package not taken"),
        }
        one_by_one(package, |tx| self.send_one(tx)).await
    }
}

#[async_trait]
impl BlockFeed for BitcoindSource {
    async fn catch_up(&self, listeners: Vec<Behind<'_>>) -> Result<(), ChainError> {
        let mut cache = UnboundedCache::new();
        let tip = synchronize_listeners(Arc::clone(&self.rpc), self.network, &mut cache, listeners)
            .await
            .map_err(source_failed)?;
        *lock(&self.reached) = Some((cache, tip));
        Ok(())
    }

    async fn follow(
        &self,
        listeners: Arc<Listeners>,
        view: Arc<ChainView>,
        pause: Duration,
        mut stop: watch::Receiver<bool>,
    ) {
        let Some((mut cache, tip)) = lock(&self.reached).take() else { return };
        view.set_tip_time(tip.header.time);
        let poller = ChainPoller::new(Arc::clone(&self.rpc), self.network);
        let listener = Reporting { listeners, view: Arc::clone(&view) };
        let mut client = SpvClient::new(tip, poller, &mut cache, &listener);
        loop {
            let reachable = match client.poll_best_tip().await {
                Ok(_) => true,
                Err(error) => {
                    let error = source_failed(error);
                    if view.is_reachable() {
                        warn!(%error, "cannot reach bitcoind");
                    }
                    false
                }
            };
            if view.set_reachable(reachable) != reachable && reachable {
                info!("bitcoind is back");
            }
            tokio::select! {
                () = stopped(&mut stop) => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }
}

#[async_trait]
impl ChainSource for BitcoindSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn feed(&self) -> Feed<'_> {
        Feed::Blocks(self)
    }

    async fn tip(&self) -> Result<BestBlock, ChainError> {
        let tip = validate_best_block_header(Arc::clone(&self.rpc)).await.map_err(source_failed)?;
        Ok(best_block(&tip))
    }

    async fn block_at(&self, height: u32) -> Result<BestBlock, ChainError> {
        let reply = self
            .rpc
            .call("getblockhash", &[json!(height)])
            .await
            .map_err(|error| failed("getblockhash", &error))?;
        let hash = reply.as_str().and_then(|hash| hash.parse().ok());
        let hash = hash.ok_or_else(|| ChainError("getblockhash: not a hash".to_owned()))?;
        Ok(BestBlock::new(hash, height))
    }

    async fn broadcast(&self, package: &[Transaction]) -> Result<(), BroadcastError> {
        match package {
            [] => Ok(()),
            [tx] => self.send_one(tx).await,
            package => self.send_package(package).await,
        }
    }

    async fn unspent(&self, outpoint: OutPoint) -> Result<Option<TxOut>, ChainError> {
        let params = [json!(outpoint.txid), json!(outpoint.vout), json!(false)];
        let reply = self.rpc.call("gettxout", &params).await;
        let reply = reply.map_err(|error| failed("gettxout", &error))?;
        if reply.is_null() {
            return Ok(None);
        }
        let output = output(&reply).ok_or_else(|| ChainError("gettxout: no output".to_owned()))?;
        Ok(Some(output))
    }

    async fn txid_at(&self, height: u32, index: u32) -> Result<Option<Txid>, ChainError> {
        let hash = match self.rpc.call("getblockhash", &[json!(height)]).await {
            Ok(hash) => hash,
            Err(error) if rpc_error(&error).is_some_and(|error| error.code == OUT_OF_RANGE) => {
                return Ok(None);
            }
            Err(error) => return Err(failed("getblockhash", &error)),
        };
        let block = self.rpc.call("getblock", &[hash, json!(1)]).await;
        let block = block.map_err(|error| failed("getblock", &error))?;
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let txid = block["tx"].get(index).and_then(Value::as_str);
        Ok(txid.and_then(|txid| txid.parse().ok()))
    }

    async fn no_questions(&self) -> Result<Option<&'static str>, ChainError> {
        let reply = self.rpc.call("getblockchaininfo", &[]).await;
        let reply = reply.map_err(|error| failed("getblockchaininfo", &error))?;
        Ok((reply["pruned"] == true).then_some("bitcoind prunes old blocks"))
    }

    async fn is_in_mempool(&self, txid: Txid) -> Result<bool, ChainError> {
        match self.rpc.call("getmempoolentry", &[json!(txid)]).await {
            Ok(_) => Ok(true),
            Err(error) if rpc_error(&error).is_some_and(|error| error.code == NOT_FOUND) => {
                Ok(false)
            }
            Err(error) => Err(failed("getmempoolentry", &error)),
        }
    }

    async fn fee_rate(&self, blocks: u16, urgent: bool) -> Result<Option<u32>, ChainError> {
        let mode = if urgent { "CONSERVATIVE" } else { "ECONOMICAL" };
        let reply = self
            .rpc
            .call("estimatesmartfee", &[json!(blocks), json!(mode)])
            .await
            .map_err(|error| failed("estimatesmartfee", &error))?;
        Ok(per_kiloweight(&reply["feerate"]))
    }

    async fn mempool_minimum(&self) -> Result<u32, ChainError> {
        let reply = self
            .rpc
            .call("getmempoolinfo", &[])
            .await
            .map_err(|error| failed("getmempoolinfo", &error))?;
        let rates = [&reply["mempoolminfee"], &reply["minrelaytxfee"]];
        Ok(rates.into_iter().filter_map(per_kiloweight).max().unwrap_or(0))
    }
}

/// Tells the view of each block after the listeners have seen it.
struct Reporting {
    listeners: Arc<Listeners>,
    view: Arc<ChainView>,
}

impl Listen for Reporting {
    fn filtered_block_connected(
        &self,
        header: &bitcoin::block::Header,
        txdata: &lightning::chain::transaction::TransactionData<'_>,
        height: u32,
    ) {
        self.listeners.filtered_block_connected(header, txdata, height);
        self.view.set_tip_time(header.time);
        self.view.set_best(BestBlock::new(header.block_hash(), height));
    }

    fn block_connected(&self, block: &bitcoin::Block, height: u32) {
        self.listeners.block_connected(block, height);
        self.view.set_tip_time(block.header.time);
        self.view.set_best(BestBlock::new(block.block_hash(), height));
    }

    fn blocks_disconnected(&self, fork_point: BestBlock) {
        info!(height = fork_point.height, "blocks were replaced");
        self.listeners.blocks_disconnected(fork_point);
        self.view.set_best(fork_point);
    }
}

fn best_block(header: &ValidatedBlockHeader) -> BestBlock {
    BestBlock::new(header.header.block_hash(), header.height)
}

fn source_failed(error: BlockSourceError) -> ChainError {
    ChainError(error.into_inner().to_string())
}

fn failed(method: &str, error: &io::Error) -> ChainError {
    ChainError(format!("{method}: {error}"))
}

fn rpc_error(error: &io::Error) -> Option<&RpcError> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

fn is_there(error: &RpcError) -> bool {
    error.code == ALREADY_MINED || ALREADY_THERE.iter().any(|text| error.message.contains(text))
}

/// An output as `gettxout` shows it.
fn output(reply: &Value) -> Option<TxOut> {
    let btc = reply["value"].as_f64().filter(|btc| btc.is_finite() && *btc >= 0.0)?;
    let value = Amount::from_btc((btc * 1e8).round() / 1e8).ok()?;
    let script_pubkey = ScriptBuf::from_hex(reply["scriptPubKey"]["hex"].as_str()?).ok()?;
    Some(TxOut { value, script_pubkey })
}

/// BTC per 1000 virtual bytes, as bitcoind says it, in sat per 1000 weight units, rounded up.
fn per_kiloweight(rate: &Value) -> Option<u32> {
    let btc = rate.as_f64().filter(|rate| rate.is_finite() && *rate > 0.0)?;
    let sat_per_kvb = Amount::from_btc((btc * 1e8).round() / 1e8).ok()?.to_sat();
    u32::try_from(sat_per_kvb.div_ceil(4)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fee_rates_are_converted_and_rounded_up() {
        assert_eq!(per_kiloweight(&json!(0.00001)), Some(250));
        assert_eq!(per_kiloweight(&json!(0.00001001)), Some(251));
        assert_eq!(per_kiloweight(&json!(0.0)), None);
        assert_eq!(per_kiloweight(&json!(null)), None);
    }

    #[test]
    fn a_transaction_that_is_there_already_counts_as_sent() {
        let error = |code, message: &str| RpcError { code, message: message.to_owned() };
        assert!(is_there(&error(-27, "Transaction outputs already in utxo set")));
        assert!(is_there(&error(-26, "txn-already-in-mempool")));
        assert!(!is_there(&error(-26, "min relay fee not met")));
    }
}
