//! Following the log of events.

use offerd_core::port::{LogEntry, PortError};

use super::{CallError, Driver};

/// Lines that are read at a time.
const AT_A_TIME: usize = 256;

impl Driver {
    /// The newest place in the log, 0 when nothing has happened yet.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn last_logged(&self) -> Result<u64, PortError> {
        self.ports.store.last_logged()
    }

    /// The next lines of the log behind this place, as soon as there are any: one at least.
    ///
    /// # Errors
    /// [`CallError::TooManyWaiting`], or when the store cannot be read.
    pub async fn wait_for_log(&self, after: u64) -> Result<Vec<LogEntry>, CallError> {
        let _admitted = self.admit()?;
        let look = || {
            let lines = self.ports.store.log_after(after, AT_A_TIME)?;
            Ok((!lines.is_empty()).then_some(lines))
        };
        Ok(self.wait_for(super::waits::FOR_EVER, look).await?.unwrap_or_default())
    }
}
