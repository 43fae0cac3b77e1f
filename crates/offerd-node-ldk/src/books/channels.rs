//! Channels from their opening to their end, as far as money goes.
//!
//! Each record is made once, by the first event that tells of it; events that come again change nothing.

use std::sync::Arc;

use bitcoin::OutPoint;
use bitcoin::hex::{DisplayHex, FromHex};
use lightning::sign::SpendableOutputDescriptor;
use offerd_core::port::PortError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::persist::Store;

/// Channels, by their ids.
const CHANNELS: (&str, &str) = ("books", "channels");
/// What has come out of them on the chain, by the outputs.
const OUTPUTS: (&str, &str) = ("books", "outputs");

/// A channel that was funded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChannelRecord {
    /// The output that holds or held it.
    pub(crate) funding: OutPoint,
    /// What is in it.
    pub(crate) capacity_sat: u64,
    /// Whether the coins in it were ours.
    pub(crate) opened_by_us: bool,
    /// What of it was ours from the start.
    pub(crate) at_first_msat: u64,
    /// What of it was ours when it ended.
    pub(crate) at_last_msat: Option<u64>,
    /// What was in HTLCs when it ended, in outputs of their own.
    #[serde(default)]
    pub(crate) in_htlcs_sat: u64,
}

/// An output of ours that has come out of a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OutputRecord {
    /// The channel.
    pub(crate) channel_id: String,
    /// Its value.
    pub(crate) sat: u64,
}

/// All records.
#[derive(Debug)]
pub(crate) struct ChannelRecords(pub(crate) Arc<Store>);

impl ChannelRecords {
    /// A channel was funded.
    pub(crate) fn opened(&self, id: &[u8; 32], record: &ChannelRecord) -> Result<(), PortError> {
        if self.channel(id)?.is_some() {
            return Ok(());
        }
        write(&self.0, CHANNELS, &id.to_lower_hex_string(), record)
    }

    /// A channel has ended with so much ours, and so much in HTLCs. One that never was funded is of no interest.
    pub(crate) fn ended(
        &self,
        id: &[u8; 32],
        at_last_msat: u64,
        in_htlcs_sat: u64,
    ) -> Result<(), PortError> {
        match self.channel(id)? {
            Some(record) if record.at_last_msat.is_none() => {
                let at_last_msat = Some(at_last_msat);
                let record = ChannelRecord { at_last_msat, in_htlcs_sat, ..record };
                write(&self.0, CHANNELS, &id.to_lower_hex_string(), &record)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Outputs of a channel are ours.
    pub(crate) fn came_out(
        &self,
        id: &[u8; 32],
        outputs: &[SpendableOutputDescriptor],
    ) -> Result<(), PortError> {
        for output in outputs {
            let (outpoint, sat) = described(output);
            let record = OutputRecord { channel_id: id.to_lower_hex_string(), sat };
            write(&self.0, OUTPUTS, &outpoint.to_string(), &record)?;
        }
        Ok(())
    }

    fn channel(&self, id: &[u8; 32]) -> Result<Option<ChannelRecord>, PortError> {
        read(&self.0, CHANNELS, &id.to_lower_hex_string())
    }

    /// All channels.
    pub(crate) fn channels(&self) -> Result<Vec<([u8; 32], ChannelRecord)>, PortError> {
        by_channel(&self.0, CHANNELS)
    }

    /// All outputs.
    pub(crate) fn outputs(&self) -> Result<Vec<(OutPoint, OutputRecord)>, PortError> {
        list(&self.0, OUTPUTS, |key| key.parse().map_err(|_| unreadable(key)))
    }
}

fn described(output: &SpendableOutputDescriptor) -> (OutPoint, u64) {
    let (outpoint, output) = match output {
        SpendableOutputDescriptor::StaticOutput { outpoint, output, .. } => (outpoint, output),
        SpendableOutputDescriptor::DelayedPaymentOutput(it) => (&it.outpoint, &it.output),
        SpendableOutputDescriptor::StaticPaymentOutput(it) => (&it.outpoint, &it.output),
    };
    (outpoint.into_bitcoin_outpoint(), output.value.to_sat())
}

/// All records of a space whose keys are the ids of channels.
pub(super) fn by_channel<T: DeserializeOwned>(
    store: &Store,
    space: (&str, &str),
) -> Result<Vec<([u8; 32], T)>, PortError> {
    list(store, space, |key| <[u8; 32]>::from_hex(key).map_err(|_| unreadable(key)))
}

fn list<K, T: DeserializeOwned>(
    store: &Store,
    space: (&str, &str),
    name: impl Fn(&str) -> Result<K, PortError>,
) -> Result<Vec<(K, T)>, PortError> {
    let entry = |key: String| {
        let record = read(store, space, &key)?.ok_or_else(|| unreadable(&key))?;
        Ok((name(&key)?, record))
    };
    store.list(space)?.into_iter().map(entry).collect()
}

fn read<T: DeserializeOwned>(
    store: &Store,
    space: (&str, &str),
    key: &str,
) -> Result<Option<T>, PortError> {
    let Some(bytes) = store.read(space, key)? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| unreadable(key).because(error))
}

fn write(
    store: &Store,
    space: (&str, &str),
    key: &str,
    record: &impl Serialize,
) -> Result<(), PortError> {
    let bytes = serde_json::to_vec(record).map_err(|error| unreadable(key).because(error))?;
    store.write(space, key, &bytes)
}

fn unreadable(key: &str) -> PortError {
    PortError::corrupt(format!("the books' record of {key}"))
}
