//! The on-chain wallet: BIP 84 addresses, coins, and the transactions that fund channels.
//!
//! Coins in a funding transaction that is not signed by the peer yet are set aside in memory only: until the
//! channel exists that transaction must not be sent, so the wallet's kept state must not know it.

mod all;
mod asking;
mod bump;
mod changes;
mod times;

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use bdk_wallet::chain::{BlockId, CheckPoint};
use bdk_wallet::template::Bip84;
use bdk_wallet::{KeychainKind, LocalOutput, Update, Wallet};
use bitcoin::bip32::Xpriv;
use bitcoin::{
    Address, Amount, Block, BlockHash, FeeRate, Network, OutPoint, Psbt, ScriptBuf, Transaction,
    TxOut, Txid,
};
use lightning::chain::transaction::TransactionData;
use lightning::chain::{BestBlock, Listen};
use offerd_core::port::PortError;
use tracing::{debug, error};

use crate::books::{Flows, Known};
use crate::error::{NodeError, WalletError};
use crate::keys::Keys;
use crate::locks::lock;
use crate::persist::{Health, Store};
use crate::recovery::AddressCounts;
pub(crate) use asking::Questions;
use changes::ChangeLog;

/// Blocks without a transaction of ours after which the wallet's place in the chain is written.
const BLOCKS_BETWEEN_WRITES: u32 = 32;

/// The wallet.
pub(crate) struct OnchainWallet {
    inner: Mutex<Inner>,
    health: Arc<Health>,
}

struct Inner {
    wallet: Wallet,
    /// What its descriptors come from, to sign with.
    master: Xpriv,
    log: ChangeLog,
    blocks_not_written: u32,
    /// Coins promised to funding transactions that are not sent yet.
    set_aside: HashSet<OutPoint>,
}

/// From where on, and how far, a new wallet looks for its coins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Birth {
    /// The last block without any; `None`: the first block of all.
    pub(crate) block: Option<BestBlock>,
    /// Addresses that were given out by an earlier wallet of the same seed.
    pub(crate) addresses: AddressCounts,
    /// Addresses beyond the last known one that are looked for.
    pub(crate) lookahead: u32,
}

/// A coin of ours.
#[derive(Clone, Debug)]
pub(crate) struct Coin {
    pub(crate) outpoint: OutPoint,
    pub(crate) txout: TxOut,
    /// The block it was mined in, if it was.
    pub(crate) height: Option<u32>,
    /// Promised to a transaction that is not sent yet.
    pub(crate) set_aside: bool,
}

impl fmt::Debug for OnchainWallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnchainWallet").finish_non_exhaustive()
    }
}

impl OnchainWallet {
    /// Opens the wallet kept in `store`, or makes it from the block that `birth` says.
    pub(crate) fn open(
        store: Arc<Store>,
        health: Arc<Health>,
        keys: &Keys,
        network: Network,
        birth: &Birth,
    ) -> Result<Arc<Self>, NodeError> {
        let (log, kept) = ChangeLog::open(store)?;
        let external = Bip84(keys.master, KeychainKind::External);
        let internal = Bip84(keys.master, KeychainKind::Internal);
        let wallet = match kept {
            Some(kept) => Wallet::load()
                .descriptor(KeychainKind::External, Some(external))
                .descriptor(KeychainKind::Internal, Some(internal))
                .check_network(network)
                .lookahead(birth.lookahead)
                .load_wallet_no_persist(kept)
                .map_err(corrupt)?
                .ok_or_else(|| corrupt("it is empty"))?,
            None => {
                let mut wallet = Wallet::create(external, internal)
                    .network(network)
                    .lookahead(birth.lookahead)
                    .create_wallet_no_persist()
                    .map_err(corrupt)?;
                begin_at(&mut wallet, birth)?;
                wallet
            }
        };
        let master = keys.master;
        let inner = Inner { wallet, master, log, blocks_not_written: 0, set_aside: HashSet::new() };
        let wallet = Self { inner: Mutex::new(inner), health };
        lock(&wallet.inner).persist()?;
        Ok(Arc::new(wallet))
    }

    /// The last block it has seen.
    pub(crate) fn best_block(&self) -> BlockHash {
        lock(&self.inner).wallet.latest_checkpoint().hash()
    }

    /// A new address for others to pay to.
    pub(crate) fn new_address(&self) -> Result<Address, WalletError> {
        self.reveal(KeychainKind::External)
    }

    fn reveal(&self, keychain: KeychainKind) -> Result<Address, WalletError> {
        let mut inner = lock(&self.inner);
        let address = inner.wallet.reveal_next_address(keychain).address;
        inner.persist()?;
        Ok(address)
    }

