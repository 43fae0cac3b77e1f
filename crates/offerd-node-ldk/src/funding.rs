//! Opening channels: from the order to the funding transaction in the mempool.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use bitcoin::consensus::encode::{deserialize, serialize};
use bitcoin::{Amount, FeeRate, ScriptBuf, Transaction, Txid};
use bolt1::{Msat, PublicKey};
use lightning::ln::types::ChannelId;
use offerd_core::port::PortError;
use tokio::sync::oneshot;
use tracing::warn;

use crate::channels::Reserve;
use crate::error::ChannelError;
use crate::fees::FeeTable;
use crate::locks::lock;
use crate::persist::Store;
use crate::types::Channels;
use crate::wallet::OnchainWallet;

/// A channel to open.
#[derive(Clone, Debug)]
pub struct FundingOrder {
    /// With whom; must be connected.
    pub peer: PublicKey,
    /// Its capacity.
    pub amount: Amount,
    /// What of it the peer gets from the start.
    pub push: Msat,
    /// Whether the channel is to be announced.
    pub announce: bool,
    /// What the funding transaction pays; `None`: the estimate for two hours.
    pub fee_rate: Option<FeeRate>,
}

/// A channel whose funding transaction was sent.
#[derive(Clone, Debug)]
pub struct FundedChannel {
    /// The channel.
    pub channel_id: [u8; 32],
    /// The funding transaction.
    pub tx: Transaction,
    /// Its id.
    pub txid: Txid,
    /// Which of its outputs is the channel.
    pub outnum: u16,
}

/// Transactions made for channels that do not exist yet, until their fate is known.
const SPACE: (&str, &str) = ("channels", "funding");

/// Channels that are being opened.
pub(crate) struct Fundings {
    pub(crate) channels: Arc<Channels>,
    pub(crate) wallet: Arc<OnchainWallet>,
    pub(crate) fees: Arc<FeeTable>,
    pub(crate) reserve: Reserve,
    pub(crate) store: Arc<Store>,
    pub(crate) waiting: Mutex<HashMap<u128, Waiting>>,
}

impl fmt::Debug for Fundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fundings").finish_non_exhaustive()
    }
}

/// Somebody who waits for a channel to be funded.
pub(crate) struct Waiting {
    fee_rate: Option<FeeRate>,
    funded: oneshot::Sender<Result<FundedChannel, ChannelError>>,
}

/// A channel that asks for its funding transaction.
pub(crate) struct FundingRequest {
    pub(crate) key: u128,
    pub(crate) temporary_id: ChannelId,
    pub(crate) peer: PublicKey,
    pub(crate) amount: Amount,
    pub(crate) script: ScriptBuf,
}

impl Fundings {
    /// Registers somebody who waits for the channel that will be opened under `key`.
    pub(crate) fn wait(
        &self,
        key: u128,
        fee_rate: Option<FeeRate>,
    ) -> oneshot::Receiver<Result<FundedChannel, ChannelError>> {
        let (funded, outcome) = oneshot::channel();
        lock(&self.waiting).insert(key, Waiting { fee_rate, funded });
        outcome
    }

    /// Nobody waits any more.
    pub(crate) fn stop_waiting(&self, key: u128) {
        lock(&self.waiting).remove(&key);
    }

    /// Builds the transaction and gives it to the channel; gives the channel up where that fails.
    pub(crate) fn fund(&self, request: &FundingRequest) -> Result<(), PortError> {
        let fee_rate = lock(&self.waiting).get(&request.key).and_then(|waiting| waiting.fee_rate);
        let fee_rate = fee_rate.unwrap_or_else(|| self.fees.funding());
        let script = request.script.clone();
        let tx = match self.wallet.build(script, request.amount, fee_rate, self.reserve.needed(0)) {
            Ok(tx) => tx,
            Err(error) => {
                self.give_up(request, "the funding transaction could not be made");
                self.tell(request.key, Err(error.into()));
                return Ok(());
            }
        };
        // Before the channel can exist: the crate sends the transaction, but only we can send it again.
        if let Err(error) = self.store.write(SPACE, &key(request.key), &serialize(&tx)) {
            self.wallet.release(&tx);
            return Err(error);
        }
        let given = self.channels.funding_transaction_generated(
            request.temporary_id,
            request.peer,
            tx.clone(),
        );
        if let Err(error) = given {
            self.wallet.release(&tx);
            self.give_up(request, "the funding transaction was not taken");
            self.tell(request.key, Err(ChannelError::Refused(format!("{error:?}"))));
        }
        Ok(())
    }

    fn give_up(&self, request: &FundingRequest, why: &str) {
        let (id, peer) = (&request.temporary_id, &request.peer);
        if let Err(error) =
            self.channels.force_close_broadcasting_latest_txn(id, peer, why.to_owned())
        {
            warn!(?error, "the channel is gone already");
        }
    }

    /// The channel exists, and its funding transaction is on its way.
    pub(crate) fn on_funded(
        &self,
        key: u128,
        channel_id: ChannelId,
        outnum: u32,
    ) -> Result<(), PortError> {
        let Some(tx) = self.kept(key)? else { return Ok(()) };
        self.wallet.record(tx.clone())?;
        self.store.remove(SPACE, &self::key(key))?;
        let txid = tx.compute_txid();
        let outnum = u16::try_from(outnum).unwrap_or(u16::MAX);
        self.tell(key, Ok(FundedChannel { channel_id: channel_id.0, tx, txid, outnum }));
        Ok(())
    }

    /// The channel is gone. Where it never came to be, its coins are free again.
    pub(crate) fn on_closed(&self, key: u128, why: &str) -> Result<(), PortError> {
        if let Some(tx) = self.kept(key)? {
            self.wallet.release(&tx);
            self.store.remove(SPACE, &self::key(key))?;
        }
        self.tell(key, Err(ChannelError::Closed(why.to_owned())));
        Ok(())
    }

    fn kept(&self, key: u128) -> Result<Option<Transaction>, PortError> {
        let Some(bytes) = self.store.read(SPACE, &self::key(key))? else { return Ok(None) };
        let tx = deserialize(&bytes)
            .map_err(|error| PortError::corrupt("a funding transaction").because(error))?;
        Ok(Some(tx))
    }

    fn tell(&self, key: u128, outcome: Result<FundedChannel, ChannelError>) {
        if let Some(waiting) = lock(&self.waiting).remove(&key) {
            // Whoever asked may have gone meanwhile.
            let _ = waiting.funded.send(outcome);
        }
    }
}

fn key(key: u128) -> String {
    format!("{key:032x}")
}
