//! The channels as they are in the recovery file, in the store too: a copy of the store has them with it.

use bitcoin::OutPoint;
use offerd_core::port::{KeyValueStore, PortError};
use serde::{Deserialize, Serialize};

use super::file::ChannelEntry;
use super::state::SPACE;

const KEY: &str = "channels";

/// Channels that were ever funded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Book {
    /// Whether it was ever written: only then is `current` a list of all.
    #[serde(skip)]
    pub(super) exists: bool,
    /// Those that hold funds.
    pub(super) current: Vec<ChannelEntry>,
    /// The funding outputs of those that are over.
    pub(super) over: Vec<OutPoint>,
}

impl Book {
    pub(super) fn read<V: KeyValueStore + ?Sized>(values: &V) -> Result<Self, PortError> {
        let Some(bytes) = values.read(SPACE.0, SPACE.1, KEY)? else { return Ok(Self::default()) };
        let book: Self = serde_json::from_slice(&bytes)
            .map_err(|error| PortError::corrupt("the list of channels").because(error))?;
        Ok(Self { exists: true, ..book })
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, PortError> {
        serde_json::to_vec(self)
            .map_err(|error| PortError::corrupt("the list of channels").because(error))
    }

    pub(super) const fn key() -> &'static str {
        KEY
    }

    /// The same with these channels holding funds now.
    pub(super) fn with(&self, current: Vec<ChannelEntry>) -> Self {
        let is_current =
            |funding: &OutPoint| current.iter().any(|entry| entry.funding() == *funding);
        let gone = self.current.iter().map(ChannelEntry::funding);
        let mut over: Vec<OutPoint> = self.over.iter().copied().chain(gone).collect();
        over.retain(|funding| !is_current(funding));
        over.sort_unstable();
        over.dedup();
        Self { exists: true, current, over }
    }

    /// Whether the channel is or was one of ours.
    pub(super) fn knows(&self, funding: &OutPoint) -> bool {
        self.over.contains(funding) || self.current.iter().any(|entry| entry.funding() == *funding)
    }
}