    /// What is confirmed and not set aside.
    pub(crate) fn spendable(&self) -> Amount {
        let inner = lock(&self.inner);
        inner.coins().filter(Coin::is_spendable).map(|coin| coin.txout.value).sum()
    }

    /// All coins that are not spent, those of transactions in the mempool included.
    pub(crate) fn coins(&self) -> Vec<Coin> {
        lock(&self.inner).coins().collect()
    }

    /// Builds and signs a transaction that pays `amount` to `script` from confirmed coins, leaves at least
    /// `reserve` of them, and sets its coins aside.
    pub(crate) fn build(
        &self,
        script: ScriptBuf,
        amount: Amount,
        fee_rate: FeeRate,
        reserve: Amount,
    ) -> Result<Transaction, WalletError> {
        let mut inner = lock(&self.inner);
        let available: Amount =
            inner.coins().filter(Coin::is_spendable).map(|coin| coin.txout.value).sum();
        let insufficient = || WalletError::Insufficient { needed: amount, available, reserve };
        if amount.checked_add(reserve).is_none_or(|sum| sum > available) {
            return Err(insufficient());
        }
        let set_aside: Vec<OutPoint> = inner.set_aside.iter().copied().collect();
        let mut builder = inner.wallet.build_tx();
        builder
            .add_recipient(script, amount)
            .fee_rate(fee_rate)
            .exclude_unconfirmed()
            .unspendable(set_aside);
        let mut psbt = builder.finish().map_err(build_failed)?;
        let fee = psbt.fee().map_err(build_failed)?;
        let total = [amount, fee, reserve].into_iter().try_fold(Amount::ZERO, Amount::checked_add);
        if total.is_none_or(|total| total > available) {
            return Err(insufficient());
        }
        if !inner.sign(&mut psbt)? {
            return Err(build_failed("a signature is missing"));
        }
        let tx = psbt.extract_tx().map_err(build_failed)?;
        inner.persist()?;
        inner.set_aside.extend(tx.input.iter().map(|input| input.previous_output));
        Ok(tx)
    }

    /// Whether this is a script of an address of ours.
    pub(crate) fn is_ours(&self, script: &ScriptBuf) -> bool {
        lock(&self.inner).wallet.is_mine(script.clone())
    }

    /// Gives back the coins of a transaction that will not be sent.
    pub(crate) fn release(&self, tx: &Transaction) {
        let mut inner = lock(&self.inner);
        for input in &tx.input {
            inner.set_aside.remove(&input.previous_output);
        }
    }

    /// Keeps a transaction that is being sent, to count its coins as spent and to send it again after a restart.
    pub(crate) fn record(&self, tx: Transaction) -> Result<(), PortError> {
        let mut inner = lock(&self.inner);
        for input in &tx.input {
            inner.set_aside.remove(&input.previous_output);
        }
        times::see(&mut inner.wallet, tx, unix_now());
        inner.persist()
    }

    /// Forgets a transaction that was recorded and will never be mined.
    pub(crate) fn forget(&self, txid: Txid) -> Result<(), PortError> {
        let mut inner = lock(&self.inner);
        times::evict(&mut inner.wallet, txid, unix_now());
        inner.persist()
    }

    /// Whether it counts with this transaction, mined or not.
    pub(crate) fn has(&self, txid: Txid) -> bool {
        lock(&self.inner).wallet.get_tx(txid).is_some()
    }

    /// Transactions of ours that are not mined.
    pub(crate) fn unconfirmed(&self) -> Vec<Transaction> {
        let inner = lock(&self.inner);
        let txs = inner.wallet.transactions();
        txs.filter(|tx| !tx.chain_position.is_confirmed())
            .map(|tx| tx.tx_node.tx.as_ref().clone())
            .collect()
    }

    /// All coins that are not spent, and what the transactions that made and spent coins were for.
    pub(crate) fn flows(&self, known: &Known) -> (Vec<Coin>, Flows) {
        let inner = lock(&self.inner);
        let own = |at| inner.wallet.spk_index().txout(at).map(|(_, output)| output.clone());
        let mut flows = Flows::default();
        for tx in inner.wallet.transactions() {
            flows.add(&tx.tx_node.tx, known, own);
        }
        (inner.coins().collect(), flows)
    }

    /// How many addresses were given out.
    pub(crate) fn addresses_given(&self) -> AddressCounts {
        let inner = lock(&self.inner);
        let count = |keychain| {
            inner.wallet.derivation_index(keychain).map_or(0, |last| last.saturating_add(1))
        };
        AddressCounts {
            external: count(KeychainKind::External),
            internal: count(KeychainKind::Internal),
        }
    }

