//! How far a recovery has come, as it is kept in the store.

use bitcoin::{Amount, BlockHash, OutPoint, ScriptBuf, Transaction, Txid};
use offerd_core::port::{KeyValueStore, PortError};
use serde::{Deserialize, Serialize};

use super::file::{AddressCounts, ChannelEntry};
use super::keys::KeyRef;
use super::proofs::Proof;

pub(super) const SPACE: (&str, &str) = ("recovery", "");
const KEY: &str = "state";

/// Where a recovery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Phase {
    /// It was asked for. Whatever channel state there is must be put aside before anything else.
    Begun,
    /// Old state is out of the way; looking for outputs and waiting for peers.
    Running,
    /// Everything that was known of is back.
    Done,
}

/// All of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct State {
    /// Whose it is.
    pub(super) node_id: String,
    pub(super) phase: Phase,
    /// Blocks up to this one hold nothing of ours; `None` when that is not known.
    pub(super) birth_height: Option<u32>,
    /// Addresses of the wallet that were given out; `None` when that is not known.
    pub(super) addresses: Option<AddressCounts>,
    /// Whether `channels` is a list of all, so that the recovery can have an end.
    pub(super) knows_channels: bool,
    pub(super) channels: Vec<LostChannel>,
    /// The last block that was looked through.
    pub(super) scanned: Option<ScannedBlock>,
    pub(super) outputs: Vec<FoundOutput>,
    /// The transaction that takes them to the wallet, when it is not mined.
    pub(super) sweep: Option<Sweep>,
    /// Where the sweeps go.
    pub(super) script: Option<ScriptBuf>,
    /// Payments of ours, 32 bytes in hexadecimal each, whose outcome the lost state knew.
    pub(super) unknown_payments: Vec<String>,
    /// Of which of them the chain has shown that they have arrived, as long as our caller was not told.
    #[serde(default)]
    pub(super) proofs: Vec<Proof>,
    /// Payment hashes of accepted payments to us, of which the same holds.
    pub(super) unknown_receipts: Vec<String>,
}

/// A channel that the peer is to close.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LostChannel {
    pub(super) entry: ChannelEntry,
    /// The transaction that closed it.
    pub(super) closed: Option<Mined>,
}

/// A transaction in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mined {
    pub(super) txid: Txid,
    pub(super) height: u32,
}

/// A block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ScannedBlock {
    pub(super) height: u32,
    pub(super) hash: BlockHash,
}

/// An output to a key of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FoundOutput {
    pub(super) outpoint: OutPoint,
    pub(super) value: Amount,
    pub(super) key: KeyRef,
    /// The block it is in.
    pub(super) height: u32,
    /// What its transaction spends: tells of which channel it is.
    pub(super) from: Vec<OutPoint>,
    /// What spent it.
    pub(super) spent: Option<Mined>,
}

/// A transaction that takes outputs to the wallet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sweep {
    pub(super) tx: Transaction,
    /// What it pays, in sat per 1000 weight units.
    pub(super) fee_rate: u64,
    /// The best block when it was made.
    pub(super) height: u32,
}

impl State {
    pub(super) fn read<V: KeyValueStore + ?Sized>(values: &V) -> Result<Option<Self>, PortError> {
        let Some(bytes) = values.read(SPACE.0, SPACE.1, KEY)? else { return Ok(None) };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| PortError::corrupt("the state of the recovery").because(error))
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, PortError> {
        serde_json::to_vec(self)
            .map_err(|error| PortError::corrupt("the state of the recovery").because(error))
    }

    pub(super) fn write<V: KeyValueStore + ?Sized>(&self, values: &V) -> Result<(), PortError> {
        values.write(SPACE.0, SPACE.1, KEY, &self.encode()?)
    }

    pub(super) const fn key() -> &'static str {
        KEY
    }

    /// The height from which blocks are looked through, some blocks early for the case that the chain has changed.
    pub(super) fn first_height(&self) -> u32 {
        self.birth_height.unwrap_or(0).saturating_sub(MARGIN)
    }
}

/// Blocks that may be replaced.
const MARGIN: u32 = 6;
