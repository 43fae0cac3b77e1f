//! A server with Esplora's HTTP interface.
//!
//! What it says of channels' transactions is proven by their place in a block; that a block is in the best chain, and
//! that nothing was left out, is believed. So is what it says of the wallet's.

use std::collections::HashMap;
use std::error::Error as _;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bdk_esplora::EsploraAsyncExt;
use bitcoin::{BlockHash, Network, OutPoint, Transaction, TxOut, Txid};
use esplora_client::{AsyncClient, Builder, Error};
use lightning::chain::BestBlock;
use lightning_transaction_sync::EsploraSyncClient;
use tracing::debug;

use super::probe::{ChainStatus, genesis_is_of};
use super::said::{is_there_already, proven_time, sat_per_kiloweight, shown};
use super::{Asking, BroadcastError, ChainError, ChainSource, Feed, TransactionFeed, one_by_one};
use crate::locks::lock;
use crate::logger::NodeLogger;
use crate::types::TxFilter;
use crate::wallet::{OnchainWallet, Questions};

/// How long the server may take for one answer, in seconds.
const TIMEOUT: u64 = 30;
/// How often a request is repeated that the server was too busy for.
const RETRIES: usize = 3;
/// How many requests go on at the same time for the wallet.
const AT_ONCE: usize = 4;
/// Addresses without a transaction after which no further ones are looked at, when it is not known how many there are.
const STOP_GAP: usize = 100;
/// How long estimates of fees are used before they are asked for again: for all questions that come together.
const ESTIMATES_LAST: Duration = Duration::from_secs(5);

/// A connection to an Esplora server.
pub(super) struct EsploraSource {
    name: String,
    client: AsyncClient,
    sync: Arc<EsploraSyncClient<Arc<NodeLogger>>>,
    /// In satoshis per virtual byte, by the blocks to wait for at most.
    estimates: Mutex<Option<(Instant, HashMap<u16, f64>)>>,
}

impl fmt::Debug for EsploraSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EsploraSource").field("name", &self.name).finish_non_exhaustive()
    }
}

impl EsploraSource {
    /// Does not connect yet.
    pub(super) fn new(url: &str) -> Result<Self, ChainError> {
        let url = url.trim_end_matches('/');
        let builder = Builder::new(url).timeout(TIMEOUT).max_retries(RETRIES);
        let client = builder.build_async().map_err(|error| failed(&error))?;
        let sync = EsploraSyncClient::from_client(client.clone(), Arc::new(NodeLogger));
        Ok(Self {
            name: format!("Esplora at {url}"),
            client,
            sync: Arc::new(sync),
            estimates: Mutex::new(None),
        })
    }

    /// Whether it answers, for our network.
    pub(super) async fn probe(&self, network: Network) -> Result<ChainStatus, ChainError> {
        let genesis = self.client.get_block_hash(0).await.map_err(|error| failed(&error))?;
        genesis_is_of(genesis, network)?;
        let height = self.client.get_height().await.map_err(|error| failed(&error))?;
        Ok(ChainStatus { height: height.into(), syncing: false })
    }

    async fn estimates(&self) -> Result<HashMap<u16, f64>, ChainError> {
        if let Some((at, estimates)) = &*lock(&self.estimates)
            && at.elapsed() < ESTIMATES_LAST
        {
            return Ok(estimates.clone());
        }
        let estimates = self.client.get_fee_estimates().await.map_err(|error| failed(&error))?;
        *lock(&self.estimates) = Some((Instant::now(), estimates.clone()));
        Ok(estimates)
    }

    async fn send_one(&self, tx: &Transaction) -> Result<(), BroadcastError> {
        match self.client.broadcast(tx).await {
            Ok(()) => Ok(()),
            Err(Error::HttpResponse { message, .. }) if is_there_already(&message) => Ok(()),
            Err(Error::HttpResponse { status, message }) if status != 429 && status < 500 => {
                Err(BroadcastError::Refused(shown(&message)))
            }
            Err(error) => Err(failed(&error).into()),
        }
    }

    /// Hands in several at once. Where the package as such is not taken, or the server takes none, each is tried alone.
    async fn send_package(&self, package: &[Transaction]) -> Result<(), BroadcastError> {
        match self.client.submit_package(package, None, None).await {
            Ok(reply) if reply.package_msg == "success" => return Ok(()),
            Ok(reply) => debug!(reason = shown(&reply.package_msg), "package refused"),
            Err(error) => debug!(error = %failed(&error), "package not taken"),
        }
        one_by_one(package, |tx| self.send_one(tx)).await
    }
}

#[async_trait]
impl TransactionFeed for EsploraSource {
    fn filter(&self) -> TxFilter {
        Arc::clone(&self.sync) as _
    }

    async fn best_block(&self) -> Result<BlockHash, ChainError> {
        self.client.get_tip_hash().await.map_err(|error| failed(&error))
    }