    /// Height of the first block that was looked at, less one: up to it there is nothing of ours.
    pub(crate) fn birth_height(&self) -> u32 {
        let inner = lock(&self.inner);
        let heights = inner.wallet.latest_checkpoint().iter().map(|block| block.height());
        heights.filter(|height| *height > 0).min().unwrap_or(0).saturating_sub(1)
    }

    /// Forgets all transactions that are not mined: those of an old state may be anything.
    pub(crate) fn forget_unconfirmed(&self) -> Result<(), PortError> {
        self.unconfirmed().into_iter().try_for_each(|tx| self.forget(tx.compute_txid()))
    }

    /// Writes what is not written yet.
    pub(crate) fn flush(&self) -> Result<(), PortError> {
        lock(&self.inner).persist()
    }
}

impl Inner {
    fn coins(&self) -> impl Iterator<Item = Coin> + '_ {
        self.wallet.list_unspent().map(|output| Coin {
            outpoint: output.outpoint,
            height: confirmation_height(&output),
            set_aside: self.set_aside.contains(&output.outpoint),
            txout: output.txout,
        })
    }

    /// Signs the inputs that are ours; whether those are all.
    fn sign(&self, psbt: &mut Psbt) -> Result<bool, WalletError> {
        // Inputs that are not ours come back as errors: whoever added them signs them.
        let _ = psbt.sign(&self.master, self.wallet.secp_ctx());
        let outcome = self.wallet.try_finalize_psbt(psbt).map_err(build_failed)?;
        Ok(outcome.is_finalized())
    }

    /// Writes all changes made since the last time.
    fn persist(&mut self) -> Result<(), PortError> {
        if let Some(change) = self.wallet.staged() {
            self.log.append(change)?;
            self.wallet.take_staged();
        }
        self.blocks_not_written = 0;
        Ok(())
    }

    /// The place in the chain need not be written with each block: after a restart it is caught up with.
    fn persist_after_block(&mut self) -> Result<(), PortError> {
        self.blocks_not_written = self.blocks_not_written.saturating_add(1);
        let only_the_place = self.wallet.staged().is_none_or(|change| {
            change.tx_graph == Default::default() && change.indexer == Default::default()
        });
        if only_the_place && self.blocks_not_written < BLOCKS_BETWEEN_WRITES {
            return Ok(());
        }
        self.persist()
    }
}

impl Coin {
    fn is_spendable(&self) -> bool {
        self.height.is_some() && !self.set_aside
    }
}

impl Listen for OnchainWallet {
    fn filtered_block_connected(
        &self,
        _header: &bitcoin::block::Header,
        _txdata: &TransactionData<'_>,
        height: u32,
    ) {
        // Only sources that know some transactions would call this; the one there is has whole blocks.
        debug!(height, "the wallet needs whole blocks");
    }

    fn block_connected(&self, block: &Block, height: u32) {
        let mut inner = lock(&self.inner);
        if let Err(error) = inner.wallet.apply_block(block, height) {
            error!(%error, height, "the wallet's chain does not connect");
            self.health.fail("the wallet's chain does not connect to the block source's");
            return;
        }
        if let Err(error) = inner.persist_after_block() {
            error!(%error, "the wallet could not be written");
        }
    }

    /// Nothing to do: the wallet replaces its blocks when the others come.
    fn blocks_disconnected(&self, _fork_point: BestBlock) {}
}

fn begin_at(wallet: &mut Wallet, birth: &Birth) -> Result<(), NodeError> {
    for (keychain, count) in [
        (KeychainKind::External, birth.addresses.external),
        (KeychainKind::Internal, birth.addresses.internal),
    ] {
        if let Some(last) = count.checked_sub(1) {
            // The addresses themselves are of no interest.
            drop(wallet.reveal_addresses_to(keychain, last));
        }
    }
    let Some(block) = birth.block.filter(|block| block.height > 0) else { return Ok(()) };
    let block = BlockId { height: block.height, hash: block.block_hash };
    let chain: CheckPoint = wallet.latest_checkpoint().insert(block);
    wallet.apply_update(Update { chain: Some(chain), ..Update::default() }).map_err(corrupt)
}

fn confirmation_height(output: &LocalOutput) -> Option<u32> {
    output.chain_position.confirmation_height_upper_bound()
}

fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs())
}

fn corrupt(error: impl fmt::Display) -> NodeError {
    NodeError::Corrupt { what: "the wallet", why: error.to_string() }
}

fn build_failed(error: impl fmt::Display) -> WalletError {
    WalletError::Build(error.to_string())
}
