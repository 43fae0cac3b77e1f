//! Waiting for changes: read from the store, woken by commits, never by the clock alone.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use offerd_core::OfferRow;
use offerd_core::change::{ChangeKind, Subject, Subsystem};
use offerd_core::port::PortError;
use tokio::sync::SemaphorePermit;

use super::{CallError, Driver, ListedInvoice};

/// Calls that may wait at a time.
pub(super) const MOST_WAITING: usize = 1_024;
/// For ever, as far as clocks go.
pub(super) const FOR_EVER: Duration = Duration::MAX;
/// An invoice may be paid in its last second.
const LAST_SECOND: Duration = Duration::from_secs(1);

impl Driver {
    /// Waits until something has happened at this place of an order, from 1. What is in the past is told at once, so
    /// that whoever counts on from where it stopped misses nothing.
    ///
    /// # Errors
    /// [`CallError::TooManyWaiting`], or when the store cannot be read.
    pub async fn wait_for_place(
        &self,
        subsystem: Subsystem,
        kind: ChangeKind,
        place: u64,
    ) -> Result<Option<Subject>, CallError> {
        let _admitted = self.admit()?;
        let look = || self.ports.store.subject_at(subsystem, kind, place);
        Ok(self.wait_for(FOR_EVER, look).await?)
    }

    /// Waits for the first payment to us after this place in the order of payments, for this offer where one is named.
    /// `None` when the time is over.
    ///
    /// # Errors
    /// [`CallError::TooManyWaiting`], or when the store cannot be read.
    pub async fn wait_for_receipt(
        &self,
        after: u64,
        offer: Option<OfferRow>,
        within: Option<Duration>,
    ) -> Result<Option<ListedInvoice>, CallError> {
        let _admitted = self.admit()?;
        let next = AtomicU64::new(after.saturating_add(1));
        let look = || self.next_paid(&next, offer);
        Ok(self.wait_for(within.unwrap_or(FOR_EVER), look).await?)
    }

    /// Looks from `next` on, and moves it past what is not wanted.
    fn next_paid(
        &self,
        next: &AtomicU64,
        offer: Option<OfferRow>,
    ) -> Result<Option<ListedInvoice>, PortError> {
        loop {
            let place = next.load(Ordering::Relaxed);
            let at = self.ports.store.subject_at(Subsystem::Invoices, ChangeKind::Paid, place)?;
            let Some(subject) = at else { return Ok(None) };
            let wanted = offer.is_none_or(
                |wanted| matches!(subject, Subject::Receipt { offer, .. } if offer == wanted),
            );
            if wanted && let Some(found) = self.invoice_of(&subject)? {
                return Ok(Some(found));
            }
            next.store(place.saturating_add(1), Ordering::Relaxed);
        }
    }

    /// Waits until the invoice of this label is paid, or can no longer be. `None` when there is none of this label.
    ///
    /// # Errors
    /// [`CallError::TooManyWaiting`], or when the store cannot be read.
    pub async fn wait_for_invoice(&self, label: &str) -> Result<Option<ListedInvoice>, CallError> {
        let _admitted = self.admit()?;
        loop {
            let Some(found) = self.invoice_by_label(label)? else { return Ok(None) };
            let now = self.now();
            if found.is_paid() || found.is_over_at(now) {
                return Ok(Some(found));
            }
            let until = found.payable_until();
            let left = until.map_or(FOR_EVER, |until| {
                Duration::from_secs(until.since(now).0).saturating_add(LAST_SECOND)
            });
            // One whose payment has arrived is not over, however late it gets: the node will tell.
            let look = || {
                let found = self.invoice_by_label(label)?;
                let same =
                    found.is_some_and(|found| !found.is_paid() && found.payable_until() == until);
                Ok((!same).then_some(()))
            };
            self.wait_for(left, look).await?;
        }
    }

    /// The offer whose string has this id.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn offer_row(&self, id: &bolt12::OfferId) -> Result<Option<OfferRow>, PortError> {
        Ok(self.ports.store.offer_by_id(id)?.map(|entry| entry.row))
    }

    pub(super) fn admit(&self) -> Result<SemaphorePermit<'_>, CallError> {
        self.waiters.try_acquire().map_err(|_| CallError::TooManyWaiting)
    }
}
