//! The wallet's state in the store: a list of changes, each written once, merged into one at each start.

use std::sync::Arc;

use bdk_wallet::ChangeSet;
use bdk_wallet::chain::Merge;
use offerd_core::port::PortError;

use crate::persist::Store;

const SPACE: (&str, &str) = ("wallet", "changes");

/// The list of changes.
#[derive(Debug)]
pub(crate) struct ChangeLog {
    store: Arc<Store>,
    next: u64,
}

impl ChangeLog {
    /// Reads all changes and leaves them as one. `None` when there is no wallet yet.
    ///
    /// The merged change is written as a further one before the others go: merged in that order again, after a
    /// crash in between, they give the same.
    pub(super) fn open(store: Arc<Store>) -> Result<(Self, Option<ChangeSet>), PortError> {
        let mut numbers = store
            .list(SPACE)?
            .iter()
            .map(|key| key.parse::<u64>().map_err(|_| unreadable(key)))
            .collect::<Result<Vec<_>, _>>()?;
        numbers.sort_unstable();
        let mut log = Self { store, next: 0 };
        let Some(last) = numbers.last() else { return Ok((log, None)) };
        log.next = last.saturating_add(1);
        let mut all = ChangeSet::default();
        for number in &numbers {
            all.merge(log.read(*number)?);
        }
        if numbers.len() > 1 {
            log.append(&all)?;
            for number in numbers {
                log.store.remove(SPACE, &key(number))?;
            }
        }
        Ok((log, Some(all)))
    }

    fn read(&self, number: u64) -> Result<ChangeSet, PortError> {
        let key = key(number);
        let bytes = self.store.read(SPACE, &key)?.ok_or_else(|| unreadable(&key))?;
        serde_json::from_slice(&bytes).map_err(|error| unreadable(&key).because(error))
    }

    /// Writes one more change.
    pub(super) fn append(&mut self, change: &ChangeSet) -> Result<(), PortError> {
        let bytes = serde_json::to_vec(change)
            .map_err(|error| PortError::corrupt("wallet change").because(error))?;
        self.store.write(SPACE, &key(self.next), &bytes)?;
        self.next = self.next.saturating_add(1);
        Ok(())
    }
}

fn key(number: u64) -> String {
    format!("{number:020}")
}

fn unreadable(key: &str) -> PortError {
    PortError::corrupt(format!("wallet change {key}"))
}