    async fn confirm(&self, parts: &[Asking]) -> Result<(), ChainError> {
        // The crate does not say why it fails. What fails most is the server, and that shows when it is asked for the
        // best block.
        let unclear = |_| ChainError("what it says of transactions is not complete".to_owned());
        self.sync.sync(parts.to_vec()).await.map_err(unclear)
    }

    async fn update_wallet(&self, wallet: &OnchainWallet) -> Result<(), ChainError> {
        let update = match wallet.questions() {
            Questions::Given(request) => {
                self.client.sync(request, AT_ONCE).await.map(bdk_wallet::Update::from)
            }
            Questions::All(request) => self
                .client
                .full_scan(request, STOP_GAP, AT_ONCE)
                .await
                .map(bdk_wallet::Update::from),
        };
        wallet.take_answers(update.map_err(|error| failed(&error))?)
    }

    async fn block_time(&self, block: BestBlock) -> Result<u32, ChainError> {
        let header = self
            .client
            .get_header_by_hash(&block.block_hash)
            .await
            .map_err(|error| failed(&error))?;
        proven_time(&header, block.block_hash)
    }
}

#[async_trait]
impl ChainSource for EsploraSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn feed(&self) -> Feed<'_> {
        Feed::Transactions(self)
    }

    async fn tip(&self) -> Result<BestBlock, ChainError> {
        let hash = self.client.get_tip_hash().await.map_err(|error| failed(&error))?;
        let status = self.client.get_block_status(&hash).await.map_err(|error| failed(&error))?;
        let height = status.height.filter(|_| status.in_best_chain);
        let height = height.ok_or_else(|| ChainError(format!("block {hash} has no height")))?;
        Ok(BestBlock::new(hash, height))
    }

    async fn block_at(&self, height: u32) -> Result<BestBlock, ChainError> {
        let hash = self.client.get_block_hash(height).await.map_err(|error| failed(&error))?;
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
        let made = self.client.get_tx_info(&outpoint.txid).await.map_err(|error| failed(&error))?;
        let Some(made) = made.filter(|tx| tx.status.confirmed) else { return Ok(None) };
        let index = u64::from(outpoint.vout);
        let spent = self.client.get_output_status(&outpoint.txid, index).await;
        let spent = spent.map_err(|error| failed(&error))?;
        let status = spent.filter(|output| output.spent).and_then(|output| output.status);
        if status.is_some_and(|status| status.confirmed) {
            return Ok(None);
        }
        let index = usize::try_from(outpoint.vout).unwrap_or(usize::MAX);
        Ok(made.to_tx().output.into_iter().nth(index))
    }

    async fn txid_at(&self, height: u32, index: u32) -> Result<Option<Txid>, ChainError> {
        let hash = match self.client.get_block_hash(height).await {
            Ok(hash) => hash,
            Err(Error::HttpResponse { status: 404, .. }) => return Ok(None),
            Err(error) => return Err(failed(&error)),
        };
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let txid = self.client.get_txid_at_block_index(&hash, index).await;
        txid.map_err(|error| failed(&error))
    }

    async fn no_questions(&self) -> Result<Option<&'static str>, ChainError> {
        Ok(Some("an Esplora server is not asked for every channel of the network"))
    }

    async fn is_in_mempool(&self, txid: Txid) -> Result<bool, ChainError> {
        let tx = self.client.get_tx_info(&txid).await.map_err(|error| failed(&error))?;
        Ok(tx.is_some_and(|tx| !tx.status.confirmed))
    }

    async fn fee_rate(&self, blocks: u16, _urgent: bool) -> Result<Option<u32>, ChainError> {
        let estimates = self.estimates().await?;
        let within = estimates.iter().filter(|(target, _)| **target <= blocks);
        let nearest = within.max_by_key(|(target, _)| **target);
        // Where nothing is said of so few blocks, the fewest there are.
        let nearest = nearest.or_else(|| estimates.iter().min_by_key(|(target, _)| **target));
        Ok(nearest.and_then(|(_, rate)| sat_per_kiloweight(*rate)))
    }

    /// It does not say: no less than anybody relays.
    async fn mempool_minimum(&self) -> Result<u32, ChainError> {
        Ok(0)
    }
}

/// Why a request failed, without the address: that is in the name.
fn failed(error: &Error) -> ChainError {
    #[allow(clippy::wildcard_enum_match_arm, reason = "what is left speaks for itself")]
    ChainError(match error {
        Error::Reqwest(error) => {
            let mut why =
                if error.is_timeout() { "no answer in time" } else { "no answer" }.to_owned();
            let mut cause = error.source();
            while let Some(inner) = cause {
                why = format!("{why}: {inner}");
                cause = inner.source();
            }
            why
        }
        Error::HttpResponse { status, message } => format!("HTTP {status}: {}", shown(message)),
        error => format!("an answer that cannot be read: {}", shown(&error.to_string())),
    })
}
