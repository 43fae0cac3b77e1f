//! A server that speaks the Electrum protocol.
//!
//! What it says of transactions is proven by their place in a block, the wallet's too; that a block is in the best chain,
//! and that nothing was left out, is believed. The client waits for each answer, so all of it happens on threads of its
//! own.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bdk_electrum::BdkElectrumClient;
use bitcoin::block::Header;
use bitcoin::{BlockHash, Network, OutPoint, Script, Transaction, TxOut, Txid};
use electrum_client::{Client, ConfigBuilder, ElectrumApi, Error, GetHistoryRes};
use lightning::chain::BestBlock;
use lightning_transaction_sync::ElectrumSyncClient;

use super::probe::{ChainStatus, genesis_is_of};
use super::said::{is_there_already, proven_time, sat_per_kiloweight, shown};
use super::{Asking, BroadcastError, ChainError, ChainSource, Feed, TransactionFeed, one_by_one};
use crate::logger::NodeLogger;
use crate::types::TxFilter;
use crate::wallet::{OnchainWallet, Questions};

/// How long the server may take for one answer, in seconds.
const TIMEOUT: u8 = 30;
/// How often a call is made again on a new connection when the old one has gone.
const RETRIES: u8 = 1;
/// Scripts in one batch of questions.
const BATCH: usize = 50;
/// Addresses without a transaction after which no further ones are looked at, when it is not known how many there are.
const STOP_GAP: usize = 100;
/// Virtual bytes by which the protocol counts fees.
const KVB: f64 = 1_000.0;
/// Satoshis in a bitcoin.
const BITCOIN: f64 = 1e8;

/// A connection to an Electrum server, made anew when it has gone.
pub(super) struct ElectrumSource {
    name: String,
    client: Arc<Client>,
    sync: Arc<ElectrumSyncClient<Arc<NodeLogger>>>,
    wallet: Arc<BdkElectrumClient<Arc<Client>>>,
}

impl fmt::Debug for ElectrumSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ElectrumSource").field("name", &self.name).finish_non_exhaustive()
    }
}

impl ElectrumSource {
    /// Connects.
    pub(super) async fn connect(url: &str) -> Result<Self, ChainError> {
        let (name, url) = (format!("Electrum at {url}"), url.to_owned());
        let connected = tokio::task::spawn_blocking(move || {
            let config = ConfigBuilder::new().timeout(Some(TIMEOUT)).retry(RETRIES).build();
            Client::from_config(&url, config)
        });
        let client = Arc::new(ended(connected.await)?.map_err(|error| failed(&error))?);
        let sync = ElectrumSyncClient::from_client(Arc::clone(&client), Arc::new(NodeLogger));
        let sync = sync.map_err(|error| ChainError(error.to_string()))?;
        let wallet = Arc::new(BdkElectrumClient::new(Arc::clone(&client)));
        Ok(Self { name, client, sync: Arc::new(sync), wallet })
    }

    /// Whether it answers, for our network.
    pub(super) async fn probe(&self, network: Network) -> Result<ChainStatus, ChainError> {
        let genesis = self.header(0).await?.block_hash();
        genesis_is_of(genesis, network)?;
        let tip = self.tip().await?;
        Ok(ChainStatus { height: tip.height.into(), syncing: false })
    }

    /// Asks something on a thread that may wait.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Client) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let client = Arc::clone(&self.client);
        let answered = tokio::task::spawn_blocking(move || question(&client)).await;
        answered.unwrap_or_else(|error| Err(Error::Message(error.to_string())))
    }

    async fn header(&self, height: u32) -> Result<Header, ChainError> {
        let height = usize::try_from(height).unwrap_or(usize::MAX);
        let header = self.ask(move |client| client.block_header(height)).await;
        header.map_err(|error| failed(&error))
    }

    /// A transaction, and all that touch the script of one of its outputs; `None` when nobody knows it.
    async fn with_history(&self, outpoint: OutPoint) -> Result<Option<History>, ChainError> {
        let found = self.ask(move |client| history(client, outpoint)).await;
        match found {
            Ok(found) => Ok(found),
            Err(Error::Protocol(_)) => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    }

    async fn send_one(&self, tx: &Transaction) -> Result<(), BroadcastError> {
        let tx = tx.clone();
        match self.ask(move |client| client.transaction_broadcast(&tx)).await {
            Ok(_) => Ok(()),
            Err(Error::Protocol(refusal)) => {
                let text =
                    refusal["message"].as_str().map_or_else(|| refusal.to_string(), str::to_owned);
                if is_there_already(&text) {
                    Ok(())
                } else {
                    Err(BroadcastError::Refused(shown(&text)))
                }
            }
            Err(error) => Err(failed(&error).into()),
        }
    }
}

/// An output and what became of it.
struct History {
    output: TxOut,
    /// Height of the block that the output's transaction is in; not above 0 in the mempool, `None` when the server says
    /// nothing of it.
    height: Option<i32>,
    /// Whether a transaction in a block spends it.
    spent: bool,
}

fn history(client: &Client, outpoint: OutPoint) -> Result<Option<History>, Error> {
    let made = client.transaction_get(&outpoint.txid)?;
    if made.compute_txid() != outpoint.txid {
        return Err(Error::Message("it shows another transaction than was asked for".to_owned()));
    }
    let index = usize::try_from(outpoint.vout).unwrap_or(usize::MAX);
    let Some(output) = made.output.into_iter().nth(index) else { return Ok(None) };
    let script: &Script = &output.script_pubkey;
    let touching: Vec<GetHistoryRes> = client.script_get_history(script)?;
    let own = touching.iter().find(|entry| entry.tx_hash == outpoint.txid);
    let height = own.map(|entry| entry.height);
    let mut spent = false;
    for entry in touching.iter().filter(|entry| entry.height > 0 && entry.tx_hash != outpoint.txid)
    {
        let tx = client.transaction_get(&entry.tx_hash)?;
        spent |= tx.input.iter().any(|input| input.previous_output == outpoint);
    }
    Ok(Some(History { output, height, spent }))
}

