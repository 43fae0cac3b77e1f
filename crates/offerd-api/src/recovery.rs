//! Results about copies and recovery: `backup`, and what `getinfo` and `listfunds` say of a recovery.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::shape::{Hash32, NodeId};

/// The result of `backup`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BackupMade {
    /// The folder that was written to.
    pub folder: String,
    /// The copy of the database in it.
    pub database: String,
    /// Its size in bytes.
    pub database_bytes: u64,
    /// The recovery file in it. It holds the seed words.
    pub recovery_file: String,
    /// Channels that the recovery file lists.
    pub num_channels: u64,
}

/// How far a recovery has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryProgress {
    /// `waiting` for peers to close channels, `sweeping` what they have closed, or `done`; `listening` where it is
    /// not known which channels there were.
    #[schemars(extend("enum" = ["waiting", "sweeping", "done", "listening"]))]
    pub status: String,
    /// Channels whose state was lost.
    pub num_channels: u64,
    /// Those of them that are closed.
    pub num_closed: u64,
    /// What was found and is not in the wallet yet.
    pub pending_msat: u64,
    /// What was found and was sent to the wallet, fees not subtracted.
    pub recovered_msat: u64,
    /// Height of the last block that was looked through.
    pub scanned_height: u64,
    /// Payments of ours of which it is not known whether they arrived. They stay pending.
    pub num_unknown_payments: u64,
}

/// A channel whose state was lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecoveringChannel {
    /// The other end.
    #[schemars(with = "NodeId")]
    pub peer_id: String,
    /// Whether it is connected.
    pub connected: bool,
    /// 32 bytes, hexadecimal.
    #[schemars(with = "Hash32")]
    pub channel_id: String,
    /// Its funding transaction.
    #[schemars(with = "Hash32")]
    pub funding_txid: String,
    /// The index there.
    pub funding_output: u32,
    /// What is or was in it, both sides together.
    pub amount_msat: u64,
    /// `awaiting_close`, `sweeping`, `recovered`; `not_worth_it` when fetching what is ours costs more than it is;
    /// `nothing_ours` when it was closed and there is nothing to fetch.
    #[schemars(extend("enum" = [
        "awaiting_close", "sweeping", "recovered", "not_worth_it", "nothing_ours"
    ]))]
    pub status: String,
    /// The transaction that closed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Hash32>")]
    pub closing_txid: Option<String>,
    /// What that pays to us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub our_amount_msat: Option<u64>,
}
