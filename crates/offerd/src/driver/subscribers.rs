//! Series that pay our offers.

use bolt1::Timestamp;
use offerd_core::offer_book::Authenticated;
use offerd_core::port::PortError;
use offerd_core::receipt::{Receipt, Source};
use offerd_core::subscriber::{Subscriber, on_due, on_paid};
use offerd_core::{Batch, Refusal};
use tracing::{info, warn};

use super::Driver;

/// Series that are looked at in one go.
const AT_A_TIME: u64 = 100;

impl Driver {
    /// What is on record of the series that a request belongs to.
    pub(super) fn series_of(
        &self,
        request: &Authenticated<'_>,
    ) -> Result<Option<Subscriber>, Refusal> {
        let (offer, payer_id) = request.series();
        self.read_or_hide(self.ports.store.series(offer, &payer_id))
    }

    /// Ends the series of a request that asks for that; `false` where it asks for an invoice.
    pub(super) async fn cancel_series(
        &self,
        request: &Authenticated<'_>,
        now: Timestamp,
    ) -> Result<bool, Refusal> {
        let _deciding = self.deciding.lock().await;
        let series = self.series_of(request)?;
        let Some(batch) = request.cancel(series.as_ref(), &self.keys, now)? else {
            return Ok(false);
        };
        info!(series = ?series.map(|series| series.row), "a payer has ended a series");
        self.commit(&batch).map_err(|error| {
            warn!(%error, "the end of a series could not be stored");
            Refusal::Unavailable
        })?;
        Ok(true)
    }

    /// What a payment that has become ours means for its series. The caller holds `deciding`.
    pub(super) fn series_paid(
        &self,
        receipt: &Receipt,
        amount: bolt1::Msat,
        now: Timestamp,
    ) -> Result<Batch, PortError> {
        let store = &self.ports.store;
        let (Source::Offer(offer), Some(payer_id), Some(_)) =
            (receipt.key.source, receipt.payer_id, receipt.turn)
        else {
            return Ok(Batch::default());
        };
        let entry = store.offer(offer)?;
        let Some(schedule) = entry.as_ref().and_then(|entry| entry.recurrence()) else {
            return Ok(Batch::default());
        };
        let known = store.series(offer, &payer_id)?;
        let row = store.next_subscriber_row()?;
        Ok(on_paid(receipt, amount, schedule, known.as_ref(), row, now))
    }

    /// Notes which series have not been paid in time or have come to their end, and says when the next is due.
    pub(super) async fn look_after_subscribers(&self) -> Result<Option<Timestamp>, PortError> {
        loop {
            let _deciding = self.deciding.lock().await;
            let now = self.now();
            let due = self.ports.store.subscribers_by_due(AT_A_TIME)?;
            let mut changed = Batch::default();
            for series in &due {
                let entry = self.ports.store.offer(series.offer)?;
                if let Some(schedule) = entry.as_ref().and_then(|entry| entry.recurrence()) {
                    changed = changed.with(on_due(series, schedule, now));
                }
            }
            if changed == Batch::default() {
                return Ok(due.first().and_then(|series| series.due_at));
            }
            self.commit(&changed)?;
        }
    }
}
