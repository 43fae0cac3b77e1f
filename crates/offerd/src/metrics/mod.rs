//! Figures for Prometheus: `GET /metrics` behind the door of the calls, for whoever has a rune that allows `metrics`.
//!
//! | file | subject |
//! |---|---|
//! | `counted` | what the driver has counted since the start |
//! | `measured` | how things stand now |
//! | `process` | what this process takes |
//! | `sheet` | the text that a scrape is |
//!
//! Labels hold words of ours, currencies, and names from the configuration: never what somebody else chose, never a secret.

mod counted;
mod measured;
mod process;
mod sheet;

use std::sync::Arc;

use bolt1::Timestamp;
use offerd_api::ErrorObject;

use crate::driver::Driver;
use crate::rpc::{NodeControl, fault_object};
use crate::webhook::Webhooks;
use sheet::Sheet;

/// What a rune must allow, as if it were a method.
pub(crate) const METHOD: &str = "metrics";
/// The format of the text.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Who can be asked for figures.
#[derive(Clone)]
pub struct Metrics {
    driver: Arc<Driver>,
    node: Arc<dyn NodeControl>,
    webhooks: Webhooks,
    /// When counting began.
    since: Timestamp,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").field("since", &self.since).finish_non_exhaustive()
    }
}

impl Metrics {
    /// Figures of this driver, this node and these receivers.
    pub fn new(driver: Arc<Driver>, node: Arc<dyn NodeControl>, webhooks: Webhooks) -> Self {
        let since = driver.now();
        Self { driver, node, webhooks, since }
    }

    /// All figures, in the text format of OpenMetrics.
    ///
    /// # Errors
    /// What cannot be read: there are all figures, or none.
    pub async fn scrape(&self) -> Result<String, ErrorObject> {
        let mut sheet = Sheet::default();
        counted::enter(&self.driver, &mut sheet);
        measured::node(&*self.node, self.driver.now(), &mut sheet).await?;
        measured::store(&self.driver, &mut sheet).map_err(|error| fault_object(&error))?;
        measured::rates(&self.driver, &mut sheet).map_err(|error| fault_object(&error))?;
        let logged = self.driver.last_logged().map_err(|error| fault_object(&error))?;
        measured::webhooks(&self.webhooks, logged, self.driver.now(), &mut sheet);
        process::enter(self.since, &mut sheet);
        Ok(sheet.text())
    }
}