#[async_trait]
impl TransactionFeed for ElectrumSource {
    fn filter(&self) -> TxFilter {
        Arc::clone(&self.sync) as _
    }

    async fn best_block(&self) -> Result<BlockHash, ChainError> {
        Ok(self.tip().await?.block_hash)
    }

    async fn confirm(&self, parts: &[Asking]) -> Result<(), ChainError> {
        // The crate does not say why it fails. What fails most is the server, and that shows when it is asked for the
        // best block.
        let (sync, parts) = (Arc::clone(&self.sync), parts.to_vec());
        let synced = ended(tokio::task::spawn_blocking(move || sync.sync(parts)).await)?;
        synced.map_err(|_| ChainError("what it says of transactions is not complete".to_owned()))
    }

    async fn update_wallet(&self, wallet: &OnchainWallet) -> Result<(), ChainError> {
        let (questions, client) = (wallet.questions(), Arc::clone(&self.wallet));
        let asked = tokio::task::spawn_blocking(move || match questions {
            Questions::Given(request) => {
                client.sync(request, BATCH, false).map(bdk_wallet::Update::from)
            }
            Questions::All(request) => {
                client.full_scan(request, STOP_GAP, BATCH, false).map(bdk_wallet::Update::from)
            }
        });
        wallet.take_answers(ended(asked.await)?.map_err(|error| failed(&error))?)
    }

    async fn block_time(&self, block: BestBlock) -> Result<u32, ChainError> {
        let header = self.header(block.height).await?;
        proven_time(&header, block.block_hash)
    }
}

#[async_trait]
impl ChainSource for ElectrumSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn feed(&self) -> Feed<'_> {
        Feed::Transactions(self)
    }

    async fn tip(&self) -> Result<BestBlock, ChainError> {
        let tip = self.ask(|client| client.block_headers_subscribe()).await;
        let tip = tip.map_err(|error| failed(&error))?;
        let height = u32::try_from(tip.height);
        let height =
            height.map_err(|_| ChainError(format!("no block has height {}", tip.height)))?;
        Ok(BestBlock::new(tip.header.block_hash(), height))
    }

    async fn block_at(&self, height: u32) -> Result<BestBlock, ChainError> {
        Ok(BestBlock::new(self.header(height).await?.block_hash(), height))
    }

    /// The protocol has no packages: each is handed in alone, in their order.
    async fn broadcast(&self, package: &[Transaction]) -> Result<(), BroadcastError> {
        one_by_one(package, |tx| self.send_one(tx)).await
    }

    async fn unspent(&self, outpoint: OutPoint) -> Result<Option<TxOut>, ChainError> {
        let history = self.with_history(outpoint).await?;
        let there = history.filter(|it| it.height.is_some_and(|height| height > 0) && !it.spent);
        Ok(there.map(|history| history.output))
    }

    async fn txid_at(&self, height: u32, index: u32) -> Result<Option<Txid>, ChainError> {
        let place = |number| usize::try_from(number).unwrap_or(usize::MAX);
        let (height, index) = (place(height), place(index));
        match self.ask(move |client| client.txid_from_pos(height, index)).await {
            Ok(txid) => Ok(Some(txid)),
            Err(Error::Protocol(_)) => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    }

    async fn no_questions(&self) -> Result<Option<&'static str>, ChainError> {
        Ok(Some("an Electrum server is not asked for every channel of the network"))
    }

    async fn is_in_mempool(&self, txid: Txid) -> Result<bool, ChainError> {
        let history = self.with_history(OutPoint { txid, vout: 0 }).await?;
        Ok(history.is_some_and(|it| it.height.is_some_and(|height| height <= 0)))
    }

    async fn fee_rate(&self, blocks: u16, _urgent: bool) -> Result<Option<u32>, ChainError> {
        let rate = self.ask(move |client| client.estimate_fee(blocks.into())).await;
        // -1 where it has no opinion.
        let rate = rate.map_err(|error| failed(&error))?;
        Ok(sat_per_kiloweight(rate * BITCOIN / KVB))
    }

    async fn mempool_minimum(&self) -> Result<u32, ChainError> {
        let rate = self.ask(|client| client.relay_fee()).await.map_err(|error| failed(&error))?;
        Ok(sat_per_kiloweight(rate * BITCOIN / KVB).unwrap_or(0))
    }
}

/// What came of a thread.
fn ended<T>(outcome: Result<T, tokio::task::JoinError>) -> Result<T, ChainError> {
    outcome.map_err(|error| ChainError(format!("asking has ended: {error}")))
}

/// Why a call failed.
fn failed(error: &Error) -> ChainError {
    #[allow(clippy::wildcard_enum_match_arm, reason = "what is left speaks for itself")]
    ChainError(match error {
        Error::AllAttemptsErrored(errors) => match errors.last() {
            Some(last) => return failed(last),
            None => "no answer".to_owned(),
        },
        Error::IOError(error) => format!("no answer: {error}"),
        Error::SharedIOError(error) => format!("no answer: {error}"),
        error => shown(&error.to_string()),
    })
}
